#include "tests/load/backend/id_field.h"

#include "fake/generate.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

absl::optional<IdField> Find(const google::protobuf::Message& message,
                             const std::vector<std::string>& path) {
  return IdField::Find(*message.GetDescriptor(), path);
}

TEST(IdField, MergesIntoWhatIsThere) {
  fake::GenerateRequest request;
  request.mutable_options()->set_max_new_tokens(3);
  request.mutable_tokens();
  std::string bytes = request.SerializeAsString();
  const std::vector<uint32_t> ids = {0, 1, 127, 128, 4294967295u};
  ASSERT_TRUE(Find(request, {"tokens", "ids"})->Append(ids, &bytes));
  fake::GenerateRequest read;
  ASSERT_TRUE(read.ParseFromString(bytes));
  for (const uint32_t id : ids) request.mutable_tokens()->add_ids(id);
  EXPECT_EQ(read.SerializeAsString(), request.SerializeAsString());
}

TEST(IdField, WithoutIdsTheMessagesAroundThemAreThere) {
  std::string bytes;
  ASSERT_TRUE(Find(fake::GenerateRequest(), {"tokens", "ids"})->Append({}, &bytes));
  fake::GenerateRequest read;
  ASSERT_TRUE(read.ParseFromString(bytes));
  EXPECT_TRUE(read.has_tokens());
}

TEST(IdField, TypesAndNamesOfJson) {
  // int64, packed, by either name.
  for (const char* name : {"token_ids", "tokenIds"}) {
    std::string bytes;
    ASSERT_TRUE(Find(fake::Piece(), {name})->Append({4294967295u}, &bytes));
    fake::Piece read;
    ASSERT_TRUE(read.ParseFromString(bytes));
    ASSERT_EQ(read.token_ids_size(), 1);
    EXPECT_EQ(read.token_ids(0), int64_t{4294967295});
  }
  // int32, not packed (proto2): what does not fit changes nothing.
  std::string bytes;
  const auto field = Find(google::protobuf::FileDescriptorProto(), {"public_dependency"});
  ASSERT_TRUE(field->Append({5, 6}, &bytes));
  google::protobuf::FileDescriptorProto read;
  ASSERT_TRUE(read.ParseFromString(bytes));
  EXPECT_EQ(read.public_dependency_size(), 2);
  EXPECT_EQ(read.public_dependency(1), 6);
  const std::string before = bytes;
  EXPECT_FALSE(field->Append({1, 2147483648u}, &bytes));
  EXPECT_EQ(bytes, before);
}

TEST(IdField, AnythingElseIsNone) {
  EXPECT_FALSE(Find(fake::GenerateRequest(), {}));
  EXPECT_FALSE(Find(fake::GenerateRequest(), {"other"}));
  EXPECT_FALSE(Find(fake::GenerateRequest(), {"text"}));
  EXPECT_FALSE(Find(fake::GenerateRequest(), {"tokens"}));
  EXPECT_FALSE(Find(fake::GenerateRequest(), {"tokens", "ids", "x"}));
  EXPECT_FALSE(Find(fake::GenerateRequest(), {"options", "max_new_tokens"}));
  EXPECT_FALSE(Find(fake::Delta(), {"pieces", "token_ids"}));  // which piece?
}

}  // namespace
}  // namespace baton
