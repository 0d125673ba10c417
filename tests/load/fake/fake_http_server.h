// An HTTP/1.1 server on a loopback port that answers as a test scripts it, misbehaviour included:
// a well-behaved library would not send half a chunk, or break a connection in the middle.
#ifndef BATON_TESTS_LOAD_FAKE_FAKE_HTTP_SERVER_H_
#define BATON_TESTS_LOAD_FAKE_FAKE_HTTP_SERVER_H_

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mutex.h"

namespace baton {

struct FakeHttpRequest {
  std::string method, path;
  std::map<std::string, std::string> headers;  // names in small letters
  std::string body;
};

// Writes the answer to one request. Each method is one write to the socket.
class FakeHttpAnswer {
 public:
  explicit FakeHttpAnswer(int fd) : fd_(fd) {}

  // An answer of known length.
  void Whole(int status, absl::string_view body, const std::vector<std::string>& headers = {});

  // A streamed one: its head, pieces of it, and its end. A handler that returns without End leaves
  // the body incomplete, and the connection is closed.
  void StartEvents();
  void Piece(absl::string_view bytes);                 // as one HTTP chunk
  void Event(absl::string_view data);                  // "data: …\n\n", as one chunk
  void Events(const std::vector<std::string>& datas);  // all in one chunk
  void Slowly(absl::string_view bytes, absl::Duration before_each);  // a chunk for each byte
  void End();

  void Raw(absl::string_view bytes);
  // Closes the connection after what was written, though the client may think that it is kept.
  void HangUp();
  // The connection breaks: the client's reads fail with ECONNRESET.
  void Reset();
  // Until the client has closed the connection; false when it did not for so long.
  bool WaitForClose(absl::Duration timeout);

  bool complete() const { return complete_; }
  // The peer was gone when something was written.
  bool failed() const { return failed_; }

 private:
  const int fd_;
  bool complete_ = false, failed_ = false;
};

class FakeHttpServer {
 public:
  // Called on a thread of its connection's.
  using Handler = std::function<void(const FakeHttpRequest&, FakeHttpAnswer&)>;

  explicit FakeHttpServer(Handler handler);
  ~FakeHttpServer() { Die(); }

  std::string url() const;
  // Connections made, and requests read, so far.
  int connections() const { return connections_; }
  int requests() const { return requests_; }

  // Ends all connections and listens no more. Handlers must return by themselves.
  void Die() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Accept() ABSL_LOCKS_EXCLUDED(mu_);
  void Serve(int fd) ABSL_LOCKS_EXCLUDED(mu_);

  const Handler handler_;
  int listener_ = -1, port_ = 0;
  std::atomic<int> connections_{0}, requests_{0};
  Mutex mu_;
  bool dead_ ABSL_GUARDED_BY(mu_) = false;
  std::set<int> open_ ABSL_GUARDED_BY(mu_);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mu_);
  std::thread acceptor_;  // last: it uses the rest
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_FAKE_FAKE_HTTP_SERVER_H_
