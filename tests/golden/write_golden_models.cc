// Writes the tiny golden models as <folder>/<name>.gguf, for make_golden.py. Usage:
// write_golden_models FOLDER
#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "tests/golden/golden_models.h"
#include "worker/model/tiny_model.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: write_golden_models FOLDER\n");
    return 2;
  }
  for (const baton::GoldenModel& model : baton::GoldenTinyModels()) {
    const std::string path = std::string(argv[1]) + "/" + model.name + ".gguf";
    const absl::Status status = baton::WriteTinyModel(path, model.options);
    if (!status.ok()) {
      std::fprintf(stderr, "%s\n", status.ToString().c_str());
      return 1;
    }
  }
  return 0;
}
