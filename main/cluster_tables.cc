#include "main/cluster_tables.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "main/flag_values.h"

namespace baton {
namespace {

using Row = std::vector<std::string>;

const char* StateName(v1::GroupState state) {
  switch (state) {
    case v1::GROUP_STATE_INCOMPLETE:
      return "incomplete";
    case v1::GROUP_STATE_LOADING:
      return "loading";
    case v1::GROUP_STATE_FORMING:
      return "forming";
    case v1::GROUP_STATE_READY:
      return "ready";
    default:
      return "unknown";
  }
}

bool IsNumeric(const std::vector<Row>& rows, size_t column) {
  return rows.size() > 1 && std::all_of(rows.begin() + 1, rows.end(), [&](const Row& row) {
           return !row[column].empty() && absl::ascii_isdigit(row[column][0]);
         });
}

std::string Percent(double share) { return absl::StrFormat("%.0f %%", 100 * share); }

std::string KvUse(const v1::GroupStatus& group) {
  if (group.kv_blocks_total() == 0) return "-";
  return absl::StrFormat("%d of %d blocks, %d cached", group.kv_blocks_used(),
                         group.kv_blocks_total(), group.kv_blocks_cached());
}

Row GroupRow(const v1::GroupStatus& group) {
  return {group.name(),
          StateName(group.state()),
          group.model(),
          absl::StrCat("tp ", group.tp(), " x pp ", group.pp()),
          absl::StrCat(group.epoch()),
          absl::StrCat(group.running()),
          absl::StrCat(group.waiting()),
          KvUse(group),
          absl::StrFormat("%.1f", group.output_tokens_per_second()),
          absl::StrFormat("%.1f", group.prompt_tokens_per_second()),
          Percent(group.idle_share()),
          absl::StrCat(group.requests_finished())};
}

Row RankRow(const v1::GroupStatus& group, const v1::RankStatus& rank) {
  return {group.name(),
          absl::StrCat(rank.rank()),
          rank.host(),
          absl::StrCat(rank.pid()),
          Percent(rank.loaded()),
          ShowBytes(rank.weight_bytes()),
          ShowBytes(rank.kv_bytes()),
          ShowBytes(rank.workspace_bytes()),
          rank.shard()};
}

// The smallest KV cache of any group, which all statements about what fits are made for.
const v1::GroupStatus* SmallestGroup(const v1::GetClusterStatusResponse& status) {
  const auto tokens = [](const v1::GroupStatus& group) {
    return group.kv_blocks_total() * group.kv_block_size();
  };
  const auto smallest = std::min_element(
      status.groups().begin(), status.groups().end(),
      [&](const auto& left, const auto& right) { return tokens(left) < tokens(right); });
  return smallest == status.groups().end() ? nullptr : &*smallest;
}

std::string CapacityText(const v1::GroupStatus& group, const BudgetLimits& limits) {
  std::set<uint32_t> lengths = {limits.max_model_len};
  for (const uint32_t length : {512u, 2048u}) {
    if (length < limits.max_model_len || limits.max_model_len == 0) lengths.insert(length);
  }
  lengths.erase(0);
  const std::string fits = absl::StrJoin(lengths, ", ", [&](std::string* out, uint32_t length) {
    const uint64_t sequences = SequencesThatFit(group, length);
    absl::StrAppend(out, sequences, sequences == 1 ? " sequence" : " sequences", " of ", length);
  });
  return absl::StrCat("The KV cache of a group holds ",
                      group.kv_blocks_total() * group.kv_block_size(), " tokens: ", fits,
                      ".\n  --kv-memory (now ", ShowBytes(limits.kv_memory),
                      " a worker) changes how many fit, --max-running (now ", limits.max_running,
                      ") how many run at once,\n  --max-model-len (now ", limits.max_model_len,
                      ") how long one may be.\n");
}

}  // namespace

std::string FormatTable(const std::vector<Row>& rows) {
  if (rows.empty()) return "";
  const size_t num_columns = rows[0].size();
  std::vector<size_t> widths(num_columns);
  std::vector<bool> to_the_right(num_columns);
  for (size_t column = 0; column < num_columns; ++column) {
    for (const Row& row : rows) widths[column] = std::max(widths[column], row[column].size());
    to_the_right[column] = IsNumeric(rows, column);
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (size_t column = 0; column < num_columns; ++column) {
      const std::string blanks(widths[column] - row[column].size(), ' ');
      if (column > 0) line += "  ";
      line += to_the_right[column] ? blanks + row[column] : row[column] + blanks;
    }
    absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(line), "\n");
  }
  return text;
}

std::string StatusText(const v1::GetClusterStatusResponse& status) {
  std::string text = absl::StrCat("router ", status.version(), ", up ",
                                  ShowDuration(absl::Seconds(status.uptime_seconds())), "\n");
  if (status.groups().empty()) return text + "no worker has attached yet\n";
  std::vector<Row> groups = {{"GROUP", "STATE", "MODEL", "SHARDS", "EPOCH", "RUNNING", "WAITING",
                              "KV CACHE", "TOK/S", "PROMPT TOK/S", "IDLE", "FINISHED"}};
  std::vector<Row> ranks = {
      {"GROUP", "RANK", "HOST", "PID", "LOADED", "WEIGHTS", "KV CACHE", "WORKSPACE", "SHARD"}};
  for (const v1::GroupStatus& group : status.groups()) {
    groups.push_back(GroupRow(group));
    for (const v1::RankStatus& rank : group.ranks()) ranks.push_back(RankRow(group, rank));
  }
  absl::StrAppend(&text, "\n", FormatTable(groups));
  if (ranks.size() > 1) absl::StrAppend(&text, "\n", FormatTable(ranks));
  return text;
}

uint64_t SequencesThatFit(const v1::GroupStatus& group, uint32_t tokens) {
  if (group.kv_block_size() == 0 || tokens == 0) return 0;
  const uint64_t blocks = (uint64_t{tokens} + group.kv_block_size() - 1) / group.kv_block_size();
  return group.kv_blocks_total() / blocks;
}

std::string BudgetText(const v1::GetClusterStatusResponse& status, const BudgetLimits& limits) {
  std::vector<Row> rows = {{"GROUP", "RANK", "WEIGHTS", "KV CACHE", "WORKSPACE", "TOTAL", "SHARD"}};
  for (const v1::GroupStatus& group : status.groups()) {
    for (const v1::RankStatus& rank : group.ranks()) {
      rows.push_back({group.name(), absl::StrCat(rank.rank()), ShowBytes(rank.weight_bytes()),
                      ShowBytes(rank.kv_bytes()), ShowBytes(rank.workspace_bytes()),
                      ShowBytes(rank.weight_bytes() + rank.kv_bytes() + rank.workspace_bytes()),
                      rank.shard()});
    }
  }
  std::string text = FormatTable(rows);
  if (const v1::GroupStatus* group = SmallestGroup(status)) {
    absl::StrAppend(&text, CapacityText(*group, limits));
  }
  return text;
}

std::string LoadProgressText(const v1::GetClusterStatusResponse& status) {
  std::vector<std::string> ranks;
  for (const v1::GroupStatus& group : status.groups()) {
    for (const v1::RankStatus& rank : group.ranks()) {
      ranks.push_back(absl::StrCat(group.name(), "/r", rank.rank(), " ",
                                   rank.loaded() >= 1 ? "done" : Percent(rank.loaded())));
    }
  }
  return ranks.empty() ? "no worker has attached yet" : absl::StrJoin(ranks, ", ");
}

}  // namespace baton
