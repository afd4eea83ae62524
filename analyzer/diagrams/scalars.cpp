// Terminals as numbers, and operations on them by definition.
#include "analyzer/diagrams/scalars.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "formats/error.hpp"

namespace roundoff::analyzer::diagrams {

namespace {
// -0 < +0, so that different terminals are never equal in the order.
bool number_less(const Value& a, const Value& b) {
  const std::partial_ordering order = compare(a, b);
  if (order == std::partial_ordering::equivalent) return a.negative && !b.negative;
  return order == std::partial_ordering::less;
}

int width(u128 x) {
  const auto high = static_cast<std::uint64_t>(x >> 64), low = static_cast<std::uint64_t>(x);
  return high ? 128 - __builtin_clzll(high) : low ? 64 - __builtin_clzll(low) : 0;
}
}  // namespace

Scalars::Scalars() : values_{Value::nan(), Value::nan()}, order_(2), operations_(1), memo_(1 << 12) {
  ids_.emplace(Value::nan(), nan);
  pair_code_ = code({.kind = Operation::pair});
}

Id Scalars::id(const Value& value) {
  const auto [found, fresh] = ids_.try_emplace(value, static_cast<Id>(values_.size()));
  if (fresh) {
    values_.push_back(value);
    order_.push_back(to_double(value));
  }
  return found->second;
}

std::int64_t Scalars::to_integer(Id id) const {
  const Value& value = values_[id];
  if (value.is_zero()) return 0;
  if (value.kind != Kind::finite || value.exponent < 0 || leading_exponent(value) > 62)
    throw std::logic_error("a terminal is not a small integer");
  const auto magnitude = static_cast<std::int64_t>(value.significand << value.exponent);
  return value.negative ? -magnitude : magnitude;
}

Id Scalars::pair(Id a, Id b) { return compute(pair_code_, a, b); }

namespace {
// Keys that tie, or nearly, are remembered one by one: many of them are better summed as diagrams.
constexpr std::size_t most_keys = 12;
}  // namespace

std::vector<Scalars::Key> Scalars::keys(Id state) const {
  std::vector<Key> found;
  for (Id rest = parts(state).second; is_tuple(rest); rest = parts(rest).first) {
    const auto [score, value] = parts(parts(rest).second);
    found.push_back({score, value});
  }
  std::reverse(found.begin(), found.end());
  return found;
}

bool Scalars::vanishes(std::uint32_t exp_of_difference, Id a, Id b) {
  if (a == b || compare(value(a), value(b)) >= 0) return false;
  if (value(a).is_infinite()) return true;  // of no key
  const Id e = compute(exp_of_difference, a, b);
  return !special(e) && value(e).is_zero();
}

Id Scalars::contest(std::uint32_t exp, Id a, Id b) {
  const Id most = compare(value(largest(a)), value(largest(b))) >= 0 ? largest(a) : largest(b);
  Id list = nan;
  std::size_t count = 0;
  for (const Id state : {a, b})
    for (const Key& key : keys(state)) {
      if (vanishes(exp, key.score, most)) continue;
      if (++count > most_keys) throw TooLarge{};
      list = pair(list, pair(key.score, key.value));
    }
  return pair(most, list);
}

bool Scalars::less(Id a, Id b) const {
  if (a == b) return false;
  if (is_tuple(a) && is_tuple(b)) {
    const Id x = parts(a).first, y = parts(b).first;
    if (x == y || (is_tuple(x) && is_tuple(y))) return a < b;
    return is_tuple(y) || (!is_tuple(x) && less(x, y));
  }
  if (is_tuple(a) || is_tuple(b) || special(a) || special(b)) return a < b;
  if (order_[a] != order_[b]) return order_[a] < order_[b];
  return number_less(values_[a], values_[b]);
}

std::uint32_t Scalars::code(const Operation& operation) {
  const auto found = std::find(operations_.begin() + 1, operations_.end(), operation);
  if (found == operations_.end()) {
    operations_.push_back(operation);
    return static_cast<std::uint32_t>(operations_.size() - 1);
  }
  return static_cast<std::uint32_t>(found - operations_.begin());
}

std::size_t Scalars::hash(std::uint32_t code, Id a, Id b) {
  std::uint64_t h = (static_cast<std::uint64_t>(a) << 32 | b) * 0x9e3779b97f4a7c15ULL;
  h ^= static_cast<std::uint64_t>(code) * 0xc2b2ae3d27d4eb4fULL;
  h ^= h >> 31;
  return static_cast<std::size_t>(h * 0xbf58476d1ce4e5b9ULL >> 20);
}

void Scalars::grow() {
  std::vector<Entry> old(2 * memo_.size());
  old.swap(memo_);
  for (const Entry& entry : old) {
    if (entry.code == 0) continue;
    std::size_t slot = hash(entry.code, entry.a, entry.b) & (memo_.size() - 1);
    while (memo_[slot].code != 0) slot = (slot + 1) & (memo_.size() - 1);
    memo_[slot] = entry;
  }
}

Id Scalars::compute(std::uint32_t code, Id a, Id b) {
  std::size_t slot = hash(code, a, b) & (memo_.size() - 1);
  for (; memo_[slot].code != 0; slot = (slot + 1) & (memo_.size() - 1)) {
    const Entry& entry = memo_[slot];
    if (entry.code == code && entry.a == a && entry.b == b) return entry.result;
  }
  const Id result = evaluate(operations_[code], a, b);
  // what was computed on the way may have taken the slot or moved the table
  slot = hash(code, a, b) & (memo_.size() - 1);
  while (memo_[slot].code != 0) slot = (slot + 1) & (memo_.size() - 1);
  memo_[slot] = {code, a, b, result};
  if (2 * ++filled_ > memo_.size()) grow();
  return result;
}

Id Scalars::evaluate(const Operation& operation, Id a, Id b) {
  using Kind = Operation::Kind;
  const Kind kind = operation.kind;
  const bool unary = kind == Kind::round || kind == Kind::apply || kind == Kind::winner;
  if (a == trap || (!unary && b == trap)) return trap;
  const Format& format = operation.format;
  try {
    switch (kind) {
      case Kind::round:
        return id(formats::round(value(a), format).value);
      case Kind::add:
        return id(formats::add(value(a), value(b), format).value);
      case Kind::sub:
        return id(formats::sub(value(a), value(b), format).value);
      case Kind::mul:
        return id(formats::mul(value(a), value(b), format).value);
      case Kind::div:
        return id(formats::div(value(a), value(b), format).value);
      case Kind::max:
        return id(maximum(value(a), value(b)));
      case Kind::max_or_nan:
        return special(a) ? a : special(b) ? b : id(maximum(value(a), value(b)));
      case Kind::fma_tail:
        return id(formats::fma(Value::integer(1), value(b), value(a), format).value);
      case Kind::apply:
        return id(formats::apply(operation.function, value(a), format).value);
      case Kind::apply_to_difference: {
        const Value difference = formats::sub(value(a), value(b), format).value;
        return id(formats::apply(operation.function, difference, format).value);
      }
      case Kind::exact_add:
      case Kind::exact_mul: {
        const Value exact =
            kind == Kind::exact_add ? exact_sum(value(a), value(b)) : exact_product(value(a), value(b));
        if (exact.is_nan()) throw Exhausted{{Reason::exact_bits}};
        return id(exact);
      }
      case Kind::pair: {
        if (tuples_.size() > 0x7ffffff0) throw Exhausted{{Reason::tuples}};
        tuples_.emplace_back(a, b);
        return 0x80000000u | static_cast<Id>(tuples_.size() - 1);
      }
      case Kind::contend: {
        const Value& best = value(parts(a).first);
        if (value(b).is_nan()) return trap;
        return compare(value(b), best) > 0 ? pair(b, integer(operation.parameter)) : a;
      }
      case Kind::contend_or_nan: {
        const Value& best = value(parts(a).first);
        const bool better = value(b).is_nan() || compare(value(b), best) > 0;
        return better && !best.is_nan() ? pair(b, integer(operation.parameter)) : a;
      }
      case Kind::winner:
        return parts(a).second;
      case Kind::enter:
        return pair(a, value(a).is_infinite() ? nan : pair(nan, pair(a, b)));
      case Kind::contest:
        return contest(operation.parameter, a, b);
    }
  } catch (const Trap&) {
    return trap;
  }
  throw std::logic_error("unknown operation on terminals");
}

Value exact_product(const Value& a, const Value& b) {
  const bool negative = a.negative != b.negative;
  if (!a.is_finite() || !b.is_finite()) return Value::nan();
  if (a.is_zero() || b.is_zero()) return Value::zero(negative);
  if (width(a.significand) + width(b.significand) > 120) return Value::nan();
  return Value::scaled(negative, a.significand * b.significand, std::int64_t{a.exponent} + b.exponent);
}

Value exact_sum(const Value& a, const Value& b) {
  if (!a.is_finite() || !b.is_finite()) return Value::nan();
  if (a.is_zero()) return b.is_zero() ? Value::zero(a.negative && b.negative) : b;
  if (b.is_zero()) return a;
  const Value &low = a.exponent < b.exponent ? a : b, &high = a.exponent < b.exponent ? b : a;
  const std::int64_t shift = std::int64_t{high.exponent} - low.exponent;
  if (shift + width(high.significand) > 120 || width(low.significand) > 120) return Value::nan();
  const u128 x = high.significand << shift, y = low.significand;
  if (high.negative == low.negative) return Value::scaled(low.negative, x + y, low.exponent);
  if (x == y) return Value::zero();
  return x > y ? Value::scaled(high.negative, x - y, low.exponent)
               : Value::scaled(low.negative, y - x, low.exponent);
}

}  // namespace roundoff::analyzer::diagrams
