// A shared library that is looked for at run time, so that the binary runs where there is none.
#ifndef BATON_COMMON_DYNAMIC_LIBRARY_H_
#define BATON_COMMON_DYNAMIC_LIBRARY_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace baton {

// A value: copies name the same library. It stays loaded for as long as the process lives, because
// threads that it has started may still be in its code. Thread-safe.
class DynamicLibrary {
 public:
  // Opens the first of `names` that can be opened; with an `override_path`, that and no other. A
  // name without a slash is looked for where the system's loader looks. All of its symbols are
  // bound at once, and none of them can be seen by other libraries. NOT_FOUND says for each name
  // that was tried what the loader said.
  static absl::StatusOr<DynamicLibrary> Open(const std::vector<std::string>& names,
                                             absl::string_view override_path = "");

  // The address of a function or variable. NOT_FOUND names the symbol and the library.
  absl::StatusOr<void*> Symbol(const char* name) const;

  // The file that was loaded.
  const std::string& path() const { return path_; }

 private:
  DynamicLibrary(void* handle, std::string path) : handle_(handle), path_(std::move(path)) {}

  void* handle_;
  std::string path_;
};

}  // namespace baton

#endif  // BATON_COMMON_DYNAMIC_LIBRARY_H_
