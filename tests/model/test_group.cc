#include "tests/model/test_group.h"

#include <pwd.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "common/check.h"
#include "kernels/cpu/cpu_device.h"
#include "kernels/cpu/cpu_ops.h"
#include "worker/comm/segment_communicator.h"
#include "worker/comm/shm_communicator.h"
#include "worker/comm/single_communicator.h"

namespace baton {
namespace {

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
  BATON_CHECK(value.ok());
  return *std::move(value);
}

std::vector<std::unique_ptr<Communicator>> Connect(int size, bool shm, int num_buffers = 2) {
  if (size == 1) {
    std::vector<std::unique_ptr<Communicator>> one;
    one.push_back(std::make_unique<SingleCommunicator>());
    return one;
  }
  if (!shm) return MakeLocalCommunicators(size, absl::Seconds(30), num_buffers);
  static std::atomic<int> count{0};
  ShmOptions options;
  options.num_buffers = num_buffers;
  options.rendezvous = "testgroup" + std::to_string(getpid()) + "." + std::to_string(count++);
  for (int r = 0; r < size; ++r) options.incarnations.push_back(100 + r);
  std::vector<std::unique_ptr<Communicator>> all(size);
  std::vector<std::thread> threads;
  for (int r = 0; r < size; ++r) {
    threads.emplace_back([&all, options, r]() mutable {
      options.rank = r;
      all[r] = OrDie(ConnectShm(options));
    });
  }
  for (std::thread& t : threads) t.join();
  return all;
}

}  // namespace

TestGroup::TestGroup(const std::string& model_path, const TestGroupOptions& o)
    : file_(OrDie(GgufFile::Open(model_path))),
      config_(OrDie(ModelConfigFromGguf(*file_))),
      options_(o),
      root_((o.pp - 1) * o.tp) {
  for (int rank = 0; rank < o.tp * o.pp; ++rank) {
    RunnerOptions options;
    options.parallelism = {o.tp, o.pp, rank};
    options.stage_ends = o.stage_ends;
    options.weights.as_f32 = o.as_f32;
    options.kv.dtype = o.kv;
    options.num_blocks = o.num_blocks;
    options.max_step_tokens = o.max_step_tokens;
    options.max_step_rows = o.max_step_rows;
    options.max_slots = o.max_slots;
    options.keep_logits = true;
    TestBackend backend = o.backend ? o.backend()
                                    : TestBackend{std::make_unique<CpuDevice>(),
                                                  std::make_unique<CpuOps>(o.threads, *o.kernels)};
    runners_.push_back(
        OrDie(ModelRunner::Create(*file_, config_, options, std::move(backend.device),
                                  std::move(backend.ops), [](int64_t, int64_t) {})));
  }
  StartEpoch(o.num_blocks);
}

TestGroup::~TestGroup() {
  while (num_in_flight() > 0) Wait().IgnoreError();
}

void TestGroup::StartEpoch(int64_t num_blocks) {
  while (num_in_flight() > 0) Wait().IgnoreError();
  const TestGroupOptions& o = options_;
  communicators_.clear();
  for (size_t i = 0; i < runners_.size(); ++i)
    communicators_.push_back(std::make_shared<GroupCommunicators>());
  auto all = Connect(o.tp * o.pp, o.shm, kSampleBuffers);
  for (size_t i = 0; i < communicators_.size(); ++i) communicators_[i]->all = std::move(all[i]);
  for (int stage = 0; stage < o.pp; ++stage) {
    auto tp = Connect(o.tp, o.shm);
    for (int r = 0; r < o.tp; ++r) communicators_[stage * o.tp + r]->tp = std::move(tp[r]);
  }
  for (int r = 0; r < o.tp; ++r) {
    auto pp = Connect(o.pp, o.shm);
    for (int stage = 0; stage < o.pp; ++stage)
      communicators_[stage * o.tp + r]->pp = std::move(pp[stage]);
  }
  for (size_t i = 0; i < runners_.size(); ++i)
    runners_[i]->StartEpoch(communicators_[i], num_blocks);
}

StepOutput TestGroup::Step(const Plan& plan) {
  BATON_CHECK(in_flight_.empty());
  Launch(plan);
  return OrDie(Wait());
}

void TestGroup::Launch(const Plan& plan) {
  in_flight_.emplace_back();
  for (auto& runner : runners_) in_flight_.back().push_back(OrDie(runner->Launch(plan)));
}

absl::StatusOr<StepOutput> TestGroup::Wait() {
  BATON_CHECK(!in_flight_.empty());
  const std::vector<ModelRunner::Ticket> tickets = std::move(in_flight_.front());
  in_flight_.pop_front();
  StepOutput output;
  absl::Status status;
  for (size_t i = 0; i < runners_.size(); ++i) {
    absl::StatusOr<StepOutput> of_rank = runners_[i]->Wait(tickets[i]);
    if (of_rank.ok()) {
      if (static_cast<int>(i) == root_) output = *std::move(of_rank);
      continue;
    }
    status.Update(of_rank.status());
    for (auto& c : communicators_) c->Abort(status);  // so that no rank waits for this one
  }
  if (!status.ok()) return status;
  return output;
}

std::vector<float> TestGroup::Logits(int row) const {
  const std::vector<float>& all = runners_[root_]->StepLogits();
  return {all.begin() + row * config_.vocab_size, all.begin() + (row + 1) * config_.vocab_size};
}

PlanBuilder& PlanBuilder::Start(uint32_t slot, const std::vector<int32_t>& tokens,
                                int32_t first_block, uint32_t capacity) {
  SlotStart start;
  start.slot = slot;
  start.tokens = tokens;
  start.prompt_length = static_cast<uint32_t>(tokens.size());
  for (uint32_t i = 0; i * 16 < capacity; ++i)
    start.blocks.push_back(first_block + static_cast<int32_t>(i));
  plan.starts.push_back(start);
  return *this;
}

PlanBuilder& PlanBuilder::Work(uint32_t slot, uint32_t position, uint32_t count,
                               const std::vector<uint32_t>& rows, bool sample_last) {
  SlotWork work;
  work.slot = slot;
  work.position = position;
  work.num_tokens = count;
  for (uint32_t p : rows) {
    OutputRow row;
    row.position = p;
    row.sample = sample_last && p + 1 == position + count;
    work.rows.push_back(row);
  }
  plan.work.push_back(work);
  return *this;
}

PlanBuilder& PlanBuilder::End(uint32_t slot) {
  plan.ended_slots.push_back(slot);
  return *this;
}

std::string RealModelPath() {
  std::string path;
  if (const char* given = std::getenv("BATON_MODEL")) {
    path = given;
  } else {
    const char* home = std::getenv("HOME");
    if (home == nullptr) {
      const passwd* user = getpwuid(geteuid());
      home = user == nullptr ? "/" : user->pw_dir;
    }
    path = std::string(home) + "/.cache/baton/models/SmolLM2-135M-Instruct.Q4_1.gguf";
  }
  return access(path.c_str(), R_OK) == 0 ? path : "";
}

}  // namespace baton
