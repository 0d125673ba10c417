// The host's memory as the device of a communicator, for tests. Like a GPU's stream and unlike a
// CPU's it runs what is enqueued later, in order, on a thread of its own: who forgets to wait is
// found out.
#ifndef BATON_WORKER_COMM_TESTING_HOST_COMM_DEVICE_H_
#define BATON_WORKER_COMM_TESTING_HOST_COMM_DEVICE_H_

#include <deque>
#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "common/mutex.h"
#include "worker/comm/comm_device.h"
#include "worker/comm/testing/fake_stream.h"

namespace baton {

// Every Stream stands for the one queue.
class HostCommDevice : public CommDevice {
 public:
  HostCommDevice();
  ~HostCommDevice() override;  // what is enqueued runs first

  void* NativeStream(Stream& stream) override;
  absl::Status SumRanks(Stream& stream, const float* gathered, int64_t stride, int ranks,
                        int64_t count, float* out) override;
  absl::Status CopyColumns(Stream& stream, const float* from, int64_t from_stride, int64_t rows,
                           int64_t columns, float* to, int64_t to_stride) override;
  absl::StatusOr<bool> Done(Stream& stream) override;

  // From now on the device is broken: Done says so. Any thread.
  void Break(const absl::Status& fault);

 private:
  struct Queue : FakeStream {
    HostCommDevice* device;
  };
  void Enqueue(std::function<void()> work);
  void Run();

  Queue queue_;
  Mutex mu_;
  CondVar changed_;
  std::deque<std::function<void()>> work_ ABSL_GUARDED_BY(mu_);  // the first is what runs
  bool ending_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status fault_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;  // last: it uses the others
};

}  // namespace baton

#endif  // BATON_WORKER_COMM_TESTING_HOST_COMM_DEVICE_H_
