#include "tests/load/backend/proto_files.h"

#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using google::protobuf::FileDescriptorSet;

constexpr char kFolder[] = "tests/load/backend/testdata";
constexpr char kFile[] = "tests/load/backend/testdata/fake/generate.proto";

// The path of a new file.
std::string Write(const std::string& name, const std::string& text) {
  const std::string path = absl::StrCat(testing::TempDir(), "/", name);
  std::ofstream(path) << text;
  return path;
}

std::vector<std::string> Names(const FileDescriptorSet& files) {
  std::vector<std::string> names;
  for (const auto& file : files.file()) names.push_back(file.name());
  return names;
}

TEST(ReadProtoFiles, ImportsComeFirst) {
  const std::vector<std::string> expected = {"fake/usage.proto", "fake/generate.proto"};
  const auto by_path = ReadProtoFiles(kFile, {kFolder});
  ASSERT_TRUE(by_path.ok()) << by_path.status();
  EXPECT_EQ(Names(*by_path), expected);
  const auto by_name = ReadProtoFiles("fake/generate.proto", {testing::TempDir(), kFolder});
  ASSERT_TRUE(by_name.ok()) << by_name.status();
  EXPECT_EQ(Names(*by_name), expected);
}

TEST(ReadProtoFiles, ItsOwnFolderIsEnoughForAFileWithoutImports) {
  const auto files = ReadProtoFiles(absl::StrCat(kFolder, "/fake/usage.proto"), {});
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(Names(*files), std::vector<std::string>{"usage.proto"});
}

TEST(ReadProtoFiles, WellKnownTypesNeedNoPath) {
  const auto files = ReadProtoFiles(
      Write("known.proto",
            "syntax = \"proto3\"; import \"google/protobuf/struct.proto\";\n"
            "message Known { google.protobuf.Struct any = 1 [json_name = \"other\"]; }"),
      {});
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(Names(*files),
            (std::vector<std::string>{"google/protobuf/struct.proto", "known.proto"}));
  EXPECT_EQ(files->file(1).message_type(0).field(0).json_name(), "other");
}

TEST(ReadProtoFiles, ErrorsHaveLineAndColumn) {
  const std::string path =
      Write("broken.proto", "syntax = \"proto3\";\nmessage A {\n  int32 a 1;\n  strin b = 2;\n}\n");
  const absl::Status status = ReadProtoFiles(path, {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "broken.proto:3:11: Missing field number."))
      << status.message();
}

TEST(ReadProtoFiles, UnknownTypesHaveLineAndColumn) {
  const std::string path =
      Write("unknown.proto", "syntax = \"proto3\";\nmessage A {\n  Strin b = 2;\n}\n");
  const absl::Status status = ReadProtoFiles(path, {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), absl::StrCat(path, ":3:3: \"Strin\" is not defined."));
}

TEST(ReadProtoFiles, MissingImportsAreNamedWhereTheyAreImported) {
  const absl::Status status = ReadProtoFiles(kFile, {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "fake/usage.proto: File not found."))
      << status.message();
  EXPECT_TRUE(absl::StrContains(
      status.message(), absl::StrCat(kFile, ":7:1: Import \"fake/usage.proto\" was not found")))
      << status.message();
}

TEST(ReadProtoFiles, WhatIsNotThere) {
  const absl::Status file = ReadProtoFiles("no/such.proto", {kFolder}).status();
  EXPECT_EQ(file.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(file.message(), "can not read no/such.proto");
  const absl::Status folder = ReadProtoFiles(kFile, {"no/folder"}).status();
  EXPECT_EQ(folder.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(folder.message(), "there is no folder no/folder to import from");
}

TEST(ReadProtoFiles, AFileThatAnEarlierPathHidesIsNamed) {
  const std::string hiding = Write("usage.proto", "syntax = \"proto3\";");
  const std::string folder = absl::StrCat(kFolder, "/fake");
  const std::string hidden = absl::StrCat(folder, "/usage.proto");
  const absl::Status status = ReadProtoFiles(hidden, {testing::TempDir(), folder}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), absl::StrCat("hides ", hidden)))
      << status.message();
}

TEST(ReadProtoFiles, FilesThatImportEachOtherAreAnError) {
  Write("one.proto", "syntax = \"proto3\"; import \"two.proto\";");
  Write("two.proto", "syntax = \"proto3\"; import \"one.proto\";");
  const absl::Status status = ReadProtoFiles("one.proto", {testing::TempDir()}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "recursively imports")) << status.message();
}

}  // namespace
}  // namespace baton
