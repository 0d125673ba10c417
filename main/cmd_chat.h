// `baton chat`: a conversation in the terminal.
#ifndef BATON_MAIN_CMD_CHAT_H_
#define BATON_MAIN_CMD_CHAT_H_

#include <functional>
#include <iosfwd>

#include "main/cmd_generate.h"
#include "main/command.h"

namespace baton {

struct ChatOptions {
  RequestOptions request;
  bool prompt_marks = false;  // whether to print "> " before reading a line: somebody types
};

// Reads messages from `in`, a line each, and answers on `out`; figures, help and errors go to
// `err`. Ends at the end of `in` or at /quit. Returns an exit code: that of the last answer that
// failed, if any. `set_interrupt_handler` is given what an interrupt shall do while an answer runs
// (cancel it), and null after it.
int RunChat(const ChatOptions& options, std::istream& in, std::ostream& out, std::ostream& err,
            const std::function<void(std::function<void()>)>& set_interrupt_handler);

void AddChatCommand(CLI::App& app, Command* run);

}  // namespace baton

#endif  // BATON_MAIN_CMD_CHAT_H_
