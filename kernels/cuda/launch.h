// How kernels are launched, the same in sources that nvcc compiles and that the emulator runs.
#ifndef BATON_KERNELS_CUDA_LAUNCH_H_
#define BATON_KERNELS_CUDA_LAUNCH_H_

#include <cuda_runtime.h>

#include <cstddef>

namespace baton {

// Enqueues `kernel(args)`; every kernel of ours takes one struct. What is wrong with the launch is
// the result, what goes wrong in the kernel shows when the stream is waited for.
template <typename Args>
cudaError_t LaunchKernel(void (*kernel)(Args), dim3 grid, dim3 block, size_t shared_bytes,
                         cudaStream_t stream, const Args& args) {
  if (shared_bytes > size_t{48} << 10) {
    const cudaError_t error = cudaFuncSetAttribute(
        kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes));
    if (error != cudaSuccess) return error;
  }
#ifdef __CUDACC__
  kernel<<<grid, block, shared_bytes, stream>>>(args);
#else
  emulator::Launch(reinterpret_cast<const void*>(kernel), grid, block, shared_bytes, stream,
                   [kernel, args] { kernel(args); });
#endif
  return cudaGetLastError();
}

}  // namespace baton

#endif  // BATON_KERNELS_CUDA_LAUNCH_H_
