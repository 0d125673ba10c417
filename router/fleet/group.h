// The life of one group: who is attached, what must fit together, and which epoch it is in. A state
// machine without sockets or threads: it is told what happened and says what to do.
//
//   incomplete → (all ranks attached) loading → (all loaded) forming → (all ready) ready
// A rank that goes, or fails, ends the epoch; the others are told to abort, keep their weights, and
// the group forms again when it is complete. Formations that fail one after the other come ever
// slower, up to one in 5 s, until a rank attaches or one succeeds.
#ifndef BATON_ROUTER_FLEET_GROUP_H_
#define BATON_ROUTER_FLEET_GROUP_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "router/fleet/cluster.h"

namespace baton {

// What a worker says of itself when it attaches.
struct RankHello {
  uint32_t protocol_version = 0;
  uint64_t incarnation = 0;
  uint32_t rank = 0, tp = 1, pp = 1;
  std::string model_digest;
  std::string numerics_class;
  std::string shared_memory_domain;
  uint32_t pid = 0;
  std::string host;
  std::string shard;
};

// What a rank can hold; known once its weights are in memory.
struct RankCapacity {
  uint64_t num_blocks = 0;
  uint32_t block_size = 0;
  uint32_t max_slots = 0;
  uint32_t max_step_tokens = 0;
  uint32_t max_step_rows = 0;
  uint32_t max_model_len = 0;
  uint64_t weight_bytes = 0, kv_bytes = 0, workspace_bytes = 0;
};

// Names one attachment of a worker; a new stream is a new attachment.
using AttachmentId = uint64_t;

// INVALID_ARGUMENT unless a group may have that name: 1 to 63 of the characters A-Z a-z 0-9 . _ -
absl::Status CheckGroupName(absl::string_view name);

class Group {
 public:
  // What the caller is to do, in this order.
  struct Actions {
    absl::optional<AttachmentId> superseded;  // is attached no more; forget it first
    absl::optional<std::string> end_epoch;    // the epoch is lost, for this reason
    std::vector<AttachmentId> abort;          // tell them so
    uint64_t aborted_epoch = 0;
    std::string abort_reason;        // that of end_epoch, or why the group did not form
    std::vector<AttachmentId> form;  // tell them to form `epoch`, by rank
    uint64_t epoch = 0;
    uint64_t num_blocks = 0;
    std::vector<uint64_t> incarnations;  // by rank
    bool start_epoch = false;            // all are ready: plans may be sent
  };

  explicit Group(std::string name) : name_(std::move(name)) {}

  // A worker attached. On failure it is not part of the group and nothing has changed:
  // FAILED_PRECONDITION names what does not fit the attached ranks, with what was found and
  // expected; UNAVAILABLE means that another process is attached as this rank, and that the worker
  // may come when that one is gone. The same process on a new stream takes the place of its old
  // attachment, whose epoch is over.
  absl::Status Attach(AttachmentId id, const RankHello& hello, absl::Time now, Actions* actions);
  void Detach(AttachmentId id, const std::string& reason, uint64_t* next_epoch, absl::Time now,
              Actions* actions);
  void Progress(AttachmentId id, uint64_t done, uint64_t total);
  // FAILED_PRECONDITION when its blocks are not of the size of the other ranks'.
  absl::Status Loaded(AttachmentId id, const RankCapacity& capacity, uint64_t* next_epoch,
                      absl::Time now, Actions* actions);
  void Ready(AttachmentId id, uint64_t epoch, Actions* actions);
  // A rank, or the engine, can not go on in `epoch`.
  void Fail(uint64_t epoch, const std::string& reason, uint64_t* next_epoch, absl::Time now,
            Actions* actions);
  // Time passed: gives up a formation that takes too long, and tries again one that failed.
  // `next_epoch` counts the router's formations.
  void Tick(uint64_t* next_epoch, absl::Time now, Actions* actions);

  const std::string& name() const { return name_; }
  GroupState state() const { return state_; }
  uint64_t epoch() const { return epoch_; }
  // The model's, as of the last rank that was attached.
  const std::string& model_digest() const { return model_digest_; }
  const std::string& numerics_class() const { return numerics_class_; }
  uint32_t tp() const { return tp_; }
  uint32_t pp() const { return pp_; }
  // Since when no rank has been attached; the infinite future while one is, or none ever was.
  absl::Time empty_since() const { return empty_since_; }
  // The group's: the least of its ranks'. Valid in states forming and ready.
  RankCapacity Capacity() const;
  // The rank whose results count.
  bool IsSampler(AttachmentId id) const;
  std::vector<AttachmentId> Attachments() const;  // by rank
  std::vector<RankSnapshot> Ranks() const;
  // For people: what is missing, "" when ready.
  std::string WhatIsMissing() const;

 private:
  struct Rank {
    AttachmentId id = 0;
    RankHello hello;
    double loaded = 0;
    absl::optional<RankCapacity> capacity;
    bool ready = false;
  };

  absl::Status CheckFits(const RankHello& hello) const;
  // Which ranks `lacks` something, with their processes.
  std::string Who(bool (*lacks)(const Rank&)) const;
  Rank* Find(AttachmentId id);
  const Rank* Find(AttachmentId id) const;
  void TryForm(uint64_t* next_epoch, absl::Time now, Actions* actions);
  void EndEpoch(const std::string& reason, absl::Time now, Actions* actions);

  const std::string name_;
  GroupState state_ = GroupState::kIncomplete;
  std::map<uint32_t, Rank> ranks_;  // attached ones, by rank
  uint32_t tp_ = 1, pp_ = 1;
  std::string model_digest_, numerics_class_;
  uint64_t epoch_ = 0;
  absl::Time forming_since_ = absl::InfinitePast();
  absl::Time try_again_at_ = absl::InfinitePast();
  int failed_formations_ = 0;  // one after the other
  std::string last_failure_;   // why the last epoch or formation ended
  absl::Time empty_since_ = absl::InfiniteFuture();
};

}  // namespace baton

#endif  // BATON_ROUTER_FLEET_GROUP_H_
