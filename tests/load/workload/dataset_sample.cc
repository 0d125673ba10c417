#include "tests/load/workload/dataset_sample.h"

#include <algorithm>
#include <numeric>

#include "tests/load/workload/seeded_random.h"

namespace baton {

std::vector<size_t> SampleOrder(const SampleOptions& options, size_t count) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  SeededRandom random({options.seed, kSeedOrder});
  if (options.shuffle) random.Shuffle(&order);
  return order;
}

size_t SampleNeeds(const SampleOptions& options, size_t count) {
  if (options.num_prompts == 0 || options.point >= count / options.num_prompts) return count;
  return (options.point + 1) * options.num_prompts;
}

std::vector<size_t> SampleRecords(const SampleOptions& options, size_t available) {
  if (available == 0) return {};
  const size_t wanted = options.num_prompts == 0 ? available : options.num_prompts;
  std::vector<size_t> records;
  const size_t start = wanted <= available ? options.point % available * wanted % available : 0;
  for (size_t i = 0; i < std::min(wanted, available); ++i)
    records.push_back((start + i) % available);
  SeededRandom random({options.seed, kSeedOversample, options.point});
  while (options.oversample && records.size() < wanted) {
    records.push_back(random.Integer(0, available - 1));
  }
  return records;
}

}  // namespace baton
