#include "router/api/request_parsing.h"

#include <string>

#include "baton/v1/inference.pb.h"
#include "common/error_details.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::HasSubstr;

// The one field that is named, "" if none.
std::string BadField(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  const auto violations = FieldViolations(status);
  return violations.size() == 1 ? violations[0].field : "";
}

// A length-delimited field as it stands on the wire. `number` < 16, short bodies only.
std::string Field(int number, const std::string& body) {
  return std::string(1, static_cast<char>(number << 3 | 2)) + static_cast<char>(body.size()) + body;
}

TEST(RequestParsingTest, ParsesAWholeRequest) {
  v1::GenerateRequest request;
  request.set_model("modèle");
  auto* message = request.mutable_chat()->add_messages();
  message->set_role("user");
  message->set_content("héllo 🎼");
  (*request.mutable_chat()->mutable_template_variables_json())["k"] = "1";
  request.mutable_stop()->add_strings("\n");
  request.mutable_stop()->add_token_ids(3);
  v1::GenerateRequest parsed;
  ASSERT_TRUE(ParseRequest(request.SerializeAsString(), &parsed).ok());
  EXPECT_EQ(parsed.SerializeAsString(), request.SerializeAsString());
  EXPECT_TRUE(ParseRequest("", &parsed).ok());
}

TEST(RequestParsingTest, NamesTheFieldThatIsNotUtf8) {
  const std::string bad = "ab\xff";
  const struct {
    std::string bytes;
    const char* field;
  } cases[] = {
      {Field(1, bad), "model"},
      {Field(2, bad), "text"},
      {Field(9, bad), "request_id"},
      {Field(15, bad), "cache_salt"},
      {Field(6, Field(11, bad)), "sampling.bad_words[0]"},
      {Field(7, Field(2, "fine") + Field(2, bad)), "stop.strings[1]"},
      {Field(4, Field(1, "") + Field(1, Field(2, bad))), "chat.messages[1].content"},
      {Field(4, Field(1, Field(3, Field(1, bad)))), "chat.messages[0].parts[0].text"},
      {Field(4, Field(1, Field(4, Field(3, bad)))),
       "chat.messages[0].tool_calls[0].arguments_json"},
      {Field(4, Field(2, bad)), "chat.tools_json[0]"},
      {Field(4, Field(3, Field(1, "k") + Field(2, bad))), "chat.template_variables_json[0].value"},
      {Field(2, bad) + Field(2, "good"), "text"},  // although overridden
  };
  for (const auto& test : cases) {
    v1::GenerateRequest request;
    const absl::Status status = ParseRequest(test.bytes, &request);
    EXPECT_EQ(BadField(status), test.field) << status;
    EXPECT_THAT(status.message(), HasSubstr("byte 0xff at offset 2 of 3"));
  }
}

TEST(RequestParsingTest, RefusesWhatProtobufWouldAccept) {
  // Overlong, a surrogate, above U+10FFFF, cut short.
  for (const char* bad : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    v1::GenerateRequest request;
    EXPECT_EQ(BadField(ParseRequest(Field(2, bad), &request)), "text");
  }
}

TEST(RequestParsingTest, RefusesWhatIsNoMessage) {
  const std::string cases[] = {
      "\x0a",                          // a length is missing
      std::string("\x0a\x05") + "ab",  // cut short
      "\xff\xff\xff",                  // an endless tag
      std::string("\x00", 1),          // field number 0
      "\x0a\xff\xff\xff\xff\x0f",      // a length of 4 GiB
      "\x0b",                          // a group that does not end
      Field(4, "\x0a\x7f"),            // an inner message cut short
  };
  for (const std::string& bytes : cases) {
    v1::GenerateRequest request;
    const absl::Status status = ParseRequest(bytes, &request);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("not a baton.v1.GenerateRequest"));
  }
}

TEST(RequestParsingTest, LeavesUnknownAndBytesFieldsAlone) {
  v1::GenerateRequest request;
  EXPECT_TRUE(ParseRequest("\xc2\x3e\x01\xff", &request).ok());  // number 1000
  v1::TokenizeResponse response;
  EXPECT_TRUE(ParseRequest(Field(2, "\xff"), &response).ok());
}

}  // namespace
}  // namespace baton
