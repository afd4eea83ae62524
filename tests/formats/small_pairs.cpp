// Every operand pair of every small format under + - * / and max, every rounding and overflow, values and
// flags, against the oracle. Formats of 8 bits: all pairs under every rounding with the default overflow, and
// every eleventh pair under the other overflows too (all of them with ROUNDOFF_LONG=1). fma: all triples to 4
// bits, a stride of them above.
#include <doctest/doctest.h>

#include "formats/notation/text.hpp"
#include "tests/formats/oracle.hpp"
#include "tests/formats/small_formats.hpp"

using namespace roundoff::formats;
using namespace roundoff::formats::small_formats;

namespace {

long checked = 0;

/// Compares one result with the oracle's; counts, and reports the first few differences only.
template <typename Compute>
void agree(const oracle::Answer& want, const Format& format, const std::string& what,
           const Compute& compute) {
  ++checked;
  std::optional<Rounded> got;
  try {
    got = compute();
  } catch (const Trap&) {
  }
  const bool same = want.value ? got && got->value == *want.value && got->flags == want.flags : !got;
  if (same) return;
  static int reported = 0;
  if (++reported > 50) FAIL("too many differences");
  FAIL_CHECK(what << " in " << notation(format) << ": "
                  << (got ? hex(got->value) + " " + describe(got->flags) : "trap") << ", want "
                  << (want.value ? hex(*want.value) + " " + describe(want.flags) : "trap"));
}

Rounded compute(char op, const Value& a, const Value& b, const Format& format, Draw draw) {
  switch (op) {
    case '+':
      return add(a, b, format, draw);
    case '-':
      return sub(a, b, format, draw);
    case '*':
      return mul(a, b, format, draw);
    default:
      return div(a, b, format, draw);
  }
}

void check_pairs(const std::vector<std::string>& notations) {
  for (const std::string& text : notations) {
    const oracle::Values values(text);
    const Format base = parse_format(text);
    const std::vector<Format> all = variants(text);
    std::vector<Format> usual;
    for (const Format& f : all) {
      if (f.overflow == base.overflow) usual.push_back(f);
    }
    Format stochastic = parse_format(text + ":sr(7)");
    const std::vector<Value> members = values.members();
    std::uint64_t count = 0;
    for (const Value& a : members) {
      for (const Value& b : members) {
        ++count;
        const bool everything = values.bits < 7 || long_run() || count % 11 == 0;
        for (char op : {'+', '-', '*', '/'}) {
          const oracle::Question question = ask(values, op, a, b);
          auto what = [&] { return hex(a) + " " + op + " " + hex(b); };
          for (const Format& format : everything ? all : usual) {
            const oracle::Answer want = answer(question, values, format);
            ++checked;
            std::optional<Rounded> got;
            try {
              got = compute(op, a, b, format, {});
            } catch (const Trap&) {
            }
            if (want.value ? got && got->value == *want.value && got->flags == want.flags : !got) continue;
            agree(want, format, what(), [&] { return compute(op, a, b, format, {}); });
          }
          if (everything) {
            const Draw draw{count, static_cast<std::uint64_t>(op)};
            agree(answer(question, values, stochastic, draw), stochastic, what(),
                  [&] { return compute(op, a, b, stochastic, draw); });
          }
        }
        if (!a.is_nan() && !b.is_nan()) {
          const Value m = maximum(a, b);
          CHECK((m == a || (m == b && compare(b, a) > 0)));
          CHECK(compare(m, a) >= 0);
          CHECK(compare(m, b) >= 0);
        }
      }
    }
  }
}

void check_triples(const std::vector<std::string>& notations) {
  for (const std::string& text : notations) {
    const oracle::Values values(text);
    const std::vector<Format> all = variants(text);
    const std::vector<Value> members = values.members();
    const std::size_t cube = members.size() * members.size() * members.size();
    const std::size_t stride = values.bits <= 4 ? 1 : (long_run() ? cube / 400000 : cube / 2000) | 1;
    for (std::size_t i = 0; i < cube; i += stride) {
      const Value &a = members[i % members.size()], &b = members[i / members.size() % members.size()],
                  &c = members[i / members.size() / members.size()];
      const oracle::Question question = ask_fma(values, a, b, c);
      for (const Format& format : all) {
        const oracle::Answer want = answer(question, values, format);
        agree(want, format, "fma " + hex(a) + " " + hex(b) + " " + hex(c),
              [&] { return fma(a, b, c, format); });
      }
    }
  }
}

}  // namespace

TEST_CASE("every pair of small fixed-point numbers agrees with the oracle") { check_pairs(fixed_points); }
TEST_CASE("every pair of small floats agrees with the oracle") { check_pairs(floats); }
TEST_CASE("every pair of the OCP and fnuz formats agrees with the oracle") { check_pairs(machine_learning); }
TEST_CASE("every pair of the P3109 formats agrees with the oracle") { check_pairs(p3109); }
TEST_CASE("every pair of the papers' small floats agrees with the oracle") { check_pairs(papers); }
TEST_CASE("every pair of listed formats agrees with the oracle") { check_pairs(lists); }
TEST_CASE("every pair of small posits agrees with the oracle") { check_pairs(posits); }

TEST_CASE("fma on small formats agrees with the oracle") {
  for (const auto* group : {&fixed_points, &floats, &machine_learning, &p3109, &lists, &papers, &posits})
    check_triples(*group);
  MESSAGE(checked << " results compared");
}

TEST_CASE("every format of the catalogue with at most 8 bits is among the small formats") {
  for (const CatalogueEntry& entry : catalogue()) {
    if (parse_format(entry.example).bits > 8) continue;
    bool found = false;
    for (const auto* group : {&fixed_points, &floats, &machine_learning, &p3109, &lists, &papers, &posits}) {
      for (const std::string& text : *group)
        found = found || find_entry(text.substr(0, text.find('('))) == &entry;
    }
    CHECK_MESSAGE(found, entry.name);
  }
}
