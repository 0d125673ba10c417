#include "tests/load/backend/field_path.h"

#include "absl/strings/match.h"
#include "fake/generate.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/type.pb.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using google::protobuf::Message;

// The path in `message`'s type.
FieldPath Path(const Message& message, absl::string_view path, FieldUse use) {
  auto resolved = FieldPath::Resolve(*message.GetDescriptor(), path, use);
  EXPECT_TRUE(resolved.ok()) << resolved.status();
  return *std::move(resolved);
}

std::string Text(const Message& message, absl::string_view path) {
  std::string text;
  Path(message, path, FieldUse::kText).AppendText(message, &text);
  return text;
}

uint32_t Tokens(const Message& message, absl::string_view path, std::vector<uint32_t>* ids) {
  return Path(message, path, FieldUse::kTokens).AppendTokens(message, ids);
}

absl::optional<uint32_t> Number(const Message& message, absl::string_view path) {
  return Path(message, path, FieldUse::kNumber).Number(message);
}

std::string Label(const Message& message, absl::string_view path) {
  return Path(message, path, FieldUse::kLabel).Label(message);
}

fake::GenerateResponse TwoPieces() {
  fake::GenerateResponse response;
  fake::Piece* piece = response.mutable_delta()->add_pieces();
  piece->set_text("one");
  piece->set_raw("1");
  piece->add_token_ids(7);
  piece->add_token_ids(0);
  piece = response.mutable_delta()->add_pieces();
  piece->set_text(" two");
  piece->add_token_ids(9);
  return response;
}

TEST(FieldPath, TextOfRepeatedFieldsIsJoined) {
  EXPECT_EQ(Text(TwoPieces(), "delta.pieces.text"), "one two");
  EXPECT_EQ(Text(TwoPieces(), "delta.pieces.raw"), "1");
  google::protobuf::Type repeated;
  repeated.add_oneofs("a");
  repeated.add_oneofs("b");
  EXPECT_EQ(Text(repeated, "oneofs"), "ab");
}

TEST(FieldPath, ABranchThatWasNotTakenHasNothing) {
  const fake::GenerateResponse empty;
  std::vector<uint32_t> ids;
  EXPECT_EQ(Text(empty, "delta.pieces.text"), "");
  EXPECT_EQ(Tokens(empty, "delta.pieces.token_ids", &ids), 0u);
  EXPECT_EQ(Number(empty, "finished.usage.completion_tokens"), absl::nullopt);
  EXPECT_EQ(Label(empty, "finished.reason"), "");
}

TEST(FieldPath, IntegersAreIdsAndAnythingElseIsAToken) {
  std::vector<uint32_t> ids;
  EXPECT_EQ(Tokens(TwoPieces(), "delta.pieces.token_ids", &ids), 3u);
  EXPECT_EQ(ids, (std::vector<uint32_t>{7, 0, 9}));
  ids.clear();
  EXPECT_EQ(Tokens(TwoPieces(), "delta.pieces", &ids), 2u);
  EXPECT_EQ(Tokens(TwoPieces(), "delta.pieces.text", &ids), 2u);
  EXPECT_EQ(Tokens(TwoPieces(), "delta.pieces.raw", &ids), 1u);
  EXPECT_EQ(Tokens(TwoPieces(), "delta.pieces.logprob", &ids), 0u);
  EXPECT_TRUE(ids.empty());
}

TEST(FieldPath, NumbersBelowAMessageThatIsThereCountAtZero) {
  fake::GenerateResponse response;
  response.mutable_finished();
  EXPECT_EQ(Number(response, "finished.usage.completion_tokens"), absl::nullopt);
  response.mutable_finished()->mutable_usage();
  EXPECT_EQ(Number(response, "finished.usage.completion_tokens"), 0u);
  response.mutable_finished()->mutable_usage()->set_completion_tokens(12);
  EXPECT_EQ(Number(response, "finished.usage.completion_tokens"), 12u);
  response.mutable_finished()->mutable_usage()->set_completion_tokens(-1);
  EXPECT_EQ(Number(response, "finished.usage.completion_tokens"), absl::nullopt);
}

TEST(FieldPath, NumbersAtTheTopSayOnlyThatTheyAreNotZero) {
  google::protobuf::Field field;
  EXPECT_EQ(Number(field, "number"), absl::nullopt);
  field.set_number(3);
  EXPECT_EQ(Number(field, "number"), 3u);
}

TEST(FieldPath, Labels) {
  fake::GenerateResponse response;
  response.mutable_finished();
  EXPECT_EQ(Label(response, "finished.reason"), "");  // REASON_UNSPECIFIED
  response.mutable_finished()->set_reason(fake::REASON_STOP);
  EXPECT_EQ(Label(response, "finished.reason"), "STOP");
  google::protobuf::Field field;
  EXPECT_EQ(Label(field, "packed"), "");
  field.set_packed(true);
  field.set_number(3);
  field.set_name("eos");
  field.set_kind(google::protobuf::Field::TYPE_BYTES);
  EXPECT_EQ(Label(field, "packed"), "packed");
  EXPECT_EQ(Label(field, "number"), "3");
  EXPECT_EQ(Label(field, "name"), "eos");
  EXPECT_EQ(Label(field, "kind"), "TYPE_BYTES");
}

TEST(FieldPath, AnEnumsDefaultCountsBelowAMessageThatIsThere) {
  google::protobuf::Type type;
  EXPECT_EQ(Label(type, "syntax"), "");  // SYNTAX_PROTO2, which may be absent
  google::protobuf::ListValue list;
  list.add_values()->mutable_struct_value();
  list.add_values()->set_null_value(google::protobuf::NULL_VALUE);
  EXPECT_EQ(Label(list, "values.null_value"), "NULL_VALUE");
}

TEST(FieldPath, MapsAreMessagesWithKeyAndValue) {
  google::protobuf::Struct map;
  (*map.mutable_fields())["text_output"].set_string_value("hi");
  EXPECT_EQ(Text(map, "fields.value.string_value"), "hi");
  EXPECT_EQ(Text(map, "fields.key"), "text_output");
}

TEST(FieldPath, ErrorsNameThePartAndWhatThereIs) {
  struct Case {
    const char* path;
    FieldUse use;
    const char* message;
  };
  for (const Case& c : {
           Case{"delta.piece.text", FieldUse::kText,
                "field path \"delta.piece.text\": fake.Delta has no field \"piece\"; it has "
                "pieces"},
           Case{"", FieldUse::kText,
                "field path \"\": fake.GenerateResponse has no field \"\"; it has queued, delta, "
                "finished"},
           Case{"queued.text", FieldUse::kText,
                "field path \"queued.text\": fake.Queued has no field \"text\"; it has no fields"},
           Case{"delta.pieces.text.x", FieldUse::kText,
                "field path \"delta.pieces.text.x\": fake.Piece.text is of type string, which has "
                "no field \"x\""},
           Case{"delta", FieldUse::kText,
                "field path \"delta\": fake.GenerateResponse.delta is of type message; expected "
                "string or bytes; it has pieces"},
           Case{"delta.pieces.logprob", FieldUse::kNumber,
                "field path \"delta.pieces.logprob\": fake.Piece.logprob is of type double; "
                "expected an integer"},
           Case{"delta.pieces.logprob", FieldUse::kLabel,
                "field path \"delta.pieces.logprob\": fake.Piece.logprob is of type double; "
                "expected a string, enum, integer or bool"},
       }) {
    const absl::Status status =
        FieldPath::Resolve(*fake::GenerateResponse::descriptor(), c.path, c.use).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(status.message(), c.message);
  }
}

}  // namespace
}  // namespace baton
