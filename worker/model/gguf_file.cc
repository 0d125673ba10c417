#include "worker/model/gguf_file.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/check.h"
#include "common/status_macros.h"
#include "worker/model/gguf_cursor.h"

namespace baton {
namespace {

constexpr uint64_t kDigestBytesPerTensor = 4096;

// The number of type T at `offset`, which the parser has checked to be inside `bytes`.
template <typename T>
T NumberAt(const std::string& bytes, uint64_t offset) {
  BATON_CHECK(offset <= bytes.size() && sizeof(T) <= bytes.size() - offset);
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

bool IsInteger(GgufValueType type) {
  switch (type) {
    case GgufValueType::kUint8:
    case GgufValueType::kInt8:
    case GgufValueType::kUint16:
    case GgufValueType::kInt16:
    case GgufValueType::kUint32:
    case GgufValueType::kInt32:
    case GgufValueType::kUint64:
    case GgufValueType::kInt64:
      return true;
    default:
      return false;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<GgufFile>> GgufFile::Open(const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<FileReader> reader, FileReader::Open(path));
  ASSIGN_OR_RETURN(GgufHeader header, ParseGgufHeader(GgufCursor(reader.get())));
  return std::unique_ptr<GgufFile>(new GgufFile(path, std::move(reader), std::move(header)));
}

absl::StatusOr<std::unique_ptr<GgufFile>> GgufFile::Parse(absl::Span<const uint8_t> header_bytes,
                                                          uint64_t file_size, std::string name) {
  std::string bytes(header_bytes.begin(), header_bytes.end());
  ASSIGN_OR_RETURN(GgufHeader header,
                   ParseGgufHeader(GgufCursor(std::move(bytes), file_size, name)));
  return std::unique_ptr<GgufFile>(new GgufFile(std::move(name), nullptr, std::move(header)));
}

GgufFile::GgufFile(std::string name, std::unique_ptr<FileReader> reader, GgufHeader header)
    : name_(std::move(name)), reader_(std::move(reader)), header_(std::move(header)) {
  for (size_t i = 0; i < header_.tensors.size(); ++i) {
    tensor_index_.emplace(header_.tensors[i].name, i);
  }
}

bool GgufFile::Has(absl::string_view key) const { return header_.values.contains(key); }

absl::StatusOr<uint64_t> GgufFile::GetUint(absl::string_view key) const {
  ASSIGN_OR_RETURN(const GgufValueRef* value, Find(key));
  if (value->type == GgufValueType::kUint64)
    return NumberAt<uint64_t>(header_.bytes, value->offset);
  if (!IsInteger(value->type)) return WrongType(key, "an integer", *value);
  ASSIGN_OR_RETURN(const int64_t number, IntegerAt(key, value->type, value->offset));
  if (number < 0) {
    return absl::InvalidArgumentError(absl::StrCat(name_, ": key ", QuoteForError(key), ": is ",
                                                   number, ", expected no negative number"));
  }
  return static_cast<uint64_t>(number);
}

absl::StatusOr<double> GgufFile::GetFloat(absl::string_view key) const {
  ASSIGN_OR_RETURN(const GgufValueRef* value, Find(key));
  switch (value->type) {
    case GgufValueType::kFloat32:
      return NumberAt<float>(header_.bytes, value->offset);
    case GgufValueType::kFloat64:
      return NumberAt<double>(header_.bytes, value->offset);
    default:
      return WrongType(key, "a float", *value);
  }
}

absl::StatusOr<bool> GgufFile::GetBool(absl::string_view key) const {
  ASSIGN_OR_RETURN(const GgufValueRef* value, Find(key));
  if (value->type != GgufValueType::kBool) return WrongType(key, "a bool", *value);
  return NumberAt<uint8_t>(header_.bytes, value->offset) != 0;
}

absl::StatusOr<std::string> GgufFile::GetString(absl::string_view key) const {
  ASSIGN_OR_RETURN(const GgufValueRef* value, Find(key));
  if (value->type != GgufValueType::kString) return WrongType(key, "a string", *value);
  return std::string(StringAt(value->offset));
}

absl::StatusOr<std::vector<std::string>> GgufFile::GetStringArray(absl::string_view key) const {
  ASSIGN_OR_RETURN(const GgufValueRef* value, Find(key));
  if (value->type != GgufValueType::kArray || value->element_type != GgufValueType::kString) {
    return WrongType(key, "an array of strings", *value);
  }
  std::vector<std::string> result;
  result.reserve(value->count);
  uint64_t offset = value->offset;
  for (uint64_t i = 0; i < value->count; ++i) result.emplace_back(StringAt(offset, &offset));
  return result;
}

absl::StatusOr<std::vector<int64_t>> GgufFile::GetIntArray(absl::string_view key) const {
  ASSIGN_OR_RETURN(const GgufValueRef* value, Find(key));
  if (value->type != GgufValueType::kArray || !IsInteger(value->element_type)) {
    return WrongType(key, "an array of integers", *value);
  }
  const uint64_t bytes = GgufValueTypeBytes(value->element_type);
  std::vector<int64_t> result;
  result.reserve(value->count);
  for (uint64_t i = 0; i < value->count; ++i) {
    ASSIGN_OR_RETURN(const int64_t number,
                     IntegerAt(key, value->element_type, value->offset + i * bytes));
    result.push_back(number);
  }
  return result;
}

absl::StatusOr<uint64_t> GgufFile::GetArrayCount(absl::string_view key) const {
  ASSIGN_OR_RETURN(const GgufValueRef* value, Find(key));
  if (value->type != GgufValueType::kArray) return WrongType(key, "an array", *value);
  return value->count;
}

const TensorInfo* GgufFile::FindTensor(absl::string_view name) const {
  const auto it = tensor_index_.find(name);
  return it == tensor_index_.end() ? nullptr : &header_.tensors[it->second];
}

absl::StatusOr<std::string> GgufFile::Digest() const {
  if (reader_ == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(name_, ": a header without its file has no digest"));
  }
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> sha(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  bool ok = sha != nullptr && EVP_DigestInit_ex(sha.get(), EVP_sha256(), nullptr) == 1;
  const auto update = [&](const void* data, size_t n) {
    ok = ok && EVP_DigestUpdate(sha.get(), data, n) == 1;
  };
  update(header_.bytes.data(), header_.bytes.size());
  const uint64_t file_size = reader_->size();
  update(&file_size, sizeof(file_size));
  std::array<char, kDigestBytesPerTensor> sample;
  for (const TensorInfo& tensor : header_.tensors) {
    const uint64_t n = std::min<uint64_t>(kDigestBytesPerTensor, tensor.num_bytes);
    RETURN_IF_ERROR(reader_->ReadAt(tensor.offset, sample.data(), n));
    update(sample.data(), n);
  }
  std::array<unsigned char, 32> digest;
  unsigned int size = 0;
  ok = ok && EVP_DigestFinal_ex(sha.get(), digest.data(), &size) == 1 && size == digest.size();
  if (!ok) return absl::InternalError(absl::StrCat(name_, ": OpenSSL failed to compute SHA-256"));
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

absl::StatusOr<const GgufValueRef*> GgufFile::Find(absl::string_view key) const {
  const auto it = header_.values.find(key);
  if (it != header_.values.end()) return &it->second;
  return absl::NotFoundError(absl::StrCat(name_, ": key ", QuoteForError(key), " is missing"));
}

absl::Status GgufFile::WrongType(absl::string_view key, absl::string_view expected,
                                 const GgufValueRef& value) const {
  std::string found(GgufValueTypeName(value.type));
  if (value.type == GgufValueType::kArray) {
    found = absl::StrCat("array of ", GgufValueTypeName(value.element_type));
  }
  return absl::InvalidArgumentError(absl::StrCat(name_, ": key ", QuoteForError(key), ": expected ",
                                                 expected, ", found ", found));
}

absl::StatusOr<int64_t> GgufFile::IntegerAt(absl::string_view key, GgufValueType type,
                                            uint64_t offset) const {
  const std::string& bytes = header_.bytes;
  switch (type) {
    case GgufValueType::kUint8:
      return NumberAt<uint8_t>(bytes, offset);
    case GgufValueType::kInt8:
      return NumberAt<int8_t>(bytes, offset);
    case GgufValueType::kUint16:
      return NumberAt<uint16_t>(bytes, offset);
    case GgufValueType::kInt16:
      return NumberAt<int16_t>(bytes, offset);
    case GgufValueType::kUint32:
      return NumberAt<uint32_t>(bytes, offset);
    case GgufValueType::kInt32:
      return NumberAt<int32_t>(bytes, offset);
    case GgufValueType::kInt64:
      return NumberAt<int64_t>(bytes, offset);
    case GgufValueType::kUint64: {
      const uint64_t number = NumberAt<uint64_t>(bytes, offset);
      if (number <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
        return static_cast<int64_t>(number);
      }
      return absl::InvalidArgumentError(absl::StrCat(name_, ": key ", QuoteForError(key), ": ",
                                                     number,
                                                     " does not fit a signed 64-bit number"));
    }
    default:
      break;
  }
  BATON_CHECK(false);  // callers have checked IsInteger
}

absl::string_view GgufFile::StringAt(uint64_t offset, uint64_t* end) const {
  const uint64_t length = NumberAt<uint64_t>(header_.bytes, offset);
  const uint64_t begin = offset + sizeof(length);
  BATON_CHECK(length <= header_.bytes.size() - begin);
  if (end != nullptr) *end = begin + length;
  return absl::string_view(header_.bytes).substr(begin, length);
}

}  // namespace baton
