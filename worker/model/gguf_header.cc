#include "worker/model/gguf_header.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status_macros.h"

namespace baton {
namespace {

// gguf.md: keys are at most 2^16 - 1 bytes long, tensor names at most 64, tensors have at most 4
// dimensions.
constexpr uint64_t kMaxKeyLength = 65535;
constexpr uint64_t kMaxTensorNameLength = 64;
constexpr uint32_t kMaxDims = 4;
// Ours: nothing real nests arrays, has a million keys or tensors, or aligns to more than a
// megabyte.
constexpr int kMaxArrayDepth = 4;
constexpr uint64_t kMaxEntries = uint64_t{1} << 20;
constexpr uint64_t kMaxAlignment = uint64_t{1} << 20;
constexpr uint64_t kDefaultAlignment = 32;
// The least bytes an entry takes: key length, one character, type, one byte; name length, one
// character, dims, type, offset.
constexpr uint64_t kMinValueBytes = 8 + 1 + 4 + 1;
constexpr uint64_t kMinTensorBytes = 8 + 1 + 4 + 8 + 4 + 8;

class Parser {
 public:
  explicit Parser(GgufCursor cursor) : in_(std::move(cursor)) {}

  absl::StatusOr<GgufHeader> Parse() {
    RETURN_IF_ERROR(ParsePreamble());
    RETURN_IF_ERROR(ParseMetadata());
    RETURN_IF_ERROR(ParseAlignment());
    RETURN_IF_ERROR(ParseDirectory());
    RETURN_IF_ERROR(PlaceTensors());
    header_.bytes = std::move(in_).TakeBytes();
    return std::move(header_);
  }

 private:
  absl::Status ParsePreamble() {
    char magic[4];
    for (char& c : magic) RETURN_IF_ERROR(in_.Read("magic", &c));
    if (std::memcmp(magic, "GGUF", 4) != 0) {
      return in_.Error(absl::StrCat("magic is ", QuoteForError(absl::string_view(magic, 4)),
                                    ", expected 'GGUF'"));
    }
    RETURN_IF_ERROR(in_.Read("version", &header_.version));
    if (header_.version == 0x02000000 || header_.version == 0x03000000) {
      return in_.Error("the file is big-endian, only little-endian is supported");
    }
    if (header_.version != 2 && header_.version != 3) {
      return in_.Error(absl::StrCat("version is ", header_.version, ", supported are 2 and 3"));
    }
    RETURN_IF_ERROR(in_.Read("tensor count", &num_tensors_));
    RETURN_IF_ERROR(in_.Read("metadata count", &num_values_));
    if (std::max(num_tensors_, num_values_) > kMaxEntries) {
      return in_.Error(absl::StrCat("tensor count is ", num_tensors_, ", metadata count ",
                                    num_values_, ", at most ", kMaxEntries, " are supported"));
    }
    RETURN_IF_ERROR(CheckCount("metadata count", num_values_, kMinValueBytes));
    return CheckCount("tensor count", num_tensors_, kMinTensorBytes);
  }

  // A count of entries which take at least `min_bytes` each must fit into what is left of the file.
  absl::Status CheckCount(absl::string_view what, uint64_t count, uint64_t min_bytes) {
    const uint64_t limit = in_.remaining() / min_bytes;
    if (count <= limit) return absl::OkStatus();
    return in_.Error(
        absl::StrCat(what, " is ", count, ", the rest of the file holds at most ", limit));
  }

  absl::Status ParseMetadata() {
    for (uint64_t i = 0; i < num_values_; ++i) {
      in_.set_context(absl::StrCat("metadata entry ", i));
      ASSIGN_OR_RETURN(std::string key, in_.ReadString("key", kMaxKeyLength));
      if (key.empty()) return in_.Error("the key is empty");
      in_.set_context(absl::StrCat("key ", QuoteForError(key)));
      ASSIGN_OR_RETURN(const GgufValueRef value, ParseValue());
      if (!header_.values.emplace(std::move(key), value).second) {
        return in_.Error("the key occurs twice");
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<GgufValueType> ParseValueType(absl::string_view what) {
    uint32_t number = 0;
    RETURN_IF_ERROR(in_.Read(what, &number));
    if (number < kNumGgufValueTypes) return static_cast<GgufValueType>(number);
    return in_.Error(
        absl::StrCat(what, " is ", number, ", known are 0 to ", kNumGgufValueTypes - 1));
  }

  absl::StatusOr<GgufValueRef> ParseValue() {
    GgufValueRef value;
    ASSIGN_OR_RETURN(value.type, ParseValueType("value type"));
    value.offset = in_.position();
    switch (value.type) {
      case GgufValueType::kString:
        RETURN_IF_ERROR(in_.SkipString("string"));
        break;
      case GgufValueType::kArray:
        RETURN_IF_ERROR(SkipArray(1, &value));
        break;
      case GgufValueType::kBool: {
        uint8_t flag = 0;
        RETURN_IF_ERROR(in_.Read("bool", &flag));
        if (flag > 1) return in_.Error(absl::StrCat("bool is ", flag, ", expected 0 or 1"));
        break;
      }
      default:
        RETURN_IF_ERROR(in_.Skip(GgufValueTypeName(value.type), GgufValueTypeBytes(value.type)));
    }
    return value;
  }

  // Steps over an array, filling in what `value` says about it. Elements are walked, never stored.
  absl::Status SkipArray(int depth, GgufValueRef* value) {
    if (depth > kMaxArrayDepth) {
      return in_.Error(absl::StrCat("arrays are nested deeper than ", kMaxArrayDepth));
    }
    ASSIGN_OR_RETURN(value->element_type, ParseValueType("array element type"));
    RETURN_IF_ERROR(in_.Read("array count", &value->count));
    value->offset = in_.position();
    const uint64_t element_bytes = GgufValueTypeBytes(value->element_type);
    // A string takes at least its length, an array its element type and count.
    const uint64_t min_bytes = element_bytes > 0                               ? element_bytes
                               : value->element_type == GgufValueType::kString ? 8
                                                                               : 12;
    RETURN_IF_ERROR(CheckCount("array count", value->count, min_bytes));
    if (element_bytes > 0) return in_.Skip("array", value->count * element_bytes);
    for (uint64_t i = 0; i < value->count; ++i) {
      if (value->element_type == GgufValueType::kString) {
        RETURN_IF_ERROR(in_.SkipString("array element"));
      } else {
        GgufValueRef inner;
        RETURN_IF_ERROR(SkipArray(depth + 1, &inner));
      }
    }
    return absl::OkStatus();
  }

  // ParseMetadata has run, but the bytes are still the cursor's: the value is re-read from where it
  // lies.
  absl::Status ParseAlignment() {
    header_.alignment = kDefaultAlignment;
    const auto it = header_.values.find("general.alignment");
    if (it == header_.values.end()) return absl::OkStatus();
    in_.set_context("key 'general.alignment'");
    if (it->second.type != GgufValueType::kUint32) {
      return in_.Error(absl::StrCat("expected a uint32, found a value of type ",
                                    GgufValueTypeName(it->second.type)));
    }
    uint32_t alignment = 0;
    in_.CopyParsed(it->second.offset, &alignment);
    if (alignment < 8 || alignment > kMaxAlignment || (alignment & (alignment - 1)) != 0) {
      return in_.Error(absl::StrCat("alignment is ", alignment,
                                    ", expected a power of two from 8 to ", kMaxAlignment));
    }
    header_.alignment = alignment;
    return absl::OkStatus();
  }

  absl::Status ParseDirectory() {
    absl::flat_hash_set<std::string> names;
    for (uint64_t i = 0; i < num_tensors_; ++i) {
      in_.set_context(absl::StrCat("tensor directory entry ", i));
      TensorInfo tensor;
      ASSIGN_OR_RETURN(tensor.name, in_.ReadString("name", kMaxTensorNameLength));
      if (tensor.name.empty()) return in_.Error("the name is empty");
      in_.set_context(absl::StrCat("tensor ", QuoteForError(tensor.name)));
      if (!names.insert(tensor.name).second) return in_.Error("the name occurs twice");
      RETURN_IF_ERROR(ParseTensor(&tensor));
      header_.tensors.push_back(std::move(tensor));
    }
    return absl::OkStatus();
  }

  // Leaves in `offset` what the file says: relative to the data section.
  absl::Status ParseTensor(TensorInfo* tensor) {
    uint32_t num_dims = 0;
    RETURN_IF_ERROR(in_.Read("number of dimensions", &num_dims));
    if (num_dims < 1 || num_dims > kMaxDims) {
      return in_.Error(absl::StrCat("has ", num_dims, " dimensions, expected 1 to ", kMaxDims));
    }
    int64_t num_elements = 1;
    for (uint32_t i = 0; i < num_dims; ++i) {
      int64_t dim = 0;
      RETURN_IF_ERROR(in_.Read("dimension", &dim));
      if (dim < 1) {
        return in_.Error(absl::StrCat("dimension ", i, " is ", static_cast<uint64_t>(dim),
                                      ", expected 1 to 2^63 - 1"));
      }
      tensor->dims.push_back(dim);
      if (__builtin_mul_overflow(num_elements, dim, &num_elements)) {
        return in_.Error(absl::StrCat("has dimensions [", absl::StrJoin(tensor->dims, ", "),
                                      "], whose product overflows"));
      }
    }
    uint32_t number = 0;
    RETURN_IF_ERROR(in_.Read("type", &number));
    const GgmlTypeInfo* type = FindGgmlType(number);
    if (type == nullptr) {
      return in_.Error(absl::StrCat("has type number ", number,
                                    ", which is unknown; supported are ", kSupportedWeightTypes));
    }
    tensor->type = type->type;
    if (tensor->dims[0] % type->block_size != 0) {
      return in_.Error(absl::StrCat("has rows of ", tensor->dims[0],
                                    " elements, expected a multiple of ", type->block_size,
                                    " for type ", type->name));
    }
    const uint64_t num_blocks = static_cast<uint64_t>(num_elements) / type->block_size;
    if (__builtin_mul_overflow(num_blocks, uint64_t{type->block_bytes}, &tensor->num_bytes)) {
      return in_.Error("its size in bytes overflows");
    }
    RETURN_IF_ERROR(in_.Read("offset", &tensor->offset));
    if (tensor->offset % header_.alignment != 0) {
      return in_.Error(absl::StrCat("has offset ", tensor->offset, ", expected a multiple of ",
                                    header_.alignment));
    }
    return absl::OkStatus();
  }

  // Makes offsets absolute; checks that each tensor is inside the file and that none overlap.
  absl::Status PlaceTensors() {
    // At most kMaxHeaderBytes + kMaxAlignment, so this cannot overflow.
    const uint64_t data =
        (in_.position() + header_.alignment - 1) / header_.alignment * header_.alignment;
    std::vector<const TensorInfo*> by_offset;
    for (TensorInfo& tensor : header_.tensors) {
      in_.set_context(absl::StrCat("tensor ", QuoteForError(tensor.name)));
      const uint64_t size = in_.file_size();
      if (data > size || tensor.offset > size - data ||
          tensor.num_bytes > size - data - tensor.offset) {
        return in_.Error(absl::StrCat(tensor.num_bytes, " bytes at offset ", tensor.offset,
                                      " of the data section, which begins at ", data,
                                      ", do not fit: the file ends at ", size));
      }
      tensor.offset += data;
      by_offset.push_back(&tensor);
    }
    std::sort(by_offset.begin(), by_offset.end(), [](const TensorInfo* a, const TensorInfo* b) {
      return a->offset != b->offset ? a->offset < b->offset : a->name < b->name;
    });
    for (size_t i = 1; i < by_offset.size(); ++i) {
      const TensorInfo& left = *by_offset[i - 1];
      const TensorInfo& right = *by_offset[i];
      if (left.offset + left.num_bytes > right.offset) {
        in_.set_context(absl::StrCat("tensor ", QuoteForError(right.name)));
        return in_.Error(absl::StrCat("begins at ", right.offset, ", but tensor ",
                                      QuoteForError(left.name), " ends at ",
                                      left.offset + left.num_bytes));
      }
    }
    return absl::OkStatus();
  }

  GgufCursor in_;
  uint64_t num_tensors_ = 0;
  uint64_t num_values_ = 0;
  GgufHeader header_;
};

}  // namespace

absl::StatusOr<GgufHeader> ParseGgufHeader(GgufCursor cursor) {
  return Parser(std::move(cursor)).Parse();
}

}  // namespace baton
