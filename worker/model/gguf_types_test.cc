#include "worker/model/gguf_types.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_join.h"

namespace baton {
namespace {

TEST(GgufTypesTest, SizesOfTheSupportedTypes) {
  EXPECT_EQ(GetGgmlTypeInfo(GgmlType::kF32).block_bytes, 4u);
  EXPECT_EQ(GetGgmlTypeInfo(GgmlType::kQ8_0).block_bytes, 2u + 32);
  EXPECT_EQ(GetGgmlTypeInfo(GgmlType::kQ4_0).block_bytes, 2u + 16);
  EXPECT_EQ(GetGgmlTypeInfo(GgmlType::kQ4_1).block_bytes, 2u + 2 + 16);
}

TEST(GgufTypesTest, FindsWhatItListsAndNothingElse) {
  std::vector<std::string> supported;
  for (uint32_t number = 0; number < 1000; ++number) {
    const GgmlTypeInfo* info = FindGgmlType(number);
    if (info == nullptr) continue;
    EXPECT_EQ(static_cast<uint32_t>(info->type), number);
    EXPECT_EQ(&GetGgmlTypeInfo(info->type), info);
    if (IsSupportedWeightType(info->type)) supported.push_back(info->name);
  }
  EXPECT_EQ(FindGgmlType(4), nullptr);  // removed from the format
  EXPECT_STREQ(FindGgmlType(14)->name, "Q6_K");
  EXPECT_EQ(absl::StrJoin(supported, ", "), "F32, F16, Q4_0, Q4_1, Q8_0, BF16");
}

TEST(GgufTypesTest, ValueTypes) {
  EXPECT_EQ(GgufValueTypeName(GgufValueType::kFloat64), "float64");
  EXPECT_EQ(GgufValueTypeBytes(GgufValueType::kFloat64), 8u);
  EXPECT_EQ(GgufValueTypeBytes(GgufValueType::kString), 0u);
}

}  // namespace
}  // namespace baton
