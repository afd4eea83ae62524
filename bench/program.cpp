// Verified inputs a second, by the reference interpreter, a plain scalar executor and lanes, in one run on
// one core. An input is made, run through the whole sequence by teacher forcing, and every answer token
// compared, which is the path of `roundoff verify --method sample` (and, for GROUP exhaustive, of --method
// exhaustive). Then how the cost of an input grows with n, and what it costs to build a program.
// --isa=avx2 (or sse4, scalar) pretends that the machine has no more.
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <hwy/highway.h>

#include "bench/names.hpp"
#include "analyzer/evidence/enumerate.hpp"
#include "analyzer/evidence/judge.hpp"
#include "bench/ratios.hpp"
#include "bench/scalar_executor.hpp"
#include "constructions/construction.hpp"
#include "formats/notation/family.hpp"
#include "sim/passes/passes.hpp"
#include "sim/program/record.hpp"

namespace roundoff::bench {
namespace {

struct Case {
  std::string construction;
  TaskSize size;
  std::string format;  ///< "" for the construction's family
  bool exhaustive = false;
};

/// A construction ready to run.
struct Subject {
  explicit Subject(const Case& wanted)
      : exhaustive(wanted.exhaustive), construction(find_construction(wanted.construction)) {
    task = make_task(construction.task, wanted.size);
    const Format format = wanted.format.empty() ? FormatFamily(construction.family).at(task->bindings())
                                                : parse_format(wanted.format);
    policy = policy_for(construction, format);
    model = build(construction, *task, policy, complete(construction, task->size(), {}));
  }
  Program recorded(bool fold = false) const {
    return record(model, policy, task->shape(task->sample(1, 0)), {.skip_zero_weights = true, .fold = fold});
  }
  InputList inputs(std::uint64_t total) const {
    InputList list;
    list.total = total;
    if (exhaustive) {
      list.at = [this](std::uint64_t j) { return task->instance(j); };
      list.fill = [this](std::uint64_t first, std::size_t count, std::span<LaneToken> tokens,
                         std::span<LaneToken> expected) {
        task->fill(first, count, batch_lanes, tokens, expected);
      };
    } else {
      list.at = [this](std::uint64_t j) { return task->sample(1, j); };
      list.fill = [this](std::uint64_t first, std::size_t count, std::span<LaneToken> tokens,
                         std::span<LaneToken> expected) {
        task->fill_samples(1, first, count, batch_lanes, tokens, expected);
      };
    }
    return list;
  }

  bool exhaustive;
  const Construction& construction;
  std::unique_ptr<Task> task;
  Policy policy;
  Model model;
};

void refuse(benchmark::State& state, std::uint64_t failing) {
  if (failing != 0) state.SkipWithError("an input fails: this is no verified rate");
}

void by_lanes(benchmark::State& state, const Case& wanted) {
  const Subject subject(wanted);
  roundoff::analyzer::Subject judged(subject.model, subject.policy, *subject.task,
                                     roundoff::analyzer::Subject::Engine::lanes);
  judged.prepared(subject.task->sample(1, 0));
  VerifyOptions options;
  options.threads = 1;
  options.first_only = false;
  const std::uint64_t total =
      wanted.exhaustive ? static_cast<std::uint64_t>(subject.task->input_count()) : std::uint64_t{1} << 19;
  std::uint64_t failing = 0, done = 0;
  for (auto _ : state) {
    const Enumerated outcome = enumerate(judged, subject.inputs(total), options, false);
    failing += outcome.reached.failing;
    done += outcome.reached.done;
  }
  refuse(state, failing);
  state.SetItemsProcessed(static_cast<std::int64_t>(done));
}

void by_reference(benchmark::State& state, const Case& wanted) {
  const Subject subject(wanted);
  roundoff::analyzer::Subject judged(subject.model, subject.policy, *subject.task,
                                     roundoff::analyzer::Subject::Engine::reference);
  Judge judge(judged);
  std::uint64_t failing = 0, next = 0;
  const InputList inputs = subject.inputs(std::uint64_t{1} << 62);
  std::vector<std::uint8_t> failed(1);
  for (auto _ : state) {
    judge.decide(inputs, next++, 1, failed);
    failing += failed[0];
  }
  refuse(state, failing);
  state.SetItemsProcessed(static_cast<std::int64_t>(next));
}

void by_scalar(benchmark::State& state, const Case& wanted) {
  const Subject subject(wanted);
  const Program program = subject.recorded();
  ScalarExecutor executor(program);
  const InputList inputs = subject.inputs(std::uint64_t{1} << 62);
  std::uint64_t failing = 0, next = 0;
  for (auto _ : state) {
    const Instance instance = inputs.at(next++);
    std::vector<Token> tokens = subject.task->question(instance);
    const std::vector<Token> answer = subject.task->answer(instance);
    tokens.insert(tokens.end(), answer.begin(), answer.end() - 1);
    executor.run(tokens);
    bool right = true;
    for (std::size_t o = 0; o < program.outputs.size(); ++o) right = right && executor.output(o) == answer[o];
    failing += !right;
  }
  refuse(state, failing);
  state.SetItemsProcessed(static_cast<std::int64_t>(next));
}

void building(benchmark::State& state, const Case& wanted) {
  const Subject subject(wanted);
  for (auto _ : state) {
    const Lanes lanes(optimise(subject.recorded(true)).program);
    benchmark::DoNotOptimize(&lanes);
  }
}

std::string label(const Case& c) {
  const Subject subject(c);
  return fmt::format("{} p={} n={}{} {}", c.construction, c.size.p, c.size.n,
                     find_task(subject.construction.task).uses('k') ? fmt::format(" k={}", c.size.k) : "",
                     notation(subject.policy.formats[0]));
}

void register_all() {
  using benchmark::RegisterBenchmark;
  const std::vector<Case> cases = {
      {"add-hinge", {.p = 10, .n = 10}, ""},
      {"add-match", {.p = 10, .n = 10}, ""},
      {"add-match", {.p = 10, .n = 10}, "float(5,11):sat"},
      {"add-flipflop", {.p = 2, .n = 16}, ""},
      {"iteradd-log", {.p = 2, .n = 5, .k = 16}, ""},
      {"add-match", {.p = 2, .n = 10}, "", true},
  };
  for (const Case& c : cases) {
    const std::string group = (c.exhaustive ? "exhaustive/" : "samples/") + label(c);
    RegisterBenchmark((group + "/reference").c_str(), by_reference, c);
    RegisterBenchmark((group + "/scalar").c_str(), by_scalar, c);
    RegisterBenchmark((group + "/lanes").c_str(), by_lanes, c);
  }
  for (const int n : {2, 4, 8, 16, 32, 64})
    for (const char* name : {"add-match", "add-flipflop"}) {
      const Case c{name, {.p = 2, .n = n}, ""};
      RegisterBenchmark(("growth/" + label(c) + "/lanes").c_str(), by_lanes, c);
      RegisterBenchmark(("building/" + label(c) + "/once").c_str(), building, c)
          ->Unit(benchmark::kMillisecond);
    }
}

/// Hides what an instruction set above the wanted one adds, from kernels and from generators of inputs.
bool restrict_to(std::string_view isa) {
  const std::int64_t all = hwy::SupportedTargets();
  std::int64_t hidden = 0;
  if (isa == "avx2") hidden = HWY_AVX3 | HWY_AVX3_DL;
  if (isa == "sse4") hidden = HWY_AVX3 | HWY_AVX3_DL | HWY_AVX2;
  if (isa == "scalar") hidden = ~std::int64_t{HWY_SCALAR};
  if (hidden == 0 && isa != "avx512") return false;
  hwy::SetSupportedTargetsForTest(all & ~hidden);
  hwy::GetChosenTarget().DeInit();
  return true;
}

}  // namespace
}  // namespace roundoff::bench

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    constexpr std::string_view flag = "--isa=";
    const std::string_view argument = argv[i];
    if (!argument.starts_with(flag)) continue;
    if (!roundoff::bench::restrict_to(argument.substr(flag.size()))) {
      fmt::print(stderr, "{}: the instruction sets are avx512, avx2, sse4 and scalar\n", argument);
      return 2;
    }
    std::copy(argv + i + 1, argv + argc, argv + i);
    --argc, --i;
  }
  roundoff::bench::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  roundoff::bench::Ratios ratios("reference");
  benchmark::RunSpecifiedBenchmarks(&ratios);
  return 0;
}
