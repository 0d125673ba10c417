// A chat as a client sends it: plain values, no protobuf. Everything here is untrusted text.
#ifndef BATON_ROUTER_CHAT_CONVERSATION_H_
#define BATON_ROUTER_CHAT_CONVERSATION_H_

#include <map>
#include <string>
#include <vector>

namespace baton {

struct ContentPart {
  std::string type;  // "text", the only one so far
  std::string text;
};

struct ToolCall {
  std::string id;  // may be empty
  std::string name;
  std::string arguments_json;  // a JSON object; empty is {}
};

struct Message {
  std::string role;  // system, user, assistant, tool or developer
  std::string content;
  std::vector<ContentPart> parts;  // when not empty, instead of content
  std::string name;                // of the tool that answers; may be empty
  std::string tool_call_id;        // of the call that is answered; may be empty
  std::vector<ToolCall> tool_calls;
  std::string reasoning_content;  // what the assistant thought before it answered; may be empty
};

struct Conversation {
  std::vector<Message> messages;
  std::vector<std::string> tools_json;  // each a JSON object, as OpenAI's API describes tools
  // Whether to end with the opening of the assistant's answer.
  bool add_generation_prompt = true;
  // Further variables for the template, by name, as JSON (enable_thinking: false).
  std::map<std::string, std::string> template_kwargs_json;
};

}  // namespace baton

#endif  // BATON_ROUTER_CHAT_CONVERSATION_H_
