#include "router/chat/jinja/value.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace baton {
namespace jinja {
namespace {

absl::Status CheckDepth(int depth) {
  if (depth <= kMaxValueDepth) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("a value nested more than ", kMaxValueDepth, " deep"));
}

}  // namespace

absl::StatusOr<Value> Object::GetAttr(Runtime&, absl::string_view name) {
  return Value::Undefined(absl::StrCat("'", type_name(), "' has no attribute '", name, "'"));
}

Value Value::Undefined(std::string why) {
  return Value(std::make_shared<const std::string>(std::move(why)), true);
}

absl::string_view Value::why_undefined() const {
  const Why& why = std::get<Why>(data_);
  return why == nullptr ? "the value is undefined" : absl::string_view(*why);
}

int Value::depth() const {
  if (is(Kind::kSequence)) return sequence().depth;
  if (is(Kind::kObject)) return object().depth();
  return is(Kind::kDict) ? dict().depth() : 0;
}

const void* Value::identity() const {
  switch (kind()) {
    case Kind::kString:
      return &text();
    case Kind::kSequence:
      return &sequence();
    case Kind::kDict:
      return &dict();
    case Kind::kNamespace:
      return &ns();
    case Kind::kObject:
      return &object();
    default:
      return nullptr;
  }
}

std::string Value::type_name() const {
  static constexpr const char* kSequences[] = {"list",        "tuple",      "range",   "dict_keys",
                                               "dict_values", "dict_items", "iterator"};
  switch (kind()) {
    case Kind::kUndefined:
      return "Undefined";
    case Kind::kNone:
      return "NoneType";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kFloat:
      return "float";
    case Kind::kString:
      return "str";
    case Kind::kSequence:
      return kSequences[static_cast<int>(sequence().kind)];
    case Kind::kDict:
      return "dict";
    case Kind::kNamespace:
      return "Namespace";
    case Kind::kObject:
      return std::string(object().type_name());
  }
  return "?";
}

absl::StatusOr<const Value*> Dict::Find(Budget& budget, const Value& key) const {
  ASSIGN_OR_RETURN(const std::string hash_key, HashKey(budget, key));
  const auto it = index_.find(hash_key);
  return it == index_.end() ? nullptr : &entries_[it->second].second;
}

const Value* Dict::Find(absl::string_view key) const {
  const auto it = index_.find(absl::StrCat("s", key));
  return it == index_.end() ? nullptr : &entries_[it->second].second;
}

absl::Status Dict::Set(Budget& budget, Value key, Value value) {
  ASSIGN_OR_RETURN(std::string hash_key, HashKey(budget, key));
  RETURN_IF_ERROR(budget.Allocate(sizeof(Entry) + 2 * hash_key.size() + 64));
  depth_ = std::max(depth_, 1 + std::max(key.depth(), value.depth()));
  RETURN_IF_ERROR(CheckDepth(depth_));
  const auto [it, inserted] = index_.try_emplace(std::move(hash_key), entries_.size());
  if (inserted) {
    entries_.emplace_back(std::move(key), std::move(value));
  } else {
    entries_[it->second].second = std::move(value);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> HashKey(Budget& budget, const Value& value) {
  switch (value.kind()) {
    case Kind::kString:
      RETURN_IF_ERROR(budget.Scan(value.text().size()));
      return absl::StrCat("s", value.text().bytes());
    case Kind::kUndefined:
      return std::string("u");
    case Kind::kNone:
      return std::string("n");
    case Kind::kBool:
    case Kind::kInt:
      return absl::StrCat("i", value.as_int());
    case Kind::kFloat: {
      const double d = value.as_float();
      if (d == std::floor(d) && std::fabs(d) < 9.2e18) {
        return absl::StrCat("i", static_cast<int64_t>(d));
      }
      return absl::StrCat("f", absl::string_view(reinterpret_cast<const char*>(&d), sizeof(d)));
    }
    case Kind::kNamespace:
    case Kind::kObject:
      return absl::StrCat("o", reinterpret_cast<uintptr_t>(value.identity()));
    case Kind::kSequence: {
      const Sequence& sequence = value.sequence();
      if (sequence.kind == SequenceKind::kRange) {  // equal ranges have equal numbers
        std::string key = absl::StrCat("r", sequence.items.size());
        for (size_t i = 0; i < std::min<size_t>(sequence.items.size(), 2); ++i) {
          absl::StrAppend(&key, ":", sequence.items[i].as_int());
        }
        return key;
      }
      if (sequence.kind != SequenceKind::kTuple) break;
      std::string key = absl::StrCat("t", sequence.items.size(), ":");
      for (const Value& item : sequence.items) {
        ASSIGN_OR_RETURN(const std::string part, HashKey(budget, item));
        RETURN_IF_ERROR(budget.Allocate(part.size()));
        absl::StrAppend(&key, part.size(), ":", part);
      }
      return key;
    }
    default:
      break;
  }
  return absl::InvalidArgumentError(absl::StrCat("unhashable type: '", value.type_name(), "'"));
}

absl::StatusOr<Value> MakeSequence(Budget& budget, SequenceKind kind, std::vector<Value> items) {
  RETURN_IF_ERROR(budget.Allocate(sizeof(Sequence) + items.capacity() * sizeof(Value)));
  auto sequence = std::make_shared<Sequence>();
  sequence->kind = kind;
  for (const Value& item : items) sequence->depth = std::max(sequence->depth, 1 + item.depth());
  RETURN_IF_ERROR(CheckDepth(sequence->depth));
  sequence->items = std::move(items);
  return Value::Of(std::move(sequence));
}

absl::StatusOr<Value> MakeDict(Budget& budget, std::shared_ptr<Dict> dict) {
  RETURN_IF_ERROR(budget.Allocate(sizeof(Dict)));
  return Value::Of(std::shared_ptr<const Dict>(std::move(dict)));
}

absl::StatusOr<Value> MakeString(Budget& budget, Text text) {
  RETURN_IF_ERROR(budget.Allocate(sizeof(Text) + text.size()));
  return Value::String(std::move(text));
}

}  // namespace jinja
}  // namespace baton
