#include "tests/budgets/stream_worker.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "common/check.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/support/channel_arguments.h"

namespace baton {
namespace wire = worker::v1;

StreamWorker::StreamWorker(const FakeWorkerOptions& options, const std::string& address,
                           StepTimes* times)
    : options_(options), times_(times), slots_(options.capacity.max_slots) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  stub_ = wire::WorkerService::NewStub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  stream_ = stub_->Attach(&context_);
  thread_ = std::thread([this] { Run(); });
}

StreamWorker::~StreamWorker() {
  context_.TryCancel();
  Wait();
}

void StreamWorker::Wait() {
  if (thread_.joinable()) thread_.join();
}

void StreamWorker::SayHello() {
  const RankHello me = FakeHello();
  wire::AttachRequest request;
  wire::Hello& hello = *request.mutable_hello();
  hello.set_protocol_version(me.protocol_version);
  hello.set_incarnation(me.incarnation);
  hello.set_group("g0");
  hello.set_rank(me.rank);
  hello.set_tp(me.tp);
  hello.set_pp(me.pp);
  hello.set_model_digest(me.model_digest);
  hello.set_numerics_class(me.numerics_class);
  hello.set_pid(me.pid);
  hello.set_host(me.host);
  hello.set_shared_memory_domain(me.shared_memory_domain);
  hello.set_shard(me.shard);
  *hello.mutable_model_card() = FakeModelCard();
  stream_->Write(request);
  wire::AttachRequest loaded;
  wire::Capacity& c = *loaded.mutable_loaded()->mutable_capacity();
  c.set_num_blocks(options_.capacity.num_blocks);
  c.set_block_size(options_.capacity.block_size);
  c.set_max_slots(options_.capacity.max_slots);
  c.set_max_step_tokens(options_.capacity.max_step_tokens);
  c.set_max_step_rows(options_.capacity.max_step_rows);
  c.set_max_model_len(options_.capacity.max_model_len);
  stream_->Write(loaded);
}

void StreamWorker::Run() {
  SayHello();
  absl::Time answered = absl::InfinitePast();
  wire::AttachResponse message;
  while (stream_->Read(&message)) {
    wire::AttachRequest reply;
    if (message.has_form_group()) {
      *reply.mutable_ready()->mutable_epoch() = message.form_group().epoch();
    } else if (message.has_step_plan()) {
      const absl::Time came = absl::Now();
      if (times_ != nullptr) times_->Plan(/*continues=*/message.step_plan().starts_size() == 0);
      Answer(message.step_plan(), reply.mutable_step_result());
      absl::SleepFor(std::max(came, answered) + options_.step - absl::Now());
      answered = absl::Now();
      if (times_ != nullptr) times_->Result();
    } else {
      continue;
    }
    if (!stream_->Write(reply)) break;
  }
  stream_->Finish();
}

void StreamWorker::Answer(const wire::StepPlan& plan, wire::StepResult* result) {
  for (const wire::SlotStart& start : plan.starts())
    slots_.at(start.slot()) = {start.sampling().seed(), start.sampling().choice()};
  *result->mutable_epoch() = plan.epoch();
  result->set_plan_id(plan.plan_id());
  for (const wire::SlotWork& work : plan.work()) {
    const Slot& slot = slots_.at(work.slot());
    for (const wire::OutputRow& row : work.rows()) {
      wire::RowResult* out = result->add_rows();
      out->set_slot(work.slot());
      out->set_position(row.position());
      if (row.sample())
        out->set_token_id(
            static_cast<uint32_t>(FakeToken(slot.seed, slot.choice, row.position() + 1)));
    }
  }
}

}  // namespace baton
