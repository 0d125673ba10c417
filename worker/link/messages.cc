#include "worker/link/messages.h"

#include <algorithm>
#include <utility>

#include "kernels/sampling_rule.h"

namespace baton {
namespace wire = worker::v1;

EpochId FromProto(const wire::Epoch& epoch) { return {epoch.router_incarnation(), epoch.number()}; }

FormOrder FromProto(const wire::FormGroup& form) {
  FormOrder order;
  order.epoch = FromProto(form.epoch());
  order.rendezvous = form.rendezvous();
  order.num_blocks = form.num_blocks();
  order.incarnations.assign(form.peer_incarnations().begin(), form.peer_incarnations().end());
  return order;
}

namespace {

SamplingRule FromProto(const wire::SlotSampling& s) {
  SamplingRule rule;
  rule.temperature = s.temperature();
  rule.top_k = s.top_k();
  rule.top_p = s.top_p();
  rule.min_p = s.min_p();
  rule.repetition_penalty = s.repetition_penalty();
  rule.presence_penalty = s.presence_penalty();
  rule.frequency_penalty = s.frequency_penalty();
  const int num_biased = std::min(s.bias_token_ids_size(), s.bias_values_size());
  for (int i = 0; i < num_biased; ++i) {
    rule.logit_bias.emplace_back(static_cast<int32_t>(s.bias_token_ids(i)), s.bias_values(i));
  }
  rule.allowed_token_ids.assign(s.allowed_token_ids().begin(), s.allowed_token_ids().end());
  for (const wire::TokenSequence& word : s.bad_words())
    rule.bad_words.emplace_back(word.token_ids().begin(), word.token_ids().end());
  rule.min_tokens = s.min_tokens();
  rule.stop_token_ids.assign(s.stop_token_ids().begin(), s.stop_token_ids().end());
  rule.seed = s.seed();
  rule.choice = s.choice();
  return rule;
}

}  // namespace

Plan FromProto(const wire::StepPlan& plan) {
  Plan p;
  p.ended_slots.assign(plan.ended_slots().begin(), plan.ended_slots().end());
  for (const wire::SlotStart& s : plan.starts()) {
    SlotStart start;
    start.slot = s.slot();
    // Ids beyond the signed range turn negative, which no vocabulary and no pool holds.
    start.tokens.assign(s.tokens().begin(), s.tokens().end());
    start.prompt_length = s.prompt_length();
    start.num_computed = s.num_computed();
    start.blocks.assign(s.blocks().begin(), s.blocks().end());
    start.sampling = FromProto(s.sampling());
    p.starts.push_back(std::move(start));
  }
  for (const wire::SlotGrow& g : plan.grows())
    p.grows.push_back({g.slot(), {g.blocks().begin(), g.blocks().end()}});
  for (const wire::SlotWork& w : plan.work()) {
    SlotWork work;
    work.slot = w.slot();
    work.position = w.position();
    work.num_tokens = w.num_tokens();
    for (const wire::OutputRow& r : w.rows()) {
      OutputRow row;
      row.position = r.position();
      row.sample = r.sample();
      row.want_logprobs = r.want_logprobs();
      row.num_top = r.num_top();
      work.rows.push_back(row);
    }
    p.work.push_back(std::move(work));
  }
  return p;
}

void ToProto(const EpochId& epoch, wire::Epoch* out) {
  out->set_router_incarnation(epoch.router_incarnation);
  out->set_number(epoch.number);
}

void ToProto(const EpochId& epoch, uint64_t plan_id, const StepOutput& output,
             wire::StepResult* out) {
  ToProto(epoch, out->mutable_epoch());
  out->set_plan_id(plan_id);
  out->set_compute_ns(output.compute_ns);
  out->set_idle_ns(output.idle_ns);
  out->set_wait_ns(output.wait_ns);
  for (const RowOutput& row : output.rows) {
    wire::RowResult* r = out->add_rows();
    r->set_slot(row.slot);
    r->set_position(row.position);
    if (row.token.has_value()) r->set_token_id(static_cast<uint32_t>(*row.token));
    if (row.logprob.has_value()) r->set_logprob(*row.logprob);
    r->set_no_choice(row.no_choice);
    r->mutable_top_token_ids()->Add(row.top_tokens.begin(), row.top_tokens.end());
    r->mutable_top_logprobs()->Add(row.top_logprobs.begin(), row.top_logprobs.end());
  }
}

}  // namespace baton
