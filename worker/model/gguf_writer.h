// GgufWriter: makes GGUF version 3 files, for tests.
#ifndef BATON_WORKER_MODEL_GGUF_WRITER_H_
#define BATON_WORKER_MODEL_GGUF_WRITER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "worker/model/gguf_types.h"

namespace baton {

// Collects metadata and tensors and lays them out as ggml's docs/gguf.md says, aligned to 32 bytes.
// It writes what it is told, duplicate names included; the output depends on nothing but the calls.
// Not thread-safe.
class GgufWriter {
 public:
  // Metadata, in the order of the calls.
  void AddUint32(absl::string_view key, uint32_t value);
  void AddInt32(absl::string_view key, int32_t value);
  void AddUint64(absl::string_view key, uint64_t value);
  void AddFloat32(absl::string_view key, float value);
  void AddBool(absl::string_view key, bool value);
  void AddString(absl::string_view key, absl::string_view value);
  void AddStringArray(absl::string_view key, absl::Span<const std::string> values);
  void AddInt32Array(absl::string_view key, absl::Span<const int32_t> values);
  void AddFloat32Array(absl::string_view key, absl::Span<const float> values);
  // A value of any type whose bytes the caller has laid out.
  void AddRaw(absl::string_view key, GgufValueType type, absl::string_view bytes);

  // A tensor of `values`, row-major, quantised to `type` (a supported one); dims[0] is the fastest
  // and a multiple of the type's block size.
  void AddTensor(absl::string_view name, absl::Span<const int64_t> dims, GgmlType type,
                 absl::Span<const float> values);
  // A tensor of any type whose bytes the caller has laid out.
  void AddRawTensor(absl::string_view name, absl::Span<const int64_t> dims, GgmlType type,
                    absl::string_view bytes);

  // The whole file, or the metadata and tensor directory alone.
  std::string Serialize() const;
  std::string SerializeHeader() const;

  // Writes the file, replacing what was there; the system's error when that fails.
  absl::Status Write(const std::string& path) const;

 private:
  uint64_t num_values_ = 0;
  uint64_t num_tensors_ = 0;
  std::string metadata_;
  std::string directory_;
  std::string data_;
};

}  // namespace baton

#endif  // BATON_WORKER_MODEL_GGUF_WRITER_H_
