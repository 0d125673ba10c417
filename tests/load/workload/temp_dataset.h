// A file for a test.
#ifndef BATON_TESTS_LOAD_WORKLOAD_TEMP_DATASET_H_
#define BATON_TESTS_LOAD_WORKLOAD_TEMP_DATASET_H_

#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace baton {

// Writes `text` to a file of that name in the test's folder and returns its path.
inline std::string WriteDataset(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_TEMP_DATASET_H_
