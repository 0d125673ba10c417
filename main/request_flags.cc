#include "main/request_flags.h"

#include "common/status_macros.h"
#include "main/flag_values.h"

namespace baton {
namespace {

constexpr char kSampling[] = "How tokens are chosen";
constexpr char kStop[] = "When an answer ends";

// A flag that may be repeated, with one value each time.
template <typename T>
CLI::Option* AddRepeated(CLI::App* app, const std::string& name, std::vector<T>* values,
                         const std::string& description) {
  return app->add_option(name, *values, description + "; may be repeated")->allow_extra_args(false);
}

void AddLogitBiasOption(CLI::App* app, std::map<uint32_t, float>* biases) {
  app->add_option_function<std::vector<std::string>>(
         "--logit-bias",
         [biases](const std::vector<std::string>& values) {
           for (const std::string& text : values) {
             const auto bias = ParseTokenBias(text);
             if (!bias.ok()) {
               throw CLI::ValidationError("--logit-bias", std::string(bias.status().message()));
             }
             (*biases)[bias->first] = bias->second;
           }
         },
         "Added to a token's logit, -100 to 100; may be repeated")
      ->type_name("ID:VALUE")
      ->allow_extra_args(false)
      ->group(kSampling);
}

void AddSamplingOptions(CLI::App* app, RequestOptions* options) {
  app->add_option("--temperature", options->temperature, "0 is greedy; by default greedy")
      ->group(kSampling);
  app->add_option("--top-k", options->top_k, "Keep the k most likely tokens")
      ->check(WholeNumberOf<uint32_t>())
      ->group(kSampling);
  app->add_option("--top-p", options->top_p, "Keep tokens up to this total probability")
      ->group(kSampling);
  app->add_option("--min-p", options->min_p,
                  "Drop tokens less likely than this share of the likeliest one's probability")
      ->group(kSampling);
  app->add_option("--seed", options->seed, "Key of the random numbers; by default drawn")
      ->check(WholeNumberOf<uint64_t>())
      ->group(kSampling);
  app->add_option("--repetition-penalty", options->repetition_penalty,
                  "Above 1: tokens of prompt and answer become less likely; at most 100")
      ->group(kSampling);
  app->add_option("--presence-penalty", options->presence_penalty,
                  "Taken from the logits of the answer's tokens; -2 to 2")
      ->group(kSampling);
  app->add_option("--frequency-penalty", options->frequency_penalty,
                  "Taken once for each time that the answer has the token; -2 to 2")
      ->group(kSampling);
  AddLogitBiasOption(app, &options->logit_bias);
  AddRepeated(app, "--allowed-token-id", &options->allowed_token_ids,
              "Generate no tokens but these")
      ->type_name("ID")
      ->check(WholeNumberOf<uint32_t>())
      ->group(kSampling);
  AddRepeated(app, "--bad-word", &options->bad_words,
              "Text that is not generated, alone or after a space")
      ->type_name("TEXT")
      ->group(kSampling);
}

void AddStopOptions(CLI::App* app, RequestOptions* options) {
  app->add_option("--max-tokens", options->max_tokens, "The most tokens to generate")
      ->check(WholeNumberOf<uint32_t>())
      ->group(kStop);
  app->add_option("--min-tokens", options->min_tokens,
                  "No end token, and no --stop, before so many")
      ->check(WholeNumberOf<uint32_t>())
      ->group(kStop);
  AddRepeated(app, "--stop", &options->stop, "Text that ends generation")
      ->type_name("TEXT")
      ->group(kStop);
  app->add_flag("--include-stop", options->include_stop, "Return that text, too")->group(kStop);
  app->add_flag("--ignore-eos", options->ignore_eos, "Go on past the model's end tokens")
      ->group(kStop);
  AddDurationOption(app, "--deadline", &options->deadline, "The longest that an answer may take")
      ->group(kStop);
}

}  // namespace

void AddRequestOptions(CLI::App* app, RequestOptions* options) {
  AddServerOption(app, &options->server);
  app->add_option("--model", options->model, "The model's name; by default the only one served");
  app->add_option("--system", options->system, "The system message of a chat")->type_name("TEXT");
  app->add_option("--priority", options->priority,
                  "Requests with a lower value run first; by default 0");
  app->add_option("--cache-salt", options->cache_salt,
                  "Share cached prompts with requests of the same salt only")
      ->type_name("TEXT");
  AddSamplingOptions(app, options);
  AddStopOptions(app, options);
}

absl::Status CheckRequestOptions(const RequestOptions& options) {
  RETURN_IF_ERROR(CheckUtf8("--model", options.model));
  RETURN_IF_ERROR(CheckUtf8("--system", options.system));
  RETURN_IF_ERROR(CheckUtf8("--cache-salt", options.cache_salt));
  for (const std::string& word : options.bad_words) RETURN_IF_ERROR(CheckUtf8("--bad-word", word));
  for (const std::string& text : options.stop) RETURN_IF_ERROR(CheckUtf8("--stop", text));
  return absl::OkStatus();
}

v1::GenerateRequest MakeRequest(const RequestOptions& options) {
  v1::GenerateRequest request;
  request.set_model(options.model);
  request.set_cache_salt(options.cache_salt);
  if (options.priority) request.set_priority(*options.priority);
  v1::SamplingParameters* sampling = request.mutable_sampling();
  if (options.temperature) sampling->set_temperature(*options.temperature);
  if (options.top_k) sampling->set_top_k(*options.top_k);
  if (options.top_p) sampling->set_top_p(*options.top_p);
  if (options.min_p) sampling->set_min_p(*options.min_p);
  if (options.seed) sampling->set_seed(*options.seed);
  if (options.repetition_penalty) sampling->set_repetition_penalty(*options.repetition_penalty);
  if (options.presence_penalty) sampling->set_presence_penalty(*options.presence_penalty);
  if (options.frequency_penalty) sampling->set_frequency_penalty(*options.frequency_penalty);
  for (const auto& [id, bias] : options.logit_bias) (*sampling->mutable_logit_bias())[id] = bias;
  for (const uint32_t id : options.allowed_token_ids) sampling->add_allowed_token_ids(id);
  for (const std::string& word : options.bad_words) sampling->add_bad_words(word);
  v1::StopConditions* stop = request.mutable_stop();
  if (options.max_tokens) stop->set_max_tokens(*options.max_tokens);
  if (options.min_tokens) stop->set_min_tokens(*options.min_tokens);
  for (const std::string& text : options.stop) stop->add_strings(text);
  stop->set_include_stop_string(options.include_stop);
  stop->set_ignore_eos(options.ignore_eos);
  return request;
}

}  // namespace baton
