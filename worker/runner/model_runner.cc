#include "worker/runner/model_runner.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/status_macros.h"

namespace baton {

void GroupCommunicators::Abort(const absl::Status& reason) {
  for (Communicator* c : {all.get(), tp.get(), pp.get()}) {
    if (c != nullptr) c->Abort(reason);
  }
}

absl::StatusOr<std::unique_ptr<ModelRunner>> ModelRunner::Create(
    const GgufFile& file, const ModelConfig& config, const RunnerOptions& options,
    std::unique_ptr<Device> device, std::unique_ptr<Ops> ops,
    const std::function<void(int64_t, int64_t)>& progress) {
  std::unique_ptr<ModelRunner> r(new ModelRunner(config, options));
  r->device_ = std::move(device);
  r->ops_ = std::move(ops);
  ASSIGN_OR_RETURN(r->stream_, r->device_->NewStream());
  if (options.stage_ends.empty()) {
    ASSIGN_OR_RETURN(r->shard_, MakeShard(config, options.parallelism));
  } else {
    ASSIGN_OR_RETURN(r->shard_, MakeShard(config, options.parallelism, options.stage_ends));
  }
  PlanLimits limits;
  limits.max_slots = options.max_slots;
  limits.max_step_tokens = options.max_step_tokens;
  limits.max_step_rows = options.max_step_rows;
  limits.max_model_len = options.max_model_len == 0 ? static_cast<uint32_t>(config.context_length)
                                                    : options.max_model_len;
  limits.block_size = static_cast<uint32_t>(options.kv.block_size);
  limits.vocab_size = static_cast<int32_t>(config.vocab_size);
  const int64_t block_bytes = KvCache::BytesPerBlock(config, r->shard_, options.kv);
  limits.num_blocks = options.num_blocks > 0 ? options.num_blocks : options.kv_memory / block_bytes;
  if (limits.num_blocks < 1) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--kv-memory is %d bytes; one block of %d positions needs %d",
                        options.kv_memory, options.kv.block_size, block_bytes));
  }
  ASSIGN_OR_RETURN(r->weights_, ModelWeights::Load(file, config, r->shard_, *r->ops_, *r->device_,
                                                   options.weights, progress));
  ASSIGN_OR_RETURN(r->kv_,
                   KvCache::Create(config, r->shard_, options.kv, limits.num_blocks, *r->device_));
  StepLimits step;
  step.max_tokens = options.max_step_tokens;
  step.max_rows = options.max_step_rows;
  step.max_positions = limits.max_model_len;
  r->workspace_bytes_ =
      Transformer::WorkspaceBytes(config, r->shard_, *r->weights_, *r->ops_, step);
  ASSIGN_OR_RETURN(r->transformer_, Transformer::Create(config, r->shard_, *r->weights_, *r->ops_,
                                                        *r->device_, step));
  r->slots_ = std::make_unique<SlotTable>(limits);
  ModelRunner* raw = r.get();
  r->thread_ = std::thread([raw] { raw->Run(); });
  return r;
}

ModelRunner::~ModelRunner() {
  if (!thread_.joinable()) return;
  {
    MutexLock lock(&mu_);
    stop_ = true;
    changed_.SignalAll();
  }
  thread_.join();
}

void ModelRunner::StartEpoch(std::shared_ptr<GroupCommunicators> communicators,
                             int64_t num_blocks) {
  MutexLock lock(&mu_);
  while (!jobs_.empty()) changed_.Wait(&mu_);
  done_.clear();
  communicators_ = std::move(communicators);
  slots_->Reset(std::min(num_blocks, kv_.view().num_blocks));
}

absl::StatusOr<ModelRunner::Ticket> ModelRunner::Launch(Plan plan) {
  MutexLock lock(&mu_);
  const Ticket ticket = next_ticket_++;
  jobs_.push_back({ticket, std::move(plan)});
  changed_.SignalAll();
  return ticket;
}

absl::StatusOr<StepOutput> ModelRunner::Wait(Ticket ticket) {
  MutexLock lock(&mu_);
  while (done_.empty()) changed_.Wait(&mu_);
  if (done_.front().first != ticket) {
    return absl::InvalidArgumentError(
        absl::StrFormat("ticket %d is not the next one, %d", ticket, done_.front().first));
  }
  absl::StatusOr<StepOutput> output = std::move(done_.front().second);
  done_.pop_front();
  return output;
}

void ModelRunner::Run() {
  while (true) {
    const Job* job;
    {
      MutexLock lock(&mu_);
      while (!stop_ && jobs_.empty()) changed_.Wait(&mu_);
      if (stop_) return;
      job = &jobs_.front();  // stays in place until it is popped below
    }
    const auto start = std::chrono::steady_clock::now();
    absl::StatusOr<StepOutput> output = Execute(job->plan);
    if (output.ok()) {
      output->compute_ns =
          std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count();
    }
    MutexLock lock(&mu_);
    done_.emplace_back(job->ticket, std::move(output));
    jobs_.pop_front();
    changed_.SignalAll();
  }
}

absl::StatusOr<StepOutput> ModelRunner::Execute(const Plan& plan) {
  if (communicators_ == nullptr) return absl::FailedPreconditionError("no epoch was started");
  RETURN_IF_ERROR(slots_->Apply(plan));
  StepOutput output;
  if (plan.work.empty()) return output;
  RETURN_IF_ERROR(Forward(plan));
  const int root = (shard_.parallelism.pp - 1) * shard_.parallelism.tp;
  for (const SlotWork& work : plan.work) {
    for (const OutputRow& row : work.rows) {
      output.rows.emplace_back();
      output.rows.back().slot = work.slot;
      output.rows.back().position = row.position;
    }
  }
  if (output.rows.empty()) return output;
  if (shard_.parallelism.rank == root) RETURN_IF_ERROR(Sample(plan, &output));
  // Every rank's journals get the samples.
  std::vector<int32_t> tokens;
  for (const RowOutput& row : output.rows) tokens.push_back(row.token.value_or(-1));
  if (communicators_->all->size() > 1) {
    RETURN_IF_ERROR(communicators_->all->Broadcast(*stream_, root, tokens.data(),
                                                   tokens.size() * sizeof(int32_t)));
  }
  size_t i = 0;
  for (const SlotWork& work : plan.work) {
    for (const OutputRow& row : work.rows) {
      // Without a token its logits were not numbers: the router ends that sequence, and no other.
      if (row.sample && tokens[i] >= 0 && tokens[i] < config_.vocab_size) {
        output.rows[i].token = tokens[i];
        slots_->AppendSample(work.slot, tokens[i]);
      }
      ++i;
    }
  }
  return output;
}

absl::Status ModelRunner::Forward(const Plan& plan) {
  ids_.clear(), positions_.clear(), slot_mapping_.clear(), first_positions_.clear(), rows_.clear(),
      block_tables_.clear();
  q_offsets_.assign(1, 0);
  const int32_t block_size = static_cast<int32_t>(options_.kv.block_size);
  for (const SlotWork& work : plan.work) {
    const Slot& slot = slots_->slot(work.slot);
    for (const OutputRow& row : work.rows) {
      rows_.push_back(q_offsets_.back() + static_cast<int32_t>(row.position - work.position));
    }
    first_positions_.push_back(static_cast<int32_t>(work.position));
    block_tables_.push_back(slot.blocks.data());
    for (uint32_t p = work.position; p < work.position + work.num_tokens; ++p) {
      ids_.push_back(slot.tokens[p]);
      positions_.push_back(static_cast<int32_t>(p));
      slot_mapping_.push_back(slot.blocks[p / block_size] * block_size +
                              static_cast<int32_t>(p) % block_size);
    }
    q_offsets_.push_back(static_cast<int32_t>(ids_.size()));
  }
  RaggedBatch batch;
  batch.num_tokens = static_cast<int64_t>(ids_.size());
  batch.num_sequences = static_cast<int64_t>(plan.work.size());
  batch.q_offsets = q_offsets_.data();
  batch.first_positions = first_positions_.data();
  batch.positions = positions_.data();
  batch.slot_mapping = slot_mapping_.data();
  batch.block_tables = block_tables_.data();
  RETURN_IF_ERROR(transformer_->Forward(*stream_, batch, ids_, rows_, kv_.view(),
                                        *communicators_->tp, *communicators_->pp));
  return stream_->Synchronize();
}

absl::Status ModelRunner::Sample(const Plan& plan, StepOutput* output) {
  const int64_t vocab = config_.vocab_size;
  const float* logits = transformer_->logits();
  if (options_.keep_logits) kept_logits_.assign(logits, logits + output->rows.size() * vocab);
  std::vector<SampleRow> rows;
  for (const SlotWork& work : plan.work) {
    const Slot& slot = slots_->slot(work.slot);
    for (const OutputRow& wanted : work.rows) {
      SampleRow row;
      row.logits = logits + rows.size() * vocab;
      row.sample = wanted.sample;
      row.temperature = slot.sampling.temperature;
      row.top_k = slot.sampling.top_k;
      row.top_p = slot.sampling.top_p;
      row.seed = slot.sampling.seed;
      row.choice = slot.sampling.choice;
      row.position = uint64_t{wanted.position} + 1;
      row.want_logprob = wanted.want_logprobs;
      row.num_top = wanted.num_top;
      if (!wanted.sample && wanted.position + 1 < slot.tokens.size())
        row.given_token = slot.tokens[wanted.position + 1];
      rows.push_back(row);
    }
  }
  std::vector<SampleResult> results(rows.size());
  RETURN_IF_ERROR(ops_->Sample(*stream_, rows, vocab, absl::MakeSpan(results)));
  RETURN_IF_ERROR(stream_->Synchronize());
  for (size_t i = 0; i < rows.size(); ++i) {
    RowOutput& out = output->rows[i];
    if (results[i].token >= 0) out.token = results[i].token;
    if (rows[i].want_logprob && results[i].finite) {
      out.logprob = results[i].logprob;
      out.top_tokens = std::move(results[i].top_tokens);
      out.top_logprobs = std::move(results[i].top_logprobs);
    }
  }
  return absl::OkStatus();
}

}  // namespace baton
