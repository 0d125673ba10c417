// What is asked of a server whose requests are known only at run time: JSON with placeholders.
//
//   {"prompt": "{prompt}", "options": {"max_new_tokens": "{max_tokens}", "seed": "{seed}"}}
//
// A string that is one placeholder and nothing else becomes the value itself; in a longer string
// its text is put in.
//
// | placeholder     | value                                                                      |
// |-----------------|----------------------------------------------------------------------------|
// | {prompt}        | the text, for prompts of text                                              |
// | {prompt_ids}    | array of token ids, for prompts of token ids                               |
// | {messages}      | array of {"role", "content"}, for conversations; and for prompts of text,  |
// |                 | as one message of a user's, in a template without {prompt}                 |
// | {max_tokens}    | integer                                                                    |
// | {ignore_eos}    | true or false                                                              |
// | {seed}, {top_k} | integer, if the run sets it                                                |
// | {top_p},        | number, if the run sets it                                                 |
// | {temperature}   |                                                                            |
// | {index}         | integer: the request's number in the run                                   |
//
// What holds a placeholder without a value is left out: the object's field, or the array's element,
// and the object or array itself if nothing else is in it.
// Braces around anything but small letters and underscores are text.
#ifndef BATON_TESTS_LOAD_BACKEND_REQUEST_TEMPLATE_H_
#define BATON_TESTS_LOAD_BACKEND_REQUEST_TEMPLATE_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json_fwd.hpp"
#include "tests/load/request/load_request.h"

namespace baton {

// Immutable, so thread-safe.
class RequestTemplate {
 public:
  // INVALID_ARGUMENT for what is no JSON object, for unknown placeholders, and when there is none
  // for a prompt.
  static absl::StatusOr<RequestTemplate> Parse(absl::string_view json);

  // INVALID_ARGUMENT when the template has no placeholder that takes this kind of prompt.
  absl::Status Check(const LoadRequest& request) const;

  // The request as JSON text, for a request that passes Check.
  std::string Fill(const LoadRequest& request) const;

  // The fields that lead to {prompt_ids} where it is in one place only, alone and below nothing but
  // objects; else empty.
  std::vector<std::string> IdsPath() const;

 private:
  RequestTemplate(nlohmann::json json, std::set<std::string> used);

  std::shared_ptr<const nlohmann::json> json_;
  std::set<std::string> used_;  // names of placeholders
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_REQUEST_TEMPLATE_H_
