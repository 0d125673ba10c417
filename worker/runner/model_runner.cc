#include "worker/runner/model_runner.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/check.h"
#include "common/status_macros.h"

namespace baton {

namespace {

// How many plans' samples a rank may leave untaken: one less than the sampling rank's buffers, so
// that it never waits for a rank that waits for it.
constexpr size_t kMaxUnknownPlans = kSampleBuffers - 2;

}  // namespace

void GroupCommunicators::Abort(const absl::Status& reason) {
  for (Communicator* c : {all.get(), tp.get(), pp.get()}) {
    if (c != nullptr) c->Abort(reason);
  }
}

std::chrono::nanoseconds GroupCommunicators::waited() const {
  std::chrono::nanoseconds sum(0);
  for (Communicator* c : {all.get(), tp.get(), pp.get()}) {
    if (c != nullptr) sum += c->waited();
  }
  return sum;
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
  step.max_sequences = options.max_slots;
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
  BATON_CHECK(jobs_.empty() && done_.empty());
  communicators_ = std::move(communicators);
  epoch_status_ = absl::OkStatus();
  unknown_.clear();
  slots_->Reset(std::min(num_blocks, kv_.view().num_blocks));
}

absl::StatusOr<ModelRunner::Ticket> ModelRunner::Launch(Plan plan) {
  const auto now = std::chrono::steady_clock::now();
  MutexLock lock(&mu_);
  const Ticket ticket = next_ticket_++;
  jobs_.push_back({ticket, std::move(plan), now});
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
  using std::chrono::nanoseconds;
  auto last_end = std::chrono::steady_clock::now();
  while (true) {
    const Job* job;
    {
      MutexLock lock(&mu_);
      while (!stop_ && jobs_.empty()) changed_.Wait(&mu_);
      if (stop_) return;
      job = &jobs_.front();  // stays in place until it is popped below
    }
    const auto waited = [this] {
      return communicators_ == nullptr ? nanoseconds(0) : communicators_->waited();
    };
    const nanoseconds waited_before = waited();
    const auto start = std::chrono::steady_clock::now();
    absl::StatusOr<StepOutput> output =
        epoch_status_.ok() ? Execute(job->plan) : absl::StatusOr<StepOutput>(epoch_status_);
    const auto end = std::chrono::steady_clock::now();
    const nanoseconds wait = waited() - waited_before;
    if (output.ok()) {
      output->compute_ns = static_cast<uint64_t>((end - start - wait).count());
      output->wait_ns = static_cast<uint64_t>(wait.count());
      output->idle_ns = static_cast<uint64_t>((start - last_end).count());
    } else {
      epoch_status_ = output.status();
    }
    last_end = end;
    if (options_.trace != nullptr) Trace(*job, {job->launched, start, end, wait, 0, 0});
    MutexLock lock(&mu_);
    done_.emplace_back(job->ticket, std::move(output));
    jobs_.pop_front();
    changed_.SignalAll();
  }
}

void ModelRunner::Trace(const Job& job, TracedStep step) const {
  for (const SlotWork& work : job.plan.work) {
    step.tokens += work.num_tokens;
    step.rows += work.rows.size();
  }
  options_.trace->Add(step);
}

absl::StatusOr<StepOutput> ModelRunner::Execute(const Plan& plan) {
  if (communicators_ == nullptr) return absl::FailedPreconditionError("no epoch was started");
  RETURN_IF_ERROR(slots_->Apply(plan));
  for (const SlotWork& work : plan.work) {
    while (!slots_->KnowsTokensOf(work)) RETURN_IF_ERROR(ReceiveSamples());
  }
  StepOutput output;
  if (plan.work.empty()) return output;
  RETURN_IF_ERROR(Forward(plan));
  for (const SlotWork& work : plan.work) {
    for (const OutputRow& row : work.rows) {
      output.rows.emplace_back();
      output.rows.back().slot = work.slot;
      output.rows.back().position = row.position;
    }
  }
  if (output.rows.empty()) return output;
  if (is_sampler()) RETURN_IF_ERROR(Sample(plan, &output));
  RETURN_IF_ERROR(ShareSamples(plan, output));
  return output;
}

absl::Status ModelRunner::ShareSamples(const Plan& plan, const StepOutput& output) {
  std::vector<SamplePlace> places;
  samples_.clear();
  size_t i = 0;
  for (const SlotWork& work : plan.work) {
    for (const OutputRow& row : work.rows) {
      const absl::optional<int32_t>& token = output.rows[i++].token;
      if (!row.sample) continue;
      places.push_back(slots_->AppendUnknown(work.slot));
      samples_.push_back(token.value_or(kUnknownToken));
    }
  }
  if (places.empty()) return absl::OkStatus();
  if (!is_sampler()) {
    unknown_.push_back(std::move(places));
    // The sampling rank can be only so far ahead of us.
    while (unknown_.size() > kMaxUnknownPlans) RETURN_IF_ERROR(ReceiveSamples());
    return absl::OkStatus();
  }
  for (size_t p = 0; p < places.size(); ++p) slots_->Fill(places[p], samples_[p]);
  Communicator& all = *communicators_->all;
  if (all.size() == 1) return absl::OkStatus();
  return all.Broadcast(*stream_, shard_.parallelism.rank, samples_.data(),
                       static_cast<int64_t>(samples_.size() * sizeof(int32_t)));
}

absl::Status ModelRunner::ReceiveSamples() {
  BATON_CHECK(!unknown_.empty());
  const std::vector<SamplePlace> places = std::move(unknown_.front());
  unknown_.pop_front();
  samples_.resize(places.size());
  const int root = (shard_.parallelism.pp - 1) * shard_.parallelism.tp;
  RETURN_IF_ERROR(communicators_->all->Broadcast(
      *stream_, root, samples_.data(), static_cast<int64_t>(samples_.size() * sizeof(int32_t))));
  for (size_t p = 0; p < places.size(); ++p) slots_->Fill(places[p], samples_[p]);
  return absl::OkStatus();
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
  batch.block_size = block_size;
  RETURN_IF_ERROR(transformer_->Forward(*stream_, batch, ids_, rows_, kv_.view(),
                                        *communicators_->tp, *communicators_->pp));
  return stream_->Synchronize();
}

absl::Status ModelRunner::Sample(const Plan& plan, StepOutput* output) {
  const int64_t vocab = config_.vocab_size;
  const float* logits = transformer_->logits();
  if (options_.keep_logits) {
    kept_logits_.resize(output->rows.size() * vocab);
    RETURN_IF_ERROR(device_->CopyToHost(*stream_, kept_logits_.data(), logits,
                                        static_cast<int64_t>(kept_logits_.size() * sizeof(float))));
  }
  sample_rows_.clear();
  for (const SlotWork& work : plan.work) {
    const Slot& slot = slots_->slot(work.slot);
    for (const OutputRow& wanted : work.rows) {
      SampleRow row;
      row.logits = logits + sample_rows_.size() * vocab;
      row.sample = wanted.sample;
      row.rule = &slot.sampling;
      row.tokens = absl::MakeConstSpan(slot.tokens.data(), size_t{wanted.position} + 1);
      row.prompt_length = slot.prompt_length;
      row.want_logprob = wanted.want_logprobs;
      row.num_top = wanted.num_top;
      if (!wanted.sample && wanted.position + 1 < slot.tokens.size())
        row.given_token = slot.tokens[wanted.position + 1];
      sample_rows_.push_back(row);
    }
  }
  sample_results_.assign(sample_rows_.size(), SampleResult());
  RETURN_IF_ERROR(ops_->Sample(*stream_, sample_rows_, vocab, absl::MakeSpan(sample_results_)));
  RETURN_IF_ERROR(stream_->Synchronize());
  for (size_t i = 0; i < sample_rows_.size(); ++i) {
    RowOutput& out = output->rows[i];
    SampleResult& result = sample_results_[i];
    if (result.token >= 0) out.token = result.token;
    out.no_choice = result.no_choice;
    if (sample_rows_[i].want_logprob && result.finite) {
      out.logprob = result.logprob;
      out.top_tokens = std::move(result.top_tokens);
      out.top_logprobs = std::move(result.top_logprobs);
    }
  }
  return absl::OkStatus();
}

}  // namespace baton
