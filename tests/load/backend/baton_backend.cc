#include "tests/load/backend/baton_backend.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "baton/v1/inference.pb.h"
#include "client/client.h"
#include "common/clock.h"
#include "common/status_macros.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "tests/load/backend/baton_request.h"
#include "tests/load/backend/grpc_end.h"
#include "tests/load/request/stream_recorder.h"

namespace baton {
namespace {

constexpr char kMethod[] = "/baton.v1.InferenceService/Generate";

absl::Duration ToDuration(const google::protobuf::Duration& d) {
  return absl::Seconds(d.seconds()) + absl::Nanoseconds(d.nanos());
}

grpc::ByteBuffer Serialise(const v1::GenerateRequest& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

// A router knows no model before a worker is there, and can not run it before its group is ready.
absl::StatusOr<v1::Model> WaitForModel(Client* client, const std::string& name, absl::Time until) {
  v1::GetModelRequest request;
  request.set_model(name);
  while (true) {
    absl::StatusOr<v1::GetModelResponse> response = client->GetModel(request);
    if (response.ok() && response->model().numerics_classes_size() > 0) return response->model();
    if (!response.ok() && !absl::IsUnavailable(response.status())) {
      const auto models = client->ListModels();
      if (!models.ok() || models->models_size() > 0) return response.status();
    }
    if (Clock::Real()->Now() >= until) {
      return absl::UnavailableError(
          absl::StrCat("the server at ", client->address(), " has no group that is ready"));
    }
    absl::SleepFor(absl::Milliseconds(50));
  }
}

class BatonStream : public GrpcStream {
 public:
  BatonStream(const LoadRequest& request, absl::optional<absl::Time> scheduled, bool keep_text,
              Backend::Done done)
      : recorder_(request, scheduled, keep_text), done_(std::move(done)) {}

  bool OnSend(absl::Time now) override {
    recorder_.Sent(now);
    return recorder_.WantsCancel();
  }

  Next OnMessage(absl::Time now, grpc::ByteBuffer* message) override {
    grpc::ProtoBufferReader reader(message);
    if (!response_.ParseFromZeroCopyStream(&reader)) {
      malformed_ = true;
      return {true, absl::ZeroDuration()};
    }
    if (response_.has_piece()) {
      Piece(now, response_.piece());
    } else if (response_.has_started()) {
      Started(now, response_.started());
    } else if (response_.has_finished()) {
      Finished(response_.finished());
    }
    return {recorder_.WantsCancel(), recorder_.ReadPause()};
  }

  void OnEnd(absl::Time now, const grpc::Status& status) override {
    StreamEnd end = ToStreamEnd(status, accepted_);
    if (malformed_ || (status.ok() && !finished_)) {
      end.code = "DATA_LOSS";
      end.message = malformed_ ? "a message is not a GenerateResponse"
                               : "the stream ended without its last message";
    }
    done_(recorder_.End(now, end));
  }

 private:
  void Piece(absl::Time now, const v1::GeneratedPiece& piece) {
    recorder_.Output(
        now, static_cast<uint32_t>(piece.token_ids_size()),
        absl::MakeConstSpan(piece.token_ids().data(), static_cast<size_t>(piece.token_ids_size())),
        piece.text());
  }

  void Started(absl::Time now, const v1::GenerateStarted& started) {
    accepted_ = true;
    recorder_.Accepted(now);
    recorder_.PromptTokens(started.prompt_tokens());
    recorder_.Group(started.group());
    recorder_.NumericsClass(started.numerics_class());
  }

  void Finished(const v1::GenerateFinished& finished) {
    finished_ = true;
    recorder_.Finish(absl::StripPrefix(v1::FinishReason_Name(finished.reason()), "FINISH_REASON_"));
    recorder_.OutputTokens(finished.usage().output_tokens());
    recorder_.CachedTokens(finished.usage().cached_tokens());
    if (!finished.has_timings()) return;
    const v1::Timings& times = finished.timings();
    const absl::Duration first_token = ToDuration(times.first_token());
    recorder_.Times({ToDuration(times.queued()), ToDuration(times.prefill()),
                     ToDuration(times.total()) - first_token, first_token});
  }

  StreamRecorder recorder_;
  const Backend::Done done_;
  v1::GenerateResponse response_;  // kept, so that its memory is used again
  bool accepted_ = false, finished_ = false, malformed_ = false;
};

}  // namespace

BatonBackend::BatonBackend(Options options)
    : options_(std::move(options)), transport_(options_.transport) {}

absl::StatusOr<ServerFacts> BatonBackend::Connect(absl::Duration timeout) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client,
                   Client::Connect(options_.transport.address, timeout));
  ASSIGN_OR_RETURN(const v1::Model model,
                   WaitForModel(client.get(), options_.model, Clock::Real()->Now() + timeout));
  RETURN_IF_ERROR(transport_.Connect(timeout));
  return ServerFacts{model.name(),
                     model.vocab_size(),
                     model.max_model_len(),
                     {model.numerics_classes().begin(), model.numerics_classes().end()}};
}

void BatonBackend::Start(const LoadRequest& request, absl::optional<absl::Time> scheduled,
                         Done done) {
  transport_.Start(
      kMethod, Serialise(ToGenerateRequest(request, options_.model)), request.behaviour.deadline,
      std::make_unique<BatonStream>(request, scheduled, options_.keep_text, std::move(done)));
}

}  // namespace baton
