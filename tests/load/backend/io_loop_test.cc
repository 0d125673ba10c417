#include "tests/load/backend/io_loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <future>
#include <string>

#include "absl/time/time.h"
#include "common/clock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(IoLoopTest, RunsWhatIsPostedInOrderAndWhatThatPosts) {
  auto loop = *IoLoop::Create();
  std::string ran;
  for (const char c : {'a', 'b'}) {
    loop->Post([&, c] {
      ran += c;
      loop->Post([&, c] { ran += static_cast<char>(c - 'a' + 'A'); });
    });
  }
  loop->Join();
  EXPECT_EQ(ran.size(), 4u);
  EXPECT_LT(ran.find('a'), ran.find('b'));
  EXPECT_LT(ran.find('b'), ran.find('B'));
  EXPECT_LT(ran.find('A'), ran.find('B'));
}

TEST(IoLoopTest, ATimerIsNotEarlyAndAnEarlierOneOvertakes) {
  auto loop = *IoLoop::Create();
  std::promise<std::string> done;
  const absl::Time start = Clock::Real()->Now();
  std::string ran;
  absl::Time early, late;
  loop->Post([&] {
    loop->timers()->Add(start + absl::Milliseconds(40), [&] {
      late = Clock::Real()->Now();
      done.set_value(ran + "late");
    });
  });
  loop->Post([&] {
    loop->timers()->Add(start + absl::Milliseconds(10), [&] {
      early = Clock::Real()->Now();
      ran += "early ";
    });
  });
  EXPECT_EQ(done.get_future().get(), "early late");
  EXPECT_GE(early, start + absl::Milliseconds(10));
  EXPECT_GE(late, start + absl::Milliseconds(40));
}

TEST(IoLoopTest, TellsOfASocketUntilItIsNoLongerWatched) {
  int pipe_fds[2];
  ASSERT_EQ(pipe(pipe_fds), 0);
  auto loop = *IoLoop::Create();
  std::promise<uint32_t> ready;
  int calls = 0;
  loop->Post([&] {
    loop->set_on_ready([&](int fd, uint32_t events) {
      ++calls;
      loop->Watch(fd, 0);
      ready.set_value(events);
    });
    loop->Watch(pipe_fds[0], EPOLLIN);
  });
  ASSERT_EQ(write(pipe_fds[1], "x", 1), 1);
  EXPECT_EQ(ready.get_future().get(), uint32_t{EPOLLIN});
  loop->Join();
  EXPECT_EQ(calls, 1);
  close(pipe_fds[0]);
  close(pipe_fds[1]);
}

}  // namespace
}  // namespace baton
