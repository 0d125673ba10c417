// The values a template computes with: Python's None, bool, int (64 bits), float, str, list, tuple,
// dict, range, views and iterators, and Jinja's undefined, namespace, macro and loop. Cheap to copy
// (containers are shared, and never changed once made; iterators and namespaces are what changes).
// Every string and number knows whether it is trusted.
#ifndef BATON_ROUTER_CHAT_JINJA_VALUE_H_
#define BATON_ROUTER_CHAT_JINJA_VALUE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "router/chat/jinja/budget.h"
#include "router/chat/jinja/text.h"

namespace baton {
namespace jinja {

class Value;
class Dict;
class Runtime;
struct CallArgs;
struct Sequence;
struct Namespace;

// The order is that of Value::data_.
enum class Kind {
  kUndefined,
  kNone,
  kBool,
  kInt,
  kFloat,
  kString,
  kSequence,
  kDict,
  kNamespace,
  kObject
};

// What can be called, and what has attributes of its own: macros, functions, methods, the loop
// variable.
class Object {
 public:
  virtual ~Object() = default;
  // As Python names the type, for messages.
  virtual absl::string_view type_name() const = 0;
  virtual bool callable() const { return true; }
  // Of the containers it keeps alive.
  virtual int depth() const { return 0; }
  virtual absl::StatusOr<Value> Call(Runtime& runtime, CallArgs args) = 0;
  // Undefined when there is no such attribute.
  virtual absl::StatusOr<Value> GetAttr(Runtime& runtime, absl::string_view name);
};

class Value {
 public:
  Value() = default;  // undefined
  static Value Undefined(std::string why);
  static Value None(bool trusted = true) { return Value(NoneType{}, trusted); }
  static Value Bool(bool b, bool trusted = true) { return Value(b, trusted); }
  static Value Int(int64_t i, bool trusted = true) { return Value(i, trusted); }
  static Value Float(double d, bool trusted = true) { return Value(d, trusted); }
  static Value String(Text text) {
    return Value(std::make_shared<const Text>(std::move(text)), true);
  }
  static Value String(std::string bytes, bool trusted) {
    return String(Text(std::move(bytes), trusted));
  }
  static Value Of(std::shared_ptr<Sequence> s) { return Value(std::move(s), true); }
  static Value Of(std::shared_ptr<const Dict> d) { return Value(std::move(d), true); }
  static Value Of(std::shared_ptr<Namespace> n) { return Value(std::move(n), true); }
  static Value Of(std::shared_ptr<Object> o) { return Value(std::move(o), true); }

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is(Kind k) const { return kind() == k; }
  bool is_integer() const { return is(Kind::kInt) || is(Kind::kBool); }  // isinstance(x, int)
  bool is_number() const { return is_integer() || is(Kind::kFloat); }

  // Each needs its kind.
  absl::string_view why_undefined() const;
  bool as_bool() const { return std::get<bool>(data_); }
  int64_t as_int() const { return is(Kind::kBool) ? as_bool() : std::get<int64_t>(data_); }
  double as_float() const {
    return is(Kind::kFloat) ? std::get<double>(data_) : static_cast<double>(as_int());
  }
  const Text& text() const { return *std::get<std::shared_ptr<const Text>>(data_); }
  Sequence& sequence() const { return *std::get<std::shared_ptr<Sequence>>(data_); }
  const Dict& dict() const { return *std::get<std::shared_ptr<const Dict>>(data_); }
  Namespace& ns() const { return *std::get<std::shared_ptr<Namespace>>(data_); }
  Object& object() const { return *std::get<std::shared_ptr<Object>>(data_); }

  // Of a scalar: whether it came from a trusted source. Of a string: whether all of it did. Of the
  // rest: true.
  bool trusted() const { return is(Kind::kString) ? text().IsTrusted() : trusted_; }
  int depth() const;              // of nested containers; 0 for what is none
  const void* identity() const;   // null for scalars
  std::string type_name() const;  // as Python names it, for messages

 private:
  struct NoneType {};
  using Why = std::shared_ptr<const std::string>;
  using Data = std::variant<Why, NoneType, bool, int64_t, double, std::shared_ptr<const Text>,
                            std::shared_ptr<Sequence>, std::shared_ptr<const Dict>,
                            std::shared_ptr<Namespace>, std::shared_ptr<Object>>;
  Value(Data data, bool trusted) : data_(std::move(data)), trusted_(trusted) {}

  Data data_;
  bool trusted_ = true;
};

enum class SequenceKind { kList, kTuple, kRange, kKeys, kValues, kItems, kIterator };

struct Sequence {
  SequenceKind kind;
  std::vector<Value> items;
  int depth = 1;
  size_t next = 0;  // kIterator: what has been consumed
  int64_t range_start = 0, range_stop = 0, range_step = 1;
};

// A dict in order of insertion. Filled by whoever makes it, then shared and constant.
class Dict {
 public:
  using Entry = std::pair<Value, Value>;

  const std::vector<Entry>& entries() const { return entries_; }
  int depth() const { return depth_; }
  // Null when absent. An unhashable key is an error, as in Python.
  absl::StatusOr<const Value*> Find(Budget& budget, const Value& key) const;
  const Value* Find(absl::string_view key) const;
  // Adds or overwrites.
  absl::Status Set(Budget& budget, Value key, Value value);

 private:
  std::vector<Entry> entries_;
  absl::flat_hash_map<std::string, size_t> index_;  // by HashKey
  int depth_ = 1;
};

// Attributes may be set by the template. Made by Runtime::MakeNamespace alone, which empties it in
// the end.
struct Namespace {
  absl::flat_hash_map<std::string, Value> attributes;
};

// Equal for two values exactly if Python's dict takes them for one key (1, 1.0 and True are).
absl::StatusOr<std::string> HashKey(Budget& budget, const Value& value);

// Makers charge the budget and refuse to nest deeper than kMaxValueDepth.
absl::StatusOr<Value> MakeSequence(Budget& budget, SequenceKind kind, std::vector<Value> items);
absl::StatusOr<Value> MakeDict(Budget& budget, std::shared_ptr<Dict> dict);
absl::StatusOr<Value> MakeString(Budget& budget, Text text);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_VALUE_H_
