#include "tests/load/backend/dynamic_method.h"

#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"

namespace baton {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::MethodDescriptor;

class FirstError : public DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& file, const std::string& element,
                const google::protobuf::Message*, ErrorLocation,
                const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat(file, ": ", element, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

absl::Status Build(const FileDescriptorSet& files, DescriptorPool* pool) {
  for (const FileDescriptorProto& file : files.file()) {
    FirstError error;
    if (pool->BuildFileCollectingErrors(file, &error) == nullptr) {
      return absl::InvalidArgumentError(error.text());
    }
  }
  return absl::OkStatus();
}

std::string PathOf(const MethodDescriptor& method) {
  return absl::StrCat(method.service()->full_name(), "/", method.name());
}

std::vector<std::string> AllMethods(const FileDescriptorSet& files, const DescriptorPool& pool) {
  std::vector<std::string> names;
  for (const FileDescriptorProto& proto : files.file()) {
    const FileDescriptor* file = pool.FindFileByName(proto.name());
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        names.push_back(PathOf(*file->service(s)->method(m)));
      }
    }
  }
  return names;
}

// How the method's two directions are made, for a person.
std::string Kind(const MethodDescriptor& method) {
  return absl::StrCat(method.client_streaming() ? "a stream of requests" : "one request", " and ",
                      method.server_streaming() ? "a stream of answers" : "one answer");
}

}  // namespace

absl::StatusOr<MethodName> MethodName::Parse(absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(absl::StripPrefix(text, "/"), '/');
  if (parts.size() != 2 || parts[0].empty() || parts[1].empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not a method; expected \"package.Service/Method\""));
  }
  return MethodName{parts[0], parts[1]};
}

absl::StatusOr<std::unique_ptr<DynamicMethod>> DynamicMethod::Create(const FileDescriptorSet& files,
                                                                     const MethodName& name) {
  auto pool = absl::make_unique<DescriptorPool>();
  RETURN_IF_ERROR(Build(files, pool.get()));
  const MethodDescriptor* method =
      pool->FindMethodByName(absl::StrCat(name.service, ".", name.method));
  if (method == nullptr) {
    const std::vector<std::string> all = AllMethods(files, *pool);
    return absl::NotFoundError(absl::StrCat("there is no method ", name.service, "/", name.method,
                                            "; there is ",
                                            all.empty() ? "none" : absl::StrJoin(all, ", ")));
  }
  if (method->client_streaming() || !method->server_streaming()) {
    return absl::InvalidArgumentError(
        absl::StrCat(PathOf(*method), " has ", Kind(*method),
                     "; only one request and a stream of answers can be measured"));
  }
  return absl::WrapUnique(new DynamicMethod(std::move(pool), method));
}

std::string DynamicMethod::path() const { return absl::StrCat("/", PathOf(*method_)); }

}  // namespace baton
