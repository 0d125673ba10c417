#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "nlohmann/json.hpp"
#include "router/chat/jinja/json.h"

namespace baton {
namespace jinja {
namespace {

// Builds the value while nlohmann's parser reads: no second tree, and no recursion at any depth.
// Each handler returns false, and leaves status(), to stop.
class ValueBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  ValueBuilder(Budget& budget, bool trusted) : budget_(budget), trusted_(trusted) {}

  const absl::Status& status() const { return status_; }
  Value result() { return std::move(result_); }

  bool null() override { return Add(Value::None(trusted_)); }
  bool boolean(bool b) override { return Add(Value::Bool(b, trusted_)); }
  bool number_integer(number_integer_t i) override { return Add(Value::Int(i, trusted_)); }
  bool number_unsigned(number_unsigned_t u) override {
    if (u > static_cast<number_unsigned_t>(INT64_MAX)) return TooBig(absl::StrCat(u));
    return Add(Value::Int(static_cast<int64_t>(u), trusted_));
  }
  bool number_float(number_float_t d, const string_t& text) override {
    if (text.find_first_of(".eE") == string_t::npos) return TooBig(text);  // an integer
    return Add(Value::Float(d, trusted_));
  }
  bool string(string_t& s) override { return AddString(s); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return Push(/*is_object=*/true); }
  bool start_array(size_t) override { return Push(/*is_object=*/false); }
  bool key(string_t& k) override {
    open_.back().key = Value::String(std::move(k), trusted_);
    return true;
  }
  bool end_array() override {
    auto list = MakeSequence(budget_, SequenceKind::kList, std::move(open_.back().items));
    return Close(std::move(list));
  }
  bool end_object() override { return Close(MakeDict(budget_, std::move(open_.back().dict))); }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) override {
    return Fail(absl::InvalidArgumentError(absl::StrCat("not JSON at byte ", position)));
  }

 private:
  struct Container {
    std::shared_ptr<Dict> dict;  // null: an array
    Value key;
    std::vector<Value> items;
  };

  bool Fail(absl::Status status) {
    if (status_.ok()) status_ = std::move(status);
    return false;
  }
  bool TooBig(absl::string_view text) {
    return Fail(absl::InvalidArgumentError(
        absl::StrCat("the integer ", text.substr(0, 40), " is beyond 64 bits")));
  }
  bool Push(bool is_object) {
    if (open_.size() >= kMaxValueDepth) {
      return Fail(absl::InvalidArgumentError(
          absl::StrCat("JSON nested more than ", kMaxValueDepth, " deep")));
    }
    open_.push_back({is_object ? std::make_shared<Dict>() : nullptr, Value(), {}});
    return true;
  }
  bool Close(absl::StatusOr<Value> container) {
    if (!container.ok()) return Fail(container.status());
    open_.pop_back();
    return Add(*std::move(container));
  }
  bool AddString(std::string& s) {
    auto value = MakeString(budget_, Text(std::move(s), trusted_));
    return value.ok() ? Add(*std::move(value)) : Fail(value.status());
  }
  bool Add(Value value) {
    if (open_.empty()) {
      result_ = std::move(value);
      return true;
    }
    Container& parent = open_.back();
    if (parent.dict != nullptr) {
      const absl::Status set = parent.dict->Set(budget_, std::move(parent.key), std::move(value));
      return set.ok() || Fail(set);
    }
    const absl::Status allocated = budget_.Allocate(sizeof(Value));
    if (!allocated.ok()) return Fail(allocated);
    parent.items.push_back(std::move(value));
    return true;
  }

  Budget& budget_;
  const bool trusted_;
  std::vector<Container> open_;
  Value result_;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<Value> ParseJson(Budget& budget, absl::string_view json, bool trusted) {
  ValueBuilder builder(budget, trusted);
  const bool parsed = nlohmann::json::sax_parse(json.begin(), json.end(), &builder);
  RETURN_IF_ERROR(builder.status());
  if (!parsed) return absl::InvalidArgumentError("not JSON");
  return builder.result();
}

}  // namespace jinja
}  // namespace baton
