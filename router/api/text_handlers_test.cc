#include "router/api/text_handlers.h"

#include <string>

#include "common/error_details.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "router/api/fake_cluster.h"
#include "router/api/test_model.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TextHandlersTest : public testing::Test {
 protected:
  FakeCluster cluster_{TestServing("{{ messages[0]['content'] }}<|end|>"), nullptr};
};

TEST_F(TextHandlersTest, TokenizeGivesIdsAndBytes) {
  v1::TokenizeRequest request;
  request.set_text("<|end|>é");
  request.set_parse_special(true);
  const auto response = HandleTokenize(request, cluster_);
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_EQ(response->token_ids_size(), 2);
  EXPECT_EQ(response->token_ids(0), 0u);
  EXPECT_THAT(response->token_bytes(), ElementsAre("<|end|>", "é"));
  request.set_text("");
  EXPECT_EQ(HandleTokenize(request, cluster_)->token_ids_size(), 0);
}

TEST_F(TextHandlersTest, DetokenizeIsTheWayBack) {
  v1::TokenizeRequest tokenize;
  tokenize.set_text("héllo the 12");
  v1::DetokenizeRequest request;
  *request.mutable_token_ids() = HandleTokenize(tokenize, cluster_)->token_ids();
  request.add_token_ids(0);
  EXPECT_EQ(HandleDetokenize(request, cluster_)->text(), "héllo the 12<|end|>");
  request.set_skip_special(true);
  EXPECT_EQ(HandleDetokenize(request, cluster_)->text(), "héllo the 12");
}

TEST_F(TextHandlersTest, DetokenizeRefusesAnIdOutsideTheVocabulary) {
  v1::DetokenizeRequest request;
  request.add_token_ids(1);
  request.add_token_ids(271);
  const absl::Status status = HandleDetokenize(request, cluster_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  ASSERT_EQ(FieldViolations(status).size(), 1u) << status;
  EXPECT_EQ(FieldViolations(status)[0].field, "token_ids[1]");
  EXPECT_THAT(FieldViolations(status)[0].description, HasSubstr("is 271"));
}

TEST_F(TextHandlersTest, ApplyChatTemplateGivesTextAndTokens) {
  v1::ApplyChatTemplateRequest request;
  auto* message = request.mutable_chat()->add_messages();
  message->set_role("user");
  message->set_content("the");
  const auto response = HandleApplyChatTemplate(request, cluster_);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->text(), "the<|end|>");
  ASSERT_EQ(response->token_ids_size(), 2);
  EXPECT_EQ(response->token_ids(1), 0u);
}

TEST_F(TextHandlersTest, DescribesTheModel) {
  const auto model = HandleGetModel({}, cluster_);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_TRUE(model->model().has_chat_template());
  EXPECT_EQ(HandleListModels({}, cluster_)->models_size(), 1);
}

TEST_F(TextHandlersTest, AllReportAnUnknownModel) {
  const auto expect_not_found = [](const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
    EXPECT_THAT(status.message(), HasSubstr("huge"));
  };
  v1::TokenizeRequest tokenize;
  tokenize.set_model("huge");
  expect_not_found(HandleTokenize(tokenize, cluster_).status());
  v1::DetokenizeRequest detokenize;
  detokenize.set_model("huge");
  expect_not_found(HandleDetokenize(detokenize, cluster_).status());
  v1::ApplyChatTemplateRequest apply;
  apply.set_model("huge");
  expect_not_found(HandleApplyChatTemplate(apply, cluster_).status());
  v1::GetModelRequest get;
  get.set_model("huge");
  expect_not_found(HandleGetModel(get, cluster_).status());
}

}  // namespace
}  // namespace baton
