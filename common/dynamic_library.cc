#include "common/dynamic_library.h"

#include <dlfcn.h>
#include <link.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace baton {
namespace {

// The loader's last words. Clears them.
std::string LoaderError() {
  const char* error = dlerror();
  return error != nullptr ? error : "the loader does not say why";
}

std::string PathOf(void* handle, const std::string& name) {
  link_map* map = nullptr;
  const bool known = dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map->l_name[0] != '\0';
  return known ? map->l_name : name;
}

}  // namespace

absl::StatusOr<DynamicLibrary> DynamicLibrary::Open(const std::vector<std::string>& names,
                                                    absl::string_view override_path) {
  const std::vector<std::string> candidates =
      override_path.empty() ? names : std::vector<std::string>{std::string(override_path)};
  std::string errors;
  for (const std::string& name : candidates) {
    void* handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle != nullptr) return DynamicLibrary(handle, PathOf(handle, name));
    absl::StrAppend(&errors, errors.empty() ? "" : "; ", name, ": ", LoaderError());
  }
  return absl::NotFoundError(absl::StrCat("no library could be opened: ", errors));
}

absl::StatusOr<void*> DynamicLibrary::Symbol(const char* name) const {
  dlerror();
  void* symbol = dlsym(handle_, name);
  if (symbol != nullptr) return symbol;
  return absl::NotFoundError(absl::StrCat(path_, " has no ", name, ": ", LoaderError()));
}

}  // namespace baton
