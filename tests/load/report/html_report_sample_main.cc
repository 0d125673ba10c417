// Writes reports on synthetic runs, to be looked at: FOLDER/three.html and FOLDER/sweep.html.
#include <fstream>
#include <iostream>
#include <string>

#include "tests/load/report/html_report.h"
#include "tests/load/report/synthetic_results.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: html_report_sample FOLDER\n";
    return 1;
  }
  const std::string folder = argv[1];
  std::ofstream(folder + "/three.html") << baton::HtmlReport(baton::ThreeSyntheticRuns());
  std::ofstream(folder + "/sweep.html") << baton::HtmlReport(baton::SyntheticSweep());
  const std::vector<baton::NamedResult> one = {baton::MakeSyntheticResult({})};
  std::ofstream(folder + "/one.html") << baton::HtmlReport(one);
}
