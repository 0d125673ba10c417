// A generation for programs.
#ifndef BATON_MAIN_GENERATION_JSON_H_
#define BATON_MAIN_GENERATION_JSON_H_

#include <cstddef>
#include <string>

#include "main/generation.h"

namespace baton {

// The generation as one JSON object on one line; `index` is the prompt's place among the prompts,
// from 0, `line` that in its file, from 1, and 0 where there is no file: then it is left out. The
// answer stands in "text", "token_ids" and "logprobs", or, where several were asked for, once for
// each in "choices"; the prompt, if it was asked for, in "prompt". A failed one has "error" with
// code, message and details beside whatever came before.
std::string GenerationJson(const Generation& generation, size_t index, size_t line);

}  // namespace baton

#endif  // BATON_MAIN_GENERATION_JSON_H_
