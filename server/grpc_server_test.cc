#include "server/grpc_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// An empty service under a name of its own.
class SomeService : public grpc::Service {};

class GrpcServerTest : public testing::Test {
 protected:
  GrpcServerTest() {
    GrpcServerOptions options;
    options.listen = "127.0.0.1:0";
    auto server = GrpcServer::Create(options, {{"test.Some", &service_}});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    health_ = Health::NewStub(grpc::CreateChannel(Address(), grpc::InsecureChannelCredentials()));
  }

  std::string Address() const { return absl::StrCat("127.0.0.1:", server_->port()); }

  // The status that Check reports, or SERVICE_UNKNOWN for NOT_FOUND.
  HealthCheckResponse::ServingStatus Check(const std::string& name) {
    grpc::ClientContext context;
    HealthCheckRequest request;
    request.set_service(name);
    HealthCheckResponse response;
    const grpc::Status status = health_->Check(&context, request, &response);
    if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
      return HealthCheckResponse::SERVICE_UNKNOWN;
    }
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status();
  }

  SomeService service_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<Health::Stub> health_;
};

TEST_F(GrpcServerTest, HealthFollowsSetServing) {
  EXPECT_EQ(Check(""), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Check("test.Some"), HealthCheckResponse::NOT_SERVING);
  server_->SetServing(true);
  EXPECT_EQ(Check(""), HealthCheckResponse::SERVING);
  EXPECT_EQ(Check("test.Some"), HealthCheckResponse::SERVING);
  EXPECT_EQ(Check("test.Other"), HealthCheckResponse::SERVICE_UNKNOWN);
  server_->SetServing(false);
  EXPECT_EQ(Check(""), HealthCheckResponse::NOT_SERVING);
}

TEST_F(GrpcServerTest, WatchReportsChangesAndEndsWithTheServer) {
  grpc::ClientContext context;
  HealthCheckRequest request;
  request.set_service("test.Some");
  const auto watch = health_->Watch(&context, request);
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  server_->SetServing(true);
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);

  const auto start = std::chrono::steady_clock::now();
  server_->Shutdown(absl::Seconds(30));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(GrpcServerTest, WatchOfAnUnknownServiceSaysSo) {
  grpc::ClientContext context;
  HealthCheckRequest request;
  request.set_service("test.Other");
  const auto watch = health_->Watch(&context, request);
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
  context.TryCancel();
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(GrpcServerTest, WatchersThatVanishAreForgotten) {
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    const auto watch = health_->Watch(&context, HealthCheckRequest());
    HealthCheckResponse response;
    ASSERT_TRUE(watch->Read(&response));
    context.TryCancel();
    server_->SetServing(i % 2 == 0);
    watch->Finish();
  }
  EXPECT_EQ(Check(""), HealthCheckResponse::NOT_SERVING);
}

// A client that has no call and does not look at its socket: it answers neither GOAWAY nor PING.
TEST_F(GrpcServerTest, AnIdleClientDoesNotHoldUpShutdown) {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(server_->port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";  // and empty settings
  ASSERT_EQ(send(client, preface, sizeof(preface), 0), static_cast<ssize_t>(sizeof(preface)));
  char byte;
  ASSERT_EQ(recv(client, &byte, 1, 0), 1);  // the server's settings: the connection is up

  const auto start = std::chrono::steady_clock::now();
  server_->Shutdown(absl::Seconds(2));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(500));
  close(client);
}

TEST_F(GrpcServerTest, ShutdownCancelsWhatOutlastsTheGrace) {
  // Reflection streams stay open until the client ends them.
  grpc::GenericStub stub(grpc::CreateChannel(Address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  void* tag;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  ASSERT_TRUE(ok);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the call has reached its method
  const auto start = std::chrono::steady_clock::now();
  server_->Shutdown(absl::Milliseconds(100));
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(100));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  grpc::Status status;
  call->Finish(&status, nullptr);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_NE(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << "reflection is on";
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
}

TEST_F(GrpcServerTest, AnAddressInUseIsOneLineWithFlagAndReason) {
  GrpcServerOptions options;
  options.listen = Address();
  const auto second = GrpcServer::Create(options, {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(second.status().message(),
            absl::StrCat("--listen ", Address(), ": Address already in use"));
}

TEST(GrpcServerUnix, ListensOnAUnixSocket) {
  GrpcServerOptions options;
  // Not in the test's own folder: a socket's path is limited to 107 bytes.
  options.listen = absl::StrCat("unix:/tmp/baton_grpc_server_test_", getpid(), ".sock");
  const auto server = GrpcServer::Create(options, {});
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ((*server)->port(), 0);
  const auto health =
      Health::NewStub(grpc::CreateChannel(options.listen, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  HealthCheckResponse response;
  EXPECT_TRUE(health->Check(&context, HealthCheckRequest(), &response).ok());
}

}  // namespace
}  // namespace baton
