#include "main/cuda_backend.h"

namespace baton {

absl::StatusOr<Backend> MakeCudaBackend(uint32_t) {
  return absl::InvalidArgumentError(
      "--device cuda: this build has no CUDA; build it with --config=cuda");
}

int NumGpus() { return 0; }

}  // namespace baton
