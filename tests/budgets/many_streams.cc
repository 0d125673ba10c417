#include "tests/budgets/many_streams.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "baton/v1/inference.grpc.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/support/channel_arguments.h"
#include "router/tokenizer/test_vocabulary.h"
#include "tests/budgets/child.h"

namespace baton {
namespace {

// Fewer than the server has a queue for.
constexpr int kOpenedAtOnce = 200;

struct Counts {
  std::atomic<int> accepted{0}, open{0};
  std::atomic<int64_t> pieces{0}, tokens{0};
};

// Lives as long as the process.
class OpenStream : public grpc::ClientReadReactor<v1::GenerateResponse> {
 public:
  OpenStream(v1::InferenceService::Stub* stub, const v1::GenerateRequest* request, Counts* counts)
      : counts_(counts) {
    stub->async()->Generate(&context_, request, this);
    StartRead(&response_);
    StartCall();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (num_read_++ == 0) ++counts_->accepted;
    if (response_.has_piece()) {
      if (num_pieces_++ == 0) ++counts_->open;
      ++counts_->pieces;
      counts_->tokens += response_.piece().token_ids_size();
    }
    StartRead(&response_);
  }
  void OnDone(const grpc::Status& status) override {
    std::fprintf(stderr, "a stream has ended: %s\n", status.error_message().c_str());
    std::_Exit(1);
  }

 private:
  Counts* const counts_;
  grpc::ClientContext context_;
  v1::GenerateResponse response_;
  int num_read_ = 0, num_pieces_ = 0;
};

}  // namespace

int RunManyStreams(const ManyStreamsOptions& options) {
  RaiseFileLimit();
  std::vector<v1::GenerateRequest> requests(static_cast<size_t>(options.streams));
  std::vector<std::unique_ptr<v1::InferenceService::Stub>> stubs;
  Counts counts;
  for (int i = 0; i < options.streams; ++i) {
    if (i % options.streams_per_connection == 0) {
      grpc::ChannelArguments own;  // a connection of its own
      own.SetInt("connection", i);
      stubs.push_back(v1::InferenceService::NewStub(
          grpc::CreateCustomChannel(options.address, grpc::InsecureChannelCredentials(), own)));
    }
    v1::GenerateRequest& request = requests[static_cast<size_t>(i)];
    for (uint32_t t = 0; t < options.prompt_tokens; ++t)  // no two have a prefix in common
      request.mutable_tokens()->add_ids(static_cast<uint32_t>(kFirstByteToken) +
                                        static_cast<uint32_t>(i >> t % 4 * 8) % 256);
    request.mutable_stop()->set_max_tokens(options.max_tokens);
    new OpenStream(stubs.back().get(), &request, &counts);
    while (counts.accepted + kOpenedAtOnce <= i) usleep(100);
  }
  while (counts.open < options.streams) usleep(1000);
  std::printf("open\n");
  std::fflush(stdout);
  WaitForEndOfInput();
  std::printf("%lld %lld\n", static_cast<long long>(counts.pieces),
              static_cast<long long>(counts.tokens));
  std::fflush(stdout);
  std::_Exit(0);
}

}  // namespace baton
