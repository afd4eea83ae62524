// See circuit.hpp.
#include "analyzer/least/circuit.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/format.hpp"
#include "formats/rounding/arithmetic.hpp"

namespace roundoff::analyzer {
namespace {

bool before(const Value& a, const Value& b) { return compare(a, b) == std::partial_ordering::less; }

}  // namespace

Circuit::Circuit(const Format& format) : always_(fresh()) {
  clause({always_});
  if (format.bits > 4 || !format.is_uniform()) {
    throw UsageError(
        fmt::format("{}: every number is a set of unknowns: take a fixed-point format of at most 4 bits",
                    notation(format)));
  }
  const Value step = Value::scaled(false, 1, format.quantum);
  for (Value value = format.lowest;; value = formats::add(value, step, format).value) {
    values_.push_back(value);
    if (value == format.highest) break;
  }
  const Value zero = Value::integer(0);
  const auto table = [&](auto operation) {
    Table results;
    for (const Value& a : values_) {
      results.emplace_back();
      for (const Value& b : values_) results.back().push_back(index_of(operation(a, b)));
    }
    return results;
  };
  add_ = table([&](const Value& a, const Value& b) { return formats::add(a, b, format).value; });
  sub_ = table([&](const Value& a, const Value& b) { return formats::sub(a, b, format).value; });
  mul_ = table([&](const Value& a, const Value& b) { return formats::mul(a, b, format).value; });
  div_ = table(
      [&](const Value& a, const Value& b) { return b == zero ? zero : formats::div(a, b, format).value; });
  for (const Value& a : values_) {
    exp_.push_back(index_of(apply(Function::exp, a, format).value));
    relu_.push_back(index_of(before(a, zero) ? zero : a));
  }
}

std::size_t Circuit::index_of(const Value& value) const {
  return static_cast<std::size_t>(std::find(values_.begin(), values_.end(), value) - values_.begin());
}

int Circuit::fresh() { return ++formula_.variables; }

int Circuit::both(int a, int b) {
  if (a > b) std::swap(a, b);
  if (a == b || b == always_) return a;
  if (a == always_) return b;
  if (a == -b || a == -always_ || b == -always_) return -always_;
  const auto [found, is_new] = gates_.try_emplace({a, b}, 0);
  if (is_new) {
    const int out = fresh();
    found->second = out;
    clause({-out, a});
    clause({-out, b});
    clause({out, -a, -b});
  }
  return found->second;
}

Number Circuit::unknown() {
  Number number;
  for (std::size_t t = 1; t < values_.size(); ++t) number.push_back(fresh());
  for (std::size_t t = 1; t < number.size(); ++t) clause({-number[t], number[t - 1]});
  return number;
}

Number Circuit::constant(const Value& value) {
  Number number;
  for (std::size_t t = 1; t < values_.size(); ++t)
    number.push_back(t <= index_of(value) ? always_ : -always_);
  return number;
}

int Circuit::at_least(const Number& a, std::size_t index) const {
  if (index == 0) return always_;
  return index > a.size() ? -always_ : a[index - 1];
}

int Circuit::equal(const Number& a, std::size_t index) {
  return both(at_least(a, index), -at_least(a, index + 1));
}

// For a fixed a, {b : result >= t} is a union of runs of neighbours: one run for what is monotone in b, as sums and
// products are; a quotient jumps where its divisor changes sign.
Number Circuit::binary(const Table& table, const Number& a, const Number& b) {
  Number result;
  const std::size_t count = values_.size();
  for (std::size_t t = 1; t < count; ++t) {
    int literal = -always_;
    for (std::size_t i = 0; i < count; ++i) {
      int reached = -always_;
      for (std::size_t first = 0; first < count;) {
        std::size_t end = first;
        while (end < count && table[i][end] >= t) ++end;
        if (end > first) reached = either(reached, both(at_least(b, first), -at_least(b, end)));
        first = end + 1;
      }
      literal = either(literal, both(equal(a, i), reached));
    }
    result.push_back(literal);
  }
  return result;
}

Number Circuit::unary(const std::vector<std::size_t>& table, const Number& a) {
  Number result;
  for (std::size_t t = 1; t < values_.size(); ++t) {  // monotone
    std::size_t first = 0;
    while (first < values_.size() && table[first] < t) ++first;
    result.push_back(at_least(a, first));
  }
  return result;
}

Number Circuit::max(const Number& a, const Number& b) {
  Number result;
  for (std::size_t t = 0; t < a.size(); ++t) result.push_back(either(a[t], b[t]));
  return result;
}

void Circuit::require_not_less(const Number& a, const Number& b) {
  for (std::size_t t = 0; t < a.size(); ++t) clause({a[t], -b[t]});
}

void Circuit::require_greater(const Number& a, const Number& b) {
  for (std::size_t t = 0; t <= b.size(); ++t) clause({at_least(a, t + 1), -at_least(b, t)});
}

}  // namespace roundoff::analyzer
