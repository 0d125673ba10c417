#include "worker/comm/nccl_connection.h"

#include <cstdlib>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/status_macros.h"

namespace baton {
namespace {

// Looks without a sleep between them, a few hundred microseconds; then the core is worth more to
// somebody else.
constexpr int kBusyLooks = 500;
constexpr auto kNap = std::chrono::microseconds(100);

bool IsError(nccl::Result result) {
  return result != nccl::kSuccess && result != nccl::kInProgress;
}

std::string Text(std::chrono::nanoseconds duration) {
  return absl::FormatDuration(absl::FromChrono(duration));
}

}  // namespace

nccl::Comm NcclConnection::Handle::Take() {
  MutexLock lock(&mu);
  return std::exchange(comm, nullptr);
}

NcclConnection::NcclConnection(std::shared_ptr<const NcclLibrary> library, CommDevice* device,
                               const NcclOptions& options)
    : handle_(std::make_shared<Handle>()), device_(device), options_(options) {
  handle_->library = std::move(library);
}

absl::StatusOr<std::unique_ptr<NcclConnection>> NcclConnection::Connect(
    std::shared_ptr<const NcclLibrary> library, CommDevice* device, const NcclOptions& options) {
  const char* blocking = std::getenv("NCCL_COMM_BLOCKING");
  if (blocking != nullptr && absl::string_view(blocking) == "1") {
    return absl::FailedPreconditionError(
        "NCCL_COMM_BLOCKING is 1, with which a call to NCCL may wait for ever; unset it");
  }
  std::unique_ptr<NcclConnection> connection(
      new NcclConnection(std::move(library), device, options));
  const absl::Status status = connection->Initialise();
  if (!status.ok()) connection->Abort(status);
  RETURN_IF_ERROR(connection->error());
  return connection;
}

absl::Status NcclConnection::Initialise() {
  Begin("connecting", options_.connect_limit);
  RETURN_IF_ERROR(Tell([&](nccl::Comm& comm) {
    nccl::Config config;
    config.blocking = 0;
    return library()->CommInitRankConfig(&comm, options_.size, options_.id, options_.rank, &config);
  }));
  RETURN_IF_ERROR(PollNccl());
  connecting_ = false;
  return absl::OkStatus();
}

NcclConnection::~NcclConnection() {
  if (error().ok()) {
    const absl::Status status = Finish();
    if (!status.ok()) Abort(status);
  }
  if (!error().ok()) Drain();
}

absl::Status NcclConnection::Finish() {
  Begin("finalising", options_.finalize_limit);
  RETURN_IF_ERROR(PollStream());
  RETURN_IF_ERROR(Tell([&](nccl::Comm& comm) { return library()->CommFinalize(comm); }));
  RETURN_IF_ERROR(PollNccl());
  const std::shared_ptr<Handle> handle = handle_;
  BoundedWork([handle] { (*handle->library)->CommDestroy(handle->Take()); }, options_.abort_limit,
              HangReporter("destroying a finalised communicator", absl::OkStatus()));
  return absl::OkStatus();
}

absl::Status NcclConnection::Call(Stream& stream, const char* what,
                                  absl::FunctionRef<absl::Status()> steps) {
  absl::Status status = error();
  if (status.ok()) {
    Begin(what, options_.operation_limit);
    stream_ = &stream;
    status = steps();
    if (status.ok() && options_.wait_in_calls) status = PollStream();
  }
  if (status.ok()) return status;
  Abort(status);
  Drain();
  return error();
}

absl::Status NcclConnection::Wait(Stream& stream) {
  return Call(stream, "waiting for the stream", [this] { return PollStream(); });
}

absl::Status NcclConnection::Enqueue(Calls calls) {
  nccl::CudaStream native = device_->NativeStream(*stream_);
  RETURN_IF_ERROR(Tell([&](nccl::Comm& comm) {
    const nccl::Result started = library()->GroupStart();
    if (started != nccl::kSuccess) return started;
    const nccl::Result called = calls(comm, native);
    const nccl::Result ended = library()->GroupEnd();  // whatever came of the calls
    return IsError(called) ? called : ended;
  }));
  return PollNccl();
}

absl::Status NcclConnection::Tell(absl::FunctionRef<nccl::Result(nccl::Comm& comm)> calls) {
  MutexLock lock(&handle_->mu);
  RETURN_IF_ERROR(error());
  const nccl::Result result = calls(handle_->comm);
  if (!IsError(result)) return absl::OkStatus();
  return absl::UnavailableError(absl::StrFormat("rank %d, %s: NCCL: %s", options_.rank, what_,
                                                library().ErrorText(result, handle_->comm)));
}

absl::StatusOr<bool> NcclConnection::IsThrough() {
  nccl::Result state = nccl::kInProgress;
  RETURN_IF_ERROR(Tell([&](nccl::Comm& comm) {
    const nccl::Result asked = library()->CommGetAsyncError(comm, &state);
    return IsError(asked) ? asked : state;
  }));
  return state == nccl::kSuccess;
}

void NcclConnection::Begin(const char* what, std::chrono::nanoseconds limit) {
  what_ = what;
  limit_ = limit;
  deadline_ = options_.now() + limit;
}

absl::Status NcclConnection::Poll(absl::FunctionRef<absl::StatusOr<bool>()> done) {
  const TimePoint start = options_.now();
  for (int looks = 0;; ++looks) {
    ASSIGN_OR_RETURN(bool through, IsThrough());
    if (through) {
      ASSIGN_OR_RETURN(through, done());
    }
    const TimePoint now = options_.now();
    if (through) {
      waited_ += now - start;
      return absl::OkStatus();
    }
    if (connecting_ && options_.cancelled != nullptr && options_.cancelled->load()) {
      return absl::CancelledError("connecting was cancelled");
    }
    if (now >= deadline_) {
      return absl::DeadlineExceededError(absl::StrFormat("rank %d of %d, %s: not done within %s",
                                                         options_.rank, options_.size, what_,
                                                         Text(limit_)));
    }
    if (looks >= kBusyLooks) options_.sleep(kNap);
  }
}

absl::Status NcclConnection::PollNccl() {
  return Poll([] { return true; });
}

absl::Status NcclConnection::PollStream() {
  if (stream_ == nullptr) return absl::OkStatus();
  RETURN_IF_ERROR(Poll([this] { return device_->Done(*stream_); }));
  stream_ = nullptr;
  return absl::OkStatus();
}

void NcclConnection::Abort(const absl::Status& reason) {
  MutexLock lock(&mu_);
  if (!error_.ok()) return;
  error_ = reason.ok() ? absl::CancelledError("the communicator was aborted") : reason;
  failed_.store(true, std::memory_order_release);
  abort_ = std::make_unique<BoundedWork>(
      [handle = handle_, callbacks = std::move(before_abort_)] {
        for (const std::function<void()>& callback : callbacks) callback();
        const nccl::Comm comm = handle->Take();
        if (comm != nullptr) (*handle->library)->CommAbort(comm);
      },
      options_.abort_limit, HangReporter("aborting", error_));
}

void NcclConnection::Drain() {
  if (stream_ == nullptr) return;
  BoundedWork* abort;
  {
    MutexLock lock(&mu_);
    abort = abort_.get();
  }
  if (!abort->Wait()) return;
  const auto deadline = std::chrono::steady_clock::now() + options_.abort_limit;
  absl::StatusOr<bool> done = device_->Done(*stream_);
  while (done.ok() && !*done && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kNap);
    done = device_->Done(*stream_);
  }
  if (done.ok() && !*done) HangReporter("the device's work after an abort", error())();
  stream_ = nullptr;
}

std::function<void()> NcclConnection::HangReporter(const std::string& what,
                                                   const absl::Status& reason) const {
  const std::string story = absl::StrFormat(
      "%s, rank %d of %d: %s has not ended within %s%s", library().Describe(), options_.rank,
      options_.size, what, Text(options_.abort_limit),
      reason.ok() ? "" : absl::StrCat("; it was aborted because of ", reason.ToString()));
  return [story, report = options_.on_abort_hangs] { report(story); };
}

absl::Status NcclConnection::error() const {
  if (!failed_.load(std::memory_order_acquire)) return absl::OkStatus();
  MutexLock lock(&mu_);
  return error_;
}

absl::Status NcclConnection::BeforeAbort(std::function<void()> callback) {
  MutexLock lock(&mu_);
  if (error_.ok()) before_abort_.push_back(std::move(callback));
  return error_;
}

}  // namespace baton
