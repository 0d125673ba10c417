// How far the path that is shipped (quantised activations, float16 KV) is from float32 with the
// same weights, as a language model: on a text, in windows.
#ifndef BATON_TESTS_MODEL_QUALITY_MEASURE_H_
#define BATON_TESTS_MODEL_QUALITY_MEASURE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace baton {

struct QualityOptions {
  uint32_t window = 512;
  int windows = 0;  // at most; 0: all of the text's
  int threads = 2;
};

// Natural logarithms; errors are standard errors of the means.
struct Quality {
  int windows = 0;
  int64_t positions = 0;
  double mean_kl = 0;  // of the shipped path's distribution from the reference's
  double mean_kl_error = 0;
  double largest_kl = 0;
  double same_top = 0;  // fraction of positions with the same likeliest token
  double same_top_error = 0;
  double reference_perplexity = 0;
  double perplexity = 0;
  double change = 0;  // perplexity / reference_perplexity − 1
  double change_error = 0;
};

// The text is cut into windows, each a sequence of its own; the last, incomplete one is left out.
// Scored is every position of a window's second half that has a next token in the window: what it
// says about that token.
Quality MeasureQuality(const std::string& model_path, const std::vector<int32_t>& tokens,
                       const QualityOptions& options);

// Debian's /usr/share/common-licenses/GPL-3 in the model's tokens; empty where the file is not.
std::vector<int32_t> QualityText(const std::string& model_path);

}  // namespace baton

#endif  // BATON_TESTS_MODEL_QUALITY_MEASURE_H_
