#include "kernels/cpu/kernels.h"

#include <cstdlib>
#include <cstring>

#include "kernels/cpu/avx512_kernels.h"

namespace baton {

const CpuKernels* Avx512Kernels() {
#if defined(__x86_64__)
  static const bool supported =
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bf16");
  static constexpr CpuKernels kTable = {
      "avx512",           avx512::Matmul,    avx512::QuantiseRow, avx512::AddRmsNormRow,
      avx512::SiluMulRow, avx512::Attention, avx512::NarrowF16,   avx512::Argmax,
      avx512::Max,        avx512::ExpScaled, avx512::SumExp};
  return supported ? &kTable : nullptr;
#else
  return nullptr;
#endif
}

const CpuKernels& BestKernels() {
  const char* wanted = std::getenv("BATON_CPU_KERNELS");
  if (wanted != nullptr && std::strcmp(wanted, "scalar") == 0) return ScalarKernels();
  const CpuKernels* avx512 = Avx512Kernels();
  return avx512 != nullptr ? *avx512 : ScalarKernels();
}

}  // namespace baton
