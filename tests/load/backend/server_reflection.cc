#include "tests/load/backend/server_reflection.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/status_macros.h"
#include "reflection/server_reflection.pb.h"
#include "tests/load/backend/reflection_call.h"

namespace baton {
namespace {

using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using reflection::ReflectionRequest;
using reflection::ReflectionResponse;

constexpr const char* kMethods[] = {
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"};

using Files = std::map<std::string, FileDescriptorProto>;  // by name

absl::Status AddFiles(const ReflectionResponse& response, Files* files) {
  for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
    FileDescriptorProto file;
    if (!file.ParseFromString(bytes)) {
      return absl::DataLossError("the server's reflection sent what is no FileDescriptorProto");
    }
    files->emplace(file.name(), std::move(file));
  }
  return absl::OkStatus();
}

absl::Status NoSuchService(const std::string& service, ReflectionCall* call) {
  ReflectionRequest request;
  request.set_list_services("*");
  ASSIGN_OR_RETURN(const ReflectionResponse response, call->Ask(request));
  return absl::NotFoundError(absl::StrCat(
      "the server has no service ", service, "; it has ",
      absl::StrJoin(response.list_services_response().service(), ", ",
                    [](std::string* out, const auto& s) { absl::StrAppend(out, s.name()); })));
}

absl::Status AskForService(const std::string& service, ReflectionCall* call, Files* files) {
  ReflectionRequest request;
  request.set_file_containing_symbol(service);
  ASSIGN_OR_RETURN(const ReflectionResponse response, call->Ask(request));
  if (response.has_error_response()) return NoSuchService(service, call);
  return AddFiles(response, files);
}

absl::Status AskForFile(const std::string& name, ReflectionCall* call, Files* files) {
  ReflectionRequest request;
  request.set_file_by_filename(name);
  ASSIGN_OR_RETURN(const ReflectionResponse response, call->Ask(request));
  RETURN_IF_ERROR(AddFiles(response, files));
  if (files->count(name) > 0) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("the server's reflection does not have ", name,
                   ", which its files import: ", response.error_response().error_message()));
}

// Asks for what is imported and not there, until nothing is.
absl::Status AskForImports(ReflectionCall* call, Files* files) {
  std::vector<std::string> names;
  for (const auto& file : *files) names.push_back(file.first);
  for (size_t i = 0; i < names.size(); ++i) {
    const FileDescriptorProto file = files->at(names[i]);
    for (const std::string& import : file.dependency()) {
      if (files->count(import) > 0) continue;
      RETURN_IF_ERROR(AskForFile(import, call, files));
      names.push_back(import);
    }
  }
  return absl::OkStatus();
}

// Takes `name` and what it imports out of `files`; what imports itself is left for the reader.
void MoveWithImports(const std::string& name, Files* files, FileDescriptorSet* out) {
  const auto found = files->find(name);
  if (found == files->end()) return;
  FileDescriptorProto file = std::move(found->second);
  files->erase(found);
  for (const std::string& import : file.dependency()) MoveWithImports(import, files, out);
  *out->add_file() = std::move(file);
}

absl::StatusOr<FileDescriptorSet> Reflect(ReflectionCall* call, const std::string& service) {
  Files files;
  RETURN_IF_ERROR(AskForService(service, call, &files));
  RETURN_IF_ERROR(AskForImports(call, &files));
  FileDescriptorSet out;
  while (!files.empty()) {
    const std::string name = files.begin()->first;
    MoveWithImports(name, &files, &out);
  }
  return out;
}

}  // namespace

absl::StatusOr<FileDescriptorSet> ReflectService(const std::shared_ptr<grpc::Channel>& channel,
                                                 const std::string& service,
                                                 absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  for (const char* method : kMethods) {
    ReflectionCall call(channel, method, deadline);
    absl::StatusOr<FileDescriptorSet> files = Reflect(&call, service);
    if (!absl::IsUnimplemented(files.status())) return files;
  }
  return absl::UnimplementedError(
      "the server has no reflection service; name the .proto file of its contract instead");
}

}  // namespace baton
