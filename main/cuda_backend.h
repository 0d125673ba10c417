// The CUDA backend, or the lack of it: built with --config=cuda it is cuda_backend.cc, else
// no_cuda_backend.cc. Called through backend.h.
#ifndef BATON_MAIN_CUDA_BACKEND_H_
#define BATON_MAIN_CUDA_BACKEND_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "main/backend.h"

namespace baton {

absl::StatusOr<Backend> MakeCudaBackend(uint32_t gpu);

}  // namespace baton

#endif  // BATON_MAIN_CUDA_BACKEND_H_
