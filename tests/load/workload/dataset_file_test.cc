#include "tests/load/workload/dataset_file.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/load/workload/json_fields.h"
#include "tests/load/workload/temp_dataset.h"

namespace baton {
namespace {

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(ReadJsonFile, NamesTheFileAndTheByte) {
  EXPECT_EQ(ReadJsonFile(WriteDataset("good", "[1, 2]")).value().size(), 2u);
  const std::string path = WriteDataset("bad", "[1, ?]");
  const auto bad = ReadJsonFile(path);
  EXPECT_EQ(bad.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Message(bad.status()), path + ": not JSON at byte 5");
  EXPECT_FALSE(ReadJsonFile(WriteDataset("empty", "")).ok());
  EXPECT_FALSE(ReadJsonFile(WriteDataset("latin1", "[\"\xe9\"]")).ok());
  EXPECT_FALSE(ReadJsonFile(WriteDataset("huge", "[1e999]")).ok());
}

TEST(ReadJsonFile, NamesTheFileThatIsNotThere) {
  const auto missing = ReadJsonFile("/no/such/file");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Message(missing.status()), "/no/such/file: cannot be read: No such file or directory");
  EXPECT_EQ(ReadJsonFile(testing::TempDir()).status().code(), absl::StatusCode::kNotFound);
}

TEST(ReadJsonFile, SurvivesAnyDepth) {
  const std::string open(200000, '['), close(200000, ']');
  EXPECT_TRUE(ReadJsonFile(WriteDataset("deep", open + close)).ok());
  EXPECT_FALSE(ReadJsonFile(WriteDataset("deeper", open)).ok());
}

// The rows' "a", or the error.
absl::StatusOr<std::vector<uint32_t>> Read(const std::string& text, size_t most) {
  std::vector<uint32_t> rows;
  const absl::Status status =
      ForEachJsonLine(WriteDataset("lines", text), most, [&](const nlohmann::json& row) {
        const auto a = JsonTokens(row, "a");
        if (a.ok()) rows.push_back(*a);
        return a.status();
      });
  if (!status.ok()) return status;
  return rows;
}

TEST(ForEachJsonLine, GivesRowsInOrderAndLeavesOutBlankLines) {
  EXPECT_EQ(Read("{\"a\": 1}\n\n \r\n{\"a\": 2}\r\n{\"a\":3}", 0).value(),
            (std::vector<uint32_t>{1, 2, 3}));
  EXPECT_EQ(Read("{\"a\": 1}\n{\"a\": 2}\nnonsense", 2).value(), (std::vector<uint32_t>{1, 2}));
}

TEST(ForEachJsonLine, NamesTheFileTheLineAndWhatIsWrong) {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"{\"a\": 1}\n\n{\"a\": ", "line 3: not JSON at byte 7"},
      {"[1]", "line 1: found an array; expected an object"},
      {"{}", "line 1: \"a\": found no such key; expected an integer from 1 to 10000000"},
      {"{\"a\": null}", "line 1: \"a\": found null; expected an integer"},
      {"{\"a\": -3}", "line 1: \"a\": found -3; expected an integer"},
      {"{\"a\": 0}", "line 1: \"a\": found 0; expected an integer"},
      {"{\"a\": 1.5}", "line 1: \"a\": found 1.5; expected an integer"},
      {"{\"a\": 99999999999}", "line 1: \"a\": found 99999999999; expected an integer"},
      {" \n", "has no lines; expected JSON objects"},
  };
  for (const auto& c : cases) {
    const auto rows = Read(c.text, 0);
    EXPECT_EQ(rows.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(Message(rows.status()).rfind(testing::TempDir() + "/lines: " + c.message, 0), 0u)
        << rows.status();
  }
}

TEST(JsonFields, TakeWhatIsThere) {
  const nlohmann::json object = {{"s", "x"}, {"n", 7u}, {"t", 0.5}, {"z", 0}};
  EXPECT_EQ(JsonString(object, "s").value(), "x");
  EXPECT_EQ(JsonTokens(object, "n").value(), 7u);
  EXPECT_EQ(JsonTime(object, "t").value(), 0.5);
  EXPECT_EQ(JsonTime(object, "z").value(), 0);
  EXPECT_EQ(Message(JsonString(object, "n").status()), "\"n\": found 7; expected a string");
  EXPECT_EQ(Message(JsonTime(object, "s").status()),
            "\"s\": found a string; expected a number of at least 0");
}

}  // namespace
}  // namespace baton
