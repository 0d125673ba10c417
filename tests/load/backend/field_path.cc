#include "tests/load/backend/field_path.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/load/backend/field_value.h"

namespace baton {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool IsText(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
}

bool IsMessage(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

// What the use asks for; empty when the field's type is that.
absl::string_view Expected(const FieldDescriptor& field, FieldUse use) {
  switch (use) {
    case FieldUse::kText:
      return IsText(field) ? "" : "string or bytes";
    case FieldUse::kTokens:
      return "";
    case FieldUse::kNumber:
      return IsInteger(field) ? "" : "an integer";
    case FieldUse::kLabel:
      return IsText(field) || IsInteger(field) ||
                     field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM ||
                     field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL
                 ? ""
                 : "a string, enum, integer or bool";
  }
  return "";
}

std::string FieldNames(const Descriptor& message) {
  std::vector<std::string> names;
  for (int i = 0; i < message.field_count(); ++i) names.push_back(message.field(i)->name());
  return names.empty() ? "no fields" : absl::StrJoin(names, ", ");
}

absl::Status Wrong(absl::string_view path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("field path \"", path, "\": ", what));
}

}  // namespace

absl::StatusOr<FieldPath> FieldPath::Resolve(const Descriptor& message, absl::string_view path,
                                             FieldUse use) {
  std::vector<const FieldDescriptor*> fields;
  const Descriptor* at = &message;
  for (const absl::string_view part : absl::StrSplit(path, '.')) {
    const std::string name(part);
    if (at == nullptr) {
      return Wrong(
          path, absl::StrCat(fields.back()->full_name(), " is of type ", fields.back()->type_name(),
                             ", which has no field \"", name, "\""));
    }
    const FieldDescriptor* field = at->FindFieldByName(name);
    if (field == nullptr) {
      return Wrong(path, absl::StrCat(at->full_name(), " has no field \"", name, "\"; it has ",
                                      FieldNames(*at)));
    }
    fields.push_back(field);
    at = IsMessage(*field) ? field->message_type() : nullptr;
  }
  const absl::string_view expected = Expected(*fields.back(), use);
  if (!expected.empty()) {
    return Wrong(path, absl::StrCat(fields.back()->full_name(), " is of type ",
                                    fields.back()->type_name(), "; expected ", expected,
                                    at ? absl::StrCat("; it has ", FieldNames(*at)) : ""));
  }
  return FieldPath(std::move(fields));
}

template <typename Visit>
void FieldPath::ForEach(const Message& message, size_t depth, bool defaults,
                        const Visit& visit) const {
  const FieldDescriptor* field = fields_[depth];
  const Reflection& r = *message.GetReflection();
  const bool last = depth + 1 == fields_.size();
  if (field->is_repeated()) {
    const int size = r.FieldSize(message, field);
    for (int i = 0; i < size; ++i) {
      if (last) visit(message, i);
      if (!last) ForEach(r.GetRepeatedMessage(message, field, i), depth + 1, defaults, visit);
    }
    return;
  }
  const bool default_counts = last && defaults && depth > 0 && !field->has_presence();
  if (!default_counts && !r.HasField(message, field)) return;
  if (last) visit(message, -1);
  if (!last) ForEach(r.GetMessage(message, field), depth + 1, defaults, visit);
}

void FieldPath::AppendText(const Message& message, std::string* text) const {
  std::string scratch;
  ForEach(message, 0, /*defaults=*/false, [&](const Message& parent, int index) {
    text->append(TextAt(parent, leaf(), index, &scratch));
  });
}

uint32_t FieldPath::AppendTokens(const Message& message, std::vector<uint32_t>* ids) const {
  uint32_t count = 0;
  // A token's id may be 0, which a field without presence does not tell from none.
  const bool integers = IsInteger(*leaf());
  ForEach(message, 0, /*defaults=*/integers, [&](const Message& parent, int index) {
    ++count;
    if (integers) ids->push_back(static_cast<uint32_t>(IntegerAt(parent, leaf(), index)));
  });
  return count;
}

absl::optional<uint32_t> FieldPath::Number(const Message& message) const {
  absl::optional<uint32_t> number;
  ForEach(message, 0, /*defaults=*/true, [&](const Message& parent, int index) {
    const int64_t value = IntegerAt(parent, leaf(), index);
    if (value < 0) return;
    number = static_cast<uint32_t>(
        std::min<int64_t>(value, int64_t{std::numeric_limits<uint32_t>::max()}));
  });
  return number;
}

std::string FieldPath::Label(const Message& message) const {
  std::string label;
  ForEach(message, 0, /*defaults=*/true, [&](const Message& parent, int index) {
    std::string value = LabelAt(parent, leaf(), index);
    if (!value.empty()) label = std::move(value);
  });
  return label;
}

}  // namespace baton
