// The descriptors of a contract, from .proto sources on disk.
#ifndef BATON_TESTS_LOAD_BACKEND_PROTO_FILES_H_
#define BATON_TESTS_LOAD_BACKEND_PROTO_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.pb.h"

namespace baton {

// Reads `file` and all that it imports; a file stands after those that it imports, and `file`
// itself is the last. Imports are looked for in `import_paths`, in that order; `file` is a path on
// disk, or relative to one of them. When it is in none of them, its own folder is searched last.
// google/protobuf/*.proto need not be on disk.
//
// NOT_FOUND when there is no such file or folder; INVALID_ARGUMENT for what protoc would refuse,
// with a line "FILE:LINE:COLUMN: MESSAGE" for each error. Reads files; thread-safe.
absl::StatusOr<google::protobuf::FileDescriptorSet> ReadProtoFiles(
    const std::string& file, const std::vector<std::string>& import_paths);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_PROTO_FILES_H_
