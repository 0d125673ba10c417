// The integers of a step as they lie in one piece of memory, of the host and then of the device.
#ifndef BATON_KERNELS_CUDA_STEP_ARRAYS_H_
#define BATON_KERNELS_CUDA_STEP_ARRAYS_H_

#include <cstdint>

#include "kernels/ops.h"

namespace baton {

// Where each array begins, in bytes, and what a launch of attention must know of them.
struct StepArraysLayout {
  int64_t ids = 0, rows = 0, positions = 0, slot_mapping = 0;
  int64_t sequences = 0;  // AttentionSequence
  int64_t blocks = 0;
  int64_t bytes = 0;
  int64_t max_prefill_rows = 0, max_decode_positions = 0;
};

// The most bytes that a step's arrays take.
int64_t MaxStepArraysBytes(const OpsLimits& limits);
// Pieces of attention's partial sums (attention.h) that are reserved: sequences for which none are
// left are computed as prefill.
int64_t MaxPartialPieces(const OpsLimits& limits);

// Puts the arrays of a step at `memory`, which has MaxStepArraysBytes.
StepArraysLayout WriteStepArrays(const StepArrays& arrays, const OpsLimits& limits,
                                 uint8_t* memory);

}  // namespace baton

#endif  // BATON_KERNELS_CUDA_STEP_ARRAYS_H_
