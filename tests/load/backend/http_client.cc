#include "tests/load/backend/http_client.h"

#include <sys/epoll.h>
#include <sys/resource.h>

#include <utility>

#include "absl/status/status.h"
#include "common/check.h"
#include "common/clock.h"

namespace baton {

struct HttpTransfer {
  ~HttpTransfer() { curl_easy_cleanup(easy); }

  HttpRequest request;
  HttpReceiver* receiver = nullptr;
  CURL* easy = nullptr;
  bool stopped = false;
  char error[CURL_ERROR_SIZE] = "";
};

namespace {

// Of connections that are kept for the next requests.
constexpr long kMaxConnections = 65536;

void RaiseFileLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // if it fails, the limit stays
}

int StatusOf(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

// A count other than `size` makes curl close the connection.
size_t OnWrite(char* bytes, size_t, size_t size, void* data) {
  auto* transfer = static_cast<HttpTransfer*>(data);
  const absl::Time now = Clock::Real()->Now();
  transfer->stopped =
      transfer->stopped ||
      !transfer->receiver->OnBody(now, StatusOf(transfer->easy), absl::string_view(bytes, size));
  return transfer->stopped ? 0 : size;
}

// Anything but 0 makes curl close the connection.
int OnProgress(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent) {
  auto* transfer = static_cast<HttpTransfer*>(data);
  const size_t size = transfer->request.body ? transfer->request.body->size() : 0;
  if (size > 0 && static_cast<size_t>(sent) >= size) transfer->stopped = true;
  return transfer->stopped ? 1 : 0;
}

HttpEnd EndOf(const HttpTransfer& transfer, CURLcode code) {
  HttpEnd end;
  end.status = StatusOf(transfer.easy);
  end.stopped = transfer.stopped;
  if (code != CURLE_OK && !end.stopped) {
    end.error = transfer.error[0] != '\0' ? transfer.error : curl_easy_strerror(code);
  }
  const char* content_type = nullptr;
  curl_easy_getinfo(transfer.easy, CURLINFO_CONTENT_TYPE, &content_type);
  if (content_type != nullptr) end.content_type = content_type;
  curl_off_t seconds = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_RETRY_AFTER, &seconds);
  if (seconds > 0) end.retry_after = absl::Seconds(seconds);
  return end;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpClient>> HttpClient::Create(IoLoop* loop,
                                                               HttpClientOptions options) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_ALL);
  if (initialised != CURLE_OK) return absl::InternalError(curl_easy_strerror(initialised));
  RaiseFileLimit();
  return std::unique_ptr<HttpClient>(new HttpClient(loop, std::move(options)));
}

HttpClient::HttpClient(IoLoop* loop, HttpClientOptions options)
    : loop_(loop), options_(std::move(options)), multi_(curl_multi_init()) {
  BATON_CHECK(multi_ != nullptr);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &HttpClient::OnSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &HttpClient::OnTimer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kMaxConnections);
  headers_ = curl_slist_append(headers_, "Content-Type: application/json");
  headers_ = curl_slist_append(headers_, "Expect:");  // a long body is sent at once
  for (const std::string& h : options_.headers) headers_ = curl_slist_append(headers_, h.c_str());
  // curl wants to hear of a socket on which an error or a hang-up stands: whichever way it looks,
  // it finds which.
  loop_->set_on_ready([this](int fd, uint32_t events) {
    const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
    Act(fd, (broken || (events & EPOLLIN) ? CURL_CSELECT_IN : 0) |
                (broken || (events & EPOLLOUT) ? CURL_CSELECT_OUT : 0));
  });
}

HttpClient::~HttpClient() {
  while (!transfers_.empty()) Remove(transfers_.begin()->first);
  curl_multi_cleanup(multi_);
  curl_slist_free_all(headers_);
}

HttpTransfer* HttpClient::Start(HttpRequest request, HttpReceiver* receiver) {
  auto owned = std::make_unique<HttpTransfer>();
  HttpTransfer* transfer = owned.get();
  transfer->request = std::move(request);
  transfer->receiver = receiver;
  transfer->easy = curl_easy_init();
  BATON_CHECK(transfer->easy != nullptr);
  SetOptions(transfer);
  transfers_.emplace(transfer, std::move(owned));
  BATON_CHECK(curl_multi_add_handle(multi_, transfer->easy) == CURLM_OK);
  return transfer;
}

void HttpClient::SetOptions(HttpTransfer* transfer) {
  CURL* easy = transfer->easy;
  const HttpRequest& request = transfer->request;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnWrite);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "baton-bench");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
  if (!options_.use_proxy) curl_easy_setopt(easy, CURLOPT_PROXY, "");
  if (options_.insecure) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (request.body) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body->size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body->data());
  }
  if (request.stop_when_sent) {
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &OnProgress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, transfer);
  }
}

void HttpClient::Pause(HttpTransfer* transfer) { curl_easy_pause(transfer->easy, CURLPAUSE_RECV); }

// curl hands out here what it had read before it was paused; if the receiver stops then, curl tells
// only us.
void HttpClient::Resume(HttpTransfer* transfer) {
  const CURLcode code = curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
  if (code != CURLE_OK) EndWith(transfer, code);
}

void HttpClient::Abort(HttpTransfer* transfer) { Remove(transfer); }

int HttpClient::OnSocket(CURL*, curl_socket_t fd, int what, void* self, void*) {
  uint32_t events = 0;  // CURL_POLL_REMOVE
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) events |= EPOLLIN;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) events |= EPOLLOUT;
  static_cast<HttpClient*>(self)->loop_->Watch(fd, events);
  return 0;
}

int HttpClient::OnTimer(CURLM*, long timeout_ms, void* self) {
  static_cast<HttpClient*>(self)->SetTimer(timeout_ms);
  return 0;
}

// Below 0: none. A timeout of 0 comes from within curl, which must not be called again from there.
void HttpClient::SetTimer(long timeout_ms) {
  if (timer_) loop_->timers()->Cancel(*timer_);
  timer_.reset();
  if (timeout_ms < 0) return;
  const absl::Time at = Clock::Real()->Now() + absl::Milliseconds(timeout_ms);
  timer_ = loop_->timers()->Add(at, [this] {
    timer_.reset();
    Act(CURL_SOCKET_TIMEOUT, 0);
  });
}

void HttpClient::Act(curl_socket_t fd, int events) {
  int running;
  curl_multi_socket_action(multi_, fd, events, &running);
  int left;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // the message goes with its handle
    char* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    EndWith(reinterpret_cast<HttpTransfer*>(transfer), code);
  }
}

void HttpClient::EndWith(HttpTransfer* transfer, CURLcode code) {
  const absl::Time now = Clock::Real()->Now();
  const HttpEnd end = EndOf(*transfer, code);
  Remove(transfer)->receiver->OnEnd(now, end);
}

// A transfer that is not at its end loses its connection here.
std::unique_ptr<HttpTransfer> HttpClient::Remove(HttpTransfer* transfer) {
  const auto it = transfers_.find(transfer);
  BATON_CHECK(it != transfers_.end());
  std::unique_ptr<HttpTransfer> owned = std::move(it->second);
  transfers_.erase(it);
  curl_multi_remove_handle(multi_, owned->easy);
  return owned;
}

}  // namespace baton
