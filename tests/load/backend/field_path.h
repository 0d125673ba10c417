// Where something is in messages whose type is known only at run time: "choices.delta.text".
#ifndef BATON_TESTS_LOAD_BACKEND_FIELD_PATH_H_
#define BATON_TESTS_LOAD_BACKEND_FIELD_PATH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace baton {

// What a path leads to, which decides the types that its last field can have.
enum class FieldUse {
  kText,    // string or bytes
  kTokens,  // anything: integers are token ids, anything else is a token each
  kNumber,  // an integer
  kLabel,   // a string, enum, integer or bool
};

// Field names with dots between them, from a message down. A repeated field stands for all its
// elements, in order; a field that is not there, or a branch of a oneof that was not taken, for
// none. Where a field of proto3 does not say whether it is there, its default value counts as
// absent. Immutable; the descriptors must outlive it.
class FieldPath {
 public:
  // INVALID_ARGUMENT, naming the path, the part that is wrong and what there is instead, when the
  // path does not exist or leads to a type that does not fit the use.
  static absl::StatusOr<FieldPath> Resolve(const google::protobuf::Descriptor& message,
                                           absl::string_view path, FieldUse use);

  // Each method is for its use, and `message` is of the type that the path was resolved for.

  // kText: all of it is put after `text`.
  void AppendText(const google::protobuf::Message& message, std::string* text) const;
  // kTokens: returns how many there are; the ids, if integers, are put after `ids`.
  uint32_t AppendTokens(const google::protobuf::Message& message, std::vector<uint32_t>* ids) const;
  // kNumber: the last one; negative ones are none. Below the first level the default value counts
  // when the message around it is there, so that a usage of 0 tokens is one.
  absl::optional<uint32_t> Number(const google::protobuf::Message& message) const;
  // kLabel: the last one that is not empty: an enum's name, without its type's before it
  // (FINISH_REASON_STOP of FinishReason is "STOP"), or the field's name for a bool that is true. An
  // enum's default value counts as a number's does, unless its name ends in UNSPECIFIED.
  std::string Label(const google::protobuf::Message& message) const;

 private:
  explicit FieldPath(std::vector<const google::protobuf::FieldDescriptor*> fields)
      : fields_(std::move(fields)) {}

  // Calls visit(parent, index) for each element of the last field, index -1 if it is not repeated.
  // `defaults`: also where it is absent and can not say so.
  template <typename Visit>
  void ForEach(const google::protobuf::Message& message, size_t depth, bool defaults,
               const Visit& visit) const;
  const google::protobuf::FieldDescriptor* leaf() const { return fields_.back(); }

  std::vector<const google::protobuf::FieldDescriptor*> fields_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_FIELD_PATH_H_
