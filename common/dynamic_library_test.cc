#include "common/dynamic_library.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(DynamicLibrary, OpensTheFirstThatThereIsAndFindsSymbols) {
  const absl::StatusOr<DynamicLibrary> library =
      DynamicLibrary::Open({"libbaton-nowhere.so.1", "libm.so.6"});
  ASSERT_TRUE(library.ok()) << library.status();
  EXPECT_TRUE(absl::StrContains(library->path(), "libm.so.6")) << library->path();
  EXPECT_EQ(library->path().front(), '/');
  const absl::StatusOr<void*> symbol = library->Symbol("floor");
  ASSERT_TRUE(symbol.ok()) << symbol.status();
  EXPECT_EQ(reinterpret_cast<double (*)(double)>(*symbol)(3.5), 3.0);
}

TEST(DynamicLibrary, SaysWhatItTriedAndWhatTheLoaderSaid) {
  const absl::Status status =
      DynamicLibrary::Open({"libbaton-nowhere.so.1", "libbaton-nowhere.so"}).status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "libbaton-nowhere.so.1: ")) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "libbaton-nowhere.so: ")) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "cannot open shared object file")) << status;
}

TEST(DynamicLibrary, AnOverrideIsTheOnlyCandidate) {
  const absl::Status status = DynamicLibrary::Open({"libm.so.6"}, "/nowhere/libx.so").status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "/nowhere/libx.so")) << status;
  EXPECT_FALSE(absl::StrContains(status.message(), "libm")) << status;
  EXPECT_TRUE(DynamicLibrary::Open({"libbaton-nowhere.so"}, "libm.so.6").ok());
}

TEST(DynamicLibrary, AFileThatIsNoLibraryIsAnError) {
  const absl::Status status = DynamicLibrary::Open({}, "/etc/passwd").status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "/etc/passwd")) << status;
}

TEST(DynamicLibrary, AMissingSymbolNamesItselfAndTheLibrary) {
  const absl::StatusOr<DynamicLibrary> library = DynamicLibrary::Open({"libm.so.6"});
  ASSERT_TRUE(library.ok()) << library.status();
  const absl::Status status = library->Symbol("baton_has_no_such_function").status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), library->path())) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "baton_has_no_such_function")) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "undefined symbol")) << status;
}

}  // namespace
}  // namespace baton
