// `baton tokenize`: text to token ids and back, as the server's model does it.
#ifndef BATON_MAIN_CMD_TOKENIZE_H_
#define BATON_MAIN_CMD_TOKENIZE_H_

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "main/command.h"

namespace baton {

struct TokenizeOptions {
  std::string server = "127.0.0.1:50051";
  std::string model;
  std::string text;              // "-": all of standard input
  std::vector<uint32_t> decode;  // instead of text: ids to turn into text
  bool pieces = false;           // a line for each token: its id and its bytes
  bool chat = false;             // the text is a user's message: render the model's chat template
  std::string system;            // in chat: the system message
  bool parse_special = false;
  bool add_special = false;
  bool skip_special = false;  // in decode
};

int RunTokenize(const TokenizeOptions& options, std::istream& in, std::ostream& out,
                std::ostream& err);

void AddTokenizeCommand(CLI::App& app, Command* run);

}  // namespace baton

#endif  // BATON_MAIN_CMD_TOKENIZE_H_
