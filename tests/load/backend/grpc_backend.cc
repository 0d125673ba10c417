#include "tests/load/backend/grpc_backend.h"

#include <utility>

#include "absl/time/clock.h"
#include "common/status_macros.h"
#include "tests/load/backend/dynamic_method.h"
#include "tests/load/backend/grpc_end.h"
#include "tests/load/backend/proto_files.h"
#include "tests/load/backend/server_reflection.h"
#include "tests/load/request/stream_recorder.h"

namespace baton {
namespace {

class DynamicStream : public GrpcStream {
 public:
  // `error`: the request could not be made; the call is not to leave, and that is its end.
  DynamicStream(const LoadRequest& request, absl::optional<absl::Time> scheduled, bool keep_text,
                const DynamicMessages* messages, absl::Status error, Backend::Done done)
      : recorder_(request, scheduled, keep_text),
        messages_(messages),
        scratch_(messages->NewScratch()),
        error_(std::move(error)),
        done_(std::move(done)) {}

  bool OnSend(absl::Time now) override {
    recorder_.Sent(now);
    return !error_.ok() || recorder_.WantsCancel();
  }

  Next OnMessage(absl::Time now, grpc::ByteBuffer* message) override {
    had_answer_ = true;
    if (error_.ok()) error_ = Read(message);
    if (!error_.ok()) return {true, absl::ZeroDuration()};
    Record(now, scratch_.output);
    return {recorder_.WantsCancel(), recorder_.ReadPause()};
  }

  void OnEnd(absl::Time now, const grpc::Status& status) override {
    StreamEnd end = ToStreamEnd(status, had_answer_);
    if (!error_.ok()) {
      end.code = absl::StatusCodeToString(error_.code());
      end.message = std::string(error_.message());
    }
    done_(recorder_.End(now, end));
  }

 private:
  absl::Status Read(grpc::ByteBuffer* message) {
    grpc::Slice slice;  // most messages are one already
    if (!message->TrySingleSlice(&slice).ok() && !message->DumpToSingleSlice(&slice).ok()) {
      return absl::DataLossError("an answer can not be read");
    }
    return messages_->Parse(
        absl::string_view(reinterpret_cast<const char*>(slice.begin()), slice.size()), &scratch_);
  }

  void Record(absl::Time now, const DynamicMessages::Output& out) {
    if (out.tokens) {
      recorder_.Output(now, *out.tokens, out.ids, out.text);
    } else if (!out.text.empty()) {
      recorder_.OutputEvent(now, out.text);
    }
    if (out.output_tokens) recorder_.OutputTokens(*out.output_tokens);
    if (out.prompt_tokens) recorder_.PromptTokens(*out.prompt_tokens);
    if (out.cached_tokens) recorder_.CachedTokens(*out.cached_tokens);
    if (!out.finish.empty()) recorder_.Finish(out.finish);
  }

  StreamRecorder recorder_;
  const DynamicMessages* const messages_;
  DynamicMessages::Scratch scratch_;
  absl::Status error_;  // of ours: a request or an answer that does not fit the contract
  const Backend::Done done_;
  bool had_answer_ = false;
};

}  // namespace

GrpcBackend::GrpcBackend(Options options)
    : options_(std::move(options)), transport_(options_.transport) {}

GrpcBackend::~GrpcBackend() = default;

absl::Status GrpcBackend::ReadContract(const google::protobuf::FileDescriptorSet& files) {
  ASSIGN_OR_RETURN(messages_, DynamicMessages::Create(options_.messages, files));
  method_ = messages_->method_path();
  return absl::OkStatus();
}

absl::StatusOr<ServerFacts> GrpcBackend::Connect(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  ASSIGN_OR_RETURN(const MethodName name, MethodName::Parse(options_.messages.method));
  if (!options_.proto_file.empty()) {
    ASSIGN_OR_RETURN(const auto files, ReadProtoFiles(options_.proto_file, options_.proto_paths));
    RETURN_IF_ERROR(ReadContract(files));
  }
  RETURN_IF_ERROR(transport_.Connect(timeout));
  if (options_.proto_file.empty()) {
    ASSIGN_OR_RETURN(const auto files,
                     ReflectService(transport_.channel(), name.service, deadline - absl::Now()));
    RETURN_IF_ERROR(ReadContract(files));
  }
  return ServerFacts();
}

absl::Status GrpcBackend::Check(const LoadRequest& request) const {
  if (messages_ == nullptr) return absl::FailedPreconditionError("not connected yet");
  RETURN_IF_ERROR(messages_->Check(request));
  return messages_->Serialise(request).status();
}

void GrpcBackend::Start(const LoadRequest& request, absl::optional<absl::Time> scheduled,
                        Done done) {
  const absl::StatusOr<std::string> bytes = messages_->Serialise(request);
  const grpc::Slice slice(bytes.ok() ? *bytes : "");
  transport_.Start(
      method_, grpc::ByteBuffer(&slice, 1), request.behaviour.deadline,
      std::make_unique<DynamicStream>(request, scheduled, options_.keep_text, messages_.get(),
                                      bytes.status(), std::move(done)));
}

}  // namespace baton
