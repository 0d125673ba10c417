#include "tests/load/backend/field_value.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace baton {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// "FINISH_REASON" of "FinishReason".
std::string UpperSnake(const std::string& camel) {
  std::string snake;
  for (const char c : camel) {
    if (absl::ascii_isupper(c) && !snake.empty()) snake += '_';
    snake += absl::ascii_toupper(c);
  }
  return snake;
}

std::string EnumAt(const Message& parent, const FieldDescriptor* field, int index) {
  const Reflection& r = *parent.GetReflection();
  const EnumValueDescriptor* value =
      index < 0 ? r.GetEnum(parent, field) : r.GetRepeatedEnum(parent, field, index);
  if (absl::EndsWith(value->name(), "UNSPECIFIED")) return "";
  return std::string(
      absl::StripPrefix(value->name(), absl::StrCat(UpperSnake(value->type()->name()), "_")));
}

bool BoolAt(const Message& parent, const FieldDescriptor* field, int index) {
  const Reflection& r = *parent.GetReflection();
  return index < 0 ? r.GetBool(parent, field) : r.GetRepeatedBool(parent, field, index);
}

}  // namespace

bool IsInteger(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return true;
    default:
      return false;
  }
}

int64_t IntegerAt(const Message& parent, const FieldDescriptor* field, int index) {
  const Reflection& r = *parent.GetReflection();
  const bool one = index < 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return one ? r.GetInt32(parent, field) : r.GetRepeatedInt32(parent, field, index);
    case FieldDescriptor::CPPTYPE_INT64:
      return one ? r.GetInt64(parent, field) : r.GetRepeatedInt64(parent, field, index);
    case FieldDescriptor::CPPTYPE_UINT32:
      return one ? r.GetUInt32(parent, field) : r.GetRepeatedUInt32(parent, field, index);
    default:
      return static_cast<int64_t>(one ? r.GetUInt64(parent, field)
                                      : r.GetRepeatedUInt64(parent, field, index));
  }
}

const std::string& TextAt(const Message& parent, const FieldDescriptor* field, int index,
                          std::string* scratch) {
  const Reflection& r = *parent.GetReflection();
  return index < 0 ? r.GetStringReference(parent, field, scratch)
                   : r.GetRepeatedStringReference(parent, field, index, scratch);
}

std::string LabelAt(const Message& parent, const FieldDescriptor* field, int index) {
  std::string scratch;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return TextAt(parent, field, index, &scratch);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumAt(parent, field, index);
    case FieldDescriptor::CPPTYPE_BOOL:
      return BoolAt(parent, field, index) ? field->name() : "";
    default:
      return absl::StrCat(IntegerAt(parent, field, index));
  }
}

}  // namespace baton
