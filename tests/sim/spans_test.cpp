// What recording knows of values: every value of every input lies in its span, and keys that it leaves out change
// no output.
#include "sim/program/spans.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/format.hpp"
#include "formats/notation/text.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"
#include "tests/sim/random_model.hpp"

namespace roundoff::sim {
namespace {

// Calls check(tokens) for every input of the shape.
template <class Check>
void for_every_input(const SequenceShape& shape, Check&& check) {
  std::vector<std::size_t> at(shape.tokens.size());
  std::vector<Token> tokens(shape.tokens.size());
  for (;;) {
    for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = shape.tokens[i][at[i]];
    check(tokens);
    std::size_t i = 0;
    while (i < tokens.size() && ++at[i] == shape.tokens[i].size()) at[i++] = 0;
    if (i == tokens.size()) return;
  }
}

const std::vector<std::string> kept_formats = {
    "fixed(3,0)", "fixed(2,1)",    "fixed(1,0)",  "fixed(2,2):rtz", "fixed(2,1):rup", "fixed(2,1):rod",
    "twos(3,0)",  "twos(2,1):rna", "ufixed(3,1)", "F(0,2)",         "fixed(0,3)"};

Policy mixed(const Format& format, std::uint64_t seed) {
  Policy policy = Policy::uniform(format);
  const auto set = [&](Role role, const char* other) {
    policy.formats[static_cast<std::size_t>(role)] = parse_format(other);
  };
  if (seed % 4 == 1) set(Role::accumulators, "fixed(4,3)");
  if (seed % 4 == 2) set(Role::softmax, "fixed(2,4)"), set(Role::cache, "fixed(1,1)");
  if (seed % 4 == 3) set(Role::scores, "float(4,4)"), set(Role::logits, "fixed(5,0)");
  constexpr const char* orders[] = {"sequential", "exact", "tree"};
  policy.order = parse_order(orders[seed / 4 % 3]);
  if (seed % 7 == 0 && policy.order.kind == SumOrder::sequential) policy.dot = DotMode::fused;
  return policy;
}

TEST_CASE("spans hold every value of every input") {
  std::size_t single = 0, narrow = 0, seen = 0;
  for (const std::string& text : kept_formats)
    for (std::uint64_t seed = 0; seed < 24; ++seed) {
      CAPTURE(text);
      CAPTURE(seed);
      const Format format = parse_format(text);
      const RandomModel random = random_model(seed * 13 + 5, format, seed % 2 != 0);
      const Policy policy = mixed(format, seed);
      const Program program = record(random.model, policy, random.shape, {.all_outputs = true});
      Spans spans(program);
      for (const Node& node : program.nodes) spans.append(spans.of(node));
      Reference reference(program);
      std::string wrong;
      for_every_input(random.shape, [&](const std::vector<Token>& tokens) {
        reference.start(tokens);
        try {
          reference.advance(random.shape.positions() - 1);
        } catch (const Trap&) {
        }
        for (NodeId id = 0; id < reference.done(); ++id) {
          const Span& span = spans[id];
          if (!span.known()) continue;
          ++seen;
          single += span.single();
          narrow += span.high - span.low < 4;
          const std::uint8_t in = program.nodes[id].format;
          const Value& value = reference.value(id);
          const bool inside = value.is_finite() && compare(spans.value(span.low, in), value) <= 0 &&
                              compare(value, spans.value(span.high, in)) <= 0;
          if (!inside && wrong.empty()) wrong = describe(program.sites[id]) + ": " + decimal(value);
        }
      });
      CHECK(wrong == "");
    }
  CHECK(seen > 100000);
  CHECK(single > 1000);
  CHECK(narrow > 10000);
}

TEST_CASE("keys whose weight is always zero are not recorded, and no output knows") {
  std::size_t models = 0, dropped = 0;
  for (const std::string& text : kept_formats)
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      CAPTURE(text);
      CAPTURE(seed);
      const Format format = parse_format(text);
      const RandomModel random = random_model(seed * 17 + 9, format);
      Policy policy = Policy::uniform(format);
      if (seed % 3 == 1) policy.formats[static_cast<std::size_t>(Role::softmax)] = parse_format("fixed(3,3)");
      if (seed % 3 == 2)
        policy.formats[static_cast<std::size_t>(Role::accumulators)] = parse_format("fixed(5,1)");
      const Program whole = record(random.model, policy, random.shape);
      const Program folded =
          record(random.model, policy, random.shape, {.skip_zero_weights = true, .fold = true});
      validate(folded);
      const auto keys = [](const Program& program) {
        return std::count_if(program.sites.begin(), program.sites.end(),
                             [](const Site& site) { return site.name == SiteName::weight; });
      };
      ++models;
      dropped += keys(folded) < keys(whole);
      Reference one(whole), other(folded);
      std::string wrong;
      for_every_input(random.shape, [&](const std::vector<Token>& tokens) {
        bool trapped[2] = {false, false};
        Reference* runs[2] = {&one, &other};
        for (int r = 0; r < 2; ++r) {
          runs[r]->start(tokens);
          try {
            runs[r]->advance(random.shape.positions() - 1);
          } catch (const Trap&) {
            trapped[r] = true;
          }
        }
        if (trapped[0] != trapped[1]) wrong = "one traps";
        for (std::size_t o = 0; o < whole.outputs.size() && !trapped[0]; ++o)
          if (one.output(static_cast<int>(o)) != other.output(static_cast<int>(o)))
            wrong = "an output differs";
      });
      CHECK(wrong == "");
    }
  CHECK(models > 500);
  CHECK(dropped > 100);
}

}  // namespace
}  // namespace roundoff::sim
