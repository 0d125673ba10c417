#include "worker/model/gguf_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "worker/model/gguf_writer.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

template <typename T>
std::string Bytes(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

std::unique_ptr<GgufFile> Parse(const GgufWriter& writer) {
  const std::string bytes = writer.Serialize();
  auto file = GgufFile::Parse(
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
      bytes.size(), "m.gguf");
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

template <typename T>
void ExpectError(const absl::StatusOr<T>& result, absl::StatusCode code,
                 const std::string& message) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), code);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr(message));
}

TEST(GgufFileTest, ReadsIntegersOfEveryType) {
  GgufWriter writer;
  writer.AddRaw("u8", GgufValueType::kUint8, Bytes(uint8_t{200}));
  writer.AddRaw("i8", GgufValueType::kInt8, Bytes(int8_t{100}));
  writer.AddRaw("u16", GgufValueType::kUint16, Bytes(uint16_t{60000}));
  writer.AddRaw("i16", GgufValueType::kInt16, Bytes(int16_t{30000}));
  writer.AddUint32("u32", 4000000000u);
  writer.AddInt32("i32", 2000000000);
  writer.AddUint64("u64", UINT64_MAX);
  writer.AddRaw("i64", GgufValueType::kInt64, Bytes(std::numeric_limits<int64_t>::max()));
  const auto file = Parse(writer);
  EXPECT_EQ(*file->GetUint("u8"), 200u);
  EXPECT_EQ(*file->GetUint("i8"), 100u);
  EXPECT_EQ(*file->GetUint("u16"), 60000u);
  EXPECT_EQ(*file->GetUint("i16"), 30000u);
  EXPECT_EQ(*file->GetUint("u32"), 4000000000u);
  EXPECT_EQ(*file->GetUint("i32"), 2000000000u);
  EXPECT_EQ(*file->GetUint("u64"), UINT64_MAX);
  EXPECT_EQ(*file->GetUint("i64"), uint64_t{INT64_MAX});
}

TEST(GgufFileTest, ReadsTheOtherTypes) {
  GgufWriter writer;
  writer.AddFloat32("f32", 1.5f);
  writer.AddRaw("f64", GgufValueType::kFloat64, Bytes(0.1));
  writer.AddBool("yes", true);
  writer.AddBool("no", false);
  writer.AddString("text", absl::string_view("a\0b", 3));
  writer.AddStringArray("texts", {"one", "", "three"});
  writer.AddInt32Array("numbers", {-1, 2});
  const auto file = Parse(writer);
  EXPECT_EQ(*file->GetFloat("f32"), 1.5);
  EXPECT_EQ(*file->GetFloat("f64"), 0.1);
  EXPECT_TRUE(*file->GetBool("yes"));
  EXPECT_FALSE(*file->GetBool("no"));
  EXPECT_EQ(*file->GetString("text"), std::string("a\0b", 3));
  EXPECT_THAT(*file->GetStringArray("texts"), ElementsAre("one", "", "three"));
  EXPECT_THAT(*file->GetIntArray("numbers"), ElementsAre(-1, 2));
  EXPECT_EQ(*file->GetArrayCount("texts"), 3u);
  EXPECT_TRUE(file->Has("text"));
  EXPECT_FALSE(file->Has("tex"));
}

TEST(GgufFileTest, AbsentKeysAreNotFound) {
  const auto file = Parse(GgufWriter());
  const std::string message = "m.gguf: key 'k' is missing";
  ExpectError(file->GetUint("k"), absl::StatusCode::kNotFound, message);
  ExpectError(file->GetFloat("k"), absl::StatusCode::kNotFound, message);
  ExpectError(file->GetBool("k"), absl::StatusCode::kNotFound, message);
  ExpectError(file->GetString("k"), absl::StatusCode::kNotFound, message);
  ExpectError(file->GetStringArray("k"), absl::StatusCode::kNotFound, message);
  ExpectError(file->GetIntArray("k"), absl::StatusCode::kNotFound, message);
  ExpectError(file->GetArrayCount("k"), absl::StatusCode::kNotFound, message);
}

TEST(GgufFileTest, WrongTypesAreNamed) {
  GgufWriter writer;
  writer.AddString("text", "x");
  writer.AddBool("flag", true);
  writer.AddInt32("minus", -3);
  writer.AddFloat32Array("floats", {1.0f});
  writer.AddRaw("big", GgufValueType::kArray,
                Bytes(static_cast<uint32_t>(GgufValueType::kUint64)) + Bytes(uint64_t{1}) +
                    Bytes(UINT64_MAX));
  const auto file = Parse(writer);
  const auto bad = absl::StatusCode::kInvalidArgument;
  ExpectError(file->GetUint("text"), bad, "m.gguf: key 'text': expected an integer, found string");
  ExpectError(file->GetUint("flag"), bad, "found bool");
  ExpectError(file->GetUint("minus"), bad, "key 'minus': is -3, expected no negative number");
  ExpectError(file->GetFloat("minus"), bad, "expected a float, found int32");
  ExpectError(file->GetBool("minus"), bad, "expected a bool, found int32");
  ExpectError(file->GetString("flag"), bad, "expected a string, found bool");
  ExpectError(file->GetStringArray("floats"), bad,
              "expected an array of strings, found array of float32");
  ExpectError(file->GetIntArray("floats"), bad,
              "expected an array of integers, found array of float32");
  ExpectError(file->GetIntArray("text"), bad, "expected an array of integers, found string");
  ExpectError(file->GetArrayCount("text"), bad, "expected an array, found string");
  ExpectError(file->GetIntArray("big"), bad, "18446744073709551615 does not fit");
}

// Writes a file of `value` in the metadata, and a tensor of 2000 ones (8000 bytes) whose element
// `odd_one` is 2.
std::string WriteModel(const std::string& name, uint32_t value, size_t odd_one) {
  GgufWriter writer;
  writer.AddUint32("value", value);
  std::vector<float> values(2000, 1.0f);
  values[odd_one] = 2.0f;
  writer.AddTensor("t", {2000}, GgmlType::kF32, values);
  const std::string path = ::testing::TempDir() + "/" + name;
  EXPECT_TRUE(writer.Write(path).ok());
  return path;
}

std::string DigestOf(const std::string& path) {
  auto file = GgufFile::Open(path);
  EXPECT_TRUE(file.ok()) << file.status();
  auto digest = (*file)->Digest();
  EXPECT_TRUE(digest.ok()) << digest.status();
  return *digest;
}

TEST(GgufFileTest, OpenFindsTensorsAndTheirData) {
  auto file = GgufFile::Open(WriteModel("data.gguf", 1, 1999));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->FindTensor("u"), nullptr);
  const TensorInfo* tensor = (*file)->FindTensor("t");
  ASSERT_NE(tensor, nullptr);
  EXPECT_EQ(tensor->num_bytes, 8000u);
  float last[2];
  ASSERT_TRUE((*file)->reader()->ReadAt(tensor->offset + 7992, last, 8).ok());
  EXPECT_EQ(last[0], 1.0f);
  EXPECT_EQ(last[1], 2.0f);
}

TEST(GgufFileTest, DigestTellsModelsApart) {
  const std::string digest = DigestOf(WriteModel("a.gguf", 1, 0));
  EXPECT_THAT(digest, MatchesRegex("[0-9a-f]{64}"));
  EXPECT_EQ(DigestOf(WriteModel("b.gguf", 1, 0)), digest);     // the name does not matter
  EXPECT_NE(DigestOf(WriteModel("c.gguf", 2, 0)), digest);     // metadata
  EXPECT_NE(DigestOf(WriteModel("d.gguf", 1, 1023)), digest);  // the last element sampled
  EXPECT_NE(DigestOf(WriteModel("e.gguf", 1, 1024)), digest);  // element 0 is sampled too
  EXPECT_EQ(DigestOf(WriteModel("f.gguf", 1, 1500)),
            DigestOf(WriteModel("g.gguf", 1, 1024)));  // not sampled
}

TEST(GgufFileTest, AParsedHeaderHasNoDigest) {
  const auto file = Parse(GgufWriter());
  EXPECT_EQ(file->reader(), nullptr);
  EXPECT_EQ(file->Digest().status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(GgufFileTest, OpenReportsTheSystemsError) {
  EXPECT_EQ(GgufFile::Open("/nonexistent/m.gguf").status().code(), absl::StatusCode::kNotFound);
}

// The header is larger than what is read ahead at once.
TEST(GgufFileTest, OpensLargeHeaders) {
  GgufWriter writer;
  writer.AddString("filler", std::string(3 << 20, 'x'));
  writer.AddUint32("after", 5);
  const std::string path = ::testing::TempDir() + "/large.gguf";
  ASSERT_TRUE(writer.Write(path).ok());
  auto file = GgufFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(*(*file)->GetUint("after"), 5u);
  EXPECT_EQ((*file)->GetString("filler")->size(), size_t{3} << 20);
}

}  // namespace
}  // namespace baton
