#include "worker/comm/nccl_library.h"

#include <cstdlib>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/dynamic_library.h"
#include "common/status_macros.h"

namespace baton {
namespace {

// Before 2.9 a version's code had one digit less.
std::string VersionText(int code) {
  const int unit = code < 10000 ? 1000 : 10000;
  return absl::StrCat(code / unit, ".", code % unit / 100, ".", code % 100);
}

std::string OverridePath(const std::string& path) {
  if (!path.empty()) return path;
  const char* given = std::getenv("BATON_NCCL_LIBRARY");
  return given != nullptr ? given : "";
}

}  // namespace

absl::StatusOr<std::shared_ptr<const NcclLibrary>> NcclLibrary::Open(const std::string& path) {
  ASSIGN_OR_RETURN(const DynamicLibrary file,
                   DynamicLibrary::Open({"libnccl.so.2", "libnccl.so"}, OverridePath(path)));
  std::shared_ptr<NcclLibrary> library(new NcclLibrary);
  library->path_ = file.path();
  Functions& functions = library->functions_;
  const auto resolve = [&file](const char* name, auto* function) -> absl::Status {
    ASSIGN_OR_RETURN(void* const symbol, file.Symbol(name));
    *function = reinterpret_cast<std::remove_pointer_t<decltype(function)>>(symbol);
    return absl::OkStatus();
  };
  // First, since a version that is too old explains a function that is lacking.
  RETURN_IF_ERROR(resolve("ncclGetVersion", &functions.GetVersion));
  if (functions.GetVersion(&library->version_) != nccl::kSuccess) {
    return absl::FailedPreconditionError(absl::StrCat(file.path(), " does not say its version"));
  }
  if (library->version_ < kOldestVersion) {
    return absl::FailedPreconditionError(absl::StrCat(library->Describe(), " is too old; at least ",
                                                      VersionText(kOldestVersion), " is needed"));
  }
#define BATON_RESOLVE(name, result, parameters) \
  RETURN_IF_ERROR(resolve("nccl" #name, &functions.name));
#define BATON_RESOLVE_IF_THERE(name, result, parameters) \
  resolve("nccl" #name, &functions.name).IgnoreError();
  BATON_NCCL_REQUIRED_FUNCTIONS(BATON_RESOLVE)
  BATON_NCCL_OPTIONAL_FUNCTIONS(BATON_RESOLVE_IF_THERE)
#undef BATON_RESOLVE_IF_THERE
#undef BATON_RESOLVE
  return library;
}

std::string NcclLibrary::Describe() const {
  return absl::StrCat("NCCL ", VersionText(version_), " (", path_, ")");
}

absl::StatusOr<nccl::UniqueId> NcclLibrary::NewUniqueId() const {
  nccl::UniqueId id;
  const nccl::Result result = functions_.GetUniqueId(&id);
  if (result == nccl::kSuccess) return id;
  return absl::UnavailableError(
      absl::StrCat("NCCL gives no id for a communicator: ", ErrorText(result, nullptr)));
}

std::string NcclLibrary::ErrorText(nccl::Result result, nccl::Comm comm) const {
  const char* last = functions_.GetLastError(comm);
  const bool more = last != nullptr && *last != '\0';
  return absl::StrCat(functions_.GetErrorString(result), more ? ": " : "", more ? last : "");
}

}  // namespace baton
