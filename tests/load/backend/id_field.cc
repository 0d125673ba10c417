#include "tests/load/backend/id_field.h"

#include <algorithm>
#include <limits>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/wire_format_lite.h"

namespace baton {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;
using google::protobuf::io::StringOutputStream;

// By its own name or that of JSON.
const FieldDescriptor* FindField(const Descriptor& message, const std::string& name) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    if (field->name() == name || field->json_name() == name) return field;
  }
  return nullptr;
}

bool IsVarint(const FieldDescriptor& field) {
  return field.type() == FieldDescriptor::TYPE_INT32 ||
         field.type() == FieldDescriptor::TYPE_INT64 ||
         field.type() == FieldDescriptor::TYPE_UINT32 ||
         field.type() == FieldDescriptor::TYPE_UINT64;
}

std::string Varints(absl::Span<const uint32_t> ids, absl::optional<uint32_t> tag_of_each) {
  std::string bytes;
  {
    StringOutputStream stream(&bytes);
    CodedOutputStream out(&stream);
    for (const uint32_t id : ids) {
      if (tag_of_each) out.WriteTag(*tag_of_each);
      out.WriteVarint32(id);
    }
  }
  return bytes;
}

std::string Wrap(const FieldDescriptor& field, const std::string& payload) {
  std::string bytes;
  {
    StringOutputStream stream(&bytes);
    CodedOutputStream out(&stream);
    out.WriteTag(
        WireFormatLite::MakeTag(field.number(), WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
    out.WriteVarint32(static_cast<uint32_t>(payload.size()));
    out.WriteString(payload);
  }
  return bytes;
}

}  // namespace

absl::optional<IdField> IdField::Find(const Descriptor& message,
                                      const std::vector<std::string>& path) {
  std::vector<const FieldDescriptor*> fields;
  const Descriptor* at = &message;
  for (const std::string& name : path) {
    const FieldDescriptor* field = at == nullptr ? nullptr : FindField(*at, name);
    if (field == nullptr) return absl::nullopt;
    fields.push_back(field);
    const bool single_message =
        field->type() == FieldDescriptor::TYPE_MESSAGE && !field->is_repeated();
    at = single_message ? field->message_type() : nullptr;
  }
  if (fields.empty() || !fields.back()->is_repeated() || !IsVarint(*fields.back())) {
    return absl::nullopt;
  }
  return IdField(std::move(fields));
}

bool IdField::Append(absl::Span<const uint32_t> ids, std::string* bytes) const {
  const FieldDescriptor& leaf = *fields_.back();
  constexpr uint32_t kMaxInt32 = std::numeric_limits<int32_t>::max();
  if (leaf.type() == FieldDescriptor::TYPE_INT32 &&
      std::any_of(ids.begin(), ids.end(), [](uint32_t id) { return id > kMaxInt32; })) {
    return false;
  }
  std::string field =
      leaf.is_packed()
          ? Wrap(leaf, Varints(ids, absl::nullopt))
          : Varints(ids, WireFormatLite::MakeTag(leaf.number(), WireFormatLite::WIRETYPE_VARINT));
  for (size_t i = fields_.size() - 1; i-- > 0;) field = Wrap(*fields_[i], field);
  bytes->append(field);
  return true;
}

}  // namespace baton
