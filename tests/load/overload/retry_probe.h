// Whether RetryInfo is true: some refused requests are sent again and again until they are let in.
#ifndef BATON_TESTS_LOAD_OVERLOAD_RETRY_PROBE_H_
#define BATON_TESTS_LOAD_OVERLOAD_RETRY_PROBE_H_

#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "baton/v1/inference.pb.h"
#include "client/client.h"
#include "common/mutex.h"

namespace baton {

// One refused request that was tried again until it was let in.
struct RetryOutcome {
  std::string reason;
  absl::Duration told;                      // the first refusal's RetryInfo
  absl::optional<absl::Duration> admitted;  // since the first refusal; unset: never
};

// Probes a few requests at a time: they are load, too. A probe that is let in is cancelled at once.
// Thread-safe.
class RetryProbe {
 public:
  struct Options {
    int at_once = 2;
    absl::Duration poll = absl::Milliseconds(20);
    absl::Duration give_up = absl::Seconds(30);
    absl::Duration deadline = absl::InfiniteDuration();  // of each try
  };

  // `client` must outlive it.
  RetryProbe(Client* client, const Options& options);
  // Ends what is under way.
  ~RetryProbe();

  // `request` was refused at `refused`, and told to wait for `told`. Taken only while a probe is
  // free.
  void Offer(const v1::GenerateRequest& request, const std::string& reason, absl::Duration told,
             absl::Time refused);

  // What is known so far; probes that are under way are not in it.
  std::vector<RetryOutcome> Outcomes() const;

 private:
  struct Task {
    v1::GenerateRequest request;
    RetryOutcome outcome;
    absl::Time refused;
  };

  void Run();
  bool Wait(absl::Time until);  // false: stop
  // Whether it is let in.
  bool Try(const v1::GenerateRequest& request);

  Client* const client_;
  const Options options_;
  mutable Mutex mu_;
  CondVar changed_;
  absl::optional<Task> next_ ABSL_GUARDED_BY(mu_);
  int free_ ABSL_GUARDED_BY(mu_) = 0;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<RetryOutcome> outcomes_ ABSL_GUARDED_BY(mu_);
  std::vector<std::thread> threads_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_OVERLOAD_RETRY_PROBE_H_
