// What the parser refuses, case by case, and that no truncation or bit flip gets past it as
// anything but a Status.
#include "worker/model/gguf_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "worker/model/gguf_cursor.h"
#include "worker/model/gguf_writer.h"

namespace baton {
namespace {

using ::testing::HasSubstr;

template <typename T>
std::string Bytes(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

// The beginning of an array value.
std::string Array(GgufValueType element_type, uint64_t count) {
  return Bytes(static_cast<uint32_t>(element_type)) + Bytes(count);
}

// A file with a value of every kind and two tensors of 32 floats.
GgufWriter Sample() {
  GgufWriter writer;
  writer.AddString("s", "text");
  writer.AddUint32("u", 7);
  writer.AddBool("b", true);
  writer.AddStringArray("ss", {"one", "", "three"});
  writer.AddInt32Array("ii", {1, -2});
  writer.AddRaw("nested", GgufValueType::kArray,
                Array(GgufValueType::kArray, 2) + Array(GgufValueType::kUint8, 1) + "x" +
                    Array(GgufValueType::kString, 0));
  const std::vector<float> values(32, 1.0f);
  writer.AddTensor("a", {32}, GgmlType::kF32, values);
  writer.AddTensor("b", {16, 2}, GgmlType::kF32, values);
  return writer;
}

absl::StatusOr<GgufHeader> Parse(const std::string& bytes, uint64_t file_size) {
  return ParseGgufHeader(GgufCursor(bytes, file_size, "m.gguf"));
}
absl::StatusOr<GgufHeader> Parse(const std::string& file) { return Parse(file, file.size()); }

TEST(GgufHeaderTest, ParsesAValidFile) {
  const std::string file = Sample().Serialize();
  const auto header = Parse(file);
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->version, 3u);
  EXPECT_EQ(header->values.size(), 6u);
  EXPECT_EQ(header->bytes, Sample().SerializeHeader());
  ASSERT_EQ(header->tensors.size(), 2u);
  EXPECT_EQ(header->tensors[0].name, "a");
  EXPECT_EQ(header->tensors[0].offset % 32, 0u);
  EXPECT_EQ(header->tensors[1].offset, header->tensors[0].offset + 128);
  EXPECT_EQ(header->tensors[1].num_bytes, 128u);
  EXPECT_EQ(header->tensors[1].dims, (std::vector<int64_t>{16, 2}));
  EXPECT_EQ(header->tensors[1].offset + 128, file.size());
}

TEST(GgufHeaderTest, Version2IsTheSame) {
  std::string file = Sample().Serialize();
  file[4] = 2;
  EXPECT_TRUE(Parse(file).ok());
}

TEST(GgufHeaderTest, HonoursTheAlignment) {
  GgufWriter writer;
  writer.AddUint32("general.alignment", 64);
  writer.AddTensor("a", {1}, GgmlType::kF32, {1.0f});
  const auto header = Parse(writer.SerializeHeader(), 4096);
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->alignment, 64u);
  EXPECT_EQ(header->tensors[0].offset, (header->bytes.size() + 63) / 64 * 64);
}

struct BadCase {
  const char* name;
  const char* message;                     // what the error must say
  std::function<std::string()> make_file;  // the malformed file
};

// A file whose one metadata value is `bytes`.
std::string FileWithValue(GgufValueType type, const std::string& bytes) {
  GgufWriter writer;
  writer.AddRaw("k", type, bytes);
  return writer.Serialize();
}

// A file whose one tensor is as given, with 4 KiB of data.
std::string FileWithTensor(const std::vector<int64_t>& dims, GgmlType type) {
  GgufWriter writer;
  writer.AddRawTensor("t", dims, type, std::string(4096, '\0'));
  return writer.Serialize();
}

// Sample() with the offset of its last tensor, the header's last field, replaced.
std::string FileWithOffset(uint64_t offset) {
  std::string file = Sample().Serialize();
  std::memcpy(&file[Sample().SerializeHeader().size() - 8], &offset, 8);
  return file;
}

std::string Patched(size_t at, const std::string& bytes) {
  return Sample().Serialize().replace(at, bytes.size(), bytes);
}

class GgufHeaderBadTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(GgufHeaderBadTest, IsRefusedInOneLine) {
  const auto header = Parse(GetParam().make_file());
  ASSERT_FALSE(header.ok());
  EXPECT_EQ(header.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(header.status().message());
  EXPECT_THAT(message, HasSubstr("m.gguf: "));
  EXPECT_THAT(message, HasSubstr(GetParam().message));
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

const BadCase kBadCases[] = {
    {"Empty", "truncated: magic", [] { return std::string(); }},
    {"Magic", "magic is 'GGML', expected 'GGUF'", [] { return Patched(0, "GGML"); }},
    {"Version", "version is 1, supported are 2 and 3", [] { return Patched(4, Bytes(1)); }},
    {"BigEndian", "big-endian", [] { return Patched(4, Bytes(0x03000000)); }},
    {"TensorCount", "tensor count is 1000000, the rest of the file holds at most",
     [] { return Patched(8, Bytes(uint64_t{1000000})); }},
    {"HugeTensorCount", "at most 1048576 are supported",
     [] { return Patched(8, Bytes(UINT64_MAX)); }},
    {"HugeValueCount", "at most 1048576 are supported",
     [] { return Patched(16, Bytes(UINT64_MAX)); }},
    {"KeyLength", "key is 65536 bytes long", [] { return Patched(24, Bytes(uint64_t{65536})); }},
    {"KeyPastEnd", "truncated: key needs", [] { return Patched(24, Bytes(uint64_t{60000})); }},
    {"EmptyKey", "the key is empty",
     [] {
       GgufWriter writer;
       writer.AddUint32("", 1);
       return writer.Serialize();
     }},
    {"DuplicateKey", "key 'k': the key occurs twice",
     [] {
       GgufWriter writer;
       writer.AddUint32("k", 1);
       writer.AddUint32("k", 1);
       return writer.Serialize();
     }},
    {"ValueType", "key 'k': value type is 13, known are 0 to 12",
     [] { return FileWithValue(static_cast<GgufValueType>(13), "x"); }},
    {"StringLength", "key 'k': truncated: string needs 18446744073709551615 bytes",
     [] { return FileWithValue(GgufValueType::kString, Bytes(UINT64_MAX)); }},
    {"Bool", "key 'k': bool is 2, expected 0 or 1",
     [] { return FileWithValue(GgufValueType::kBool, "\2"); }},
    {"ArrayType", "array element type is 77",
     [] { return FileWithValue(GgufValueType::kArray, Array(static_cast<GgufValueType>(77), 1)); }},
    {"ArrayCount", "array count is 4611686018427387905, the rest of the file holds at most",
     [] {
       return FileWithValue(GgufValueType::kArray, Array(GgufValueType::kUint32, (1ull << 62) + 1));
     }},
    {"StringArrayCount", "array count is 1000, the rest of the file holds at most",
     [] { return FileWithValue(GgufValueType::kArray, Array(GgufValueType::kString, 1000)); }},
    {"NestedDepth", "nested deeper than 4",
     [] {
       std::string bytes;
       for (int i = 0; i < 8; ++i) bytes += Array(GgufValueType::kArray, 1);
       return FileWithValue(GgufValueType::kArray, bytes + Array(GgufValueType::kUint8, 0));
     }},
    {"Alignment", "alignment is 24, expected a power of two",
     [] {
       GgufWriter writer;
       writer.AddUint32("general.alignment", 24);
       return writer.Serialize();
     }},
    {"AlignmentZero", "alignment is 0, expected a power of two",
     [] {
       GgufWriter writer;
       writer.AddUint32("general.alignment", 0);
       return writer.Serialize();
     }},
    {"AlignmentType", "key 'general.alignment': expected a uint32, found a value of type string",
     [] {
       GgufWriter writer;
       writer.AddString("general.alignment", "32");
       return writer.Serialize();
     }},
    {"TensorName", "name is 65 bytes long, at most 64",
     [] {
       GgufWriter writer;
       writer.AddTensor(std::string(65, 'n'), {1}, GgmlType::kF32, {1.0f});
       return writer.Serialize();
     }},
    {"DuplicateTensor", "tensor 't': the name occurs twice",
     [] {
       GgufWriter writer;
       writer.AddTensor("t", {1}, GgmlType::kF32, {1.0f});
       writer.AddTensor("t", {1}, GgmlType::kF32, {1.0f});
       return writer.Serialize();
     }},
    {"NoDims", "tensor 't': has 0 dimensions, expected 1 to 4",
     [] { return FileWithTensor({}, GgmlType::kF32); }},
    {"FiveDims", "has 5 dimensions",
     [] {
       return FileWithTensor({1, 1, 1, 1, 1}, GgmlType::kF32);
     }},
    {"ZeroDim", "dimension 1 is 0",
     [] {
       return FileWithTensor({4, 0}, GgmlType::kF32);
     }},
    {"NegativeDim", "dimension 0 is 18446744073709551615",
     [] { return FileWithTensor({-1}, GgmlType::kF32); }},
    {"DimsOverflow", "whose product overflows",
     [] {
       return FileWithTensor({int64_t{1} << 32, int64_t{1} << 31}, GgmlType::kF32);
     }},
    {"BytesOverflow", "size in bytes overflows",
     [] { return FileWithTensor({int64_t{1} << 62}, GgmlType::kF32); }},
    {"TensorType", "tensor 't': has type number 99, which is unknown",
     [] { return FileWithTensor({32}, static_cast<GgmlType>(99)); }},
    {"PartialBlock", "has rows of 48 elements, expected a multiple of 32 for type Q4_1",
     [] {
       return FileWithTensor({48, 2}, GgmlType::kQ4_1);
     }},
    {"Unaligned", "tensor 'b': has offset 130, expected a multiple of 32",
     [] { return FileWithOffset(130); }},
    {"PastEnd", "tensor 'b': 128 bytes at offset 160", [] { return FileWithOffset(160); }},
    {"OffsetOverflow", "tensor 'b': 128 bytes at offset 18446744073709551584",
     [] { return FileWithOffset(UINT64_MAX - 31); }},
    {"Overlap", "but tensor 'a' ends at", [] { return FileWithOffset(96); }},
    {"SameOffset", "but tensor 'a' ends at", [] { return FileWithOffset(0); }},
    {"KeyIsEscaped", "key 'a\\nb\\x01': value type is 13",
     [] {
       GgufWriter writer;
       writer.AddRaw("a\nb\1", static_cast<GgufValueType>(13), "x");
       return writer.Serialize();
     }},
};

INSTANTIATE_TEST_SUITE_P(All, GgufHeaderBadTest, ::testing::ValuesIn(kBadCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(GgufHeaderTest, EveryTruncationIsRefused) {
  const std::string file = Sample().Serialize();
  const size_t header_size = Sample().SerializeHeader().size();
  for (size_t size = 0; size < file.size(); ++size) {
    ASSERT_FALSE(Parse(file.substr(0, size)).ok()) << size;
  }
  for (size_t size = 0; size < header_size; ++size) {
    ASSERT_FALSE(Parse(file.substr(0, size), file.size()).ok()) << size;
  }
  EXPECT_TRUE(Parse(file.substr(0, header_size), file.size()).ok());
}

// Whatever a flipped bit does, what is accepted keeps the promises of ParseGgufHeader.
TEST(GgufHeaderTest, EveryBitFlipIsRefusedOrHarmless) {
  const std::string file = Sample().Serialize();
  const size_t header_size = Sample().SerializeHeader().size();
  int accepted = 0;
  for (size_t bit = 0; bit < header_size * 8; ++bit) {
    std::string bytes = file;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    const auto header = Parse(bytes);
    if (!header.ok()) continue;
    ++accepted;
    for (const auto& [key, value] : header->values) {
      ASSERT_LE(value.offset + GgufValueTypeBytes(value.type), header->bytes.size()) << key;
    }
    for (const TensorInfo& tensor : header->tensors) {
      ASSERT_GE(tensor.offset, header->bytes.size()) << bit;
      ASSERT_LE(tensor.offset + tensor.num_bytes, bytes.size()) << bit;
    }
  }
  EXPECT_GT(accepted, 0);  // a letter of a name, the digits of a number
}

}  // namespace
}  // namespace baton
