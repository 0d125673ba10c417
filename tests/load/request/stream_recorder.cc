#include "tests/load/request/stream_recorder.h"

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"

namespace baton {
namespace {

// A server's words may be long, and there may be many of them.
constexpr size_t kMostMessageBytes = 500;

uint32_t Micros(absl::Duration d) {
  const int64_t us = absl::ToInt64Microseconds(d);
  return static_cast<uint32_t>(std::clamp<int64_t>(us, 0, std::numeric_limits<uint32_t>::max()));
}

}  // namespace

StreamRecorder::StreamRecorder(const LoadRequest& request, absl::optional<absl::Time> scheduled,
                               bool keep_text)
    : behaviour_(request.behaviour), keep_text_(keep_text) {
  record_.index = request.index;
  record_.conversation = request.conversation;
  record_.turn = request.turn;
  record_.scheduled = scheduled;
  record_.prompt_tokens = request.prompt_tokens;
}

void StreamRecorder::Sent(absl::Time now) { record_.sent = now; }

void StreamRecorder::Accepted(absl::Time now) { record_.accepted = now; }

void StreamRecorder::Output(absl::Time now, uint32_t tokens, absl::Span<const uint32_t> ids,
                            absl::string_view text) {
  if (!has_ids_ && !ids.empty()) digest_ = Fnv1a();  // what came before was text
  has_ids_ = has_ids_ || !ids.empty();
  for (const uint32_t id : ids) digest_.AddInteger(id, 4);
  AddText(text);
  if (tokens > 0) AddChunk(now, tokens);
}

void StreamRecorder::OutputEvent(absl::Time now, absl::string_view text) {
  AddText(text);
  record_.chunk_tokens_estimated = true;
  AddChunk(now, 1);
}

void StreamRecorder::AddText(absl::string_view text) {
  if (keep_text_) record_.text.append(text.data(), text.size());
  if (!has_ids_) digest_.Add(text);
}

void StreamRecorder::AddChunk(absl::Time now, uint32_t tokens) {
  counted_ += tokens;
  record_.chunks.push_back({Micros(now - record_.sent), tokens});
}

void StreamRecorder::PromptTokens(uint32_t tokens) {
  record_.prompt_tokens = tokens;
  record_.prompt_tokens_reported = true;
}

void StreamRecorder::OutputTokens(uint32_t tokens) { reported_ = tokens; }

void StreamRecorder::Finish(absl::string_view reason) {
  record_.finish = absl::AsciiStrToLower(reason);
}

bool StreamRecorder::WantsCancel() {
  if (behaviour_.cancel_after && counted_ >= *behaviour_.cancel_after) cancelled_ = true;
  return cancelled_;
}

// The server told how many tokens it made, but not in which chunks.
void StreamRecorder::ShareOut() {
  const size_t chunks = record_.chunks.size();
  if (chunks == 0 || *reported_ < chunks) return;
  for (size_t i = 0; i < chunks; ++i) {
    record_.chunks[i].tokens = static_cast<uint32_t>(uint64_t{*reported_} * (i + 1) / chunks -
                                                     uint64_t{*reported_} * i / chunks);
  }
}

RequestRecord StreamRecorder::End(absl::Time now, const StreamEnd& end) {
  record_.end = now;
  record_.answer_digest = digest_.digest();
  record_.code = end.code;
  record_.reason = end.reason.substr(0, kMostMessageBytes);
  record_.message = end.message.substr(0, kMostMessageBytes);
  record_.chunks.shrink_to_fit();
  record_.retry_after = end.retry_after;
  record_.output_tokens = reported_.value_or(counted_);
  if (record_.chunk_tokens_estimated && reported_) ShareOut();
  if (cancelled_ && end.code != "OK") {
    record_.outcome = RequestOutcome::kCancelled;
  } else if (end.refused) {
    record_.outcome = RequestOutcome::kRefused;
  } else if (end.deadline_passed || record_.finish == "deadline") {
    record_.outcome = RequestOutcome::kDeadline;
  } else if (end.code == "OK") {
    record_.outcome = RequestOutcome::kCompleted;
  }
  return std::move(record_);
}

}  // namespace baton
