#include "tests/load/backend/dynamic_messages.h"

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/type_resolver_util.h"

namespace baton {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptorSet;

constexpr char kUrlPrefix[] = "type.googleapis.com";

// `option` is what the path is called where it was given.
absl::Status ResolveOne(const Descriptor& message, absl::string_view option,
                        const std::string& path, FieldUse use, absl::optional<FieldPath>* out) {
  if (path.empty()) return absl::OkStatus();
  absl::StatusOr<FieldPath> resolved = FieldPath::Resolve(message, path, use);
  if (!resolved.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(option, ": ", resolved.status().message()));
  }
  *out = *std::move(resolved);
  return absl::OkStatus();
}

// One request for each kind of prompt, with everything set that a template can ask for.
std::vector<LoadRequest> Samples() {
  std::vector<LoadRequest> samples(3);
  samples[0].prompt = std::vector<uint32_t>{1};
  samples[1].prompt = std::string("hello");
  samples[2].prompt = std::vector<ChatTurn>{{"user", "hello"}};
  for (LoadRequest& sample : samples) {
    sample.max_tokens = 1;
    sample.sampling.seed = 1;
    sample.sampling.temperature = 0.5;
    sample.sampling.top_p = 0.5;
    sample.sampling.top_k = 1;
  }
  return samples;
}

}  // namespace

DynamicMessages::DynamicMessages(std::unique_ptr<DynamicMethod> method,
                                 RequestTemplate request_template, Paths paths)
    : method_(std::move(method)),
      template_(std::move(request_template)),
      paths_(std::move(paths)),
      ids_(IdField::Find(method_->request(), template_.IdsPath())),
      resolver_(
          google::protobuf::util::NewTypeResolverForDescriptorPool(kUrlPrefix, &method_->pool())),
      request_url_(absl::StrCat(kUrlPrefix, "/", method_->request().full_name())),
      factory_(&method_->pool()),
      response_(factory_.GetPrototype(&method_->response())) {}

absl::StatusOr<DynamicMessages::Paths> DynamicMessages::Resolve(
    const DynamicMessagesOptions& options, const Descriptor& response) {
  Paths p;
  RETURN_IF_ERROR(ResolveOne(response, "text field", options.text_field, FieldUse::kText, &p.text));
  RETURN_IF_ERROR(
      ResolveOne(response, "token field", options.token_field, FieldUse::kTokens, &p.tokens));
  RETURN_IF_ERROR(ResolveOne(response, "output tokens field", options.output_tokens_field,
                             FieldUse::kNumber, &p.output_tokens));
  RETURN_IF_ERROR(ResolveOne(response, "prompt tokens field", options.prompt_tokens_field,
                             FieldUse::kNumber, &p.prompt_tokens));
  RETURN_IF_ERROR(ResolveOne(response, "cached tokens field", options.cached_tokens_field,
                             FieldUse::kNumber, &p.cached_tokens));
  RETURN_IF_ERROR(
      ResolveOne(response, "finish field", options.finish_field, FieldUse::kLabel, &p.finish));
  if (p.text || p.tokens) return p;
  return absl::InvalidArgumentError(
      absl::StrCat("neither a text field nor a token field of ", response.full_name(),
                   " is named, so that no output would be seen; expected one or both"));
}

absl::StatusOr<std::unique_ptr<DynamicMessages>> DynamicMessages::Create(
    const DynamicMessagesOptions& options, const FileDescriptorSet& files) {
  ASSIGN_OR_RETURN(const MethodName name, MethodName::Parse(options.method));
  ASSIGN_OR_RETURN(auto method, DynamicMethod::Create(files, name));
  ASSIGN_OR_RETURN(auto request_template, RequestTemplate::Parse(options.request_json));
  ASSIGN_OR_RETURN(Paths paths, Resolve(options, method->response()));
  auto messages = absl::WrapUnique(
      new DynamicMessages(std::move(method), std::move(request_template), std::move(paths)));
  RETURN_IF_ERROR(messages->TryTemplate());
  return messages;
}

absl::Status DynamicMessages::TryTemplate() const {
  for (const LoadRequest& sample : Samples()) {
    if (Check(sample).ok()) RETURN_IF_ERROR(FromJson(sample).status());
  }
  return absl::OkStatus();
}

// Token ids take the short way: the rest is made without them, and they are put after it.
absl::StatusOr<std::string> DynamicMessages::Serialise(const LoadRequest& request) const {
  const auto* ids = absl::get_if<std::vector<uint32_t>>(&request.prompt);
  if (ids == nullptr || !ids_) return FromJson(request);
  LoadRequest rest;
  rest.index = request.index;
  rest.max_tokens = request.max_tokens;
  rest.ignore_eos = request.ignore_eos;
  rest.sampling = request.sampling;
  ASSIGN_OR_RETURN(std::string bytes, FromJson(rest));
  return ids_->Append(*ids, &bytes) ? bytes : FromJson(request);
}

absl::StatusOr<std::string> DynamicMessages::FromJson(const LoadRequest& request) const {
  const std::string json = template_.Fill(request);
  std::string bytes;
  const auto status =
      google::protobuf::util::JsonToBinaryString(resolver_.get(), request_url_, json, &bytes);
  if (status.ok()) return bytes;
  const auto message = status.message();
  return absl::InvalidArgumentError(absl::StrCat(
      "the request template does not fit ", method_->request().full_name(), ": ",
      absl::string_view(message.data(), message.size()), ", in ", json.substr(0, 300)));
}

DynamicMessages::Scratch DynamicMessages::NewScratch() const {
  return Scratch{absl::WrapUnique(response_->New()), Output()};
}

absl::Status DynamicMessages::Parse(absl::string_view bytes, Scratch* scratch) const {
  google::protobuf::Message* message = scratch->message.get();
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError(absl::StrCat("an answer of ", bytes.size(), " bytes is no ",
                                            method_->response().full_name()));
  }
  Output& out = scratch->output;
  out.text.clear();
  out.ids.clear();
  if (paths_.text) paths_.text->AppendText(*message, &out.text);
  if (paths_.tokens) out.tokens = paths_.tokens->AppendTokens(*message, &out.ids);
  if (paths_.output_tokens) out.output_tokens = paths_.output_tokens->Number(*message);
  if (paths_.prompt_tokens) out.prompt_tokens = paths_.prompt_tokens->Number(*message);
  if (paths_.cached_tokens) out.cached_tokens = paths_.cached_tokens->Number(*message);
  if (paths_.finish) out.finish = paths_.finish->Label(*message);
  return absl::OkStatus();
}

}  // namespace baton
