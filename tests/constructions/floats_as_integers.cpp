// The passes that make a construction in floats as fast as in fixed point: that they do it, and that each
// keeps every bit, on the right model and on the same model in a format too small for it.
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "constructions/construction.hpp"
#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "sim/lanes/lanes.hpp"
#include "sim/passes/passes.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"

using namespace roundoff::constructions;

namespace {

struct Recorded {
  Recorded(const char* text, const char* run_in) {
    const Construction& construction = find_construction("add-match");
    task = make_task(construction.task, {.p = 3, .n = 4});
    const Policy policy = policy_for(construction, parse_format(text));
    const Model model = build(construction, *task, policy, complete(construction, task->size(), {}));
    const Policy under = policy_for(construction, parse_format(run_in));
    program = record(model, under, task->shape(task->instance(0)), {.skip_zero_weights = true});
    folded = record(model, under, task->shape(task->instance(0)), {.skip_zero_weights = true, .fold = true});
  }
  std::vector<std::vector<Token>> sequences() const {
    std::vector<Instance> instances = task->adversarial(12);
    for (std::uint64_t j = 0; j < 8; ++j) instances.push_back(task->sample(3, j));
    std::vector<std::vector<Token>> all;
    for (const Instance& instance : instances) {
      all.push_back(task->question(instance));
      const std::vector<Token> answer = task->answer(instance);
      all.back().insert(all.back().end(), answer.begin(), answer.end() - 1);
    }
    return all;
  }
  std::unique_ptr<Task> task;
  Program program, folded;
};

struct Run {
  explicit Run(const Program& program, const std::vector<Token>& sequence) : reference(program) {
    reference.start(sequence);
    try {
      reference.advance(program.shape.positions() - 1);
    } catch (const Trap&) {
      trapped = true;
    }
  }
  Reference reference;
  bool trapped = false;
};

// Every value that survives (`map`: all of them, or none where the programs were recorded apart) and every
// choice.
std::string difference(const Recorded& subject, const Program& before, const Program& after,
                       const std::vector<NodeId>& map) {
  for (const auto& sequence : subject.sequences()) {
    Run one(before, sequence), other(after, sequence);
    if (one.trapped != other.trapped) return "a trap";
    if (one.trapped) continue;
    for (NodeId id = 0; id < map.size(); ++id)
      if (map[id] != no_node && one.reference.value(id) != other.reference.value(map[id]))
        return describe(before.sites[id]);
    for (int o = 0; o < static_cast<int>(before.outputs.size()); ++o)
      if (one.reference.output(o) != other.reference.output(o)) return "output " + std::to_string(o);
  }
  return "";
}

std::string lanes_of(const Recorded& subject, std::span<const std::string> off = {}) {
  return Lanes(optimise(subject.folded, off).program, {"scalar", "", false}).describe();
}

}  // namespace

TEST_CASE("ADD by matching runs in int16 lanes in floats; without the passes that see why it does not") {
  const Recorded subject("float(5,11):sat", "float(5,11):sat");
  CHECK(lanes_of(subject) == "i16 scalar");
  for (const char* pass : {"maximum-keys", "bit-means", "integers"}) {
    const std::string off[] = {pass};
    CAPTURE(pass);
    CHECK(lanes_of(subject, off) == "f32 scalar");
  }
}

TEST_CASE(
    "maximum keys, bit means and integers keep every value that survives, in floats and fixed point, "
    "weakened or not") {
  for (const auto& [built_for, runs_in] :
       {std::pair{"float(5,11):sat", "float(5,11):sat"}, std::pair{"float(5,11):sat", "float(5,4):sat"},
        std::pair{"float(6,11)", "float(4,5)"}, std::pair{"fixed(5,0)", "fixed(5,0)"},
        std::pair{"fixed(5,0)", "fixed(3,0)"}, std::pair{"fixed(7,2)", "fixed(5,2)"}}) {
    const char* text = built_for;  // clang 14 captures no structured binding
    const char* run_in = runs_in;
    CAPTURE(text);
    CAPTURE(run_in);
    const Recorded subject(text, run_in);
    CHECK(difference(subject, subject.program, subject.folded, {}) == "");
    const Rewritten all = optimise(subject.folded);
    CHECK(difference(subject, subject.folded, all.program, all.map) == "");
    for (const char* pass : {"maximum-keys", "bit-means", "integers"}) {
      const std::string off[] = {pass};
      CAPTURE(pass);
      const Rewritten without = optimise(subject.folded, off);
      CHECK(difference(subject, subject.folded, without.program, without.map) == "");
    }
  }
}
