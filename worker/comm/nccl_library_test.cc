#include "worker/comm/nccl_library.h"

#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "worker/comm/testing/fake_nccl_control.h"
#include "worker/comm/testing/nccl_ranks.h"

namespace baton {
namespace {

const std::string kFolder = "worker/comm/testing/";

TEST(NcclLibrary, SaysItsVersionAndPath) {
  SetFaults({});
  const auto library = NcclLibrary::Open(kFolder + "libfake_nccl.so");
  ASSERT_TRUE(library.ok()) << library.status();
  EXPECT_EQ((*library)->version(), 22809);
  EXPECT_TRUE(absl::StartsWith((*library)->Describe(), "NCCL 2.28.9 (")) << (*library)->Describe();
  EXPECT_TRUE(absl::EndsWith((*library)->Describe(), "libfake_nccl.so)")) << (*library)->Describe();
}

TEST(NcclLibrary, IdsDiffer) {
  const auto library = FakeNccl();
  const std::string one((*library->NewUniqueId()).bytes, sizeof(nccl::UniqueId));
  const std::string two((*library->NewUniqueId()).bytes, sizeof(nccl::UniqueId));
  EXPECT_NE(one, two);
}

TEST(NcclLibrary, AnErrorsTextIsNcclsOwn) {
  EXPECT_EQ(FakeNccl()->ErrorText(nccl::kSystemError, nullptr),
            "unhandled system error: the stand-in's last words");
}

TEST(NcclLibrary, RefusesWhatIsTooOld) {
  for (const auto& [version, text] : {std::pair(21705, "2.17.5"), std::pair(2708, "2.7.8")}) {
    FakeNcclFaults old;
    old.version = version;
    SetFaults(old);
    const absl::Status status = NcclLibrary::Open(kFolder + "libfake_nccl.so").status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), text)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "2.18.0")) << status;
  }
  FakeNcclFaults oldest;
  oldest.version = 21800;
  SetFaults(oldest);
  EXPECT_TRUE(NcclLibrary::Open(kFolder + "libfake_nccl.so").ok());
  SetFaults({});
}

TEST(NcclLibrary, NamesAFunctionThatIsLacking) {
  const absl::Status status = NcclLibrary::Open(kFolder + "libfake_nccl_without_abort.so").status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "ncclCommAbort")) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "libfake_nccl_without_abort.so")) << status;
}

TEST(NcclLibrary, GoesWithoutOptionalFunctions) {
  const auto full = NcclLibrary::Open(kFolder + "libfake_nccl.so");
  ASSERT_TRUE(full.ok()) << full.status();
  EXPECT_NE((**full)->MemAlloc, nullptr);
  EXPECT_NE((**full)->CommWindowRegister, nullptr);
  const auto less = NcclLibrary::Open(kFolder + "libfake_nccl_without_optional.so");
  ASSERT_TRUE(less.ok()) << less.status();
  EXPECT_EQ((**less)->MemAlloc, nullptr);
  EXPECT_EQ((**less)->CommWindowRegister, nullptr);
  EXPECT_NE((**less)->AllGather, nullptr);
}

TEST(NcclLibrary, TheEnvironmentNamesAPathAndAnOptionABetterOne) {
  ASSERT_EQ(setenv("BATON_NCCL_LIBRARY", (kFolder + "libfake_nccl_without_optional.so").c_str(), 1),
            0);
  const auto given = NcclLibrary::Open();
  ASSERT_TRUE(given.ok()) << given.status();
  EXPECT_TRUE(absl::StrContains((*given)->Describe(), "without_optional"));
  const auto better = NcclLibrary::Open(kFolder + "libfake_nccl.so");
  ASSERT_TRUE(better.ok()) << better.status();
  EXPECT_FALSE(absl::StrContains((*better)->Describe(), "without_optional"));
  ASSERT_EQ(setenv("BATON_NCCL_LIBRARY", "/nowhere/libnccl.so.2", 1), 0);
  const absl::Status status = NcclLibrary::Open().status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "/nowhere/libnccl.so.2")) << status;
  unsetenv("BATON_NCCL_LIBRARY");
}

// The real one, where there is one: its version, an id, its words. All of that works without a GPU.
TEST(NcclLibrary, TheRealOneIfThereIsOne) {
  auto library = NcclLibrary::Open();
  if (!library.ok()) library = NcclLibrary::Open("/usr/local/cuda/lib64/libnccl.so.2");
  if (!library.ok()) GTEST_SKIP() << library.status();
  EXPECT_GE((*library)->version(), NcclLibrary::kOldestVersion);
  const absl::StatusOr<nccl::UniqueId> id = (*library)->NewUniqueId();
  EXPECT_TRUE(id.ok()) << id.status();
  EXPECT_TRUE(absl::StrContains((*library)->ErrorText(nccl::kRemoteError, nullptr), "remote"));
}

}  // namespace
}  // namespace baton
