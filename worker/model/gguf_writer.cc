#include "worker/model/gguf_writer.h"

#include <cerrno>
#include <cstdio>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "common/check.h"
#include "worker/model/gguf_quantize.h"

namespace baton {
namespace {

constexpr uint32_t kVersion = 3;
constexpr size_t kAlignment = 32;

template <typename T>
std::string Bytes(T value) {
  static_assert(std::is_arithmetic<T>::value, "a number");
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

std::string StringBytes(absl::string_view text) {
  return absl::StrCat(Bytes(uint64_t{text.size()}), text);
}

std::string ArrayPrefix(GgufValueType element_type, size_t count) {
  return Bytes(static_cast<uint32_t>(element_type)) + Bytes(uint64_t{count});
}

void Pad(std::string* bytes) {
  bytes->append((kAlignment - bytes->size() % kAlignment) % kAlignment, '\0');
}

}  // namespace

void GgufWriter::AddUint32(absl::string_view key, uint32_t value) {
  AddRaw(key, GgufValueType::kUint32, Bytes(value));
}

void GgufWriter::AddInt32(absl::string_view key, int32_t value) {
  AddRaw(key, GgufValueType::kInt32, Bytes(value));
}

void GgufWriter::AddUint64(absl::string_view key, uint64_t value) {
  AddRaw(key, GgufValueType::kUint64, Bytes(value));
}

void GgufWriter::AddFloat32(absl::string_view key, float value) {
  AddRaw(key, GgufValueType::kFloat32, Bytes(value));
}

void GgufWriter::AddBool(absl::string_view key, bool value) {
  AddRaw(key, GgufValueType::kBool, Bytes(static_cast<uint8_t>(value)));
}

void GgufWriter::AddString(absl::string_view key, absl::string_view value) {
  AddRaw(key, GgufValueType::kString, StringBytes(value));
}

void GgufWriter::AddStringArray(absl::string_view key, absl::Span<const std::string> values) {
  std::string bytes = ArrayPrefix(GgufValueType::kString, values.size());
  for (const std::string& value : values) bytes += StringBytes(value);
  AddRaw(key, GgufValueType::kArray, bytes);
}

void GgufWriter::AddInt32Array(absl::string_view key, absl::Span<const int32_t> values) {
  std::string bytes = ArrayPrefix(GgufValueType::kInt32, values.size());
  for (int32_t value : values) bytes += Bytes(value);
  AddRaw(key, GgufValueType::kArray, bytes);
}

void GgufWriter::AddFloat32Array(absl::string_view key, absl::Span<const float> values) {
  std::string bytes = ArrayPrefix(GgufValueType::kFloat32, values.size());
  for (float value : values) bytes += Bytes(value);
  AddRaw(key, GgufValueType::kArray, bytes);
}

void GgufWriter::AddRaw(absl::string_view key, GgufValueType type, absl::string_view bytes) {
  ++num_values_;
  absl::StrAppend(&metadata_, StringBytes(key), Bytes(static_cast<uint32_t>(type)), bytes);
}

void GgufWriter::AddTensor(absl::string_view name, absl::Span<const int64_t> dims, GgmlType type,
                           absl::Span<const float> values) {
  uint64_t num_elements = 1;
  for (int64_t dim : dims) num_elements *= static_cast<uint64_t>(dim);
  BATON_CHECK(num_elements == values.size());
  std::string bytes;
  QuantizeTo(type, values, &bytes);
  AddRawTensor(name, dims, type, bytes);
}

void GgufWriter::AddRawTensor(absl::string_view name, absl::Span<const int64_t> dims, GgmlType type,
                              absl::string_view bytes) {
  ++num_tensors_;
  absl::StrAppend(&directory_, StringBytes(name), Bytes(static_cast<uint32_t>(dims.size())));
  for (int64_t dim : dims) directory_ += Bytes(dim);
  absl::StrAppend(&directory_, Bytes(static_cast<uint32_t>(type)), Bytes(uint64_t{data_.size()}));
  absl::StrAppend(&data_, bytes);
  Pad(&data_);
}

std::string GgufWriter::SerializeHeader() const {
  return absl::StrCat("GGUF", Bytes(kVersion), Bytes(num_tensors_), Bytes(num_values_), metadata_,
                      directory_);
}

std::string GgufWriter::Serialize() const {
  std::string file = SerializeHeader();
  Pad(&file);
  return file + data_;
}

absl::Status GgufWriter::Write(const std::string& path) const {
  const std::string bytes = Serialize();
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot create"));
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const int error = errno;
  if (std::fclose(file) != 0)
    return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot write"));
  if (!written) return absl::ErrnoToStatus(error, absl::StrCat(path, ": cannot write"));
  return absl::OkStatus();
}

}  // namespace baton
