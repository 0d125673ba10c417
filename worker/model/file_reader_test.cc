#include "worker/model/file_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <utility>
#include <vector>

namespace baton {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string WriteFile(const std::string& name, const std::string& bytes) {
  const std::string path = ::testing::TempDir() + "/" + name;
  std::FILE* file = std::fopen(path.c_str(), "wb");
  EXPECT_NE(file, nullptr);
  EXPECT_EQ(std::fwrite(bytes.data(), 1, bytes.size(), file), bytes.size());
  std::fclose(file);
  return path;
}

TEST(FileReaderTest, ReadsAnyRangeInside) {
  auto reader = FileReader::Open(WriteFile("ten", "0123456789"));
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->size(), 10u);
  char bytes[10];
  ASSERT_TRUE((*reader)->ReadAt(0, bytes, 10).ok());
  EXPECT_EQ(std::string(bytes, 10), "0123456789");
  ASSERT_TRUE((*reader)->ReadAt(7, bytes, 3).ok());
  EXPECT_EQ(std::string(bytes, 3), "789");
  EXPECT_TRUE((*reader)->ReadAt(10, bytes, 0).ok());
}

TEST(FileReaderTest, RefusesRangesOutsideAndNamesThem) {
  auto reader = FileReader::Open(WriteFile("small", "0123456789"));
  ASSERT_TRUE(reader.ok());
  char bytes[16];
  for (const auto& [offset, n] : std::vector<std::pair<uint64_t, size_t>>{
           {8, 3}, {11, 0}, {UINT64_MAX, 1}, {1, SIZE_MAX}, {UINT64_MAX, SIZE_MAX}}) {
    const absl::Status status = (*reader)->ReadAt(offset, bytes, n);
    EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("small"), HasSubstr(std::to_string(offset)),
                      HasSubstr("the file has 10 bytes")));
  }
}

TEST(FileReaderTest, AFileThatShrinksIsDataLoss) {
  const std::string path = WriteFile("shrinks", std::string(100, 'x'));
  auto reader = FileReader::Open(path);
  ASSERT_TRUE(reader.ok());
  ASSERT_EQ(truncate(path.c_str(), 60), 0);
  char bytes[100];
  const absl::Status status = (*reader)->ReadAt(50, bytes, 50);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("ends at offset 60"));
}

TEST(FileReaderTest, OpensRegularFilesOnly) {
  EXPECT_EQ(FileReader::Open(::testing::TempDir() + "/absent").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(FileReader::Open(::testing::TempDir()).status().code(),
            absl::StatusCode::kInvalidArgument);
  const std::string fifo = ::testing::TempDir() + "/fifo";
  unlink(fifo.c_str());
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(FileReader::Open(fifo).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace baton
