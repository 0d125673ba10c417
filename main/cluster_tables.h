// The cluster's status as text for people.
#ifndef BATON_MAIN_CLUSTER_TABLES_H_
#define BATON_MAIN_CLUSTER_TABLES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "baton/v1/cluster.pb.h"

namespace baton {

// Rows of cells as lines with aligned columns, two blanks apart. All rows have as many cells as the
// first; columns whose cells all start with a digit, but for the first row's, are aligned to the
// right.
std::string FormatTable(const std::vector<std::vector<std::string>>& rows);

// What `baton status` prints: a line about the router, a table of groups, a table of ranks.
std::string StatusText(const v1::GetClusterStatusResponse& status);

// What limits the sequences of a cluster, for the budget below.
struct BudgetLimits {
  uint32_t max_model_len = 0;  // tokens of one sequence
  uint32_t max_running = 0;    // sequences of one group
  uint64_t kv_memory = 0;      // bytes of each worker
};

// What `baton serve` prints when all is ready: memory per rank, how many sequences of which length
// fit, and which flag changes it.
std::string BudgetText(const v1::GetClusterStatusResponse& status, const BudgetLimits& limits);

// Sequences of `tokens` tokens each that the group's KV cache holds at once.
uint64_t SequencesThatFit(const v1::GroupStatus& group, uint32_t tokens);

// "g0/r0 45 %, g0/r1 done" for the ranks that are attached; "no worker has attached yet" before the
// first.
std::string LoadProgressText(const v1::GetClusterStatusResponse& status);

}  // namespace baton

#endif  // BATON_MAIN_CLUSTER_TABLES_H_
