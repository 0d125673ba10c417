// The numbers a GGUF file uses for tensor types and metadata value types, with their sizes.
// Source: ggml's docs/gguf.md and the block structs it refers to (ggml-common.h).
#ifndef BATON_WORKER_MODEL_GGUF_TYPES_H_
#define BATON_WORKER_MODEL_GGUF_TYPES_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace baton {

// Type of a tensor's elements. Rows are cut into blocks of `block_size` elements, `block_bytes`
// bytes each; all numbers are little-endian, f16 is IEEE binary16. The ones Baton computes with:
//   F32, F16, BF16   one element a block
//   Q8_0  { f16 d; int8 q[32]; }              x[i] = d * q[i]
//   Q4_0  { f16 d; uint8 q[16]; }             x[i] = d * (nibble(i) - 8)
//   Q4_1  { f16 d; f16 m; uint8 q[16]; }      x[i] = d * nibble(i) + m
// where nibble(i) is the low half of q[i] for i < 16 and the high half of q[i - 16] for the others.
enum class GgmlType : uint32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ8_1 = 9,
  kQ2_K = 10,
  kQ3_K = 11,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kQ8_K = 15,
  kIQ2_XXS = 16,
  kIQ2_XS = 17,
  kIQ3_XXS = 18,
  kIQ1_S = 19,
  kIQ4_NL = 20,
  kIQ3_S = 21,
  kIQ2_S = 22,
  kIQ4_XS = 23,
  kI8 = 24,
  kI16 = 25,
  kI32 = 26,
  kI64 = 27,
  kF64 = 28,
  kIQ1_M = 29,
  kBF16 = 30,
  kTQ1_0 = 34,
  kTQ2_0 = 35,
  kMXFP4 = 39,
};

struct GgmlTypeInfo {
  GgmlType type;
  const char* name;      // as ggml spells it: "Q4_1"
  uint32_t block_size;   // elements in a block
  uint32_t block_bytes;  // bytes in a block
};

// What is known of tensor type `number`, or null when it is none of the above. The result lives for
// ever.
const GgmlTypeInfo* FindGgmlType(uint32_t number);

// Name and sizes of a type of the enumeration above.
const GgmlTypeInfo& GetGgmlTypeInfo(GgmlType type);
inline const char* GgmlTypeName(GgmlType type) { return GetGgmlTypeInfo(type).name; }

// Whether a weight matrix of this type can be loaded; kSupportedWeightTypes lists those which can,
// for messages.
bool IsSupportedWeightType(GgmlType type);
inline constexpr char kSupportedWeightTypes[] = "F32, F16, BF16, Q8_0, Q4_0, Q4_1";

// Type of a metadata value.
enum class GgufValueType : uint32_t {
  kUint8 = 0,
  kInt8 = 1,
  kUint16 = 2,
  kInt16 = 3,
  kUint32 = 4,
  kInt32 = 5,
  kFloat32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kUint64 = 10,
  kInt64 = 11,
  kFloat64 = 12,
};
inline constexpr uint32_t kNumGgufValueTypes = 13;

// "uint32", "string", "array"...
absl::string_view GgufValueTypeName(GgufValueType type);

// Bytes of one value in the file; 0 for strings and arrays, whose size varies.
uint64_t GgufValueTypeBytes(GgufValueType type);

}  // namespace baton

#endif  // BATON_WORKER_MODEL_GGUF_TYPES_H_
