#include "tests/load/request/stream_recorder.h"

#include <vector>

#include "gtest/gtest.h"

namespace baton {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1000);

absl::Time At(int ms) { return kStart + absl::Milliseconds(ms); }

StreamRecorder Sent(const LoadRequest& request = {}) {
  StreamRecorder recorder(request, kStart - absl::Milliseconds(7), /*keep_text=*/true);
  recorder.Sent(kStart);
  return recorder;
}

std::vector<uint32_t> ChunkTokens(const RequestRecord& record) {
  std::vector<uint32_t> tokens;
  for (const OutputChunk& chunk : record.chunks) tokens.push_back(chunk.tokens);
  return tokens;
}

TEST(StreamRecorderTest, ChunksAreTimedFromSending) {
  StreamRecorder recorder = Sent();
  recorder.Accepted(At(1));
  recorder.Output(At(20), 1, {5}, "a");
  recorder.Output(At(30), 0, {}, "é");  // text that was held back
  recorder.Output(At(50), 3, {6, 7, 8}, "bcd");
  recorder.Finish("LENGTH");
  recorder.OutputTokens(5);  // an end token is counted, and not sent
  const RequestRecord record = recorder.End(At(60), StreamEnd());
  EXPECT_EQ(record.due(), kStart - absl::Milliseconds(7));
  EXPECT_EQ(*record.first_output(), absl::Milliseconds(20));
  EXPECT_EQ(ChunkTokens(record), (std::vector<uint32_t>{1, 3}));
  EXPECT_EQ(record.chunk_time(1), At(50));
  EXPECT_EQ(record.end, At(60));
  EXPECT_EQ(record.output_tokens, 5u);
  EXPECT_EQ(record.text, "aébcd");
  EXPECT_EQ(record.finish, "length");
  EXPECT_EQ(record.outcome, RequestOutcome::kCompleted);
  EXPECT_FALSE(record.chunk_tokens_estimated);
}

TEST(StreamRecorderTest, TheServersCountIsSharedOutOverEventsOfUnknownSize) {
  StreamRecorder recorder = Sent();
  for (int i = 0; i < 4; ++i) recorder.OutputEvent(At(10 * i), i == 2 ? "" : "x");
  recorder.OutputTokens(10);
  const RequestRecord record = recorder.End(At(60), StreamEnd());
  EXPECT_EQ(ChunkTokens(record), (std::vector<uint32_t>{2, 3, 2, 3}));
  EXPECT_TRUE(record.chunk_tokens_estimated);
  EXPECT_EQ(record.output_tokens, 10u);
}

TEST(StreamRecorderTest, WithoutACountEveryEventIsAToken) {
  StreamRecorder recorder = Sent();
  recorder.OutputEvent(At(1), "x");
  recorder.OutputEvent(At(2), "y");
  EXPECT_EQ(recorder.End(At(3), StreamEnd()).output_tokens, 2u);
}

TEST(StreamRecorderTest, CancelsOnceItHasEnough) {
  LoadRequest request;
  request.behaviour.cancel_after = 2;
  StreamRecorder recorder = Sent(request);
  EXPECT_FALSE(recorder.WantsCancel());
  recorder.Output(At(1), 1, {5}, "a");
  EXPECT_FALSE(recorder.WantsCancel());
  recorder.Output(At(2), 1, {5}, "a");
  EXPECT_TRUE(recorder.WantsCancel());
  StreamEnd end;
  end.code = "CANCELLED";
  EXPECT_EQ(recorder.End(At(3), end).outcome, RequestOutcome::kCancelled);
}

// A cancel that comes too late changes nothing.
TEST(StreamRecorderTest, WhatCompletedWasNotCancelled) {
  LoadRequest request;
  request.behaviour.cancel_after = 0;
  StreamRecorder recorder = Sent(request);
  EXPECT_TRUE(recorder.WantsCancel());
  EXPECT_EQ(recorder.End(At(3), StreamEnd()).outcome, RequestOutcome::kCompleted);
}

TEST(StreamRecorderTest, EveryEndHasItsOutcome) {
  StreamEnd refused, late, failed;
  refused.code = "RESOURCE_EXHAUSTED";
  refused.refused = true;
  late.code = "DEADLINE_EXCEEDED";
  late.deadline_passed = true;
  failed.code = "UNAVAILABLE";
  EXPECT_EQ(Sent().End(At(1), refused).outcome, RequestOutcome::kRefused);
  EXPECT_EQ(Sent().End(At(1), late).outcome, RequestOutcome::kDeadline);
  EXPECT_EQ(Sent().End(At(1), failed).outcome, RequestOutcome::kFailed);
  StreamRecorder cut = Sent();
  cut.Finish("DEADLINE");  // the server's own last message says so
  EXPECT_EQ(cut.End(At(1), StreamEnd()).outcome, RequestOutcome::kDeadline);
}

TEST(StreamRecorderTest, DigestsAreOfIdsWhereThereAreAny) {
  const auto digest = [](std::vector<uint32_t> ids, const char* text) {
    StreamRecorder recorder = Sent();
    recorder.Output(At(1), 1, ids, text);
    return recorder.End(At(2), StreamEnd()).answer_digest;
  };
  EXPECT_EQ(digest({1, 2}, "a"), digest({1, 2}, "b"));
  EXPECT_NE(digest({1, 2}, "a"), digest({2, 1}, "a"));
  EXPECT_NE(digest({}, "a"), digest({}, "b"));
}

}  // namespace
}  // namespace baton
