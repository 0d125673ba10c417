#include "main/cmd_tokenize.h"

#include <iostream>
#include <iterator>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/client.h"
#include "common/status_macros.h"
#include "main/exit_code.h"
#include "main/flag_values.h"
#include "main/generation.h"

namespace baton {
namespace {

absl::StatusOr<std::string> Decode(const TokenizeOptions& options, Client* client) {
  v1::DetokenizeRequest request;
  request.set_model(options.model);
  request.set_skip_special(options.skip_special);
  for (const uint32_t id : options.decode) request.add_token_ids(id);
  ASSIGN_OR_RETURN(const auto response, client->Detokenize(request));
  return response.text() + "\n";
}

absl::StatusOr<std::string> RenderChat(const TokenizeOptions& options, const std::string& text,
                                       Client* client) {
  v1::ApplyChatTemplateRequest request;
  request.set_model(options.model);
  const auto add = [&](const char* role, const std::string& content) {
    v1::ChatMessage* message = request.mutable_chat()->add_messages();
    message->set_role(role);
    message->set_content(content);
  };
  if (!options.system.empty()) add("system", options.system);
  add("user", text);
  ASSIGN_OR_RETURN(const auto response, client->ApplyChatTemplate(request));
  return absl::StrCat(response.text(), "\n", absl::StrJoin(response.token_ids(), " "), "\n");
}

absl::StatusOr<std::string> Encode(const TokenizeOptions& options, const std::string& text,
                                   Client* client) {
  v1::TokenizeRequest request;
  request.set_model(options.model);
  request.set_text(text);
  request.set_parse_special(options.parse_special);
  request.set_add_special(options.add_special);
  ASSIGN_OR_RETURN(const auto response, client->Tokenize(request));
  if (!options.pieces) return absl::StrJoin(response.token_ids(), " ") + "\n";
  std::string lines;
  for (int i = 0; i < response.token_ids_size() && i < response.token_bytes_size(); ++i) {
    absl::StrAppend(&lines, response.token_ids(i), "\t\"",
                    absl::Utf8SafeCEscape(response.token_bytes(i)), "\"\n");
  }
  return lines;
}

// Whether what was typed can be sent, and means something; the text is called `name`.
absl::Status Check(const TokenizeOptions& options, absl::string_view name,
                   const std::string& text) {
  RETURN_IF_ERROR(CheckSystemMessage(options.system, options.chat));
  RETURN_IF_ERROR(CheckUtf8("--model", options.model));
  RETURN_IF_ERROR(CheckUtf8("--system", options.system));
  return CheckUtf8(name, text);
}

absl::StatusOr<std::string> Answer(const TokenizeOptions& options, const std::string& text) {
  ASSIGN_OR_RETURN(const auto client, Client::Connect(options.server));
  if (!options.decode.empty()) return Decode(options, client.get());
  if (options.chat) return RenderChat(options, text, client.get());
  return Encode(options, text, client.get());
}

}  // namespace

int RunTokenize(const TokenizeOptions& options, std::istream& in, std::ostream& out,
                std::ostream& err) {
  std::string text = options.text;
  const bool is_input = text == "-";
  if (is_input) text = {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (const absl::Status status = Check(options, is_input ? "standard input" : "TEXT", text);
      !status.ok()) {
    err << "baton tokenize: " << status.message() << std::endl;
    return kExitUsage;
  }
  const auto answer = Answer(options, text);
  if (answer.ok()) {
    out << *answer << std::flush;
    return kExitOk;
  }
  err << "baton tokenize: " << DescribeError(answer.status()) << std::endl;
  return ExitCodeForCall(answer.status());
}

void AddTokenizeCommand(CLI::App& app, Command* run) {
  CLI::App* command = app.add_subcommand("tokenize", "Turns text into token ids, and back");
  auto options = std::make_shared<TokenizeOptions>();
  CLI::Option_group* input = command->add_option_group("Input", "What to convert; exactly one");
  input->add_option("TEXT", options->text, "The text; - reads it from standard input");
  input->add_option("--decode", options->decode, "Token ids to turn into text")
      ->type_name("ID")
      ->check(WholeNumberOf<uint32_t>());
  input->require_option(1);
  AddServerOption(command, &options->server);
  command->add_option("--model", options->model,
                      "The model's name; by default the only one served");
  command->add_flag("--pieces", options->pieces,
                    "Print a line for each token: its id and its bytes");
  command->add_flag("--chat", options->chat,
                    "The text is a user's message: print the rendered chat template and its ids");
  command->add_option("--system", options->system, "With --chat: the system message")
      ->type_name("TEXT");
  command->add_flag("--parse-special", options->parse_special,
                    "Parse special tokens written out in the text");
  command->add_flag("--add-special", options->add_special,
                    "Add the begin and end tokens that the model asks for");
  command->add_flag("--skip-special", options->skip_special,
                    "With --decode: leave out special tokens");
  command->callback([options, run] {
    *run = [options] { return RunTokenize(*options, std::cin, std::cout, std::cerr); };
  });
}

}  // namespace baton
