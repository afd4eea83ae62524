// Every construction of the registry, without naming one: it solves its task on all inputs at small sizes,
// its width is what its formula says, and what it declares is consistent. A new construction is tested by
// being listed.
#include <cstdlib>
#include <filesystem>
#include <functional>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "constructions/construction.hpp"
#include "constructions/stream/formula.hpp"
#include "formats/error.hpp"
#include "formats/notation/family.hpp"
#include "tests/constructions/solve.hpp"

using namespace roundoff::constructions;

namespace {

/// Small sizes of any task, and the largest number of inputs that is enumerated for each.
/// Sizes with more inputs are left to ROUNDOFF_LONG=1: the default suite stays short.
constexpr int widest = 200;  ///< of models, likewise
const double most_inputs = std::getenv("ROUNDOFF_LONG") ? 4096 : 100;

std::vector<TaskSize> small_sizes() {
  std::vector<TaskSize> sizes;
  for (const int p : {2, 3, 5, 10}) {
    for (const int n : {1, 2, 3, 4, 5, 6}) {
      for (const int k : {2, 3, 4, 5, 6}) {
        for (const int l : {0, n}) {
          for (const int c : {1, 2, 3}) {
            for (const bool ragged : {false, true}) {
              sizes.push_back({.p = p, .n = n, .k = k, .l = l, .c = c, .ragged = ragged});
            }
          }
        }
      }
    }
  }
  return sizes;
}

/// A size with what the task does not use set back, so that no case is run twice.
std::vector<TaskSize> sizes_of(std::string_view task_name) {
  std::vector<TaskSize> sizes;
  for (TaskSize size : small_sizes()) {
    const TaskEntry& task = find_task(task_name);
    if (!task.uses('k') && size.k != 2) continue;
    if (!task.uses('l') && size.l != 0) continue;
    sizes.push_back(size);
  }
  return sizes;
}

Policy own_policy(const Construction& construction, const Task& task) {
  return policy_for(construction, FormatFamily(construction.family).at(task.bindings()));
}

/// Calls `use` for every size at which the construction builds under its own family, with at most `inputs`
/// inputs; returns how many there were.
int for_each_size(const Construction& construction, double inputs,
                  const std::function<void(const Task&, const Policy&, const Settings&)>& use) {
  int count = 0;
  for (const TaskSize& size : sizes_of(construction.task)) {
    std::unique_ptr<Task> task;
    try {
      task = make_task(construction.task, size);
    } catch (const UsageError&) {
      continue;  // a size that the task does not have (ragged products)
    }
    if (task->input_count() > inputs) continue;
    const Settings settings = complete(construction, size, {});
    const Policy policy = own_policy(construction, *task);
    if (!construction.refuses(size, policy, settings).empty()) continue;
    use(*task, policy, settings);
    ++count;
  }
  return count;
}

std::string describe(const Construction& construction, const Task& task) {
  const TaskSize& s = task.size();
  return fmt::format("{} p={} n={} k={} l={} c={}{}", construction.name, s.p, s.n, s.k, s.l, s.c,
                     s.ragged ? " ragged" : "");
}

}  // namespace

TEST_CASE("every construction solves its task on all inputs at small sizes, under its own family") {
  for (const Construction& construction : all_constructions()) {
    const int sizes = for_each_size(construction, most_inputs,
                                    [&](const Task& task, const Policy& policy, const Settings& settings) {
                                      const Model model = build(construction, task, policy, settings);
                                      if (shape(model).width > widest && !std::getenv("ROUNDOFF_LONG"))
                                        return;
                                      const Outcome outcome = solve(model, policy, task, all_inputs(task));
                                      const std::string what = describe(construction, task);
                                      CAPTURE(what);
                                      CAPTURE(outcome.first);
                                      CHECK(outcome.failures == 0);
                                    });
    CAPTURE(construction.name);
    CHECK(sizes >= 3);
  }
}

// The ends are where a plan of levels, slices or codes goes wrong. In logarithmic precision a family is that
// of the defaults; other values may need some more bits.
TEST_CASE("every value of a knob keeps a construction right, or gives up inputs where it says so") {
  constexpr int most_runs = 60, more_bits = 5;
  for (const Construction& construction : all_constructions()) {
    for (const Knob& knob : construction.knobs) {
      int runs = 0, given_up = 0;
      const auto try_all = [&](const Task& task, const Policy& own, const Settings& standard) {
        Policy policy = own;
        if (construction.regime == Regime::logarithmic) {
          const Format& format = own.formats[0];
          policy = policy_for(construction, parse_format(fmt::format(
                                                "fixed({},{})", format.precision + format.quantum + more_bits,
                                                -format.quantum)));
        }
        Settings settings = standard;
        int& value = settings[std::string(knob.name)];
        const int usual = value;
        for (value = knob.least(task.size()); value <= knob.most(task.size()); ++value) {
          if (value == usual || !construction.refuses(task.size(), policy, settings).empty()) continue;
          const Model model = build(construction, task, policy, settings);
          if (shape(model).width > widest && !std::getenv("ROUNDOFF_LONG")) continue;
          const Outcome outcome = solve(model, policy, task, all_inputs(task));
          const std::string what = fmt::format("{} {}={}", describe(construction, task), knob.name, value);
          CAPTURE(what);
          CAPTURE(outcome.first);
          const bool approximate = knob.approximates && value < usual;
          CHECK((approximate || outcome.failures == 0));
          given_up += approximate && outcome.failures != 0;
          ++runs;
        }
      };
      for_each_size(construction, most_inputs,
                    [&](const Task& task, const Policy& own, const Settings& standard) {
                      if (task.size().c == 1 && runs < most_runs) try_all(task, own, standard);
                    });
      CAPTURE(construction.name);
      CAPTURE(knob.name);
      CHECK(runs >= 1);
      CHECK((given_up > 0) == knob.approximates);
    }
  }
}

TEST_CASE("every construction is as wide as its formula says, at every knob's ends and default") {
  for (const Construction& construction : all_constructions()) {
    for_each_size(construction, 5000, [&](const Task& task, const Policy& policy, const Settings& standard) {
      std::vector<Settings> all = {standard};
      for (const Knob& knob : construction.knobs) {
        for (const int value : {knob.least(task.size()), knob.most(task.size())}) {
          Settings settings = standard;
          settings[std::string(knob.name)] = value;
          all.push_back(settings);
        }
      }
      for (const Settings& settings : all) {
        if (!construction.refuses(task.size(), policy, settings).empty()) continue;
        const Model model = build(construction, task, policy, settings);
        const std::string what = describe(construction, task);
        CAPTURE(what);
        CHECK(shape(model).width == claimed_width(construction, task.size(), policy, settings));
      }
    });
  }
}

TEST_CASE("a floating-point form solves its task on all inputs in its family, at the width it claims") {
  for (const Construction& construction : all_constructions()) {
    if (construction.floats.family.empty()) continue;
    int sizes = 0;
    for_each_size(construction, most_inputs, [&](const Task& task, const Policy&, const Settings& settings) {
      if (task.size().c > 1 && task.size().p > 3)
        return;  // bases beyond a thousand, significands beyond 113 bits
      const Policy policy =
          policy_for(construction, FormatFamily(construction.floats.family).at(task.bindings()));
      const std::string what = describe(construction, task);
      CAPTURE(what);
      REQUIRE(construction.refuses(task.size(), policy, settings) == "");
      const Model model = build(construction, task, policy, settings);
      CHECK(shape(model).width == claimed_width(construction, task.size(), policy, settings));
      if (shape(model).width > widest && !std::getenv("ROUNDOFF_LONG")) return;
      const Outcome outcome = solve(model, policy, task, all_inputs(task));
      CAPTURE(outcome.first);
      CHECK(outcome.failures == 0);
      ++sizes;
    });
    CHECK(sizes >= 4);
  }
}

TEST_CASE("what a construction declares is consistent: family and regime, knobs, names of registers") {
  for (const Construction& construction : all_constructions()) {
    CAPTURE(construction.name);
    const bool constant = FormatFamily(construction.family).growth() == Growth::constant;
    CHECK(constant == (construction.regime == Regime::constant));
    CHECK(!construction.summary.empty());
    CHECK(!construction.theorem.empty());
    for_each_size(construction, 1e4, [&](const Task& task, const Policy& policy, const Settings& settings) {
      for (const Knob& knob : construction.knobs) {
        CHECK(knob.least(task.size()) <= knob.standard(task.size()));
        CHECK(knob.standard(task.size()) <= knob.most(task.size()));
      }
      const Model model = build(construction, task, policy, settings);
      CHECK(model.name == construction.name);
      CHECK(static_cast<int>(model.registers.size()) == model.d_model());
    });
  }
}

TEST_CASE("what is not refused holds: every rounding, order and softmax at a family wide enough") {
  const auto notations = {"rne", "rna", "rnz", "rtz", "rdn", "rup", "rod"};
  for (const Construction& construction : all_constructions()) {
    int runs = 0, most_digits = 1;  // tasks that count have operands of one digit only
    for_each_size(construction, 64, [&](const Task& task, const Policy&, const Settings&) {
      most_digits = std::max(most_digits, task.size().n);
    });
    for_each_size(construction, 64, [&](const Task& task, const Policy& standard, const Settings& settings) {
      // a few sizes, all semantics
      if ((task.size().n == 1 && most_digits > 1) || task.size().c > 1 || runs >= 60) return;
      std::vector<Policy> policies;
      for (const char* rounding : notations) {
        policies.push_back(policy_for(
            construction, parse_format(fmt::format("{}:{}", notation(standard.formats[0]), rounding))));
      }
      for (const char* order : {"sequential", "tree", "exact", "blocked:3", "wide:binary64"}) {
        policies.push_back(standard);
        policies.back().order = parse_order(order);
      }
      policies.push_back(standard);
      policies.back().dot = DotMode::fused;
      policies.push_back(standard);
      policies.back().softmax = Softmax::plain;
      for (const Policy& policy : policies) {
        if (policy.formats[0].rounding == Rounding::rod && policy.formats[0].precision <= 1) continue;
        if (!construction.refuses(task.size(), policy, settings).empty()) continue;
        const Model model = build(construction, task, policy, settings);
        const Outcome outcome = solve(model, policy, task, all_inputs(task));
        const std::string what =
            fmt::format("{} {} {} {} {}", describe(construction, task), notation(policy.formats[0]),
                        notation(policy.order), policy.softmax == Softmax::plain ? "plain" : "stable",
                        policy.dot == DotMode::fused ? "fma" : "");
        CAPTURE(what);
        CAPTURE(outcome.first);
        CHECK(outcome.failures == 0);
        ++runs;
      }
    });
    CAPTURE(construction.name);
    CHECK(runs >= 10);
  }
}

TEST_CASE("every construction has its note") {
  for (const Construction& construction : all_constructions()) {
    CAPTURE(construction.name);
    CHECK(std::filesystem::exists(fmt::format("{}/theory-notes/{}.md", ROUNDOFF_SOURCE, construction.note)));
  }
}
