// Requests and answers of a method whose contract is known only at run time: what a load run asks
// becomes the bytes of a request message, and the bytes of an answer what a load run wants to know.
#ifndef BATON_TESTS_LOAD_BACKEND_DYNAMIC_MESSAGES_H_
#define BATON_TESTS_LOAD_BACKEND_DYNAMIC_MESSAGES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/message.h"
#include "google/protobuf/util/type_resolver.h"
#include "tests/load/backend/dynamic_method.h"
#include "tests/load/backend/field_path.h"
#include "tests/load/backend/id_field.h"
#include "tests/load/backend/request_template.h"
#include "tests/load/request/load_request.h"

namespace baton {

// Where things are in the messages. Fields are paths, see field_path.h; empty: it has none.
struct DynamicMessagesOptions {
  std::string method;        // "pkg.Service/Method"
  std::string request_json;  // see request_template.h
  // At least one of them must be there.
  std::string text_field;
  std::string token_field;
  // The server's own counts, of the whole request so far. The last one that it sends is believed.
  std::string output_tokens_field;
  std::string prompt_tokens_field;
  std::string cached_tokens_field;
  std::string finish_field;
};

// Thread-safe; what is read into belongs to the caller.
class DynamicMessages {
 public:
  // One answer message.
  struct Output {
    std::string text;
    std::vector<uint32_t> ids;
    absl::optional<uint32_t> tokens;  // in this message; unset without a token_field
    absl::optional<uint32_t> output_tokens, prompt_tokens, cached_tokens;
    std::string finish;
  };
  // Where answers are read, one after the other, so that reading allocates little. For one thread
  // at a time. The DynamicMessages must outlive it.
  struct Scratch {
    std::unique_ptr<google::protobuf::Message> message;
    Output output;
  };

  // `files`: the method's contract, see DynamicMethod. INVALID_ARGUMENT or NOT_FOUND, naming the
  // option and what is wrong with it: the template is tried with each kind of prompt that it takes.
  static absl::StatusOr<std::unique_ptr<DynamicMessages>> Create(
      const DynamicMessagesOptions& options, const google::protobuf::FileDescriptorSet& files);

  // "/pkg.Service/Method".
  std::string method_path() const { return method_->path(); }

  // INVALID_ARGUMENT when the template can not express this kind of prompt.
  absl::Status Check(const LoadRequest& request) const { return template_.Check(request); }

  // The request message's bytes. INVALID_ARGUMENT, naming the field, for a value that does not fit
  // its type.
  absl::StatusOr<std::string> Serialise(const LoadRequest& request) const;

  Scratch NewScratch() const;
  // What is in an answer: scratch->output, until the next call. DATA_LOSS for bytes that are no
  // such message.
  absl::Status Parse(absl::string_view bytes, Scratch* scratch) const;

 private:
  using Path = absl::optional<FieldPath>;
  struct Paths {
    Path text, tokens, output_tokens, prompt_tokens, cached_tokens, finish;
  };

  DynamicMessages(std::unique_ptr<DynamicMethod> method, RequestTemplate request_template,
                  Paths paths);
  static absl::StatusOr<Paths> Resolve(const DynamicMessagesOptions& options,
                                       const google::protobuf::Descriptor& response);
  absl::Status TryTemplate() const;
  absl::StatusOr<std::string> FromJson(const LoadRequest& request) const;

  const std::unique_ptr<DynamicMethod> method_;
  const RequestTemplate template_;
  const Paths paths_;
  const absl::optional<IdField> ids_;  // where the template has token ids, if in a plain place
  const std::unique_ptr<google::protobuf::util::TypeResolver> resolver_;
  const std::string request_url_;
  google::protobuf::DynamicMessageFactory factory_;
  const google::protobuf::Message* const response_;  // the factory's, empty
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_DYNAMIC_MESSAGES_H_
