#include "worker/comm/testing/host_comm_device.h"

#include <cstring>
#include <utility>

namespace baton {

HostCommDevice::HostCommDevice() : thread_([this] { Run(); }) {
  queue_.device = this;
  queue_.enqueue = [](FakeStream* stream, void (*run)(void*), void* argument) {
    static_cast<Queue*>(stream)->device->Enqueue([run, argument] { run(argument); });
  };
}

HostCommDevice::~HostCommDevice() {
  {
    MutexLock lock(&mu_);
    ending_ = true;
    changed_.SignalAll();
  }
  thread_.join();
}

void* HostCommDevice::NativeStream(Stream&) { return static_cast<FakeStream*>(&queue_); }

absl::Status HostCommDevice::SumRanks(Stream&, const float* gathered, int64_t stride, int ranks,
                                      int64_t count, float* out) {
  Enqueue([=] {
    for (int64_t i = 0; i < count; ++i) {
      float sum = gathered[i];
      for (int r = 1; r < ranks; ++r) sum += gathered[r * stride + i];
      out[i] = sum;
    }
  });
  return absl::OkStatus();
}

absl::Status HostCommDevice::CopyColumns(Stream&, const float* from, int64_t from_stride,
                                         int64_t rows, int64_t columns, float* to,
                                         int64_t to_stride) {
  Enqueue([=] {
    if (columns == 0) return;
    for (int64_t row = 0; row < rows; ++row) {
      std::memcpy(to + row * to_stride, from + row * from_stride, columns * sizeof(float));
    }
  });
  return absl::OkStatus();
}

absl::StatusOr<bool> HostCommDevice::Done(Stream&) {
  MutexLock lock(&mu_);
  if (!fault_.ok()) return fault_;
  return work_.empty();
}

void HostCommDevice::Break(const absl::Status& fault) {
  MutexLock lock(&mu_);
  fault_ = fault;
}

void HostCommDevice::Enqueue(std::function<void()> work) {
  MutexLock lock(&mu_);
  work_.push_back(std::move(work));
  changed_.SignalAll();
}

void HostCommDevice::Run() {
  while (true) {
    std::function<void()>* work;
    {
      MutexLock lock(&mu_);
      while (work_.empty() && !ending_) changed_.Wait(&mu_);
      if (work_.empty()) return;
      work = &work_.front();
    }
    (*work)();
    MutexLock lock(&mu_);
    work_.pop_front();
  }
}

}  // namespace baton
