// A gRPC server as Baton wants every one of them: limits set, health and reflection on, a bad
// address told in one line.
#ifndef BATON_SERVER_GRPC_SERVER_H_
#define BATON_SERVER_GRPC_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/server.h"
#include "server/call_counter.h"
#include "server/health_service.h"

namespace baton {

struct GrpcServerOptions {
  // "HOST:PORT" (port 0: any free one), "[IPV6]:PORT" or "unix:/PATH".
  std::string listen = "127.0.0.1:50051";
  // The flag to name in errors about `listen`.
  std::string listen_flag = "--listen";
  // Larger messages from clients are refused with RESOURCE_EXHAUSTED.
  int max_receive_message_bytes = 16 << 20;
  // Calls whose headers are larger in all are refused.
  int max_metadata_bytes = 16 << 10;
  // Calls under way on one connection; more of them wait in the client.
  int max_concurrent_streams = 4096;
  // A connection that has been silent for so long is pinged, and closed when the answer does not
  // come in time: a client that vanished without a word frees what it held.
  absl::Duration keepalive_time = absl::Seconds(20);
  absl::Duration keepalive_timeout = absl::Seconds(10);
  // A client that pings more often than this is disconnected (ENHANCE_YOUR_CALM).
  absl::Duration min_ping_interval = absl::Milliseconds(50);
  // Counts the calls that Shutdown waits for; null: one is made.
  std::shared_ptr<CallCounter> calls;
  // Methods ("/package.Service/Method") whose calls count themselves, with `calls`.
  std::set<std::string> self_counting;
};

// A service and its full name, as the generated class's service_full_name() gives it.
struct NamedService {
  std::string name;
  grpc::Service* service;
};

// Thread-safe, except that Shutdown is called once.
class GrpcServer {
 public:
  // Listens and answers when it returns. `services` must outlive the server; their names are known
  // to health, which says NOT_SERVING until SetServing(true). INVALID_ARGUMENT for an address that
  // makes no sense, ALREADY_EXISTS for one in use, else FAILED_PRECONDITION: one line with the
  // flag, the address and the system's reason.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Create(
      const GrpcServerOptions& options, const std::vector<NamedService>& services);

  // Shuts down at once if Shutdown was not called.
  ~GrpcServer();

  // The port in use; 0 for a Unix socket.
  int port() const { return port_; }

  void SetServing(bool serving) { health_.SetServing(serving); }

  // Blocks until the calls under way have ended, cancelling them after `grace`, and all connections
  // are closed; those without a call, whose client may not notice, are waited for some 30 ms at
  // most. While it waits for calls, new ones still reach the services, which refuse them as they
  // like; then no more. Health says NOT_SERVING from the beginning.
  void Shutdown(absl::Duration grace);

 private:
  GrpcServer(std::set<std::string> names, std::shared_ptr<CallCounter> calls)
      : health_(std::move(names)), calls_(std::move(calls)) {}

  HealthService health_;
  const std::shared_ptr<CallCounter> calls_;
  std::unique_ptr<grpc::Server> server_;  // after those two, which it uses
  int port_ = 0;
  bool shut_down_ = false;
};

}  // namespace baton

#endif  // BATON_SERVER_GRPC_SERVER_H_
