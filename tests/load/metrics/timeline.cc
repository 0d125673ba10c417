#include "tests/load/metrics/timeline.h"

#include <algorithm>
#include <utility>

namespace baton {
namespace {

// Beginnings (+1) and ends (-1), ends first where they fall together.
std::vector<std::pair<absl::Time, int>> Edges(const std::vector<RequestRecord>& records) {
  std::vector<std::pair<absl::Time, int>> edges;
  edges.reserve(records.size() * 2);
  for (const RequestRecord& record : records) {
    edges.emplace_back(record.sent, 1);
    edges.emplace_back(record.end, -1);
  }
  std::sort(edges.begin(), edges.end());
  return edges;
}

class Bins {
 public:
  Bins(absl::Time start, absl::Time end, absl::Duration interval)
      : start_(start), interval_(interval), count_(Index(end, SIZE_MAX) + 1) {}

  size_t count() const { return count_; }
  size_t Of(absl::Time at) const { return Index(at, count_ - 1); }

 private:
  size_t Index(absl::Time at, size_t most) const {
    absl::Duration rest;
    const int64_t index = absl::IDivDuration(at - start_, interval_, &rest);
    return static_cast<size_t>(
        std::clamp<uint64_t>(static_cast<uint64_t>(std::max<int64_t>(index, 0)), 0, most));
  }

  const absl::Time start_;
  const absl::Duration interval_;
  const size_t count_;
};

void AddRunning(const std::vector<RequestRecord>& records, const Bins& bins, Timeline* timeline) {
  int64_t running = 0;
  size_t bin = 0;
  for (const auto& [at, change] : Edges(records)) {
    for (; bin < bins.Of(at); ++bin) {
      // What runs on into the next interval is running there from its start.
      timeline->running[bin + 1] = static_cast<uint64_t>(std::max<int64_t>(running, 0));
    }
    running += change;
    timeline->running[bin] =
        std::max(timeline->running[bin], static_cast<uint64_t>(std::max<int64_t>(running, 0)));
  }
}

}  // namespace

Timeline MakeTimeline(const std::vector<RequestRecord>& records, absl::Time start, absl::Time end) {
  Timeline timeline;
  timeline.interval = end - start < absl::Seconds(20) ? absl::Milliseconds(100) : absl::Seconds(1);
  const Bins bins(start, end, timeline.interval);
  for (auto* column : {&timeline.output_tokens, &timeline.chunks, &timeline.sent, &timeline.ended,
                       &timeline.running}) {
    column->resize(bins.count());
  }
  for (const RequestRecord& record : records) {
    ++timeline.sent[bins.Of(record.sent)];
    ++timeline.ended[bins.Of(record.end)];
    for (size_t i = 0; i < record.chunks.size(); ++i) {
      const size_t bin = bins.Of(record.chunk_time(i));
      timeline.output_tokens[bin] += record.chunks[i].tokens;
      ++timeline.chunks[bin];
    }
  }
  AddRunning(records, bins, &timeline);
  return timeline;
}

uint64_t PeakConcurrency(const std::vector<RequestRecord>& records) {
  int64_t running = 0, most = 0;
  for (const auto& [at, change] : Edges(records)) {
    running += change;
    most = std::max(most, running);
  }
  return static_cast<uint64_t>(most);
}

}  // namespace baton
