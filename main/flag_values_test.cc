#include "main/flag_values.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(ParseBytes, Units) {
  EXPECT_EQ(*ParseBytes("0"), 0u);
  EXPECT_EQ(*ParseBytes("123"), 123u);
  EXPECT_EQ(*ParseBytes("123B"), 123u);
  EXPECT_EQ(*ParseBytes("64KiB"), 65536u);
  EXPECT_EQ(*ParseBytes("512MiB"), 512u << 20);
  EXPECT_EQ(*ParseBytes("2GiB"), 2ull << 30);
  EXPECT_EQ(*ParseBytes("1.5 GiB"), 3ull << 29);
  EXPECT_EQ(*ParseBytes("2GB"), 2000000000u);
  EXPECT_EQ(*ParseBytes("1TiB"), 1ull << 40);
}

TEST(ParseBytes, Refuses) {
  for (const char* bad :
       {"", "GiB", "-1", "1XiB", "1.2.3", "2 gib", "1e3", "99999999TiB", "1GiB "}) {
    const auto bytes = ParseBytes(bad);
    EXPECT_EQ(bytes.status().code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_NE(bytes.status().message().find(std::string("\"") + bad + "\""), std::string::npos);
  }
}

TEST(ParseFlagDuration, Forms) {
  EXPECT_EQ(*ParseFlagDuration("30s"), absl::Seconds(30));
  EXPECT_EQ(*ParseFlagDuration("1m30s"), absl::Seconds(90));
  EXPECT_EQ(*ParseFlagDuration("500ms"), absl::Milliseconds(500));
  EXPECT_EQ(*ParseFlagDuration("2"), absl::Seconds(2));
  EXPECT_EQ(*ParseFlagDuration("0.5"), absl::Milliseconds(500));
  EXPECT_EQ(*ParseFlagDuration("0"), absl::ZeroDuration());
}

TEST(ParseFlagDuration, Refuses) {
  for (const char* bad : {"", "abc", "-1", "-1s", "5 apples", "nan"}) {
    EXPECT_EQ(ParseFlagDuration(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

TEST(ParseTokenBias, Accepts) {
  EXPECT_EQ(*ParseTokenBias("42:-1.5"), (std::pair<uint32_t, float>(42, -1.5f)));
  EXPECT_EQ(*ParseTokenBias("0:100"), (std::pair<uint32_t, float>(0, 100.0f)));
}

TEST(ParseTokenBias, Refuses) {
  for (const char* bad : {"", "42", ":1", "42:", "-1:1", "x:1", "1:x", "1:2:3", "4294967296:1"}) {
    const absl::Status status = ParseTokenBias(bad).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_NE(status.message().find(bad), std::string::npos);
  }
}

TEST(Format, Bytes) {
  EXPECT_EQ(ShowBytes(0), "0 B");
  EXPECT_EQ(ShowBytes(1023), "1023 B");
  EXPECT_EQ(ShowBytes(512u << 20), "512 MiB");
  EXPECT_EQ(ShowBytes(3ull << 29), "1.5 GiB");
  EXPECT_EQ(ShowBytes(97'000'000), "92.5 MiB");
}

TEST(Format, Durations) {
  EXPECT_EQ(ShowDuration(absl::ZeroDuration()), "0 ms");
  EXPECT_EQ(ShowDuration(absl::Microseconds(720)), "0.7 ms");
  EXPECT_EQ(ShowDuration(absl::Milliseconds(45)), "45 ms");
  EXPECT_EQ(ShowDuration(absl::Milliseconds(1300)), "1.3 s");
  EXPECT_EQ(ShowDuration(absl::Seconds(125)), "2 min 5 s");
  EXPECT_EQ(ShowDuration(absl::Minutes(184)), "3 h 4 min");
}

TEST(CheckUtf8, SaysWhere) {
  EXPECT_TRUE(CheckUtf8("--stop", "").ok());
  EXPECT_TRUE(CheckUtf8("--stop", "na\u00efve \U0001f600").ok());
  const absl::Status status = CheckUtf8("--stop", "na\xefve");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "--stop: not valid UTF-8: byte 0xef at offset 2 of 5");
  EXPECT_FALSE(CheckUtf8("--stop", "cut \xe2\x82").ok());
}

}  // namespace
}  // namespace baton
