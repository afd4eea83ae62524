// What one unit can count: MAJORITY up to its knee under saturation (theory-notes/majority.md), PARITY under
// wrap-around and not under saturation, and the algebra behind the difference.
#include <cstdlib>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "constructions/construction.hpp"
#include "tests/constructions/solve.hpp"

using namespace roundoff::constructions;

namespace {

/// Every number of ones, first and last, and some samples; all inputs where they are few.
Outcome decide(std::string_view name, int k, const Policy& policy, const Policy& run_under) {
  const Construction& construction = find_construction(name);
  const auto task = make_task(construction.task, {.k = k});
  const Model model = build(construction, *task, policy, {});
  return solve(model, run_under, *task,
               k <= 8 ? all_inputs(*task) : hard_inputs(*task, std::size_t{4096}, std::uint64_t{64}));
}

/// The maps y -> rnd(x + y) of a finite format, x all of its values, closed under composition.
struct Additions {
  std::size_t states = 0, maps = 0;
  bool aperiodic = true;  ///< every map repeats itself after some power: f^(m+1) = f^m
  explicit Additions(const Format& format) {
    using Map = std::vector<std::uint8_t>;
    std::vector<Value> values;
    for (Value v = format.lowest;; v = add(v, Value::scaled(false, 1, format.quantum), format).value) {
      values.push_back(v);
      if (v == format.highest) break;
    }
    states = values.size();
    const auto index = [&](const Value& v) {
      return static_cast<std::uint8_t>(std::find(values.begin(), values.end(), v) - values.begin());
    };
    std::vector<Map> generators;
    for (const Value& x : values) {
      Map map;
      for (const Value& y : values) map.push_back(index(add(x, y, format).value));
      generators.push_back(map);
    }
    const auto then = [](const Map& f, const Map& g) {
      Map both;
      for (const std::uint8_t y : f) both.push_back(g[y]);
      return both;
    };
    std::set<Map> seen(generators.begin(), generators.end());
    std::vector<Map> fresh(seen.begin(), seen.end());
    while (!fresh.empty()) {
      std::vector<Map> next;
      for (const Map& f : fresh) {
        for (const Map& g : generators) {
          Map both = then(f, g);
          if (seen.insert(both).second) next.push_back(std::move(both));
        }
      }
      fresh = std::move(next);
    }
    maps = seen.size();
    for (const Map& f : seen) {
      Map power = f;
      for (std::size_t m = 1; m <= states; ++m) power = then(power, f);
      if (then(power, f) != power) aperiodic = false;
    }
  }
};

}  // namespace

TEST_CASE("MAJORITY by one saturating unit is right up to k = 2K - 1 and wrong from there: the knee") {
  const int most = std::getenv("ROUNDOFF_LONG") ? 3 : 2;
  for (int s = 1; s <= most; ++s) {
    const Policy policy = Policy::uniform(parse_format("F(0," + std::to_string(s) + ")"));
    const int steps = (1 << 2 * s) - 1, knee = 2 * steps - 1;  // 5, 29, 125
    CAPTURE(s);
    for (const int k : {2, 3, 5, knee - 1, knee}) CHECK(decide("majority", k, policy, policy).failures == 0);
    CHECK(decide("majority", knee + 1, policy, policy).failures > 0);
  }
  // In p bits of floating point ones are counted up to 2^p.
  for (const char* text : {"e5m2", "e4m3", "float(6,2)", "float(5,4):sat", "float(6,3):rdn"}) {
    const Policy policy = Policy::uniform(parse_format(text));
    const int knee = 2 * (1 << policy.formats[0].precision) - 1;  // 15, 31, 7, 31, 15
    CAPTURE(text);
    for (const int k : {2, 3, 5, knee - 1, knee}) CHECK(decide("majority", k, policy, policy).failures == 0);
    CHECK(decide("majority", knee + 1, policy, policy).failures > 0);
  }
}

TEST_CASE(
    "PARITY by one unit holds where the accumulators wrap, and fails for every odd number where they "
    "saturate") {
  const Construction& construction = find_construction("parity");
  for (const char* text : {"twos(1,0)", "twos(2,1)", "twos(5,0)"}) {
    const Format format = parse_format(text);
    const Policy wraps = policy_for(construction, format), saturates = Policy::uniform(format);
    CAPTURE(text);
    CHECK(!wraps.is_uniform());
    for (const int k : {2, 3, 8, 21}) CHECK(decide("parity", k, wraps, wraps).failures == 0);
    const Outcome outcome = decide("parity", 6, wraps, saturates);
    CHECK(outcome.failures * 2 == outcome.inputs);
    CHECK(construction.refuses({.k = 6}, saturates, {}).find("wrap") != std::string::npos);
    const Policy all_wrap = Policy::uniform(parse_format(std::string(text) + ":wrap"));
    CHECK(construction.refuses({.k = 6}, all_wrap, {}).find("softmax") != std::string::npos);
  }
}

TEST_CASE("saturating additions generate an aperiodic monoid, wrapping ones a group") {
  const Additions small(parse_format("F(0,1)")), wrapping(parse_format("twos(2,0):wrap"));
  CHECK(small.states == 7);
  CHECK(small.maps == 98);
  CHECK(small.aperiodic);
  CHECK(wrapping.states == 8);
  CHECK(wrapping.maps == 8);
  CHECK(!wrapping.aperiodic);
  if (std::getenv("ROUNDOFF_LONG")) {
    const Additions larger(parse_format("F(0,2)"));
    CHECK(larger.states == 31);
    CHECK(larger.maps == 9486);
    CHECK(larger.aperiodic);
  }
}
