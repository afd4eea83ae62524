// Every reduction of lanes against the definition, on bits: sums, dots, constant weights, fused, maxima,
// functions of one argument; in every container and instruction set, in lengths that fill blocks and that do
// not.
#include <functional>
#include <optional>

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "formats/random.hpp"
#include "tests/formats/lanes_cases.hpp"
#include "tests/formats/small_formats.hpp"

namespace roundoff::formats::lanes_test {
namespace {

using Values = std::vector<Value>;
/// The operands of one lane, and what the definition says of them (nothing for a trap).
using Definition = std::function<Value(const Values& x, const Values& y)>;

struct Terms {
  std::vector<Values> lanes_x, lanes_y;  ///< [lane][term]
  Values weights;                        ///< [term]
};

/// Terms whose products lie around the format's smallest normal number, with `odd` ones among them: zeros,
/// ones, factors so small that products vanish altogether, and so large that a block has no room for both.
Terms small_terms(const Format& format, std::size_t lanes, std::size_t count, bool odd) {
  const int normal = format.quantum + format.precision - 1;
  const auto member = [&](std::uint64_t index, int leading) {
    Format nearest = format;
    nearest.overflow = Overflow::sat;
    const std::uint64_t bits = random_bits(11, 0, index);
    const auto exponent = leading + static_cast<int>(bits >> 8 & 7) - 4;
    return round(Value::scaled((bits & 1) != 0, bits >> 1 | std::uint64_t{1} << 62, exponent - 62), nearest)
        .value;
  };
  Terms terms;
  std::uint64_t index = 0;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    Values x, y;
    for (std::size_t j = 0; j < count; ++j) {
      x.push_back(member(++index, normal / 2));
      y.push_back(member(++index, normal / 2));
      if (odd && j % 9 == 4) x.back() = member(index, normal);
      if (odd && j % 9 == 5) y.back() = member(index, lane % 3 == 0 ? normal : normal - format.precision);
      if (odd && j == 20 && lane / 16 % 3 == 1) x.back() = member(index, -normal - 4);
      if (odd && j == 30 && lane == 40) x.back() = Value::nan();
    }
    terms.lanes_x.push_back(x);
    terms.lanes_y.push_back(y);
  }
  for (std::size_t j = 0; j < count; ++j) terms.weights.push_back(member(++index, normal / 2));
  if (odd) {
    terms.weights[3] = Value::zero();
    terms.weights[5] = Value::integer(1);
    terms.weights[7] = Value::integer(-1);
    terms.weights[13] = member(++index, normal);
    terms.weights[22] = member(++index, normal - format.precision);
  }
  return terms;
}

/// Terms near the largest number of the format, so that a sum or product in three overflows in one block of
/// lanes and few or none do in the others; infinite operands in two lanes, NaN in another.
Terms large_terms(const Format& format, std::size_t lanes, std::size_t count) {
  const int high = leading_exponent(format.highest);
  const auto member = [&](std::uint64_t index, int leading) {
    const std::uint64_t bits = random_bits(12, 0, index);
    Format truncated = format;
    truncated.rounding = Rounding::rtz;
    const auto exponent = leading - static_cast<int>(bits >> 8 & 3);
    const u128 significand = (bits & 6) == 0 ? ~std::uint64_t{0} : bits >> 1 | std::uint64_t{1} << 63;
    return round(Value::scaled((bits & 1) != 0, significand, exponent - 63), truncated).value;
  };
  Terms terms;
  std::uint64_t index = 0;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const bool overflows = lane / 32 == 1;
    Values x, y;
    for (std::size_t j = 0; j < count; ++j) {
      x.push_back(member(++index, overflows ? high : high - 8));
      y.push_back(member(++index, overflows && j % 3 == 0 ? 2 : -2));
    }
    if (lane == 40 || lane == 70) x[count / 2] = Value::infinity(lane == 70);
    if (lane == 41) y[count / 3] = Value::nan();
    if (lane == 66) x[0] = x[1] = x[2] = format.highest;
    terms.lanes_x.push_back(x);
    terms.lanes_y.push_back(y);
  }
  for (std::size_t j = 0; j < count; ++j) terms.weights.push_back(member(++index, -1));
  terms.weights[0] = terms.weights[1] = Value::integer(1);
  terms.weights[2] = member(++index, high);
  return terms;
}

/// Terms of which some are zero, some cancel, and some have other magnitudes than the sum so far.
Terms random_terms(const Format& format, std::size_t lanes, std::size_t count, std::uint64_t seed) {
  const auto pairs = operand_pairs(format, 0, 8 * lanes, seed);
  Terms terms;
  std::size_t next = seed % 97;
  const auto draw = [&](std::size_t lane, std::size_t j) {
    // Specials are frequent among the borders; most lanes should see few of them, or all sums are NaN.
    for (;;) {
      const Value& v = pairs[(next += 7) % pairs.size()].first;
      if (v.is_finite() || (lane % 5 == 0 && j == lane % 11)) return v;
    }
  };
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    Values x, y;
    for (std::size_t j = 0; j < count; ++j) {
      x.push_back(draw(lane, j));
      y.push_back(j % 3 == 2 && !x[j - 1].is_nan() ? x[j - 1] : draw(lane, j));
    }
    terms.lanes_x.push_back(x);
    terms.lanes_y.push_back(y);
  }
  for (std::size_t j = 0; j < count; ++j) {
    Value w = draw(1, j);
    const auto simple = [&](const Value& v) {
      Format nearest = format;
      nearest.overflow = Overflow::sat;
      return round(v, nearest).value;
    };
    if (j % 7 == 1) w = simple(Value::integer(1));
    if (j % 7 == 2) w = simple(Value::integer(-1));
    if (j % 7 == 3) w = simple(Value::zero());
    if (j % 7 == 4) w = simple(Value::integer(3));
    if (j % 7 == 5) w = simple(Value::scaled(j % 2 == 0, 1, -1));
    terms.weights.push_back(w);
  }
  return terms;
}

std::vector<Array> arrays(const LaneKernels& kernels, const std::vector<Values>& lanes, std::size_t count) {
  std::vector<Array> result(count, Array(kernels, lanes.size()));
  for (std::size_t j = 0; j < count; ++j) {
    for (std::size_t i = 0; i < lanes.size(); ++i) result[j].set(i, lanes[i][j]);
  }
  return result;
}

std::vector<const void*> pointers(const std::vector<Array>& arrays) {
  std::vector<const void*> result;
  for (const Array& array : arrays) result.push_back(array.at(0));
  return result;
}

using Kernel =
    std::function<void(const LaneKernels&, const void* const* x, const void* const* y, const void* weights,
                       std::size_t terms, void* out, std::size_t lanes, std::uint8_t* trapped)>;

void check(const char* operation, const Format& format, const Terms& terms, const Definition& definition,
           const Kernel& kernel) {
  const std::size_t lanes = terms.lanes_x.size();
  const std::size_t count = terms.weights.size();
  std::vector<std::optional<Value>> expected;
  for (std::size_t i = 0; i < lanes; ++i) {
    try {
      expected.emplace_back(definition(terms.lanes_x[i], terms.lanes_y[i]));
    } catch (const Trap&) {
      expected.emplace_back();
    }
  }
  for (const auto& k : all_kernels(format)) {
    std::vector<Array> x = arrays(*k, terms.lanes_x, count);
    const std::vector<Array> y = arrays(*k, terms.lanes_y, count);
    Array weights(*k, count);
    for (std::size_t j = 0; j < count; ++j) weights.set(j, terms.weights[j]);
    std::vector<std::uint8_t> trapped(lanes);
    // The result may take the place of a term.
    Array& out = x.back();
    kernel(*k, pointers(x).data(), pointers(y).data(), weights.at(0), count, out.at(0), lanes,
           trapped.data());
    int shown = 0;
    for (std::size_t i = 0; i < lanes && shown < 2; ++i) {
      const bool same = expected[i] ? trapped[i] == 0 && out.get(i) == *expected[i] : trapped[i] != 0;
      if (same) continue;
      ++shown;
      FAIL_CHECK(describe(operation, *k) << ", " << count << " terms, lane " << i << " of " << lanes
                                         << " gave " << (trapped[i] != 0 ? "a trap" : hex(out.get(i)))
                                         << ", not " << (expected[i] ? hex(*expected[i]) : "a trap"));
    }
  }
}

void check_all(const Format& format, const Terms& terms) {
  const SumOrder order;
  const Values& w = terms.weights;
  using K = const LaneKernels&;
  using P = const void* const*;
  using N = std::size_t;
  using T = std::uint8_t*;
  check(
      "sum", format, terms, [&](const Values& x, const Values&) { return sum(x, order, format).value; },
      [](K k, P x, P, const void*, N n, void* out, N m, T t) { k.sum(k.context(), x, n, out, m, t); });
  check(
      "dot", format, terms,
      [&](const Values& x, const Values& y) { return dot(x, y, order, DotMode::rounded, format).value; },
      [](K k, P x, P y, const void*, N n, void* out, N m, T t) { k.dot(k.context(), x, y, n, out, m, t); });
  check(
      "fused dot", format, terms,
      [&](const Values& x, const Values& y) { return dot(x, y, order, DotMode::fused, format).value; },
      [](K k, P x, P y, const void*, N n, void* out, N m, T t) {
        k.fused_dot(k.context(), x, y, n, out, m, t);
      });
  check(
      "weighted", format, terms,
      [&](const Values& x, const Values&) { return dot(w, x, order, DotMode::rounded, format).value; },
      [](K k, P x, P, const void* v, N n, void* out, N m, T t) {
        k.weighted(k.context(), v, x, n, out, m, t);
      });
  check(
      "fused weighted", format, terms,
      [&](const Values& x, const Values&) { return dot(w, x, order, DotMode::fused, format).value; },
      [](K k, P x, P, const void* v, N n, void* out, N m, T t) {
        k.fused_weighted(k.context(), v, x, n, out, m, t);
      });
  check(
      "max", format, terms,
      [&](const Values& x, const Values&) {
        Value largest = maximum(x[0], x[0]);
        for (const Value& v : x) largest = maximum(largest, v);
        return largest;
      },
      [](K k, P x, P, const void*, N n, void* out, N m, T t) { k.max_of(k.context(), x, n, out, m, t); });
}

TEST_CASE("lane reductions equal the definition") {
  for (const char* notation :
       {"fixed(2,2)",   "fixed(7,8)",  "fixed(4,4)",  "fixed(10,0)", "fixed(15,16)", "fixed(8,8)",
        "fixed(30,10)", "twos(3,4)",   "twos(7,8)",   "ufixed(6,3)", "F(0,3)",       "F(3,3)",
        "F(5,6)",       "F(8,6)",      "e4m3",        "e5m2",        "binary16",     "bfloat16",
        "tf32",         "float(8,12)", "float(7,12)", "binary32",    "float(11,24)", "float(10,26)",
        "float(11,40)", "binary64",    "float(5,26)", "float(9,26)"}) {
    CAPTURE(notation);
    std::size_t variant = 0;
    for (const Format& format : variants(notation)) {
      check_all(format, random_terms(format, 77, 12, 1));
      if (variant++ % 4 == 0 || small_formats::long_run()) check_all(format, random_terms(format, 300, 3, 2));
      check_all(format, random_terms(format, 5, 1, 3));
    }
  }
}

TEST_CASE("lane reductions of subnormal products equal the definition") {
  for (const char* notation : {"bfloat16", "float(8,12)", "float(8,20)", "float(11,12)", "float(11,24)",
                               "float(11,26)", "float(11,40)", "binary32", "e5m2"}) {
    CAPTURE(notation);
    for (const Format& format : variants(notation)) {
      const bool saturates = format.overflow == Overflow::sat && leading_exponent(format.highest) == 1023;
      if (format.overflow != Overflow::inf && !saturates) continue;
      for (const bool odd : {false, true}) check_all(format, small_terms(format, 70, 40, odd));
    }
  }
}

TEST_CASE("lane reductions of the largest numbers equal the definition") {
  for (const char* notation : {"bfloat16", "binary32", "float(11,12)", "float(11,24)", "float(11,26)",
                               "float(11,40)", "binary64", "float(10,24)"}) {
    CAPTURE(notation);
    for (const Format& format : variants(notation)) {
      if (format.overflow == Overflow::sat || format.rounding == Rounding::rne) {
        check_all(format, large_terms(format, 100, 9));
      }
    }
  }
}

TEST_CASE("lane functions equal the definition") {
  for (const char* notation : {"fixed(2,2)",  "fixed(7,8)",   "twos(3,4)",    "ufixed(6,3)",  "F(0,3)",
                               "F(3,3)",      "F(8,6)",       "e4m3",         "e8m0",         "bfloat16",
                               "binary16",    "posit(16,2)",  "float(11,5)",  "float(8,12)",  "float(11,24)",
                               "float(8,20)", "float(11,40)", "fixed(15,16)", "fixed(40,20)", "twos(20,8)"}) {
    CAPTURE(notation);
    for (const Format& format : variants(notation)) {
      Values inputs;  // the borders, and random members of ordinary and of any size
      const auto pairs = operand_pairs(format, 0, 24, 4);
      for (const auto& pair : pairs) {
        if (pair.first == pairs[0].first) inputs.push_back(pair.second);
      }
      for (std::size_t i = pairs.size() - 24; i < pairs.size(); ++i) {
        inputs.push_back(pairs[i].first);
        Value ordinary = pairs[i].first;
        if (!ordinary.is_finite() || ordinary.is_zero()) continue;
        ordinary.exponent -= leading_exponent(ordinary) - static_cast<int>(i % 6) + 2;
        Format nearest = format;
        nearest.overflow = Overflow::sat;
        inputs.push_back(round(ordinary, nearest).value);
      }
      for (const Function function :
           {Function::exp, Function::reciprocal, Function::relu, Function::sqrt, Function::rsqrt,
            Function::sigmoid, Function::silu, Function::gelu_tanh, Function::gelu, Function::identity}) {
        if (function == Function::gelu && format.bits > 16) continue;  // by definition: nothing to compare
        std::vector<std::optional<Value>> expected;
        for (const Value& v : inputs) {
          try {
            expected.emplace_back(apply(function, v, format).value);
          } catch (const Trap&) {
            expected.emplace_back();
          }
        }
        for (const auto& k : all_kernels(format)) {
          Array x(*k, inputs.size()), out(*k, inputs.size());
          for (std::size_t i = 0; i < inputs.size(); ++i) x.set(i, inputs[i]);
          std::vector<std::uint8_t> trapped(inputs.size());
          k->apply(function, x.at(0), out.at(0), inputs.size(), trapped.data());
          for (std::size_t i = 0; i < inputs.size(); ++i) {
            const bool same = expected[i] ? trapped[i] == 0 && out.get(i) == *expected[i] : trapped[i] != 0;
            if (!same)
              FAIL_CHECK(describe(std::string(name(function)).c_str(), *k) << " of " << hex(inputs[i]));
          }
        }
      }
    }
  }
}

TEST_CASE("functions enclosed in double equal the definition on numbers of every size") {
  const Format format = parse_format("binary32");
  Values inputs;
  for (std::uint64_t i = 0; i < (small_formats::long_run() ? 200'000U : 6'000U); ++i) {
    const std::uint64_t bits = random_bits(83, 0, i);
    const auto significand = static_cast<std::int64_t>((bits & 0x7fffff) | 0x800000);
    const int exponent = static_cast<int>(bits >> 32) % 24 - 14;  // of magnitudes 2^-37 .. 2^10
    inputs.push_back(Value::scaled((bits >> 24 & 1) != 0, static_cast<std::uint64_t>(significand), exponent - 23));
  }
  for (const Function function :
       {Function::exp, Function::sigmoid, Function::silu, Function::gelu_tanh, Function::rsqrt}) {
    Values expected;
    for (const Value& v : inputs) expected.push_back(apply(function, v, format).value);
    for (const auto& k : all_kernels(format)) {
      Array x(*k, inputs.size()), out(*k, inputs.size());
      for (std::size_t i = 0; i < inputs.size(); ++i) x.set(i, inputs[i]);
      std::vector<std::uint8_t> trapped(inputs.size());
      k->apply(function, x.at(0), out.at(0), inputs.size(), trapped.data());
      for (std::size_t i = 0; i < inputs.size(); ++i)
        if (trapped[i] != 0 || out.get(i) != expected[i])
          FAIL_CHECK(describe(std::string(name(function)).c_str(), *k) << " of " << hex(inputs[i]));
    }
  }
}

}  // namespace
}  // namespace roundoff::formats::lanes_test
