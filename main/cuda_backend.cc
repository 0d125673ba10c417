#include "main/cuda_backend.h"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status_macros.h"
#include "kernels/cuda/cuda_device.h"
#include "kernels/cuda/cuda_ops.h"
#include "spdlog/spdlog.h"

namespace baton {
namespace {

// One GPU a process: the others are hidden, so that every thread means this one.
void ShowOnly(uint32_t gpu) {
  const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
  std::string chosen = absl::StrCat(gpu);
  if (visible != nullptr) {
    const std::vector<std::string> names = absl::StrSplit(visible, ',');
    chosen = gpu < names.size() ? names[gpu] : "";
  }
  setenv("CUDA_VISIBLE_DEVICES", chosen.c_str(), 1);
}

// Nothing more can be done with the GPU in this process: its supervisor starts another.
void EndProcess(const absl::Status& status) {
  spdlog::critical("the GPU is lost to this process, which ends: {}",
                   std::string(status.message()));
  spdlog::shutdown();
  _exit(1);
}

}  // namespace

absl::StatusOr<Backend> MakeCudaBackend(uint32_t gpu) {
  ShowOnly(gpu);
  auto opened = CudaDevice::Open(0, EndProcess);
  if (!opened.ok()) {
    return absl::UnavailableError(
        absl::StrCat("--device cuda, GPU ", gpu, ": ", opened.status().message()));
  }
  std::unique_ptr<CudaDevice> device = *std::move(opened);
  Backend backend;
  backend.ops = std::make_unique<CudaOps>();
  backend.arithmetic = absl::StrCat(backend.ops->arithmetic_version(), "-", device->kind());
  backend.description = device->name();
  backend.on_gpu = true;
  backend.make_device = [shared = std::make_shared<std::unique_ptr<CudaDevice>>(std::move(device))](
                            const std::atomic<bool>*) { return std::move(*shared); };
  return backend;
}

int NumGpus() { return CudaDevice::Count(); }

}  // namespace baton
