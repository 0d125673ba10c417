#include "main/cmd_generate.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "common/status_macros.h"
#include "main/exit_code.h"
#include "main/flag_values.h"
#include "main/generation_json.h"
#include "main/interrupts.h"

namespace baton {
namespace {

struct Line {
  size_t number;  // from 1
  std::string text;
};

// The lines that are not empty.
absl::StatusOr<std::vector<Line>> ReadLines(absl::string_view flag, const std::string& path,
                                            std::istream& in) {
  std::ifstream file;
  if (path != "-") {
    file.open(path);
    if (!file) return absl::NotFoundError(absl::StrCat(flag, " ", path, ": can not be read"));
  }
  std::istream& lines = path == "-" ? in : file;
  std::vector<Line> result;
  size_t number = 0;
  for (std::string text; std::getline(lines, text);) {
    ++number;
    if (!text.empty()) result.push_back({number, std::move(text)});
  }
  if (lines.bad()) {
    return absl::NotFoundError(absl::StrCat(flag, " ", path, ": can not be read; is it a file?"));
  }
  if (result.empty())
    return absl::InvalidArgumentError(absl::StrCat(flag, " ", path, ": is empty"));
  return result;
}

// PROMPT, which may stand for standard input.
absl::StatusOr<std::string> ReadPrompt(const std::string& argument, std::istream& in) {
  std::string prompt = argument;
  const bool is_input = argument == "-";
  if (is_input) prompt = {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  RETURN_IF_ERROR(CheckUtf8(is_input ? "standard input" : "PROMPT", prompt));
  return prompt;
}

absl::Status AddTokens(absl::string_view flag, const std::string& list, v1::TokenIds* tokens) {
  for (const absl::string_view item : absl::StrSplit(list, ',')) {
    uint32_t id;
    if (!absl::SimpleAtoi(item, &id)) {
      return absl::InvalidArgumentError(
          absl::StrCat(flag, ": \"", item, "\" is not a token id; expected for example 1,2,3"));
    }
    tokens->add_ids(id);
  }
  return absl::OkStatus();
}

// Flags that say nothing together, and texts that can not be sent.
absl::Status CheckFlags(const GenerateOptions& options) {
  RETURN_IF_ERROR(CheckRequestOptions(options.request));
  RETURN_IF_ERROR(CheckSystemMessage(options.request.system, options.chat));
  if (options.chat && !(options.tokens.empty() && options.token_file.empty())) {
    return absl::InvalidArgumentError("--chat needs a prompt of text, not token ids");
  }
  return absl::OkStatus();
}

void SetInput(const GenerateOptions& options, const std::string& prompt,
              v1::GenerateRequest* request) {
  if (!options.chat) return request->set_text(prompt);
  if (!options.request.system.empty()) {
    v1::ChatMessage* message = request->mutable_chat()->add_messages();
    message->set_role("system");
    message->set_content(options.request.system);
  }
  v1::ChatMessage* message = request->mutable_chat()->add_messages();
  message->set_role("user");
  message->set_content(prompt);
}

// What all requests have in common.
v1::GenerateRequest BaseRequest(const GenerateOptions& options) {
  v1::GenerateRequest request = MakeRequest(options.request);
  request.set_parse_special(options.parse_special);
  request.set_echo(options.echo);
  if (options.n) request.set_n(*options.n);
  if (options.best_of) request.set_best_of(*options.best_of);
  if (options.logprobs) request.set_logprobs(*options.logprobs);
  if (options.prompt_logprobs) request.set_prompt_logprobs(*options.prompt_logprobs);
  return request;
}

// Runs the requests on a few threads and writes what they give, one writer at a time.
class Batch {
 public:
  Batch(const GenerateOptions& options, Client* client, ActiveCalls* active, std::ostream& out,
        std::ostream& err, std::vector<PlacedRequest> requests)
      : options_(options),
        client_(client),
        active_(active),
        requests_(std::move(requests)),
        streams_(!options.json && options.n.value_or(1) == 1 &&
                 (options.concurrency == 1 || requests_.size() == 1)),
        out_(out),
        err_(err),
        done_(requests_.size()) {}

  int Run() {
    const absl::Time start = Clock::Real()->Now();
    std::vector<std::thread> threads;
    const size_t num_threads = std::min<size_t>(options_.concurrency, requests_.size());
    for (size_t i = 1; i < num_threads; ++i) threads.emplace_back([this] { Work(); });
    Work();
    for (std::thread& thread : threads) thread.join();
    if (active_->cancelled()) return kExitInterrupted;
    if (requests_.size() > 1) WriteSummary(Clock::Real()->Now() - start);
    return exit_code_;
  }

 private:
  void Work() {
    for (size_t index; !active_->cancelled() && (index = next_++) < requests_.size();) {
      if (streams_) WriteHeader(index);
      Generation generation =
          RunGeneration(client_, requests_[index].request, options_.request.deadline, active_,
                        [this](absl::string_view text) {
                          if (streams_) out_ << text << std::flush;
                        });
      Done(index, std::move(generation));
    }
  }

  void Done(size_t index, Generation generation) {
    MutexLock lock(&mu_);
    exit_code_ = std::max<int>(exit_code_, ExitCodeForCall(generation.status));
    output_tokens_ += generation.NumTokens();
    failed_ += generation.status.ok() ? 0 : 1;
    if (options_.json) {
      out_ << GenerationJson(generation, index, requests_[index].line) << std::endl;
      return;
    }
    done_[index] = std::make_unique<Generation>(std::move(generation));
    for (; written_ < done_.size() && done_[written_] != nullptr; ++written_) {
      Write(written_, *done_[written_]);
    }
  }

  // "line 3" where there are several lines to tell apart, else empty.
  std::string Place(size_t index) const {
    if (requests_.size() == 1) return "";
    return absl::StrCat("line ", requests_[index].line);
  }

  void WriteHeader(size_t index) {
    const std::string place = Place(index);
    if (!place.empty()) out_ << "=== " << place << " ===" << std::endl;
  }

  void Write(size_t index, const Generation& generation) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (!streams_) WriteHeader(index);
    if (generation.choices.size() > 1) {
      WriteChoices(generation);
    } else {
      const std::string text = generation.prompt.text() + generation.output().text();
      if (!streams_) out_ << text;
      EndLine(text);
    }
    out_.flush();
    const std::string place = requests_.size() == 1 ? "" : Place(index) + ": ";
    if (!generation.status.ok() && !active_->cancelled()) {
      err_ << "baton generate: " << place << DescribeError(generation.status) << std::endl;
    }
    if (generation.started.request_id().empty()) return;
    if (shards_.empty()) shards_ = DescribeShards(client_, generation.started.group());
    err_ << place << FiguresLine(generation, shards_) << std::endl;
  }

  void WriteChoices(const Generation& generation) {
    out_ << generation.prompt.text();
    EndLine(generation.prompt.text());
    for (const auto& [index, choice] : generation.choices) {
      out_ << absl::StreamFormat("=== choice %d (%s, %d tokens) ===\n", index,
                                 ReasonName(choice.finished.reason()),
                                 choice.finished.output_tokens());
      out_ << choice.output.text();
      EndLine(choice.output.text());
    }
  }

  // After `text` was written.
  void EndLine(absl::string_view text) {
    if (!text.empty() && text.back() != '\n') out_ << '\n';
  }

  void WriteSummary(absl::Duration elapsed) {
    MutexLock lock(&mu_);
    err_ << absl::StreamFormat("%d prompts, %d failed, output %d tokens in %.1f s, %.1f tok/s\n",
                               requests_.size(), failed_, output_tokens_,
                               absl::ToDoubleSeconds(elapsed),
                               output_tokens_ / absl::ToDoubleSeconds(elapsed));
  }

  const GenerateOptions& options_;
  Client* const client_;
  ActiveCalls* const active_;
  const std::vector<PlacedRequest> requests_;
  const bool streams_;  // text is written as it comes: only one request runs at a time
  std::atomic<size_t> next_{0};

  Mutex mu_;
  std::ostream& out_;  // guarded by mu_, except that the only thread streams
  std::ostream& err_;
  std::vector<std::unique_ptr<Generation>> done_ ABSL_GUARDED_BY(mu_);
  size_t written_ ABSL_GUARDED_BY(mu_) = 0;
  size_t failed_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t output_tokens_ ABSL_GUARDED_BY(mu_) = 0;
  std::string shards_ ABSL_GUARDED_BY(mu_);  // of the first answer's group
  int exit_code_ = kExitOk;
};

}  // namespace

absl::StatusOr<std::vector<PlacedRequest>> MakeRequests(const GenerateOptions& options,
                                                        std::istream& in) {
  RETURN_IF_ERROR(CheckFlags(options));
  PlacedRequest base = {BaseRequest(options)};
  if (!options.tokens.empty()) {
    RETURN_IF_ERROR(AddTokens("--tokens", options.tokens, base.request.mutable_tokens()));
    return std::vector<PlacedRequest>{base};
  }
  const bool is_file = !options.file.empty() || !options.token_file.empty();
  if (!is_file) {
    ASSIGN_OR_RETURN(const std::string prompt, ReadPrompt(options.prompt, in));
    SetInput(options, prompt, &base.request);
    return std::vector<PlacedRequest>{base};
  }
  const bool tokens = !options.token_file.empty();
  const char* const flag = tokens ? "--token-file" : "--file";
  ASSIGN_OR_RETURN(const std::vector<Line> lines,
                   ReadLines(flag, tokens ? options.token_file : options.file, in));
  std::vector<PlacedRequest> requests;
  for (const Line& line : lines) {
    requests.push_back({base.request, line.number});
    const std::string place = absl::StrCat(flag, " line ", line.number);
    v1::GenerateRequest* request = &requests.back().request;
    if (tokens) {
      RETURN_IF_ERROR(AddTokens(place, line.text, request->mutable_tokens()));
    } else {
      RETURN_IF_ERROR(CheckUtf8(place, line.text));
      SetInput(options, line.text, request);
    }
  }
  return requests;
}

int RunGenerate(const GenerateOptions& options, std::istream& in, std::ostream& out,
                std::ostream& err, ActiveCalls* active) {
  auto requests = MakeRequests(options, in);
  if (!requests.ok()) {
    err << "baton generate: " << requests.status().message() << std::endl;
    return kExitUsage;
  }
  const auto client = Client::Connect(options.request.server);
  if (!client.ok()) {
    err << "baton generate: " << client.status().message() << std::endl;
    return kExitUnavailable;
  }
  return Batch(options, client->get(), active, out, err, *std::move(requests)).Run();
}

void AddGenerateCommand(CLI::App& app, Command* run) {
  CLI::App* command =
      app.add_subcommand("generate", "Continues a prompt, or each of a file of prompts");
  auto options = std::make_shared<GenerateOptions>();
  CLI::Option_group* input = command->add_option_group("Input", "What to continue; exactly one");
  input->add_option("PROMPT", options->prompt, "The prompt; - reads it from standard input");
  input
      ->add_option("--file", options->file,
                   "One prompt a line, empty lines are passed over; - reads standard input")
      ->type_name("FILE");
  input->add_option("--tokens", options->tokens, "Token ids, for example 1,2,3")->type_name("IDS");
  input
      ->add_option("--token-file", options->token_file,
                   "The same with token ids, for example 1,2,3")
      ->type_name("FILE");
  input->require_option(1);
  AddRequestOptions(command, &options->request);
  command->add_flag("--chat", options->chat,
                    "The prompt is a user's message, wrapped in the model's template");
  command->add_flag("--parse-special", options->parse_special,
                    "Parse special tokens written out in the prompt");
  command->add_option("--n", options->n, "Answers to return, 1 to 64; by default 1")
      ->check(WholeNumberOf<uint32_t>());
  command
      ->add_option("--best-of", options->best_of,
                   "Answers to generate, of which the likeliest are returned; at least --n")
      ->check(WholeNumberOf<uint32_t>());
  command
      ->add_option("--logprobs", options->logprobs,
                   "Alternatives to report with each token, 0 to 20; shown with --json")
      ->check(WholeNumberOf<uint32_t>());
  command
      ->add_option("--prompt-logprobs", options->prompt_logprobs,
                   "The same for the prompt's tokens")
      ->check(WholeNumberOf<uint32_t>());
  command->add_flag("--echo", options->echo, "Print the prompt before the answer");
  command->add_option("--concurrency", options->concurrency, "Prompts of a file to run at once")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_flag("--json", options->json,
                    "Print one JSON object a prompt, as they finish; \"index\" counts the prompts "
                    "from 0, \"line\" a file's lines from 1");
  command->callback([options, run] {
    *run = [options] {
      ActiveCalls active;
      Interrupts interrupts;
      interrupts.SetHandler([&active] { active.CancelAll(); });
      const int exit_code = RunGenerate(*options, std::cin, std::cout, std::cerr, &active);
      interrupts.SetHandler(nullptr);
      return exit_code;
    };
  });
}

}  // namespace baton
