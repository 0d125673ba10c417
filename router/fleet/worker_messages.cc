#include "router/fleet/worker_messages.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace baton {
namespace wire = worker::v1;

RankHello FromProto(const wire::Hello& hello) {
  RankHello h;
  h.protocol_version = hello.protocol_version();
  h.incarnation = hello.incarnation();
  h.rank = hello.rank();
  h.tp = hello.tp();
  h.pp = hello.pp();
  h.model_digest = hello.model_digest();
  h.numerics_class = hello.numerics_class();
  h.shared_memory_domain = hello.shared_memory_domain();
  h.pid = hello.pid();
  h.host = hello.host();
  h.shard = hello.shard();
  return h;
}

RankCapacity FromProto(const wire::Capacity& c) {
  RankCapacity capacity;
  capacity.num_blocks = c.num_blocks();
  capacity.block_size = c.block_size();
  capacity.max_slots = c.max_slots();
  capacity.max_step_tokens = c.max_step_tokens();
  capacity.max_step_rows = c.max_step_rows();
  capacity.max_model_len = c.max_model_len();
  capacity.weight_bytes = c.weight_bytes();
  capacity.kv_bytes = c.kv_bytes();
  capacity.workspace_bytes = c.workspace_bytes();
  return capacity;
}

StepResult FromProto(const wire::StepResult& result) {
  StepResult r;
  r.plan_id = result.plan_id();
  r.compute_ns = result.compute_ns();
  r.idle_ns = result.idle_ns();
  r.wait_ns = result.wait_ns();
  r.rows.reserve(result.rows_size());
  for (const wire::RowResult& row : result.rows()) {
    RowResult out;
    out.slot = row.slot();
    out.position = row.position();
    if (row.has_token_id()) out.token = static_cast<int32_t>(row.token_id());
    if (row.has_logprob()) out.logprob = row.logprob();
    out.no_choice = row.no_choice();
    const int num_top = std::min(row.top_token_ids_size(), row.top_logprobs_size());
    for (int i = 0; i < num_top; ++i) {
      out.top_tokens.push_back(static_cast<int32_t>(row.top_token_ids(i)));
      out.top_logprobs.push_back(row.top_logprobs(i));
    }
    r.rows.push_back(std::move(out));
  }
  return r;
}

absl::StatusOr<std::shared_ptr<const ModelContext>> MakeModelContext(const wire::ModelCard& card) {
  const wire::TokenizerCard& t = card.tokenizer();
  TokenizerSpec spec;
  spec.model = t.model();
  spec.pre = t.pre();
  spec.tokens.assign(t.tokens().begin(), t.tokens().end());
  spec.token_types.assign(t.token_types().begin(), t.token_types().end());
  spec.merges.assign(t.merges().begin(), t.merges().end());
  spec.bos_id = t.bos_id();
  spec.eos_id = t.eos_id();
  spec.unknown_id = t.unknown_id();
  spec.padding_id = t.padding_id();
  spec.add_bos = t.add_bos();
  spec.add_eos = t.add_eos();
  spec.add_space_prefix = t.add_space_prefix();
  auto context = std::make_shared<ModelContext>();
  ASSIGN_OR_RETURN(context->tokenizer, Tokenizer::Create(std::move(spec)));
  context->name = card.name();
  context->digest = card.digest();
  context->architecture = card.architecture();
  context->vocab_size = static_cast<int32_t>(card.vocab_size());
  context->context_length = static_cast<int32_t>(card.context_length());
  context->end_token_ids.assign(card.end_token_ids().begin(), card.end_token_ids().end());
  if (card.chat_template().empty()) {
    context->chat_template_status =
        absl::FailedPreconditionError(absl::StrCat("model ", card.name(), " has no chat template"));
    return context;
  }
  const auto text_of = [&](int32_t id) {
    return id < 0 ? std::string() : std::string(context->tokenizer->TokenBytes(id));
  };
  auto chat = ChatTemplate::Create(card.chat_template(), text_of(t.bos_id()), text_of(t.eos_id()));
  if (chat.ok()) {
    context->chat_template = *std::move(chat);
  } else {
    context->chat_template_status = chat.status();
  }
  return context;
}

namespace {

void ToProto(uint64_t router_incarnation, uint64_t epoch, wire::Epoch* out) {
  out->set_router_incarnation(router_incarnation);
  out->set_number(epoch);
}

void ToProto(const SequenceSampling& s, wire::SlotSampling* out) {
  out->set_temperature(s.temperature);
  out->set_top_k(s.top_k);
  out->set_top_p(s.top_p);
  out->set_min_p(s.min_p);
  out->set_repetition_penalty(s.repetition_penalty);
  out->set_presence_penalty(s.presence_penalty);
  out->set_frequency_penalty(s.frequency_penalty);
  for (const auto& [id, bias] : s.logit_bias) {
    out->add_bias_token_ids(static_cast<uint32_t>(id));
    out->add_bias_values(bias);
  }
  out->mutable_allowed_token_ids()->Add(s.allowed_token_ids.begin(), s.allowed_token_ids.end());
  for (const std::vector<int32_t>& word : s.bad_words)
    out->add_bad_words()->mutable_token_ids()->Add(word.begin(), word.end());
  out->set_min_tokens(s.min_tokens);
  out->mutable_stop_token_ids()->Add(s.stop_token_ids.begin(), s.stop_token_ids.end());
  out->set_seed(s.seed);
  out->set_choice(s.choice);
}

void ToProto(const PlannedStart& start, wire::SlotStart* out) {
  out->set_slot(start.slot);
  out->mutable_tokens()->Add(start.tokens.begin(), start.tokens.end());
  out->set_prompt_length(start.prompt_length);
  out->set_num_computed(start.num_computed);
  out->mutable_blocks()->Add(start.blocks.begin(), start.blocks.end());
  ToProto(start.sampling, out->mutable_sampling());
}

// `row`: the first of the work's rows.
void ToProto(const PlannedWork& work, const PlannedRow* row, wire::SlotWork* out) {
  out->set_slot(work.slot);
  out->set_position(work.position);
  out->set_num_tokens(work.num_tokens);
  for (uint32_t i = 0; i < work.num_rows; ++i, ++row) {
    wire::OutputRow* r = out->add_rows();
    r->set_position(row->position);
    r->set_sample(row->sample);
    r->set_want_logprobs(row->want_logprobs);
    r->set_num_top(row->num_top);
  }
}

}  // namespace

void ToProto(uint64_t router_incarnation, const FormGroupOrder& order, wire::FormGroup* out) {
  ToProto(router_incarnation, order.epoch, out->mutable_epoch());
  out->set_rendezvous(order.rendezvous);
  out->set_num_blocks(order.num_blocks);
  out->mutable_peer_incarnations()->Add(order.incarnations.begin(), order.incarnations.end());
}

void ToProto(uint64_t router_incarnation, uint64_t epoch, const StepPlan& plan,
             wire::StepPlan* out) {
  ToProto(router_incarnation, epoch, out->mutable_epoch());
  out->set_plan_id(plan.plan_id);
  out->mutable_ended_slots()->Add(plan.ended_slots.begin(), plan.ended_slots.end());
  for (const PlannedStart& start : plan.starts) ToProto(start, out->add_starts());
  for (const PlannedGrow& grow : plan.grows) {
    wire::SlotGrow* g = out->add_grows();
    g->set_slot(grow.slot);
    g->mutable_blocks()->Add(grow.blocks.begin(), grow.blocks.end());
  }
  const PlannedRow* row = plan.rows.data();
  for (const PlannedWork& work : plan.work) {
    ToProto(work, row, out->add_work());
    row += work.num_rows;
  }
}

}  // namespace baton
