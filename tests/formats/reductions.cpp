// Sums, dots and softmax in every order, against the same words spelled out by other means, and by hand where
// order matters.
#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "formats/random.hpp"
#include "formats/rounding/exact.hpp"

using namespace roundoff::formats;

namespace {

Value number(std::string_view text) { return parse_exact(text); }

std::vector<Value> numbers(std::initializer_list<const char*> texts) {
  std::vector<Value> result;
  for (const char* text : texts) result.push_back(number(text));
  return result;
}

std::vector<Value> drawn(const Format& format, int count, std::uint64_t seed) {
  std::vector<Value> result;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t r = random_bits(seed, static_cast<std::uint64_t>(i), 0);
    result.push_back(
        round(Value::scaled((r & 1) != 0, r >> 50, static_cast<int>(r >> 8 & 15) - 16), format).value);
  }
  return result;
}

Value total(std::span<const Value> terms, std::string_view order, const Format& format) {
  return sum(terms, parse_order(order), format).value;
}

/// A sum as an exact fraction of 2^200.
Value exact_total(std::span<const Value> x, std::span<const Value> y, const Format& format) {
  Integer s = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i].is_zero() || y[i].is_zero()) continue;
    const Integer term = (to_integer(x[i].significand) * to_integer(y[i].significand))
                         << static_cast<unsigned>(200 + x[i].exponent + y[i].exponent);
    s += x[i].negative != y[i].negative ? Integer(-term) : term;
  }
  return round_fraction(s, Integer(1) << 200, format).value;
}

}  // namespace

TEST_CASE("a tree splits at the largest power of two strictly below the number of terms") {
  const Format format = parse_format("fixed(2,0)");
  // five terms: four, then one: ((3+3) + (-3+-1)) + 1 = (3 + -3) + 1
  CHECK(total(numbers({"3", "3", "-3", "-1", "1"}), "tree", format) == number("1"));
  // four terms: two and two
  CHECK(total(numbers({"3", "3", "-3", "-3"}), "tree", format) == number("0"));
  CHECK(total(numbers({"3", "3", "-3", "-3"}), "sequential", format) == number("-3"));
  // three terms: two and one
  CHECK(total(numbers({"3", "3", "-3"}), "tree", format) == number("0"));
  CHECK(total(numbers({"3", "3", "-3"}), "exact", format) == number("3"));
}

TEST_CASE("blocked and wide sums by hand") {
  const Format format = parse_format("fixed(2,0)");
  const std::vector<Value> terms = numbers({"3", "3", "-3", "-3", "1"});
  CHECK(total(terms, "blocked:2", format) == number("1"));   // 3, -3, 1
  CHECK(total(terms, "blocked:3", format) == number("-2"));  // 0, -2
  CHECK(total(terms, "blocked:100", format) == total(terms, "sequential", format));
  CHECK(total(terms, "wide:fixed(10,0)", format) == number("1"));
  const Rounded wide = sum(numbers({"3", "3"}), parse_order("wide:fixed(10,0)"), format);
  CHECK(wide.value == number("3"));
  CHECK((wide.flags & flag_saturated) != 0);
}

TEST_CASE("sequential, tree and blocked sums spell out the same additions as plain loops") {
  for (const char* text : {"binary16", "fixed(4,4)", "F(2,3)", "e4m3", "posit(8,2)", "binary16:sr(5)"}) {
    const Format format = parse_format(text);
    for (int count = 1; count <= 40; ++count) {
      const std::vector<Value> x = drawn(format, count, static_cast<std::uint64_t>(count));
      std::uint64_t index = 0;
      Value s = x[0];
      for (std::size_t j = 1; j < x.size(); ++j) s = add(s, x[j], format, {42, index++}).value;
      CHECK(sum(x, {}, format, 42).value == s);
      if (format.is_stochastic()) continue;
      // a tree, bottom up: full power-of-two subtrees from the left, then joined from the right
      std::vector<std::pair<std::size_t, Value>> stack;  // size, value
      for (const Value& v : x) {
        stack.emplace_back(1, v);
        while (stack.size() > 1 && stack[stack.size() - 2].first == stack.back().first) {
          const Value right = stack.back().second;
          stack.pop_back();
          stack.back() = {2 * stack.back().first, add(stack.back().second, right, format).value};
        }
      }
      while (stack.size() > 1) {
        const Value right = stack.back().second;
        stack.pop_back();
        stack.back().second = add(stack.back().second, right, format).value;
      }
      CHECK(total(x, "tree", format) == stack[0].second);
    }
  }
}

TEST_CASE("exact sums and exact dots round once") {
  for (const char* text : {"binary16", "binary16:rup", "fixed(4,4):rdn", "F(2,3)", "bfloat16:rod"}) {
    const Format format = parse_format(text);
    for (int count = 1; count <= 60; ++count) {
      const std::vector<Value> x = drawn(format, count, 7), y = drawn(format, count, 8);
      const std::vector<Value> ones(x.size(), Value::integer(1));
      CHECK(compare(total(x, "exact", format), exact_total(x, ones, format)) == 0);
      CHECK(compare(dot(x, y, {}, DotMode::exact_dot, format).value, exact_total(x, y, format)) == 0);
    }
  }
  // far apart
  const Format quad = parse_format("binary128");
  CHECK(total(numbers({"0x1p+16000", "1", "-0x1p+16000"}), "exact", quad) == number("1"));
  CHECK(total(numbers({"0x1p+16000", "1", "-0x1p+16000"}), "sequential", quad) == number("0"));
}

TEST_CASE("dot products: rounded products, fused, and refusals") {
  const Format format = parse_format("fixed(3,1)");
  const std::vector<Value> x = numbers({"0.5", "0.5", "1.5"}), y = numbers({"0.5", "0.5", "0.5"});
  CHECK(dot(x, y, {}, DotMode::rounded, format).value ==
        number("1"));  // 0 (tie to even), 0, 1 (tie to even: 0.75 -> 1)
  CHECK(dot(x, y, {}, DotMode::fused, format).value == number("1"));      // 0, 0.25 -> 0, 0.75 -> 1
  CHECK(dot(x, y, {}, DotMode::exact_dot, format).value == number("1"));  // 1.25 -> 1
  CHECK_THROWS_AS(dot(x, y, parse_order("tree"), DotMode::fused, format), UsageError);
  CHECK_THROWS_AS(sum({}, {}, format), UsageError);
}

TEST_CASE("zeros, infinities and NaN in sums keep IEEE rules step by step") {
  const Format half = parse_format("binary16"), down = parse_format("binary16:rdn");
  const std::vector<Value> minus = {Value::zero(true), Value::zero(true)},
                           mixed = {Value::zero(true), Value::zero()};
  for (const char* order : {"sequential", "tree", "exact"}) {
    CHECK(total(minus, order, half) == Value::zero(true));
    CHECK(total(mixed, order, half) == Value::zero());
    CHECK(total(mixed, order, down) == Value::zero(true));
    CHECK(total(numbers({"1", "-1"}), order, down) == Value::zero(true));
    const std::vector<Value> infinities = {Value::infinity(), Value::integer(3), Value::infinity(true)};
    const Rounded nan = sum(infinities, parse_order(order), half);
    CHECK(nan.value.is_nan());
    CHECK((nan.flags & flag_invalid) != 0);
  }
}

TEST_CASE("softmax: stable and plain by hand, and the trap of an empty denominator") {
  const Format format = parse_format("fixed(4,4)");
  const std::vector<Value> scores = numbers({"2", "2", "-10"});
  CHECK(softmax(scores, Softmax::stable, {}, format) == numbers({"0.5", "0.5", "0"}));
  // plain: e^2 = 7.39 -> 7.375; sum 14.75; the quotient 0.5
  CHECK(softmax(scores, Softmax::plain, {}, format) == numbers({"0.5", "0.5", "0"}));
  const std::vector<Value> low = numbers({"-10", "-12"});
  CHECK(softmax(low, Softmax::stable, {}, format)[0] ==
        number("0.875"));  // e^-2 = 0.1353 -> 0.125; 1/1.125 = 0.889 -> 0.875
  CHECK_THROWS_AS(softmax(low, Softmax::plain, {}, format), Trap);
  CHECK(softmax(low, Softmax::plain, {}, parse_format("float(3,3)"))[0].is_nan());
}

TEST_CASE("orders read and print, and mistakes are named") {
  for (const char* text :
       {"sequential", "tree", "exact", "wide:fixed(20,0)", "wide:F(0,2):rne", "blocked:32"}) {
    CHECK(notation(parse_order(text)) == text);
    CHECK(parse_order(notation(parse_order(text))) == parse_order(text));
  }
  for (const char* text :
       {"", "sequentia", "wide", "wide:", "blocked:0", "blocked:x", "blocked:3x", "tree:2"}) {
    CHECK_THROWS_AS_MESSAGE(parse_order(text), UsageError, text);
  }
  CHECK_THROWS_WITH_AS(parse_order("sequentia"), "unknown order 'sequentia'; did you mean 'sequential'?",
                       UsageError);
  for (int f = 0; f <= static_cast<int>(Function::step); ++f) {
    CHECK(parse_function(name(static_cast<Function>(f))) == static_cast<Function>(f));
  }
  CHECK_THROWS_WITH_AS(parse_function("gleu"), "unknown function 'gleu'; did you mean 'gelu'?", UsageError);
}
