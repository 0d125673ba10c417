#include "tests/e2e/cluster_fixture.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/check.h"
#include "worker/model/gguf_types.h"
#include "worker/model/tiny_model.h"

namespace baton {

std::string TinyModelPath(uint64_t seed) {
  const std::string path =
      absl::StrCat(testing::TempDir(), "/baton_e2e_", getpid(), "_seed", seed, ".gguf");
  if (access(path.c_str(), R_OK) == 0) return path;
  TinyModelOptions options;
  options.context = 8192;
  options.embedding_type = GgmlType::kQ8_0;
  options.attention_type = GgmlType::kQ8_0;
  options.ffn_type = GgmlType::kQ4_1;
  options.seed = seed;
  BATON_CHECK(WriteTinyModel(path, options).ok());
  return path;
}

std::vector<v1::GenerateRequest> NumberedRequests(uint32_t max_tokens) {
  std::vector<v1::GenerateRequest> requests;
  for (int i = 0; i < kNumStreams; ++i) requests.push_back(NumberedRequest(i, max_tokens));
  return requests;
}

bool BeginAlike(const TokenList& a, const TokenList& b) {
  const size_t size = std::min(a.size(), b.size());
  return size > 0 && std::equal(a.begin(), a.begin() + size, b.begin());
}

void ClusterFixture::Start(ServeFlags flags) {
  if (flags.model.empty()) flags.model = TinyModelPath();
  auto serve = ServeProcess::Start(flags);
  ASSERT_TRUE(serve.ok()) << serve.status();
  serve_ = *std::move(serve);
}

std::vector<TokenList> ClusterFixture::RunEachAlone(
    const std::vector<v1::GenerateRequest>& requests) {
  std::vector<TokenList> all;
  for (const v1::GenerateRequest& request : requests) {
    StreamResult result = RunAlone(&client(), request);
    EXPECT_EQ(Faults(request, result), "") << request.request_id();
    all.push_back(std::move(result.tokens));
  }
  return all;
}

void ClusterFixture::ExpectStops(absl::Duration limit) {
  int exit_code;
  const absl::Duration took = serve().Stop(&exit_code);
  EXPECT_LE(took, limit) << serve().process().Stderr();
  EXPECT_EQ(exit_code, 0) << serve().process().Stderr();
  EXPECT_TRUE(footprint_.Processes().empty());
  RecordProperty("stop_ms", static_cast<int>(absl::ToInt64Milliseconds(took)));
}

void ClusterFixture::TearDown() {
  if (HasFailure() && serve_ != nullptr) {
    ADD_FAILURE() << "what baton serve wrote:\n" << serve_->process().Stderr();
  }
  serve_.reset();
  EXPECT_EQ(footprint_.Leftovers(absl::Seconds(2)), "");
}

}  // namespace baton
