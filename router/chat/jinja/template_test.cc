// Every case of testdata/jinja_cases.json: the same text as Python's Jinja, or an error where
// Python raises one.
#include "router/chat/jinja/template.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "router/chat/jinja/json.h"
#include "router/chat/jinja/runtime.h"

namespace baton {
namespace jinja {
namespace {

// JINJA_CASES names another file of cases.
std::string ReadCases() {
  const char* path = std::getenv("JINJA_CASES");
  std::ifstream in(path != nullptr ? path : "router/chat/testdata/jinja_cases.json");
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

class Cases {
 public:
  Cases() : budget_(Limits()) {
    auto parsed = ParseJson(budget_, ReadCases(), /*trusted=*/false);
    if (parsed.ok()) all_ = *std::move(parsed);
  }

  bool ok() const { return all_.is(Kind::kDict); }
  const Value& Get(absl::string_view key) const { return *all_.dict().Find(key); }
  std::string Source(const Dict& test) const {
    const Value* source = test.Find("source");
    if (source != nullptr) return std::string(source->text().bytes());
    const absl::string_view name = test.Find("template")->text().bytes();
    return std::string(Get("templates").dict().Find(name)->text().bytes());
  }
  const Dict& Variables(const Dict& test) const {
    const Value* conversation = test.Find("conversation");
    if (conversation == nullptr) return Get("context").dict();
    return Get("conversations").dict().Find(conversation->text().bytes())->dict();
  }
  absl::Time now() const { return absl::FromUnixMicros(Get("now_unix_microseconds").as_int()); }

 private:
  Budget budget_;
  Value all_;
};

TEST(TemplateTest, DoesWhatPythonDoes) {
  const Cases cases;
  ASSERT_TRUE(cases.ok());
  int count = 0;
  for (const Value& item : cases.Get("cases").sequence().items) {
    const Dict& test = item.dict();
    const std::string source = cases.Source(test);
    SCOPED_TRACE(absl::StrCat(test.Find("name")->text().bytes(), ": ", source.substr(0, 300)));
    ++count;
    Runtime runtime(Limits(), cases.now(), absl::UTCTimeZone());
    const auto parsed = Template::Parse(source);
    const absl::StatusOr<Text> text =
        parsed.ok() ? (*parsed)->Render(runtime, cases.Variables(test)) : parsed.status();
    const Value* expected = test.Find("expected");
    if (expected == nullptr) {
      EXPECT_FALSE(text.ok()) << "rendered \"" << text->bytes() << "\", but Python says "
                              << test.Find("error")->text().bytes();
    } else if (text.ok()) {
      EXPECT_EQ(std::string(text->bytes()), std::string(expected->text().bytes()));
    } else {
      ADD_FAILURE() << text.status() << ", but Python says " << expected->text().bytes();
    }
  }
  EXPECT_GT(count, 800);
}

}  // namespace
}  // namespace jinja
}  // namespace baton
