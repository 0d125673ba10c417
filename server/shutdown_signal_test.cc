#include "server/shutdown_signal.h"

#include <sys/types.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(ShutdownSignal, ReportsTheFirstSignal) {
  ShutdownSignal shutdown;
  EXPECT_FALSE(shutdown.WaitFor(absl::Milliseconds(1)).has_value());
  kill(getpid(), SIGINT);
  EXPECT_EQ(shutdown.Wait(), SIGINT);
  EXPECT_EQ(shutdown.WaitFor(absl::ZeroDuration()), SIGINT);
}

TEST(ShutdownSignal, NotifyWakesAWaiter) {
  ShutdownSignal shutdown;
  std::thread waker([&] { shutdown.Notify(); });
  EXPECT_EQ(shutdown.Wait(), SIGTERM);
  waker.join();
}

TEST(ShutdownSignal, IgnoresBrokenPipes) {
  ShutdownSignal shutdown;
  raise(SIGPIPE);
  SUCCEED();
}

TEST(ShutdownSignal, RestoresTheMask) {
  sigset_t before, after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  { ShutdownSignal shutdown; }
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
  EXPECT_EQ(sigismember(&after, SIGTERM), 0);
}

TEST(ShutdownSignalDeathTest, TheSecondSignalEndsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        ShutdownSignal shutdown;
        kill(getpid(), SIGTERM);
        shutdown.Wait();
        kill(getpid(), SIGINT);
        sleep(10);
      },
      testing::ExitedWithCode(128 + SIGINT), "");
}

}  // namespace
}  // namespace baton
