// GgufFile: a model file in the GGUF format: typed access to its metadata, its tensor directory and
// its data.
#ifndef BATON_WORKER_MODEL_GGUF_FILE_H_
#define BATON_WORKER_MODEL_GGUF_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "worker/model/file_reader.h"
#include "worker/model/gguf_header.h"

namespace baton {

// Immutable once made, so any thread may call any method. A file is never trusted: whatever bytes
// it holds, opening it either fails with one line that names file, key or tensor, value and
// expectation, or gives an object whose every offset and size has been checked.
class GgufFile {
 public:
  // Opens `path` and reads its header only (metadata and tensor directory); no tensor data. Keeps
  // the file open. InvalidArgument when the file is malformed or of another format; the system's
  // error when it cannot be read.
  static absl::StatusOr<std::unique_ptr<GgufFile>> Open(const std::string& path);

  // Parses a header already in memory, the first bytes of a file of `file_size` bytes; copies what
  // it needs. For tests and fuzzing: there is no data behind it, so reader() is null and Digest
  // fails.
  static absl::StatusOr<std::unique_ptr<GgufFile>> Parse(absl::Span<const uint8_t> header_bytes,
                                                         uint64_t file_size, std::string name);

  GgufFile(const GgufFile&) = delete;
  GgufFile& operator=(const GgufFile&) = delete;

  // Metadata. Each getter returns NotFound when the key is absent, InvalidArgument when its value
  // has another type or does not fit; both name file and key.
  bool Has(absl::string_view key) const;
  absl::StatusOr<uint64_t> GetUint(absl::string_view key) const;  // any integer type, not negative
  absl::StatusOr<double> GetFloat(
      absl::string_view key) const;  // float32 or float64; may be inf or nan
  absl::StatusOr<bool> GetBool(absl::string_view key) const;
  absl::StatusOr<std::string> GetString(absl::string_view key) const;  // any bytes
  absl::StatusOr<std::vector<std::string>> GetStringArray(absl::string_view key) const;
  absl::StatusOr<std::vector<int64_t>> GetIntArray(
      absl::string_view key) const;                                     // any integer type
  absl::StatusOr<uint64_t> GetArrayCount(absl::string_view key) const;  // any element type

  // The tensor directory, in the file's order. Types that Baton cannot load are listed too.
  const std::vector<TensorInfo>& tensors() const { return header_.tensors; }
  // Null when there is none of that name. The result lives as long as this object.
  const TensorInfo* FindTensor(absl::string_view name) const;

  // A sampled digest of the model, in lower-case hexadecimal: SHA-256 over the header's bytes, the
  // file's size (uint64, little-endian) and the first min(4096, num_bytes) bytes of each tensor in
  // the directory's order. It reads a few kilobytes per tensor rather than the file, so each rank
  // can afford it at every start. It tells different models, quantisations and tokenizers apart,
  // and a truncated file; it does not detect a change deep inside a tensor. Fails as
  // FileReader::ReadAt does; FailedPrecondition for a parsed header.
  absl::StatusOr<std::string> Digest() const;

  // Reads tensor data; null for a parsed header. Owned by this object.
  const FileReader* reader() const { return reader_.get(); }
  // The path, or Parse's `name`, for messages.
  const std::string& name() const { return name_; }

 private:
  GgufFile(std::string name, std::unique_ptr<FileReader> reader, GgufHeader header);

  // The value of `key`, or NotFound.
  absl::StatusOr<const GgufValueRef*> Find(absl::string_view key) const;
  absl::Status WrongType(absl::string_view key, absl::string_view expected,
                         const GgufValueRef& value) const;
  // Reads the integer of type `type` at `offset` of the header; InvalidArgument when it is none or
  // needs over 63 bits.
  absl::StatusOr<int64_t> IntegerAt(absl::string_view key, GgufValueType type,
                                    uint64_t offset) const;
  // The string at `offset`; its end when `end` is not null.
  absl::string_view StringAt(uint64_t offset, uint64_t* end = nullptr) const;

  const std::string name_;
  const std::unique_ptr<FileReader> reader_;
  const GgufHeader header_;
  absl::flat_hash_map<std::string, size_t> tensor_index_;  // name to index in header_.tensors
};

}  // namespace baton

#endif  // BATON_WORKER_MODEL_GGUF_FILE_H_
