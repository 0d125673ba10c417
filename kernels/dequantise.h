// The values of quantised rows, as model files store them.
#ifndef BATON_KERNELS_DEQUANTISE_H_
#define BATON_KERNELS_DEQUANTISE_H_

#include <cstdint>

#include "kernels/dtype.h"

namespace baton {

// Dequantises one row of the file's format (dtype.h): out [cols]. `src` needs no alignment.
void DequantiseRow(DType dtype, const uint8_t* src, int64_t cols, float* out);

}  // namespace baton

#endif  // BATON_KERNELS_DEQUANTISE_H_
