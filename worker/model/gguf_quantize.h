// Turns floats into the element formats of GGUF tensors, for making test models.
#ifndef BATON_WORKER_MODEL_GGUF_QUANTIZE_H_
#define BATON_WORKER_MODEL_GGUF_QUANTIZE_H_

#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "worker/model/gguf_types.h"

namespace baton {

// IEEE binary16 and bfloat16, rounded to nearest, ties to even; overflow gives infinity, NaN stays
// NaN.
uint16_t FloatToHalf(float value);
float HalfToFloat(uint16_t half);
uint16_t FloatToBfloat16(float value);

// Appends `values`, whole blocks of a supported type (gguf_types.h gives the layouts), to `out`.
// The scales are chosen as ggml's reference quantisers do: Q8_0 amax / 127; Q4_0 the value of
// largest magnitude / -8; Q4_1 (max - min) / 15 from min. Dies when the type is not supported or
// the last block is not whole.
void QuantizeTo(GgmlType type, absl::Span<const float> values, std::string* out);

}  // namespace baton

#endif  // BATON_WORKER_MODEL_GGUF_QUANTIZE_H_
