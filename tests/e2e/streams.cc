#include "tests/e2e/streams.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/duration.pb.h"
#include "tests/e2e/process.h"

namespace baton {
namespace {

double Seconds(const google::protobuf::Duration& d) { return d.seconds() + d.nanos() * 1e-9; }

void Take(const v1::GenerateResponse& message, StreamResult* result) {
  const bool is_first = !result->started.has_value();
  if (message.has_started() != is_first) result->disorder = "started is not the first message";
  if (result->finished.has_value()) result->disorder = "a message came after finished";
  if (message.has_started()) result->started = message.started();
  if (message.has_finished()) result->finished = message.finished();
  if (!message.has_piece()) return;
  const v1::GeneratedPiece& piece = message.piece();
  if (piece.position() != result->tokens.size()) {
    result->disorder = absl::StrCat("a piece has position ", piece.position(), " after ",
                                    result->tokens.size(), " tokens");
  }
  result->tokens.insert(result->tokens.end(), piece.token_ids().begin(), piece.token_ids().end());
  result->text += piece.text();
}

std::string FigureFaults(const v1::GenerateRequest& request, const v1::GenerateFinished& end) {
  const v1::Usage& usage = end.usage();
  const v1::Timings& t = end.timings();
  std::string faults;
  if (request.has_tokens() &&
      usage.prompt_tokens() != static_cast<uint32_t>(request.tokens().ids_size())) {
    absl::StrAppend(&faults, "usage.prompt_tokens is ", usage.prompt_tokens(), "; ");
  }
  if (Seconds(t.prefill()) <= 0 || Seconds(t.queued()) < 0 ||
      Seconds(t.first_token()) < Seconds(t.queued()) + Seconds(t.prefill()) - 1e-6 ||
      Seconds(t.total()) < Seconds(t.first_token()) || Seconds(t.total()) > 120) {
    absl::StrAppend(&faults, "timings are ", t.ShortDebugString(), "; ");
  }
  return faults;
}

}  // namespace

v1::GenerateRequest NumberedRequest(int i, uint32_t max_tokens) {
  v1::GenerateRequest request;
  const int length = 1 + (i * 37) % 200;
  for (int k = 0; k < length; ++k) {
    request.mutable_tokens()->add_ids(3 + (i * 101 + k * k * 7 + k * 13) % 256);
  }
  request.mutable_stop()->set_max_tokens(max_tokens);
  request.mutable_stop()->set_ignore_eos(true);
  request.set_request_id(absl::StrCat("request-", i));
  if (i % 4 == 3) {
    request.mutable_sampling()->set_temperature(0.9f);
    request.mutable_sampling()->set_top_p(0.95f);
    request.mutable_sampling()->set_seed(1000 + i);
  }
  return request;
}

Streams::Streams(Client* client, const std::vector<v1::GenerateRequest>& requests,
                 absl::Duration timeout) {
  for (const v1::GenerateRequest& request : requests) {
    auto stream = std::make_unique<Stream>();
    stream->call = client->Generate(request, timeout);
    streams_.push_back(std::move(stream));
  }
  for (auto& stream : streams_) {
    stream->thread = std::thread([s = stream.get()] {
      v1::GenerateResponse message;
      while (s->call->Read(&message)) {
        Take(message, &s->result);
        s->num_tokens.store(s->result.tokens.size());
      }
      s->result.status = s->call->Finish();
      s->ended.store(true);
    });
  }
}

Streams::~Streams() {
  for (auto& stream : streams_) {
    if (!stream->thread.joinable()) continue;
    stream->call->Cancel();
    stream->thread.join();
  }
}

bool Streams::WaitForTokens(uint32_t tokens, absl::Duration limit) const {
  return Eventually(limit, [&] {
    for (const auto& stream : streams_) {
      if (stream->num_tokens.load() < tokens && !stream->ended.load()) return false;
    }
    return true;
  });
}

std::vector<StreamResult> Streams::Join() {
  std::vector<StreamResult> results;
  for (auto& stream : streams_) {
    stream->thread.join();
    results.push_back(std::move(stream->result));
  }
  return results;
}

StreamResult RunAlone(Client* client, const v1::GenerateRequest& request, absl::Duration timeout) {
  return Streams(client, {request}, timeout).Join()[0];
}

std::string Faults(const v1::GenerateRequest& request, const StreamResult& result) {
  if (!result.status.ok()) return result.status.ToString();
  if (!result.disorder.empty()) return result.disorder;
  if (!result.started.has_value() || !result.finished.has_value()) return "a message is missing";
  const v1::GenerateFinished& end = *result.finished;
  std::string faults = FigureFaults(request, end);
  if (!request.request_id().empty() && result.started->request_id() != request.request_id()) {
    absl::StrAppend(&faults, "the request's id is ", result.started->request_id(), "; ");
  }
  if (result.tokens.size() != request.stop().max_tokens() ||
      end.usage().output_tokens() != result.tokens.size()) {
    absl::StrAppend(&faults, result.tokens.size(), " tokens came, usage says ",
                    end.usage().output_tokens(), ", expected ", request.stop().max_tokens(), "; ");
  }
  if (end.reason() != v1::FINISH_REASON_LENGTH) {
    absl::StrAppend(&faults, "the reason is ", v1::FinishReason_Name(end.reason()), "; ");
  }
  if (end.numerics_class() != result.started->numerics_class() || end.numerics_class().empty()) {
    absl::StrAppend(&faults, "the numerics class is ", end.numerics_class(), "; ");
  }
  return faults;
}

}  // namespace baton
