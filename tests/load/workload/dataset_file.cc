#include "tests/load/workload/dataset_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/status_macros.h"
#include "tests/load/workload/json_fields.h"

namespace baton {
namespace {

absl::Status CannotRead(const std::string& path) {
  return absl::NotFoundError(absl::StrCat(path, ": cannot be read: ", std::strerror(errno)));
}

// With C's functions, because a stream's buffer throws at a folder.
absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return CannotRead(path);
  std::string bytes;
  char buffer[1 << 16];
  while (const size_t read = std::fread(buffer, 1, sizeof(buffer), file))
    bytes.append(buffer, read);
  const absl::Status status = std::ferror(file) ? CannotRead(path) : absl::OkStatus();
  std::fclose(file);
  if (!status.ok()) return status;
  return bytes;
}

// Only looks for where the JSON ends to be such.
class ErrorFinder : public nlohmann::json_sax<nlohmann::json> {
 public:
  size_t position() const { return position_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) override {
    position_ = position;
    return false;
  }

 private:
  size_t position_ = 0;
};

absl::StatusOr<nlohmann::json> Parse(absl::string_view text) {
  auto value = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  if (!value.is_discarded()) return value;
  ErrorFinder finder;
  nlohmann::json::sax_parse(text.begin(), text.end(), &finder);
  return absl::InvalidArgumentError(absl::StrCat("not JSON at byte ", finder.position()));
}

absl::Status Within(const std::string& where, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(where, ": ", status.message()));
}

absl::Status ParseLine(absl::string_view line,
                       const std::function<absl::Status(const nlohmann::json&)>& row) {
  ASSIGN_OR_RETURN(const nlohmann::json value, Parse(line));
  if (!value.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("found ", JsonKind(value), "; expected an object"));
  }
  return row(value);
}

}  // namespace

absl::StatusOr<nlohmann::json> ReadJsonFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  auto value = Parse(text);
  if (!value.ok()) return Within(path, value.status());
  return value;
}

absl::Status ForEachJsonLine(const std::string& path, size_t most,
                             const std::function<absl::Status(const nlohmann::json&)>& row) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  size_t number = 0, rows = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    const absl::Status status = ParseLine(line, row);
    if (!status.ok()) return Within(absl::StrCat(path, ": line ", number), status);
    if (++rows == most) return absl::OkStatus();
  }
  if (rows > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(path, ": has no lines; expected JSON objects"));
}

}  // namespace baton
