#include "tests/load/report/json_access.h"

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(JsonAccessTest, WhatIsNotThereIsNotThere) {
  for (const json& value : {json(), json(3), json::array({1}), json("text"), json::object()}) {
    EXPECT_TRUE(JsonMember(value, "key").is_null());
    EXPECT_EQ(JsonNumber(value, "key"), absl::nullopt);
    EXPECT_TRUE(JsonBool(value, "key", true));
  }
  EXPECT_THAT(JsonNumbers(json(3)), IsEmpty());
  EXPECT_THAT(JsonTexts(json::object()), IsEmpty());
}

TEST(JsonAccessTest, OtherTypesAreNotThere) {
  const json object = {{"a", "1"}, {"b", std::numeric_limits<double>::infinity()}, {"c", 1}};
  EXPECT_EQ(JsonNumber(object, "a"), absl::nullopt);
  EXPECT_EQ(JsonNumber(object, "b"), absl::nullopt);
  EXPECT_EQ(JsonNumber(object, "c"), 1);
  EXPECT_FALSE(JsonBool(object, "c", false));
}

TEST(JsonAccessTest, Lists) {
  const json list = {1, nullptr, "two", 3.5};
  const std::vector<double> numbers = JsonNumbers(list);
  ASSERT_EQ(numbers.size(), 4u);
  EXPECT_EQ(numbers[0], 1);
  EXPECT_TRUE(std::isnan(numbers[1]));
  EXPECT_TRUE(std::isnan(numbers[2]));
  EXPECT_EQ(numbers[3], 3.5);
  EXPECT_THAT(JsonTexts(list), ElementsAre("1", "", "two", "3.5"));
}

TEST(JsonAccessTest, TextThatIsNotUtf8IsStillText) {
  EXPECT_EQ(JsonText("a\xff"), "a\xff");
  EXPECT_EQ(JsonText(json::array({"a\xff"})), "[\"a\xEF\xBF\xBD\"]");
}

}  // namespace
}  // namespace baton
