// Short and common English words, which the vocabularies of language models hold as one token each
// with the space before them.
#ifndef BATON_TESTS_LOAD_WORKLOAD_ENGLISH_WORDS_H_
#define BATON_TESTS_LOAD_WORKLOAD_ENGLISH_WORDS_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace baton {

// Each once, in small letters. The list is never changed: prompts are drawn from it by number.
absl::Span<const absl::string_view> EnglishWords();

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_ENGLISH_WORDS_H_
