#include "main/cmd_chat.h"

#include <unistd.h>

#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "main/exit_code.h"
#include "main/flag_values.h"
#include "main/generation.h"
#include "main/interrupts.h"

namespace baton {
namespace {

constexpr char kHelp[] =
    "/clear forgets the conversation, /quit (or ctrl-D) ends, ctrl-C stops an answer.\n";

// The conversation so far, and what is done with one more line of it.
class Chat {
 public:
  Chat(const ChatOptions& options, Client* client, std::ostream& out, std::ostream& err)
      : options_(options), client_(client), out_(out), err_(err) {
    Clear();
  }

  // False when the conversation is over.
  bool HandleCommand(const std::string& line) {
    if (line == "/quit" || line == "/exit") return false;
    if (line == "/clear") {
      Clear();
    } else {
      if (line != "/help") err_ << "unknown command " << line << "; ";
      err_ << kHelp;
    }
    return true;
  }

  // Asks the server and writes its answer. A message that got no answer is forgotten.
  absl::Status Say(const std::string& message, ActiveCalls* active) {
    Add("user", message);
    v1::GenerateRequest request = MakeRequest(options_.request);
    *request.mutable_chat() = conversation_;
    const Generation generation =
        RunGeneration(client_, request, options_.request.deadline, active,
                      [this](absl::string_view text) { out_ << text << std::flush; });
    const std::string& answer = generation.output().text();
    if (answer.empty() || answer.back() != '\n') out_ << std::endl;
    if (generation.output().token_ids().empty()) {
      conversation_.mutable_messages()->RemoveLast();
    } else {
      Add("assistant", answer);
    }
    Report(generation, active->cancelled());
    return active->cancelled() ? absl::OkStatus() : generation.status;
  }

 private:
  void Clear() {
    conversation_.Clear();
    if (!options_.request.system.empty()) Add("system", options_.request.system);
  }

  void Add(const char* role, const std::string& content) {
    v1::ChatMessage* message = conversation_.add_messages();
    message->set_role(role);
    message->set_content(content);
  }

  void Report(const Generation& generation, bool cancelled) {
    if (cancelled) {
      err_ << "[stopped]" << std::endl;
    } else if (!generation.status.ok()) {
      err_ << "baton chat: " << DescribeError(generation.status) << std::endl;
      return;
    }
    if (generation.finished.reason() == v1::FINISH_REASON_LENGTH) {
      err_ << "[cut off after " << generation.output().token_ids_size()
           << " tokens; --max-tokens allows more]" << std::endl;
    }
    if (shards_.empty()) shards_ = DescribeShards(client_, generation.started.group());
    err_ << "[" << FiguresLine(generation, shards_) << "]" << std::endl;
  }

  const ChatOptions& options_;
  Client* const client_;
  std::ostream& out_;
  std::ostream& err_;
  v1::Conversation conversation_;
  std::string shards_;
};

}  // namespace

int RunChat(const ChatOptions& options, std::istream& in, std::ostream& out, std::ostream& err,
            const std::function<void(std::function<void()>)>& set_interrupt_handler) {
  if (const absl::Status status = CheckRequestOptions(options.request); !status.ok()) {
    err << "baton chat: " << status.message() << std::endl;
    return kExitUsage;
  }
  const auto client = Client::Connect(options.request.server);
  if (!client.ok()) {
    err << "baton chat: " << client.status().message() << std::endl;
    return kExitUnavailable;
  }
  Chat chat(options, client->get(), out, err);
  if (options.prompt_marks) err << kHelp;
  int exit_code = kExitOk;
  for (std::string line;;) {
    if (options.prompt_marks) out << "> " << std::flush;
    if (!std::getline(in, line)) break;
    if (line.empty()) continue;
    if (line[0] == '/') {
      if (!chat.HandleCommand(line)) break;
      continue;
    }
    if (const absl::Status valid = CheckUtf8("the message", line); !valid.ok()) {
      err << "baton chat: " << valid.message() << std::endl;
      exit_code = kExitRefused;
      continue;
    }
    ActiveCalls active;
    set_interrupt_handler([&active] { active.CancelAll(); });
    const absl::Status status = chat.Say(line, &active);
    set_interrupt_handler(nullptr);
    if (!status.ok()) exit_code = ExitCodeForCall(status);
  }
  if (options.prompt_marks && !in) out << std::endl;
  return exit_code;
}

void AddChatCommand(CLI::App& app, Command* run) {
  CLI::App* command = app.add_subcommand("chat", "A conversation in the terminal");
  auto options = std::make_shared<ChatOptions>();
  AddRequestOptions(command, &options->request);
  command->callback([options, run] {
    *run = [options] {
      options->prompt_marks = isatty(STDIN_FILENO) != 0;
      Interrupts interrupts;
      return RunChat(*options, std::cin, std::cout, std::cerr, [&](std::function<void()> handler) {
        interrupts.SetHandler(std::move(handler));
      });
    };
  });
}

}  // namespace baton
