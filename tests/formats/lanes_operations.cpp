// Every kernel of one operation against the definition, on bits, for every container and instruction set.
#include <cstdlib>
#include <optional>

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "tests/formats/lanes_cases.hpp"
#include "tests/formats/small_formats.hpp"

namespace roundoff::formats::lanes_test {
namespace {

using Pairs = std::vector<std::pair<Value, Value>>;

/// Absent: the definition traps.
std::optional<Value> defined(const char* operation, const Value& a, const Value& b, const Format& format) {
  try {
    switch (operation[0]) {
      case 'a':
        return add(a, b, format).value;
      case 's':
        return sub(a, b, format).value;
      case 'd':
        return div(a, b, format).value;
      default:
        break;
    }
    return operation[1] == 'u' ? mul(a, b, format).value : maximum(a, b);
  } catch (const Trap&) {
    return std::nullopt;
  }
}

LaneKernels::Binary kernel(const char* operation, const LaneKernels& kernels) {
  switch (operation[0]) {
    case 'a':
      return kernels.add;
    case 's':
      return kernels.sub;
    case 'd':
      return kernels.div;
    default:
      break;
  }
  return operation[1] == 'u' ? kernels.mul : kernels.max;
}

void check(const char* operation, const LaneKernels& kernels, const Pairs& pairs,
           const std::vector<std::optional<Value>>& expected) {
  Array a(kernels, pairs.size()), b(kernels, pairs.size()), out(kernels, pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    a.set(i, pairs[i].first);
    b.set(i, pairs[i].second);
  }
  std::vector<std::uint8_t> trapped(pairs.size());
  kernel(operation, kernels)(kernels.context(), a.at(0), b.at(0), out.at(0), pairs.size(), trapped.data());
  int shown = 0;
  for (std::size_t i = 0; i < pairs.size() && shown < 3; ++i) {
    const bool same = expected[i] ? trapped[i] == 0 && out.get(i) == *expected[i] : trapped[i] != 0;
    if (same) continue;
    ++shown;
    FAIL_CHECK(describe(operation, kernels) << ": " << hex(pairs[i].first) << " and " << hex(pairs[i].second)
                                            << " gave " << (trapped[i] != 0 ? "a trap" : hex(out.get(i)))
                                            << ", not " << (expected[i] ? hex(*expected[i]) : "a trap"));
  }
}

/// Numbers that are no members: sums and products of operands in double, where those are exact or not.
void check_rounding(const LaneKernels& kernels, const Pairs& pairs) {
  std::vector<double> numbers;
  for (std::size_t i = 0; i < pairs.size(); i += 3) {
    const double a = to_double(pairs[i].first), b = to_double(pairs[i].second);
    numbers.insert(numbers.end(), {a, a + b, a * b, a + b / 2});
  }
  Array out(kernels, numbers.size());
  std::vector<std::uint8_t> trapped(numbers.size());
  kernels.round_f64(kernels.context(), numbers.data(), out.at(0), numbers.size(), trapped.data());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::optional<Value> expected;
    try {
      expected = round(Value::of(numbers[i]), kernels.format()).value;
    } catch (const Trap&) {
    }
    if (expected ? trapped[i] == 0 && out.get(i) == *expected : trapped[i] != 0) continue;
    FAIL_CHECK(describe("round", kernels) << " of " << hex(Value::of(numbers[i])));
    return;
  }
}

/// One pair in four in the default suite, other ones in every variant of the format.
Pairs share(const Pairs& pairs, std::size_t variant) {
  if (small_formats::long_run()) return pairs;
  Pairs result;
  for (std::size_t i = variant % 4; i < pairs.size(); i += 4) result.push_back(pairs[i]);
  return result;
}

void check_format(const Format& format, const Pairs& pairs) {
  const auto kernels = all_kernels(format);
  for (const char* operation : {"add", "sub", "mul", "div", "max"}) {
    std::vector<std::optional<Value>> expected;
    expected.reserve(pairs.size());
    for (const auto& [a, b] : pairs) expected.push_back(defined(operation, a, b, format));
    for (const auto& k : kernels) check(operation, *k, pairs, expected);
  }
  for (const auto& k : kernels) check_rounding(*k, pairs);
}

TEST_CASE("lane kernels equal the definition on all pairs of small formats") {
  for (const char* notation :
       {"fixed(2,2)", "fixed(4,0)", "fixed(0,4)", "twos(2,2)", "twos(4,0)", "ufixed(3,2)", "F(0,2)", "F(2,1)",
        "F(1,2)", "float(3,3)", "float(2,3)", "float(3,2)"}) {
    CAPTURE(notation);
    for (const Format& format : variants(notation)) check_format(format, operand_pairs(format, 100, 0, 0));
  }
}

TEST_CASE("lane kernels equal the definition on the borders and random pairs of wider formats") {
  for (const char* notation :
       {"fixed(7,8)",   "fixed(0,15)",  "fixed(15,0)",  "fixed(4,4)",   "fixed(8,8)",    "fixed(15,16)",
        "fixed(20,4)",  "fixed(31,0)",  "fixed(16,31)", "fixed(40,20)", "twos(7,8)",     "twos(3,4)",
        "twos(15,16)",  "twos(10,3)",   "ufixed(8,7)",  "ufixed(8,8)",  "ufixed(20,11)", "F(0,7)",
        "F(0,4)",       "F(0,12)",      "F(3,2)",       "F(4,4)",       "F(5,6)",        "F(8,6)",
        "e4m3",         "e5m2",         "binary16",     "bfloat16",     "tf32",          "binary32",
        "binary64",     "float(8,12)",  "float(7,11)",  "float(7,12)",  "float(6,20)",   "float(8,20)",
        "float(11,11)", "float(11,17)", "float(11,24)", "float(11,26)", "float(11,27)",  "float(11,40)",
        "float(10,26)", "float(9,40)",  "float(11,51)", "float(11,52)", "float(4,1)",    "float(5,2)",
        "int8",         "int4"}) {
    CAPTURE(notation);
    std::size_t variant = 0;
    for (const Format& format : variants(notation)) {
      check_format(format,
                   share(operand_pairs(format, 64, small_formats::long_run() ? 1000 : 240, 1), variant++));
    }
  }
}

}  // namespace
}  // namespace roundoff::formats::lanes_test

TEST_CASE("the instruction set can be forced by the environment, and a wrong name is refused") {
  using namespace roundoff::formats;
  const char* before = std::getenv("ROUNDOFF_ISA");
  const std::string kept = before == nullptr ? "" : before;
  setenv("ROUNDOFF_ISA", "scalar", 1);
  CHECK(best_isa() == Isa::scalar);
  setenv("ROUNDOFF_ISA", "avx3", 1);
  CHECK_THROWS_WITH_AS(best_isa(), doctest::Contains("did you mean 'avx2'?"), UsageError);
  if (kept.empty()) {
    unsetenv("ROUNDOFF_ISA");
  } else {
    setenv("ROUNDOFF_ISA", kept.c_str(), 1);
  }
}
