// Many HTTP/1.1 requests at a time, on the thread of an IoLoop, whose answers are read as they
// come. Connections are kept and used again. Everything is to be called on the loop's thread.
#ifndef BATON_TESTS_LOAD_BACKEND_HTTP_CLIENT_H_
#define BATON_TESTS_LOAD_BACKEND_HTTP_CLIENT_H_

#include <curl/curl.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "tests/load/backend/io_loop.h"

namespace baton {

struct HttpClientOptions {
  std::vector<std::string> headers;  // "Name: value", with each request
  bool insecure = false;             // takes any TLS certificate
  bool use_proxy = true;             // that the environment names
};

struct HttpRequest {
  std::string url;
  absl::optional<std::string> body;  // JSON, which is POSTed; unset: GET
  bool stop_when_sent = false;       // closes the connection as soon as the whole request is sent
};

struct HttpEnd {
  int status = 0;        // 0: there was no answer
  bool stopped = false;  // by the receiver, or as stop_when_sent asks
  std::string error;     // "" when the answer is complete, or `stopped`
  std::string content_type;
  absl::optional<absl::Duration> retry_after;  // whole seconds; 0 is not told from none
};

// Who gets an answer. Is called on the loop's thread.
class HttpReceiver {
 public:
  virtual ~HttpReceiver() = default;
  // `bytes` of the body were read at `now`. False: the connection is closed, and OnEnd follows. May
  // call HttpClient::Pause, but not Abort.
  virtual bool OnBody(absl::Time now, int status, absl::string_view bytes) = 0;
  // The last call. The transfer is gone; may call anything.
  virtual void OnEnd(absl::Time now, const HttpEnd& end) = 0;
};

struct HttpTransfer;

class HttpClient {
 public:
  // `loop` must outlive it. Raises the process's limit of open files as far as it may.
  static absl::StatusOr<std::unique_ptr<HttpClient>> Create(IoLoop* loop,
                                                            HttpClientOptions options);
  // Receivers that are still waiting are not called any more. The loop must have been joined.
  ~HttpClient();

  // Never calls `receiver` before it returns.
  HttpTransfer* Start(HttpRequest request, HttpReceiver* receiver);
  // Reads nothing until Resume.
  void Pause(HttpTransfer* transfer);
  // May call the receiver, even its OnEnd.
  void Resume(HttpTransfer* transfer);
  // Closes its connection. Its receiver is not called any more.
  void Abort(HttpTransfer* transfer);

 private:
  HttpClient(IoLoop* loop, HttpClientOptions options);

  static int OnSocket(CURL*, curl_socket_t fd, int what, void* self, void*);
  static int OnTimer(CURLM*, long timeout_ms, void* self);
  void SetOptions(HttpTransfer* transfer);
  void SetTimer(long timeout_ms);
  void Act(curl_socket_t fd, int events);
  void EndWith(HttpTransfer* transfer, CURLcode code);
  std::unique_ptr<HttpTransfer> Remove(HttpTransfer* transfer);

  IoLoop* const loop_;
  const HttpClientOptions options_;
  CURLM* const multi_;
  curl_slist* headers_ = nullptr;  // of options_
  absl::optional<TimerQueue::Id> timer_;
  absl::flat_hash_map<HttpTransfer*, std::unique_ptr<HttpTransfer>> transfers_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_HTTP_CLIENT_H_
