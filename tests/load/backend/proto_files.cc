#include "tests/load/backend/proto_files.h"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status_macros.h"
#include "google/protobuf/compiler/importer.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor_database.h"

namespace baton {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorSet;
using google::protobuf::compiler::DiskSourceTree;

// Names files as they are on disk, and counts lines and columns from 1.
class ErrorLines : public google::protobuf::compiler::MultiFileErrorCollector {
 public:
  explicit ErrorLines(DiskSourceTree* tree) : tree_(tree) {}

  void AddError(const std::string& file, int line, int column,
                const std::string& message) override {
    std::string disk_file;
    if (!tree_->VirtualFileToDiskFile(file, &disk_file)) disk_file = file;
    lines_.push_back(line < 0
                         ? absl::StrCat(disk_file, ": ", message)
                         : absl::StrCat(disk_file, ":", line + 1, ":", column + 1, ": ", message));
  }

  std::string Join() const { return absl::StrJoin(lines_, "\n"); }

 private:
  DiskSourceTree* const tree_;
  std::vector<std::string> lines_;
};

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, std::max<size_t>(slash, 1));
}

absl::Status MapFolders(const std::vector<std::string>& folders, DiskSourceTree* tree) {
  for (const std::string& folder : folders) {
    if (access(folder.c_str(), R_OK | X_OK) != 0) {
      return absl::NotFoundError(absl::StrCat("there is no folder ", folder, " to import from"));
    }
    tree->MapPath("", folder);
  }
  return absl::OkStatus();
}

// What imports would call `file`.
absl::StatusOr<std::string> ImportName(const std::string& file, DiskSourceTree* tree) {
  std::string name, shadowing;
  switch (tree->DiskFileToVirtualFile(file, &name, &shadowing)) {
    case DiskSourceTree::SUCCESS:
      return name;
    case DiskSourceTree::SHADOWED:
      return absl::InvalidArgumentError(absl::StrCat(
          shadowing, " hides ", file, ": an earlier import path has a file of the same name"));
    default:
      break;
  }
  std::string on_disk;
  if (tree->VirtualFileToDiskFile(file, &on_disk)) return file;
  if (access(file.c_str(), R_OK) != 0) {
    return absl::NotFoundError(absl::StrCat("can not read ", file));
  }
  tree->MapPath("", FolderOf(file));
  return file.substr(file.rfind('/') + 1);
}

void AddWithImports(const FileDescriptor& file, std::set<std::string>* seen,
                    FileDescriptorSet* out) {
  if (!seen->insert(file.name()).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) {
    AddWithImports(*file.dependency(i), seen, out);
  }
  auto* proto = out->add_file();
  file.CopyTo(proto);
  file.CopyJsonNameTo(proto);
}

}  // namespace

absl::StatusOr<FileDescriptorSet> ReadProtoFiles(const std::string& file,
                                                 const std::vector<std::string>& import_paths) {
  DiskSourceTree tree;
  RETURN_IF_ERROR(MapFolders(import_paths, &tree));
  ASSIGN_OR_RETURN(const std::string name, ImportName(file, &tree));

  // For the well-known types, which are linked in.
  google::protobuf::DescriptorPoolDatabase linked(*DescriptorPool::generated_pool());
  google::protobuf::compiler::SourceTreeDescriptorDatabase database(&tree, &linked);
  ErrorLines errors(&tree);
  database.RecordErrorsTo(&errors);
  DescriptorPool pool(&database, database.GetValidationErrorCollector());
  const FileDescriptor* descriptor = pool.FindFileByName(name);
  if (descriptor == nullptr) return absl::InvalidArgumentError(errors.Join());

  FileDescriptorSet out;
  std::set<std::string> seen;
  AddWithImports(*descriptor, &seen, &out);
  return out;
}

}  // namespace baton
