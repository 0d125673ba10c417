#include "tests/tokenizer/case_file.h"

#include <fstream>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace baton {
namespace {

// Reads front to back; once something is missing everything reads as zero and `ok` stays false.
class Reader {
 public:
  explicit Reader(absl::string_view data) : data_(data) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return data_.empty(); }

  uint32_t Number() {
    uint32_t value = 0;
    for (int shift = 0; shift < 32; shift += 7) {
      const std::string byte = Bytes(1);
      if (!ok_) return 0;
      value |= (byte[0] & 0x7Fu) << shift;
      if ((byte[0] & 0x80) == 0) return value;
    }
    ok_ = false;
    return 0;
  }

  std::string Bytes(size_t size) {
    if (size > data_.size()) ok_ = false;
    if (!ok_) return "";
    const std::string bytes(data_.substr(0, size));
    data_.remove_prefix(size);
    return bytes;
  }

  std::string Text() { return Bytes(Number()); }

  std::vector<int32_t> Ids() {
    std::vector<int32_t> ids;
    for (uint32_t n = Number(); ok_ && n > 0; --n) ids.push_back(static_cast<int32_t>(Number()));
    return ids;
  }

 private:
  absl::string_view data_;
  bool ok_ = true;
};

}  // namespace

absl::StatusOr<CaseFile> ReadCaseFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return absl::NotFoundError(absl::StrCat("cannot open ", path));
  const std::string data((std::istreambuf_iterator<char>(stream)), {});
  Reader reader(data);
  CaseFile file;
  const bool right_format = reader.Bytes(5) == "BATC\x01";
  file.vocab_size = static_cast<int32_t>(reader.Number());
  for (uint32_t n = reader.Number(); reader.ok() && n > 0; --n) {
    EncodeCase c;
    for (uint32_t k = reader.Number(); reader.ok() && k > 0; --k) {
      const bool parse_special = reader.Number() != 0;
      c.segments.emplace_back(parse_special, reader.Text());
    }
    c.ids = reader.Ids();
    file.encode.push_back(std::move(c));
  }
  for (uint32_t n = reader.Number(); reader.ok() && n > 0; --n) {
    DecodeCase c;
    c.skip_special = reader.Number() != 0;
    c.ids = reader.Ids();
    c.text = reader.Text();
    file.decode.push_back(std::move(c));
  }
  if (!right_format || !reader.ok() || !reader.AtEnd()) {
    return absl::DataLossError(absl::StrCat(path, " is not a complete case file, version 1"));
  }
  return file;
}

}  // namespace baton
