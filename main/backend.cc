#include "main/backend.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "kernels/cpu/cpu_device.h"
#include "kernels/cpu/cpu_ops.h"
#include "main/cuda_backend.h"
#include "spdlog/spdlog.h"

namespace baton {
namespace {

Backend MakeCpuBackend(int threads) {
  Backend backend;
  backend.ops = std::make_unique<CpuOps>(threads);
  backend.make_device = [](const std::atomic<bool>* cancelled) {
    return std::make_unique<CpuDevice>(cancelled);
  };
  backend.arithmetic = backend.ops->arithmetic_version();
  backend.description = absl::StrCat(threads, threads == 1 ? " thread" : " threads");
  return backend;
}

}  // namespace

absl::StatusOr<Backend> MakeBackend(absl::string_view device, int threads, uint32_t gpu) {
  if (device == "cpu") return MakeCpuBackend(threads);
  absl::StatusOr<Backend> cuda = MakeCudaBackend(gpu);
  if (cuda.ok() || device == "cuda") return cuda;
  spdlog::info("the CPU computes: {}", std::string(cuda.status().message()));
  return MakeCpuBackend(threads);
}

}  // namespace baton
