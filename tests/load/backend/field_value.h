// One value of a field in a message whose type is known only at run time.
#ifndef BATON_TESTS_LOAD_BACKEND_FIELD_VALUE_H_
#define BATON_TESTS_LOAD_BACKEND_FIELD_VALUE_H_

#include <cstdint>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace baton {

// Of 32 or 64 bits, with or without a sign; enums are none.
bool IsInteger(const google::protobuf::FieldDescriptor& field);

// In all of these `parent` has the field, and `index` says which of its values; -1 for a field that
// is not repeated.

// For a field that IsInteger. Those above int64's become negative.
int64_t IntegerAt(const google::protobuf::Message& parent,
                  const google::protobuf::FieldDescriptor* field, int index);

// For string and bytes. What it returns lives as long as `parent` and `scratch`.
const std::string& TextAt(const google::protobuf::Message& parent,
                          const google::protobuf::FieldDescriptor* field, int index,
                          std::string* scratch);

// For a string, enum, integer or bool, see FieldPath::Label; "" for none.
std::string LabelAt(const google::protobuf::Message& parent,
                    const google::protobuf::FieldDescriptor* field, int index);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_FIELD_VALUE_H_
