// What a worker computes with.
#ifndef BATON_MAIN_BACKEND_H_
#define BATON_MAIN_BACKEND_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kernels/device.h"
#include "kernels/ops.h"

namespace baton {

struct Backend {
  std::unique_ptr<Ops> ops;
  // To be called once. `cancelled` (may be null) ends long allocations where the device can.
  std::function<std::unique_ptr<Device>(const std::atomic<bool>* cancelled)> make_device;
  // Of the numerics class: everything about the backend that decides about bits.
  std::string arithmetic;
  std::string description;  // for people: "2 threads", "NVIDIA H200"
  bool on_gpu = false;
};

// "cpu", "cuda", or "auto": CUDA where this build has it and the machine that GPU, else the CPU.
// `gpu` is the index of the GPU among those that the process may use; the others are hidden from
// it, which works only if nobody has asked CUDA anything before. To be called before any other
// thread runs. INVALID_ARGUMENT when this build lacks CUDA, UNAVAILABLE when the machine lacks the
// GPU.
absl::StatusOr<Backend> MakeBackend(absl::string_view device, int threads, uint32_t gpu);

// GPUs that this process could use; 0 in a build without CUDA. Not in a process that computes.
int NumGpus();

}  // namespace baton

#endif  // BATON_MAIN_BACKEND_H_
