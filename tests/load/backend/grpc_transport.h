// Server-streaming calls of any gRPC method, as bytes: what the gRPC back ends share.
#ifndef BATON_TESTS_LOAD_BACKEND_GRPC_TRANSPORT_H_
#define BATON_TESTS_LOAD_BACKEND_GRPC_TRANSPORT_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/mutex.h"
#include "grpcpp/channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/status.h"

namespace baton {

// What becomes of one call. Its methods are called one after the other, on gRPC's threads; they
// must not block.
class GrpcStream {
 public:
  virtual ~GrpcStream() = default;

  // The request is about to leave. Returns whether the call is cancelled as soon as it is sent.
  virtual bool OnSend(absl::Time now) = 0;
  // A message was read. What it returns tells what comes next.
  struct Next {
    bool cancel = false;
    absl::Duration pause = absl::ZeroDuration();  // before the next message is read
  };
  virtual Next OnMessage(absl::Time now, grpc::ByteBuffer* message) = 0;
  // The last: the call is gone, and the stream may be destroyed. It may start another call.
  virtual void OnEnd(absl::Time now, const grpc::Status& status) = 0;
};

struct GrpcTransportOptions {
  std::string address;  // "HOST:PORT" or "unix:/PATH"
  // Connections that calls are spread over. One reads fewer messages a second than several; and a
  // server may allow only so many calls on each.
  int channels = 4;
  std::map<std::string, std::string> metadata;  // sent with every call; keys in small letters
  bool tls = false;
  std::string tls_ca_file;  // PEM; "": the system's certificates
};

// Thread-safe.
class GrpcTransport {
 public:
  explicit GrpcTransport(GrpcTransportOptions options);
  // Cancels what is under way and waits until it has ended.
  ~GrpcTransport();

  // UNAVAILABLE, naming the address, when not all connections stand within `timeout`; NOT_FOUND for
  // a certificate file that can not be read. To be called once, first. Blocks.
  absl::Status Connect(absl::Duration timeout);

  // Calls `method` ("/package.Service/Method") now. The call ends `deadline` from now at the
  // latest.
  void Start(const std::string& method, const grpc::ByteBuffer& request, absl::Duration deadline,
             std::unique_ptr<GrpcStream> stream);

  // Any of the connections, for other calls.
  std::shared_ptr<grpc::Channel> channel() const { return channels_.front(); }

 private:
  class Call;
  friend class Call;

  void Remove(Call* call);

  const GrpcTransportOptions options_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;

  Mutex mu_;
  CondVar none_left_;
  Call* first_ ABSL_GUARDED_BY(mu_) = nullptr;  // a list of the calls under way
  size_t next_channel_ ABSL_GUARDED_BY(mu_) = 0;
  bool closing_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_GRPC_TRANSPORT_H_
