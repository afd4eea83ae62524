// Operations between arrays of different formats are the definition's, on bits: results near the middle between two
// members, where a double's own rounding would decide, ends of ranges, zeros of either sign, infinities and NaN.
#include "sim/tensors/numbers.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "formats/random.hpp"

namespace roundoff::sim {
namespace {

/// Members of `of`: at random, special, and next to the middle between two members of `result`.
std::vector<Value> members(const Format& of, const Format& result, std::uint64_t seed, std::size_t count) {
  std::vector<Value> made = {Value::zero(), of.highest, of.lowest, Value::integer(1)};
  if (of.has_negative_zero) made.push_back(Value::zero(true));
  if (of.holds_infinity()) made.push_back(Value::infinity(false)), made.push_back(Value::infinity(true));
  if (of.has_nan) made.push_back(Value::nan());
  for (std::uint64_t i = 0; made.size() < count; ++i) {
    const std::uint64_t bits = formats::random_bits(seed, 0x6e756d62, i);
    const bool negative = (bits & 1) != 0;
    const int exponent = static_cast<int>(bits >> 1 & 31) - 16;
    const std::uint64_t significand = bits >> 12;
    Value value;
    switch (bits >> 6 & 3) {
      case 0:  // any
        value = Value::scaled(negative, significand >> 12, exponent - 40);
        break;
      case 1:  // a middle: one bit more than the result has
        value = Value::scaled(negative, (significand % (1ULL << std::min(result.precision, 50))) * 2 + 1, exponent - result.precision);
        break;
      case 2:  // what tips it
        value = Value::scaled(negative, 1, exponent - 60);
        break;
      default:
        value = Value::scaled(negative, significand % 7 + 1, exponent);
    }
    made.push_back(formats::round(value, of).value);
  }
  return made;
}

struct Kept {
  Kept(const Format& format, Isa isa, const std::vector<Value>& values) : number(format, isa), array(values.size() * number.size()) {
    for (std::size_t i = 0; i < values.size(); ++i) number.store(values[i], array.data() + i * number.size());
  }
  Number number;
  Array array;
  Operand operand() const { return {&number, array.data()}; }
};

struct Made {
  Made(const Number& number, std::size_t count) : of(&number), array(count * number.size()), trapped(count) {}
  const Number* of;
  Array array;
  std::vector<std::uint8_t> trapped;
  template <class Definition>
  std::string difference(std::size_t i, const Definition& definition) const {
    std::optional<Value> want;
    try {
      want = definition();
    } catch (const Trap&) {
    }
    if (!want) return trapped[i] != 0 ? "" : "a trap is gone";
    if (trapped[i] != 0) return "a trap is new";
    const Value got = of->load(array.data() + i * of->size());
    return got == *want ? "" : decimal(got) + " instead of " + decimal(*want);
  }
};

constexpr const char* sources[] = {"binary32", "binary64", "bfloat16", "e4m3", "fixed(12,8)", "posit(16,2)"};
constexpr const char* results[] = {"binary32", "binary32:rdn", "bfloat16", "bfloat16:rod",  "binary16:rtz", "e4m3",   "e5m2:inf",
                                   "float(6,30):rup", "fixed(6,6)", "twos(7,4):wrap", "ufixed(5,5)", "posit(8,2)", "F(3,4)", "binary64"};

}  // namespace

TEST_CASE("numbers of different formats: every operation is the definition's") {
  constexpr std::size_t count = 700;
  std::uint64_t seed = 1;
  for (const Isa isa : {Isa::scalar, Isa::avx2}) {
    if (!supported(isa)) continue;
    for (const char* x_text : sources)
      for (const char* y_text : {sources[seed % 6], sources[(seed + 3) % 6]})
        for (const char* result_text : results) {
          CAPTURE(std::string(x_text));
          CAPTURE(std::string(y_text));
          CAPTURE(std::string(result_text));
          const Format result_format = parse_format(result_text);
          const std::vector<Value> x = members(parse_format(x_text), result_format, ++seed, count),
                                   y = members(parse_format(y_text), result_format, ++seed, count);
          const Kept a(parse_format(x_text), isa, x), b(parse_format(y_text), isa, y);
          const Number result(result_format, isa);
          for (const Op op : {Op::add, Op::sub, Op::mul, Op::div}) {
            if (op == Op::div && result_format.overflow == Overflow::wrap) continue;
            CAPTURE(static_cast<int>(op));
            Made made(result, count);
            binary(op, a.operand(), b.operand(), result, made.array.data(), count, made.trapped.data());
            for (std::size_t i = 0; i < count; ++i) {
              CAPTURE(decimal(x[i]));
              CAPTURE(decimal(y[i]));
              REQUIRE(made.difference(i, [&] { return by_definition(op, x[i], y[i], result_format, {}).value; }) == "");
            }
          }
          Made made(result, count);
          round(a.operand(), result, made.array.data(), count, made.trapped.data());
          for (std::size_t i = 0; i < count; ++i) {
            CAPTURE(decimal(x[i]));
            REQUIRE(made.difference(i, [&] { return formats::round(x[i], result_format).value; }) == "");
          }
          for (const Function function : {Function::exp, Function::rsqrt, Function::silu}) {
            Made applied(result, 60);
            unary(function, a.operand(), result, applied.array.data(), 60, applied.trapped.data());
            for (std::size_t i = 0; i < 60; ++i) {
              CAPTURE(decimal(x[i]));
              REQUIRE(applied.difference(i, [&] { return formats::apply(function, x[i], result_format).value; }) == "");
            }
          }
        }
  }
}

}  // namespace roundoff::sim
