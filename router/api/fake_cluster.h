// A cluster of one make-believe model and no workers: what a request's sink hears is a script's to
// say.
#ifndef BATON_ROUTER_API_FAKE_CLUSTER_H_
#define BATON_ROUTER_API_FAKE_CLUSTER_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/mutex.h"
#include "router/fleet/cluster.h"

namespace baton {

// A request that a script plays the engine to.
class FakeRun {
 public:
  FakeRun(EngineRequest request, std::shared_ptr<RequestSink> sink)
      : request_(std::move(request)), sink_(std::move(sink)) {}

  const EngineRequest& request() const { return request_; }
  RequestSink& sink() { return *sink_; }

  void Start() { sink_->OnStarted({"group-0", "fake/1"}); }
  // One token and its text; what OnPiece gave.
  bool Emit(uint32_t position, int32_t token, const std::string& text, uint32_t choice = 0);
  void Finish(uint32_t output_tokens);

  // What the request's handle does.
  void Cancel();
  void Resume();

  bool cancelled() const;
  int num_resumed() const;
  // Waits for Cancel; false when `timeout` has passed first.
  bool WaitCancelled(absl::Duration timeout);
  // Waits until Resume was called `times` times in all; false when `timeout` has passed first.
  bool WaitResumed(int times, absl::Duration timeout);

 private:
  const EngineRequest request_;
  const std::shared_ptr<RequestSink> sink_;
  mutable Mutex mu_;
  CondVar changed_;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  int resumed_ ABSL_GUARDED_BY(mu_) = 0;
};

// Thread-safe. Each request's script runs on a thread of its own, as an engine's events do.
class FakeCluster : public Cluster {
 public:
  using Script = std::function<void(FakeRun*)>;

  FakeCluster(ModelServing serving, Script script)
      : serving_(std::move(serving)), script_(std::move(script)) {}
  // Waits for the scripts.
  ~FakeCluster() override;

  absl::StatusOr<ModelServing> FindModel(absl::string_view name) const override;
  std::vector<ModelServing> Models() const override { return {serving_}; }
  RequestHandle Submit(std::shared_ptr<const ModelContext> model, EngineRequest request,
                       std::shared_ptr<RequestSink> sink) override;
  std::vector<GroupSnapshot> Groups() const override;
  uint64_t incarnation() const override { return 77; }
  absl::Duration uptime() const override { return absl::Milliseconds(1500); }

  size_t num_submitted() const;

 private:
  const ModelServing serving_;
  const Script script_;
  mutable Mutex mu_;
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mu_);
};

}  // namespace baton

#endif  // BATON_ROUTER_API_FAKE_CLUSTER_H_
