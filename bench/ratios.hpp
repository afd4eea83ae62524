// What the benchmark programs share: a reporter that shows Google Benchmark's own table and afterwards the
// ratios. Benchmarks are named GROUP/SUBJECT/METHOD; each method's rate (items a second of processor time,
// the best of the repetitions) is divided by that of the group's reference method on the same subject,
// measured in the same run.
#pragma once

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace roundoff::bench {

class Ratios : public benchmark::ConsoleReporter {
 public:
  explicit Ratios(std::string reference) : ConsoleReporter(OO_Tabular), reference_(std::move(reference)) {}

  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      const auto rate = run.counters.find("items_per_second");
      if (run.run_type != Run::RT_Iteration || rate == run.counters.end()) continue;
      const std::string& name = run.run_name.function_name;
      const std::size_t cut = name.rfind('/');
      if (cut == std::string::npos) continue;
      const std::string subject = name.substr(0, cut), method = name.substr(cut + 1);
      if (!rates_.contains(subject)) order_.push_back(subject);
      double& best = rates_[subject][method];
      if (rate->second.value > best) best = rate->second.value;
    }
  }

  void Finalize() override {
    ConsoleReporter::Finalize();
    std::printf("\nMillions a second, and times the rate of %s\n", reference_.c_str());
    for (const std::string& subject : order_) {
      const auto& methods = rates_[subject];
      const auto reference = methods.find(reference_);
      for (const auto& [method, rate] : methods) {
        std::printf("%-36s %-8s %10.1f", subject.c_str(), method.c_str(), rate / 1e6);
        if (reference != methods.end()) std::printf(" %9.1fx", rate / reference->second);
        std::printf("\n");
      }
    }
  }

 private:
  std::string reference_;
  std::vector<std::string> order_;
  std::map<std::string, std::map<std::string, double>> rates_;
};

}  // namespace roundoff::bench
