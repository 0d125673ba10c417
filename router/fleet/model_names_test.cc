#include "router/fleet/model_names.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

KnownModel Model(const std::string& name, const std::string& digest, uint64_t since, bool ready) {
  auto context = std::make_shared<ModelContext>();
  context->name = name;
  context->digest = digest;
  return {std::move(context), since, ready};
}

// "name=digest name=digest", by name.
std::string Meaning(const std::vector<KnownModel>& known) {
  std::string all;
  for (const auto& [name, model] : MeaningOfNames(known)) {
    all += (all.empty() ? "" : " ") + name + "=" + model.context->digest;
  }
  return all;
}

TEST(MeaningOfNames, TheNewestThatIsReady) {
  struct Case {
    bool old_ready, new_ready;
    const char* meaning;
  };
  const Case cases[] = {{false, false, "m=new"},
                        {true, false, "m=old"},
                        {false, true, "m=new"},
                        {true, true, "m=new"}};
  for (const Case& c : cases) {
    const KnownModel old_model = Model("m", "old", 1, c.old_ready);
    const KnownModel new_model = Model("m", "new", 2, c.new_ready);
    EXPECT_EQ(Meaning({old_model, new_model}), c.meaning) << c.old_ready << c.new_ready;
    EXPECT_EQ(Meaning({new_model, old_model}), c.meaning) << "the order of the list counts";
  }
}

TEST(MeaningOfNames, OtherNamesDoNotMatter) {
  EXPECT_EQ(Meaning({}), "");
  EXPECT_EQ(
      Meaning({Model("a", "1", 1, true), Model("b", "2", 2, false), Model("c", "1", 3, true)}),
      "a=1 b=2 c=1");
}

}  // namespace
}  // namespace baton
