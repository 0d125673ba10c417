// On a machine without a GPU, or in a build without CUDA.
#include "main/backend.h"

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "kernels/device.h"

namespace baton {
namespace {

TEST(Backend, WithoutAGpuAutoIsTheCpu) {
  if (NumGpus() > 0) GTEST_SKIP() << "there is a GPU";
  for (const char* device : {"cpu", "auto"}) {
    absl::StatusOr<Backend> backend = MakeBackend(device, 2, 0);
    ASSERT_TRUE(backend.ok()) << device << ": " << backend.status();
    EXPECT_FALSE(backend->on_gpu);
    EXPECT_EQ(backend->description, "2 threads");
    EXPECT_EQ(backend->arithmetic, backend->ops->arithmetic_version());
    EXPECT_EQ(backend->make_device(nullptr)->kind(), "cpu");
  }
}

TEST(Backend, WithoutAGpuCudaIsAnError) {
  if (NumGpus() > 0) GTEST_SKIP() << "there is a GPU";
  const absl::Status status = MakeBackend("cuda", 2, 0).status();
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(absl::StrContains(status.message(), "--device cuda")) << status;
}

}  // namespace
}  // namespace baton
