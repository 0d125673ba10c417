#include "tests/load/fake/fake_http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/check.h"

namespace baton {
namespace {

constexpr char kHeadEnd[] = "\r\n\r\n";

// Returns false when the peer has closed.
bool ReadMore(int fd, std::string* buffer) {
  char bytes[4096];
  const ssize_t size = recv(fd, bytes, sizeof(bytes), 0);
  if (size <= 0) return false;
  buffer->append(bytes, static_cast<size_t>(size));
  return true;
}

void ParseHead(absl::string_view head, FakeHttpRequest* request) {
  const std::vector<std::string> lines = absl::StrSplit(head, "\r\n");
  const std::vector<std::string> first = absl::StrSplit(lines[0], ' ');
  request->method = first[0];
  if (first.size() > 1) request->path = first[1];
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::pair<std::string, std::string> field =
        absl::StrSplit(lines[i], absl::MaxSplits(':', 1));
    request->headers[absl::AsciiStrToLower(field.first)] =
        std::string(absl::StripAsciiWhitespace(field.second));
  }
}

// Bytes after the request stay in `buffer`. Returns false when the peer has closed.
bool ReadRequest(int fd, std::string* buffer, FakeHttpRequest* request) {
  size_t end;
  while ((end = buffer->find(kHeadEnd)) == std::string::npos) {
    if (!ReadMore(fd, buffer)) return false;
  }
  ParseHead(absl::string_view(*buffer).substr(0, end), request);
  buffer->erase(0, end + sizeof(kHeadEnd) - 1);
  size_t size = 0;
  static_cast<void>(absl::SimpleAtoi(request->headers["content-length"], &size));  // a GET has none
  while (buffer->size() < size) {
    if (!ReadMore(fd, buffer)) return false;
  }
  request->body = buffer->substr(0, size);
  buffer->erase(0, size);
  return true;
}

std::string AsEvent(absl::string_view data) { return absl::StrCat("data: ", data, "\n\n"); }

}  // namespace

void FakeHttpAnswer::Whole(int status, absl::string_view body,
                           const std::vector<std::string>& headers) {
  std::string head = absl::StrCat("HTTP/1.1 ", status, " Scripted\r\nContent-Length: ", body.size(),
                                  "\r\nContent-Type: application/json");
  for (const std::string& header : headers) absl::StrAppend(&head, "\r\n", header);
  Raw(absl::StrCat(head, kHeadEnd, body));
  complete_ = true;
}

void FakeHttpAnswer::StartEvents() {
  Raw(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n",
                   "Transfer-Encoding: chunked", kHeadEnd));
}

void FakeHttpAnswer::Piece(absl::string_view bytes) {
  Raw(absl::StrCat(absl::Hex(bytes.size()), "\r\n", bytes, "\r\n"));
}

void FakeHttpAnswer::Event(absl::string_view data) { Piece(AsEvent(data)); }

void FakeHttpAnswer::Events(const std::vector<std::string>& datas) {
  std::string bytes;
  for (const std::string& data : datas) bytes += AsEvent(data);
  Piece(bytes);
}

void FakeHttpAnswer::Slowly(absl::string_view bytes, absl::Duration before_each) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    absl::SleepFor(before_each);
    Piece(bytes.substr(i, 1));
  }
}

void FakeHttpAnswer::End() {
  Raw("0\r\n\r\n");
  complete_ = true;
}

void FakeHttpAnswer::Raw(absl::string_view bytes) {
  while (!bytes.empty() && !failed_) {
    const ssize_t size = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    failed_ = size < 0;
    if (!failed_) bytes.remove_prefix(static_cast<size_t>(size));
  }
}

void FakeHttpAnswer::HangUp() { shutdown(fd_, SHUT_RDWR); }

void FakeHttpAnswer::Reset() {
  // Closing with this setting sends RST; the handler's return closes.
  const linger now = {/*l_onoff=*/1, /*l_linger=*/0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

bool FakeHttpAnswer::WaitForClose(absl::Duration timeout) {
  pollfd poll_fd = {fd_, POLLIN | POLLRDHUP, 0};
  if (poll(&poll_fd, 1, static_cast<int>(absl::ToInt64Milliseconds(timeout))) <= 0) return false;
  char byte;
  return recv(fd_, &byte, 1, MSG_PEEK) <= 0;
}

FakeHttpServer::FakeHttpServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  BATON_CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  BATON_CHECK(listen(listener_, /*backlog=*/4096) == 0);
  BATON_CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

std::string FakeHttpServer::url() const { return absl::StrCat("http://127.0.0.1:", port_); }

void FakeHttpServer::Accept() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;  // Die has shut it down
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ++connections_;
    MutexLock lock(&mu_);
    open_.insert(fd);
    if (dead_) shutdown(fd, SHUT_RDWR);
    threads_.emplace_back([this, fd] { Serve(fd); });
  }
}

void FakeHttpServer::Serve(int fd) {
  std::string buffer;
  bool complete = true;
  while (complete) {
    FakeHttpRequest request;
    if (!ReadRequest(fd, &buffer, &request)) break;
    ++requests_;
    FakeHttpAnswer answer(fd);
    handler_(request, answer);
    complete = answer.complete();
  }
  MutexLock lock(&mu_);
  open_.erase(fd);
  close(fd);
}

void FakeHttpServer::Die() {
  if (!acceptor_.joinable()) return;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  std::vector<std::thread> threads;
  {
    MutexLock lock(&mu_);
    dead_ = true;
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace baton
