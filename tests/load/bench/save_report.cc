#include "tests/load/bench/save_report.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "tests/load/report/request_lines.h"
#include "tests/load/report/result_json.h"

namespace baton {
namespace {

std::string CanNotWrite(const std::string& path) {
  return absl::StrCat(path, ": can not be written: ", std::strerror(errno));
}

absl::Status CheckMetadata(const std::vector<std::string>& metadata) {
  for (const std::string& pair : metadata) {
    if (!absl::StrContains(pair, '=')) {
      return absl::InvalidArgumentError(
          absl::StrCat("--metadata: \"", pair, "\" has no =; expected KEY=VALUE"));
    }
  }
  return absl::OkStatus();
}

// "name.json" of a sweep's point is "name-8.json".
std::string PointPath(const std::string& path, const RunReport& report) {
  if (report.settings.sweep_variable.empty()) return path;
  std::filesystem::path result(path);
  const std::string name = absl::StrCat(result.stem().string(), "-", report.settings.sweep_value,
                                        result.extension().string());
  return result.replace_filename(name).string();
}

absl::Status Write(const std::string& path, const std::string& line, bool append) {
  bool needs_line = false;
  if (append) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    needs_line = file && file.tellg() > 0;
  }
  std::ofstream file(path, append ? std::ios::app : std::ios::trunc);
  if (needs_line) file << "\n";
  file << line;
  file.close();
  return file ? absl::OkStatus() : absl::DataLossError(CanNotWrite(path));
}

absl::Status MakeFolder(const std::string& folder) {
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--result-dir: ", folder, ": ", error.message()));
}

// A name that is made up later differs, but goes to the same folder.
absl::Status CheckResultPath(const OutputOptions& output) {
  const std::filesystem::path folder(output.result_dir);
  if (!output.result_filename.empty()) {
    const std::string path = (folder / output.result_filename).string();
    if (path == output.html || path == output.request_lines) {
      return absl::InvalidArgumentError(
          absl::StrCat("--result-filename: ", path, " is written by another option, too"));
    }
    return CheckWritable("--result-filename", path);
  }
  const absl::Status status = CheckWritable("", (folder / "result.json").string());
  if (status.ok()) return status;
  return absl::InvalidArgumentError(
      absl::StrCat("--result-dir: no file can be written to ",
                   output.result_dir.empty() ? "the present folder" : output.result_dir));
}

}  // namespace

absl::Status CheckWritable(absl::string_view flag, const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  std::error_code ignored;
  const bool existed = std::filesystem::exists(path, ignored);
  if (!std::ofstream(path, std::ios::app)) {
    return absl::InvalidArgumentError(absl::StrCat(flag, ": ", CanNotWrite(path)));
  }
  if (!existed) std::filesystem::remove(path, ignored);
  return absl::OkStatus();
}

absl::Status CheckOutput(const OutputOptions& output) {
  RETURN_IF_ERROR(CheckMetadata(output.metadata));
  if (output.save_result || output.append_result) {
    RETURN_IF_ERROR(MakeFolder(output.result_dir));
    RETURN_IF_ERROR(CheckResultPath(output));
  } else if (output.save_detailed || !output.metadata.empty() || !output.result_dir.empty() ||
             !output.result_filename.empty()) {
    return absl::InvalidArgumentError(
        "--save-detailed, --metadata, --result-dir and --result-filename: mean nothing without "
        "--save-result or --append-result");
  }
  if (!output.html.empty() && output.html == output.request_lines) {
    return absl::InvalidArgumentError(
        absl::StrCat("--html, --save-requests: both would be written to ", output.html));
  }
  RETURN_IF_ERROR(CheckWritable("--save-requests", output.request_lines));
  return CheckWritable("--html", output.html);
}

absl::StatusOr<std::string> SaveReport(const OutputOptions& output, const RunReport& report,
                                       const nlohmann::ordered_json& result, absl::Time ended) {
  if (!output.request_lines.empty()) {
    const std::string path = PointPath(output.request_lines, report);
    std::ofstream file(path);
    WriteRequestLines(report.run, file);
    file.close();
    if (!file) return absl::DataLossError(CanNotWrite(path));
  }
  if (!output.save_result && !output.append_result) return std::string();
  std::string name =
      output.result_filename.empty() ? ResultFileName(report, ended) : output.result_filename;
  if (!output.append_result && !output.result_filename.empty()) name = PointPath(name, report);
  const std::string path = (std::filesystem::path(output.result_dir) / name).string();
  // As Python writes JSON; bytes that are no text are replaced.
  const std::string line =
      result.dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::ordered_json::error_handler_t::replace);
  RETURN_IF_ERROR(Write(path, line, output.append_result));
  return path;
}

}  // namespace baton
