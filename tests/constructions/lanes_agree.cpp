// Reference and lanes on the programs of every construction: every intermediate value as recorded, and every
// choice after all passes and with each switched off, on bits; in formats around the construction's own and
// in floats, under every order, softmax and dot. What a construction refuses is skipped; what it does not
// refuse may be wrong or trap (it is often a weakened model here), and both must be so alike.
#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "constructions/construction.hpp"
#include "formats/error.hpp"
#include "formats/notation/family.hpp"
#include "sim/lanes/lanes.hpp"
#include "sim/passes/passes.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"

using namespace roundoff::constructions;

namespace {

constexpr int inputs = 3;

bool long_run() { return std::getenv("ROUNDOFF_LONG") != nullptr; }

// Four neighbours of a uniform format, or the format alone; then floats.
std::vector<std::string> formats_around(const Format& own) {
  std::vector<std::string> formats = {notation(own)};
  if (own.is_uniform() && own.quantum <= 0) {
    const int f = -own.quantum, i = own.precision - f;
    formats.push_back(fmt::format("fixed({},{})", i + 1, f));
    formats.push_back(fmt::format("fixed({},{})", i, f + 1));
    formats.push_back(fmt::format("twos({},{}):rtz", i + 1, f));
    formats.push_back(fmt::format("F(0,{})", std::max(i, f) + 1));
    if (i > 1) formats.push_back(fmt::format("fixed({},{})", i - 1, f));
    if (own.lowest != negated(own.highest))  // two's complement, which such a construction may ask for
      for (int more = 1; more < 4; ++more) formats.push_back(fmt::format("twos({},{})", i + more, f));
  }
  for (const char* text : {"float(6,8):sat", "float(7,12)", "float(5,11):sat", "binary32"})
    formats.push_back(text);
  return formats;
}

// The construction's own semantics in a format, then each order, dot and softmax on top of the default.
std::vector<Policy> policies(const Construction& construction, const Format& format) {
  std::vector<Policy> all(1, policy_for(construction, format));
  for (const char* order : {"tree", "exact", "blocked:3"}) {
    all.push_back(Policy::uniform(format));
    all.back().order = parse_order(order);
  }
  for (const DotMode mode : {DotMode::fused, DotMode::exact_dot}) {
    all.push_back(Policy::uniform(format));
    all.back().dot = mode;
  }
  all.push_back(Policy::uniform(format));
  all.back().softmax = Softmax::plain;
  return all;
}

struct Batch {
  Batch(const Task& task, const Program& program)
      : tokens(static_cast<std::size_t>(program.shape.positions()) * batch_lanes),
        chosen(program.outputs.size() * batch_lanes),
        trapped(batch_lanes) {
    const auto count = static_cast<std::uint64_t>(std::min(task.input_count(), 1e15));
    for (std::size_t lane = 0; lane < inputs; ++lane) {
      // the greatest input, and two draws
      const Instance instance = lane == 0 ? task.instance(count - 1) : task.sample(5, lane);
      sequences.push_back(task.question(instance));
      const std::vector<Token> answer = task.answer(instance);
      sequences.back().insert(sequences.back().end(), answer.begin(), answer.end() - 1);
      for (std::size_t i = 0; i < sequences[lane].size(); ++i)
        tokens[i * batch_lanes + lane] = static_cast<LaneToken>(sequences[lane][i]);
    }
  }
  std::vector<std::vector<Token>> sequences;
  std::vector<LaneToken> tokens, chosen;
  std::vector<std::uint8_t> trapped;
};

// What differs first, or "".
std::string difference(const Program& program, const Task& task) {
  Batch batch(task, program), fast(task, program);
  LaneOptions keep;
  keep.keep_all = true;
  Lanes lanes(program, keep);
  lanes.run(batch.tokens, inputs, batch.chosen, batch.trapped);
  const Program best = optimise(program).program;
  const bool quick = Lanes::supports(best);
  if (quick) Lanes(best).run(fast.tokens, inputs, fast.chosen, fast.trapped);
  for (std::size_t lane = 0; lane < inputs; ++lane) {
    Reference reference(program);
    reference.start(batch.sequences[lane]);
    bool trapped = false;
    try {
      reference.advance(program.shape.positions() - 1);
    } catch (const Trap&) {
      trapped = true;
    }
    if (trapped != (batch.trapped[lane] != 0)) return "a trap, as recorded";
    if (quick && trapped != (fast.trapped[lane] != 0)) return "a trap, after the passes";
    if (trapped) continue;
    for (NodeId id = 0; id < program.nodes.size(); ++id)
      if (reference.value(id) != lanes.value(id, static_cast<int>(lane))) return describe(program.sites[id]);
    for (std::size_t o = 0; quick && o < program.outputs.size(); ++o)
      if (reference.output(static_cast<int>(o)) != fast.chosen[o * batch_lanes + lane])
        return fmt::format("output {}, after the passes", o);
  }
  return "";
}

std::size_t most_nodes() { return long_run() ? 1u << 20 : 15000; }

// The first of a few small sizes that the construction builds at under its own family, with a small program.
std::unique_ptr<Task> small_task(const Construction& construction, int p) {
  constexpr std::array<std::array<int, 2>, 5> sizes = {{{2, 2}, {1, 2}, {2, 3}, {1, 3}, {3, 4}}};
  for (const auto& [n, k] : sizes) {
    try {
      auto task = make_task(construction.task, {.p = p, .n = n, .k = k});
      const Policy policy = policy_for(construction, FormatFamily(construction.family).at(task->bindings()));
      const Settings settings = complete(construction, task->size(), {});
      if (!construction.refuses(task->size(), policy, settings).empty()) continue;
      const Model model = build(construction, *task, policy, settings);
      const Program program =
          record(model, policy, task->shape(task->instance(0)), {.skip_zero_weights = true});
      if (program.nodes.size() <= most_nodes()) return task;
    } catch (const UsageError&) {  // a size that the task or the knobs do not have
    }
  }
  return nullptr;
}

}  // namespace

TEST_CASE("lanes and the reference agree on every intermediate value of every construction") {
  for (const Construction& construction : all_constructions()) {
    CAPTURE(construction.name);
    int formats = 0, bases = 0;
    for (const int p : {2, 3, 10}) {
      if (bases == 2 && !long_run()) break;
      const auto task = small_task(construction, p);
      if (!task) continue;
      ++bases;
      const Settings settings = complete(construction, task->size(), {});
      const Format own = FormatFamily(construction.family).at(task->bindings());
      for (const std::string& text : formats_around(own)) {
        const Format format = parse_format(text);
        bool ran = false;
        int variant = -1;  // of the policies
        for (const Policy& policy : policies(construction, format)) {
          ++variant;
          if (!construction.refuses(task->size(), policy, settings).empty()) continue;
          const Model model = build(construction, *task, policy, settings);
          const Program program =
              record(model, policy, task->shape(task->instance(0)), {.skip_zero_weights = true});
          if (!Lanes::supports(program) || program.nodes.size() > most_nodes()) continue;
          CAPTURE(p);
          CAPTURE(text);
          CAPTURE(variant);
          CHECK(difference(program, *task) == "");
          ran = true;
        }
        formats += ran;
      }
    }
    CHECK(bases >= 1);
    CHECK(formats >= 4);
  }
}

TEST_CASE("with any one pass switched off every construction chooses the same tokens, weakened or not") {
  for (const Construction& construction : all_constructions()) {
    CAPTURE(construction.name);
    const auto task = small_task(construction, 2);
    if (!task) continue;
    const Settings settings = complete(construction, task->size(), {});
    const Format own = FormatFamily(construction.family).at(task->bindings());
    // Its own format, its own model in one bit less, and a float.
    const Policy policy = policy_for(construction, own);
    std::vector<std::pair<Model, Policy>> runs = {{build(construction, *task, policy, settings), policy}};
    if (own.is_uniform() && own.precision + own.quantum > 1) {
      Policy weak = policy;
      const Format less =
          parse_format(fmt::format("fixed({},{})", own.precision + own.quantum - 1, -own.quantum));
      for (Format& format : weak.formats)
        if (format == own) format = less;
      runs.emplace_back(runs[0].first, weak);
    }
    const Policy floating = policy_for(construction, parse_format("float(6,11)"));
    if (construction.refuses(task->size(), floating, settings).empty())
      runs.emplace_back(build(construction, *task, floating, settings), floating);
    for (std::size_t run = 0; run < runs.size(); ++run) {
      const auto& [model, under] = runs[run];
      const Program program =
          record(model, under, task->shape(task->instance(0)), {.skip_zero_weights = true});
      if (program.nodes.size() > most_nodes()) continue;
      Batch batch(*task, program);
      std::vector<std::vector<Token>> wanted;  // none: it traps
      for (const auto& sequence : batch.sequences) {
        Reference reference(program);
        reference.start(sequence);
        wanted.emplace_back();
        try {
          reference.advance(program.shape.positions() - 1);
          for (std::size_t o = 0; o < program.outputs.size(); ++o)
            wanted.back().push_back(reference.output(static_cast<int>(o)));
        } catch (const Trap&) {
        }
      }
      CAPTURE(run);
      const auto check_choices = [&](const Program& best) {
        if (!Lanes::supports(best)) return;
        Lanes(best).run(batch.tokens, inputs, batch.chosen, batch.trapped);
        for (std::size_t lane = 0; lane < inputs; ++lane) {
          REQUIRE((batch.trapped[lane] != 0) == wanted[lane].empty());
          for (std::size_t o = 0; o < wanted[lane].size(); ++o)
            REQUIRE(batch.chosen[o * batch_lanes + lane] == wanted[lane][o]);
        }
      };
      for (const Pass& pass : passes()) {
        CAPTURE(pass.name);
        const std::string off[] = {std::string(pass.name)};
        check_choices(optimise(program, off).program);
      }
      const Program folded =
          record(model, under, task->shape(task->instance(0)), {.skip_zero_weights = true, .fold = true});
      check_choices(folded);
      check_choices(optimise(folded).program);
    }
  }
}
