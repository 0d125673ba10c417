#include "tests/model/quality_measure.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <numeric>

#include "common/check.h"
#include "router/tokenizer/tokenizer.h"
#include "tests/model/test_group.h"
#include "tests/tokenizer/model_tokenizer.h"

namespace baton {
namespace {

// Sums of a quantity, for its mean and the error of that.
struct Sums {
  int64_t count = 0;
  double sum = 0, squares = 0;
  void Add(double x) { ++count, sum += x, squares += x * x; }
  double mean() const { return sum / static_cast<double>(count); }
  double error() const {
    const double variance = squares / static_cast<double>(count) - mean() * mean();
    return std::sqrt(std::max(0.0, variance) / static_cast<double>(count));
  }
};

double LogSumExp(const std::vector<float>& logits) {
  const double max = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (float l : logits) sum += std::exp(l - max);
  return max + std::log(sum);
}

size_t Top(const std::vector<float>& logits) {
  return std::max_element(logits.begin(), logits.end()) - logits.begin();
}

TestGroupOptions Options(const QualityOptions& o, bool reference) {
  TestGroupOptions options;
  options.threads = o.threads;
  options.as_f32 = reference;
  options.kv = reference ? DType::kF32 : DType::kF16;
  options.num_blocks = (o.window + 15) / 16;
  options.max_step_tokens = o.window;
  options.max_step_rows = o.window - o.window / 2;
  return options;
}

}  // namespace

Quality MeasureQuality(const std::string& model_path, const std::vector<int32_t>& tokens,
                       const QualityOptions& options) {
  TestGroup reference(model_path, Options(options, true));
  TestGroup shipped(model_path, Options(options, false));
  const uint32_t window = options.window;
  Quality quality;
  quality.windows = static_cast<int>(tokens.size() / window);
  if (options.windows > 0) quality.windows = std::min(quality.windows, options.windows);
  BATON_CHECK(quality.windows > 0);
  Sums kl, same, loss, reference_loss, loss_change;
  std::vector<uint32_t> rows(window - 1 - window / 2);
  std::iota(rows.begin(), rows.end(), window / 2);
  for (int w = 0; w < quality.windows; ++w) {
    const std::vector<int32_t> ids(tokens.begin() + int64_t{w} * window,
                                   tokens.begin() + int64_t{w + 1} * window);
    const Plan plan = PlanBuilder().Start(0, ids, 0, window).Work(0, 0, window, rows).plan;
    reference.Step(plan);
    shipped.Step(plan);
    for (size_t i = 0; i < rows.size(); ++i) {
      const std::vector<float> p = reference.Logits(static_cast<int>(i));
      const std::vector<float> q = shipped.Logits(static_cast<int>(i));
      const double p_sum = LogSumExp(p), q_sum = LogSumExp(q);
      double divergence = 0;
      for (size_t id = 0; id < p.size(); ++id) {
        const double log_p = p[id] - p_sum;
        divergence += std::exp(log_p) * (log_p - (q[id] - q_sum));
      }
      kl.Add(divergence);
      quality.largest_kl = std::max(quality.largest_kl, divergence);
      same.Add(Top(p) == Top(q) ? 1 : 0);
      const int32_t next = ids[rows[i] + 1];
      reference_loss.Add(p_sum - p[next]);
      loss.Add(q_sum - q[next]);
      loss_change.Add((q_sum - q[next]) - (p_sum - p[next]));
    }
    reference.Step(PlanBuilder().End(0).plan);
    shipped.Step(PlanBuilder().End(0).plan);
  }
  quality.positions = kl.count;
  quality.mean_kl = kl.mean();
  quality.mean_kl_error = kl.error();
  quality.same_top = same.mean();
  quality.same_top_error = same.error();
  quality.reference_perplexity = std::exp(reference_loss.mean());
  quality.perplexity = std::exp(loss.mean());
  quality.change = std::expm1(loss_change.mean());
  quality.change_error = loss_change.error();
  return quality;
}

std::vector<int32_t> QualityText(const std::string& model_path) {
  std::ifstream file("/usr/share/common-licenses/GPL-3");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto tokenizer = LoadModelTokenizer(model_path);
  BATON_CHECK(tokenizer.ok());
  std::vector<int32_t> tokens;
  BATON_CHECK((*tokenizer)->Encode(text, EncodeOptions(), &tokens).ok());
  return tokens;
}

}  // namespace baton
