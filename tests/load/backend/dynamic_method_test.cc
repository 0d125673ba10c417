#include "tests/load/backend/dynamic_method.h"

#include "absl/strings/match.h"
#include "fake/generate.pb.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using google::protobuf::FileDescriptorSet;

FileDescriptorSet FakeFiles() {
  FileDescriptorSet files;
  fake::Usage::descriptor()->file()->CopyTo(files.add_file());
  fake::GenerateRequest::descriptor()->file()->CopyTo(files.add_file());
  return files;
}

absl::Status Error(const MethodName& name, const FileDescriptorSet& files = FakeFiles()) {
  return DynamicMethod::Create(files, name).status();
}

TEST(MethodName, Parses) {
  for (const char* text : {"a.b.C/D", "/a.b.C/D"}) {
    const auto name = MethodName::Parse(text);
    ASSERT_TRUE(name.ok()) << name.status();
    EXPECT_EQ(name->service, "a.b.C");
    EXPECT_EQ(name->method, "D");
  }
  for (const char* text : {"", "/", "a.b.C", "a.b.C/", "/D", "a/b/c"}) {
    EXPECT_EQ(MethodName::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(DynamicMethod, KnowsItsMessages) {
  const auto method = DynamicMethod::Create(FakeFiles(), {"fake.Generator", "Generate"});
  ASSERT_TRUE(method.ok()) << method.status();
  EXPECT_EQ((*method)->path(), "/fake.Generator/Generate");
  EXPECT_EQ((*method)->request().full_name(), "fake.GenerateRequest");
  EXPECT_EQ((*method)->response().full_name(), "fake.GenerateResponse");
  EXPECT_NE(&(*method)->request(), fake::GenerateRequest::descriptor());
}

TEST(DynamicMethod, AnUnknownOneNamesThoseThatThereAre) {
  for (const MethodName& name :
       {MethodName{"fake.Generator", "Generat"}, MethodName{"fake.Generato", "Generate"},
        MethodName{"fake", "GenerateRequest"}}) {
    const absl::Status status = Error(name);
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_TRUE(absl::StrContains(
        status.message(),
        "; there is fake.Generator/Generate, fake.Generator/Ask, fake.Generator/Converse"))
        << status.message();
  }
  EXPECT_EQ(Error({"a", "B"}, {}).message(), "there is no method a/B; there is none");
}

TEST(DynamicMethod, OnlyServerStreamingCanBeMeasured) {
  const absl::Status unary = Error({"fake.Generator", "Ask"});
  EXPECT_EQ(unary.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(unary.message(),
            "fake.Generator/Ask has one request and one answer; only one request and a stream of "
            "answers can be measured");
  const absl::Status both = Error({"fake.Generator", "Converse"});
  EXPECT_EQ(both.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(both.message(), "a stream of requests")) << both.message();
}

TEST(DynamicMethod, FilesThatDoNotFitTogether) {
  FileDescriptorSet files;
  fake::GenerateRequest::descriptor()->file()->CopyTo(files.add_file());  // without its import
  const absl::Status status = Error({"fake.Generator", "Generate"}, files);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "fake/usage.proto")) << status.message();
}

}  // namespace
}  // namespace baton
