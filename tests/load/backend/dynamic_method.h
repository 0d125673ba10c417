// A method of a server whose contract is known only at run time.
#ifndef BATON_TESTS_LOAD_BACKEND_DYNAMIC_METHOD_H_
#define BATON_TESTS_LOAD_BACKEND_DYNAMIC_METHOD_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"

namespace baton {

// "pkg.Service/Method" with or without a slash before it.
struct MethodName {
  std::string service;  // "pkg.Service"
  std::string method;   // "Method"
  // INVALID_ARGUMENT, naming `text`, for anything else.
  static absl::StatusOr<MethodName> Parse(absl::string_view text);
};

// Owns its descriptors. Immutable, so thread-safe.
class DynamicMethod {
 public:
  // `files`: imported files stand before those that import them. INVALID_ARGUMENT for files that do
  // not fit together, or when the method does not take one request and answer with a stream;
  // NOT_FOUND, naming the methods that there are, when it is not in them.
  static absl::StatusOr<std::unique_ptr<DynamicMethod>> Create(
      const google::protobuf::FileDescriptorSet& files, const MethodName& name);

  // What goes on the wire: "/pkg.Service/Method".
  std::string path() const;
  const google::protobuf::Descriptor& request() const { return *method_->input_type(); }
  const google::protobuf::Descriptor& response() const { return *method_->output_type(); }
  const google::protobuf::DescriptorPool& pool() const { return *pool_; }

 private:
  DynamicMethod(std::unique_ptr<google::protobuf::DescriptorPool> pool,
                const google::protobuf::MethodDescriptor* method)
      : pool_(std::move(pool)), method_(method) {}

  const std::unique_ptr<google::protobuf::DescriptorPool> pool_;
  const google::protobuf::MethodDescriptor* const method_;  // the pool's
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_DYNAMIC_METHOD_H_
