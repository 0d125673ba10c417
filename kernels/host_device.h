// For functions that run on the host and in CUDA kernels alike, with the same bits.
#ifndef BATON_KERNELS_HOST_DEVICE_H_
#define BATON_KERNELS_HOST_DEVICE_H_

#ifdef __CUDACC__
#define BATON_HOST_DEVICE __host__ __device__
#else
#define BATON_HOST_DEVICE
#endif

#endif  // BATON_KERNELS_HOST_DEVICE_H_
