// Classes of regular languages, known from the literature or by hand, and monoids of rounded sums.
#include "analyzer/automata/monoid.hpp"

#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "analyzer/automata/interner.hpp"
#include "analyzer/automata/running.hpp"
#include "constructions/automata/regex.hpp"
#include "formats/format.hpp"
#include "tests/sim/random_model.hpp"

using namespace roundoff::analyzer;

namespace {

/// x -> rnd(x + y) on all values of a format, with every y.
Automaton additions(const char* notation, int fraction_bits) {
  const Format format = parse_format(notation);
  automata::Interner<Value> values;
  const Value step = Value::scaled(false, 1, -fraction_bits);
  for (Value v = format.lowest;; v = add(v, step, format).value) {
    values.number(v);
    if (v == format.highest) break;
  }
  Automaton result;
  result.symbols = values.size();
  for (int x = 0; x < values.size(); ++x) {
    std::vector<int>& row = result.next.emplace_back();
    for (int y = 0; y < values.size(); ++y)
      row.push_back(values.number(add(values[x], values[y], format).value));
    result.output.push_back(x);
  }
  return result;
}

}  // namespace

TEST_CASE("monoids: classes of regular languages") {
  const std::vector<std::string> letters = {"a", "b", "c"};
  const auto kind = [&](const char* pattern, int count) {
    return monoid(regular_language(pattern, std::span(letters).first(static_cast<std::size_t>(count)))).kind;
  };
  using enum MonoidClass;
  struct Known {
    const char* pattern;
    int letters;
    MonoidClass kind;
  };
  for (const Known& known : {Known{".*", 2, r_trivial},
                             {"", 2, r_trivial},
                             {"a*", 2, r_trivial},
                             {"a*b*", 2, r_trivial},
                             {"a.*", 2, r_trivial},       // the first symbol
                             {".*a.*b.*", 2, r_trivial},  // a subword: piecewise testable
                             {"a*b*c*", 3, r_trivial},
                             {"[ab]*c[ac]*", 3, r_trivial},
                             {"(a|b){3}", 2, r_trivial},      // finite languages are nilpotent
                             {"b*(ab*){0,2}", 2, r_trivial},  // a threshold
                             {".*a", 2, aperiodic},           // the last symbol: L-trivial
                             {"(ab)*", 2, aperiodic},
                             {"(a|ba)*b?", 2, aperiodic},  // no two b in a row
                             {".*aba.*", 2, aperiodic},
                             {"a.*b", 2, aperiodic},
                             {"(a(ab)*b)*", 2, aperiodic},  // Dyck-1 of depth 2
                             {"(b*ab*a)*b*", 2, group},     // parity
                             {"(..)*", 2, group},
                             {"((b*a){3})*b*", 2, group},
                             {"(aa)*", 2, mixed},
                             {"(a(a|b))*", 2, mixed},
                             {"(aa)*b", 2, mixed},
                             {"(b*ab*a)*b*c.*", 3, mixed}}) {
    CAPTURE(known.pattern);
    CHECK(kind(known.pattern, known.letters) == known.kind);
  }
  const Monoid parity = monoid(regular_language("(b*ab*a)*b*", std::span(letters).first(2)));
  CHECK(parity.elements == 2);
  CHECK(parity.period == 2);
  CHECK(parity.turning == std::vector<int>{0});
}

TEST_CASE("monoids: what rounded additions do to the values of a format") {
  const Monoid one = monoid(additions("F(0,1)", 1));
  CHECK(one.elements == 98);
  CHECK(one.kind == MonoidClass::aperiodic);
  const Monoid two = monoid(additions("F(0,2)", 2));
  CHECK(two.elements == 9486);
  CHECK(two.kind == MonoidClass::aperiodic);
  const Monoid wrap = monoid(additions("twos(2,0):wrap", 0));
  CHECK(wrap.elements == 8);
  CHECK(wrap.kind == MonoidClass::group);
  CHECK(monoid(additions("F(0,2)", 2), 1000).kind == MonoidClass::undecided);
}

TEST_CASE("automata: running sums are the sums of semantics.md, term after term") {
  for (const char* order : {"sequential", "blocked:1", "blocked:2", "blocked:5", "wide:fixed(4,2)"})
    for (const char* notation : {"fixed(1,1)", "float(2,2)", "F(0,1)"})
      for (const DotMode mode : {DotMode::rounded, DotMode::fused}) {
        const Reduction how{parse_order(order), mode};
        if (mode == DotMode::fused && how.order.kind != SumOrder::sequential) continue;
        const Format format = parse_format(notation);
        const automata::Running running(format, how);
        TestStream draw(7);
        automata::Running::State terms, products;
        std::vector<Value> x, y;
        for (int j = 0; j < 17; ++j) {
          x.push_back(
              round(Value::scaled(draw.below(2) != 0, static_cast<unsigned>(draw.below(8)), -1), format)
                  .value);
          y.push_back(
              round(Value::scaled(draw.below(2) != 0, static_cast<unsigned>(draw.below(8)), -1), format)
                  .value);
          running.add_product(products, x.back(), y.back());
          CHECK(running.total(products) == dot(x, y, how.order, mode, format).value);
          if (mode == DotMode::fused) continue;
          running.add(terms, x.back());
          CHECK(running.total(terms) == sum(x, how.order, format).value);
        }
      }
}
