#include "tests/e2e/serve_process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/check.h"
#include "common/status_macros.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace baton {
namespace {

std::vector<std::string> Arguments(const ServeFlags& flags, const std::string& address) {
  std::vector<std::string> args = {"serve",
                                   "--model",
                                   flags.model,
                                   "--listen",
                                   address,
                                   "--kv-memory",
                                   flags.kv_memory,
                                   absl::StrCat("--tp=", flags.tp),
                                   absl::StrCat("--pp=", flags.pp),
                                   absl::StrCat("--groups=", flags.groups)};
  args.insert(args.end(), flags.more.begin(), flags.more.end());
  return args;
}

}  // namespace

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  BATON_CHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0);
  BATON_CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  close(fd);
  return ntohs(address.sin_port);
}

ServeProcess::ServeProcess(const ServeFlags& flags, int port)
    : num_groups_(flags.groups),
      address_(absl::StrCat("127.0.0.1:", port)),
      process_(Arguments(flags, address_)) {}

absl::StatusOr<std::unique_ptr<ServeProcess>> ServeProcess::Start(const ServeFlags& flags,
                                                                  absl::Duration limit) {
  std::unique_ptr<ServeProcess> serve(new ServeProcess(flags, FreePort()));
  RETURN_IF_ERROR(serve->Connect(absl::Now() + limit));
  return serve;
}

absl::Status ServeProcess::Connect(absl::Time deadline) {
  const auto output = [this] { return absl::StrCat(process_.Stdout(), process_.Stderr()); };
  while (absl::Now() < deadline) {
    if (const auto code = process_.Wait(absl::ZeroDuration())) {
      return absl::FailedPreconditionError(absl::StrCat("it ended with ", *code, ":\n", output()));
    }
    if (client_ == nullptr) {
      auto client = Client::Connect(address_, absl::Milliseconds(200));
      if (client.ok()) client_ = *std::move(client);
    } else if (WaitReady(absl::Milliseconds(200))) {
      return absl::OkStatus();
    }
  }
  return absl::DeadlineExceededError(absl::StrCat("it is not ready:\n", output()));
}

v1::GetClusterStatusResponse ServeProcess::Status() {
  auto status = client_->GetClusterStatus({}, absl::Seconds(1));
  return status.ok() ? *std::move(status) : v1::GetClusterStatusResponse();
}

v1::GroupStatus ServeProcess::Group(int index) {
  const v1::GetClusterStatusResponse status = Status();
  return index < status.groups_size() ? status.groups(index) : v1::GroupStatus();
}

std::vector<pid_t> ServeProcess::WorkerPids() {
  std::vector<pid_t> pids;
  const v1::GroupStatus group = Group();
  for (const v1::RankStatus& rank : group.ranks()) pids.push_back(rank.pid());
  return pids;
}

bool ServeProcess::WaitReady(absl::Duration limit, uint64_t epoch) {
  return Eventually(limit, [&] {
    const v1::GetClusterStatusResponse status = Status();
    if (status.groups_size() != num_groups_ || status.groups(0).epoch() <= epoch) return false;
    for (const v1::GroupStatus& group : status.groups()) {
      if (group.state() != v1::GROUP_STATE_READY) return false;
    }
    return true;
  });
}

bool ServeProcess::WaitIdle(absl::Duration limit) {
  return Eventually(limit, [&] {
    const v1::GetClusterStatusResponse status = Status();
    for (const v1::GroupStatus& group : status.groups()) {
      if (group.kv_blocks_used() + group.running() + group.waiting() > 0) return false;
    }
    return status.groups_size() == num_groups_;
  });
}

bool ServeProcess::IsServing() {
  using grpc::health::v1::HealthCheckResponse;
  const auto health = grpc::health::v1::Health::NewStub(
      grpc::CreateChannel(address_, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
  HealthCheckResponse response;
  return health->Check(&context, {}, &response).ok() &&
         response.status() == HealthCheckResponse::SERVING;
}

absl::Duration ServeProcess::Stop(int* exit_code) {
  const absl::Time start = absl::Now();
  process_.Signal(SIGTERM);
  *exit_code = process_.Wait(absl::Seconds(10)).value_or(-1000);
  return absl::Now() - start;
}

}  // namespace baton
