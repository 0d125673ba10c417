// GgufHeader: the parsed beginning of a GGUF file, its metadata and tensor directory.
#ifndef BATON_WORKER_MODEL_GGUF_HEADER_H_
#define BATON_WORKER_MODEL_GGUF_HEADER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "worker/model/gguf_cursor.h"
#include "worker/model/gguf_types.h"

namespace baton {

// One tensor of the directory. Row-major: dims[0] is the fastest, so a matrix that maps `in`
// features to `out` has dims {in, out}, and each of its `out` rows is dims[0] elements long.
struct TensorInfo {
  std::string name;
  GgmlType type = GgmlType::kF32;
  std::vector<int64_t>
      dims;             // 1 to 4, each at least 1; dims[0] is a multiple of the type's block size
  uint64_t offset = 0;  // of the first byte, from the beginning of the file
  uint64_t num_bytes = 0;
};

// Where a metadata value lies in the header's bytes.
struct GgufValueRef {
  GgufValueType type = GgufValueType::kUint8;
  GgufValueType element_type = GgufValueType::kUint8;  // arrays only
  uint64_t count = 1;                                  // elements of an array
  uint64_t offset = 0;  // of the value, or of an array's first element
};

struct GgufHeader {
  uint32_t version = 0;
  uint64_t alignment = 0;
  std::string bytes;  // the file up to the end of the tensor directory; GgufValueRef points into it
  absl::flat_hash_map<std::string, GgufValueRef> values;
  std::vector<TensorInfo> tensors;  // in the file's order
};

// Parses and validates a header of GGUF version 2 or 3 (little-endian). On success every value lies
// inside `bytes`, every tensor lies inside the file, aligned, with sizes that agree, no two tensors
// share a byte, and no two keys or tensors share a name. InvalidArgument otherwise, in one line:
// file, key or tensor, what was found, what was expected. Source: ggml's docs/gguf.md.
absl::StatusOr<GgufHeader> ParseGgufHeader(GgufCursor cursor);

}  // namespace baton

#endif  // BATON_WORKER_MODEL_GGUF_HEADER_H_
