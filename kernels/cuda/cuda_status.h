// CUDA's return codes as Status.
#ifndef BATON_KERNELS_CUDA_CUDA_STATUS_H_
#define BATON_KERNELS_CUDA_CUDA_STATUS_H_

#include <cuda_runtime.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace baton {

// OK; RESOURCE_EXHAUSTED when memory is short; INVALID_ARGUMENT when the call was wrong, which only
// a bug can make it; UNAVAILABLE when there is no such device; else INTERNAL. `what` says what was
// being done.
absl::Status CudaStatus(cudaError_t error, absl::string_view what);

// Whether the process can do nothing more with its device after such an error.
bool IsSticky(cudaError_t error);

}  // namespace baton

#endif  // BATON_KERNELS_CUDA_CUDA_STATUS_H_
