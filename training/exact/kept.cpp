#include "training/exact/kept.hpp"

#include <bit>
#include <cmath>

#include "formats/error.hpp"
#include "formats/random.hpp"
#include "sim/lanes/layout.hpp"

namespace roundoff::training {

namespace {

Format to_nearest(Format format) {
  if (format.is_stochastic()) {
    format.rounding = Rounding::rne;
    format.seed = 0;
    format.random_bits = 0;
  }
  return format;
}

constexpr double smallest_sure = 0x1p-900, largest_sure = 0x1p900;

/// The exact result lies between `toward` and the next double away from zero, or is `toward` itself.
struct Near {
  double toward = 0;
  bool exact = true;
};

/// A double to nearest, and the sign of what the exact result is more than it.
Near near_of(double nearest, double error) {
  if (error == 0) return {nearest, true};
  if ((error > 0) == (nearest > 0)) return {nearest, false};
  return {std::bit_cast<double>(std::bit_cast<std::uint64_t>(nearest) - 1), false};
}

bool ordinary(double x) { return x == 0 || (std::abs(x) < largest_sure && std::abs(x) > smallest_sure); }

/// False where the definition must be asked.
bool near_binary(Op op, double a, double b, Near& near) {
  if (!ordinary(a) || !ordinary(b)) return false;
  if (op == Op::sub) b = -b;
  if (op == Op::add || op == Op::sub) {
    const double s = a + b;
    if (!ordinary(s)) return false;
    const double virtual_b = s - a;
    near = near_of(s, (a - (s - virtual_b)) + (b - virtual_b));
    return true;
  }
  if (op == Op::mul) {
    const double p = a * b;
    if (a == 0 || b == 0) return near = {p, true}, true;
    if (!ordinary(p)) return false;
    near = near_of(p, std::fma(a, b, -p));
    return true;
  }
  if (b == 0) return false;
  const double q = a / b;
  if (a == 0) return near = {q, true}, true;
  if (!ordinary(q)) return false;
  const double remainder = std::fma(-q, b, a);
  near = near_of(q, b > 0 ? remainder : -remainder);
  return true;
}

bool near_root(double x, Near& near) {
  if (!(x > smallest_sure) || !(x < largest_sure)) return false;
  const double root = std::sqrt(x);
  near = near_of(root, std::fma(-root, root, x));
  return true;
}

/// Stochastic rounding (`sr`) in a grid format of at most 50 bits.
class Decider {
 public:
  explicit Decider(const Format& format)
      : format_(format),
        sure_(format.rounding == Rounding::sr && format.is_grid() && format.precision <= 50 &&
              !format.flushes && !format.takes_zero && format.quantum > -800),
        highest_(to_double(format.highest)),
        lowest_(to_double(format.lowest)) {}
  bool sure() const { return sure_; }

  /// False where the definition must be asked.
  bool operator()(const Near& near, std::uint64_t place, double& result) const {
    const double x = near.toward;
    if (x == 0) {  // of its sign where the format has one
      if (!near.exact || (std::signbit(x) && !format_.has_negative_zero)) return false;
      result = x;
      return true;
    }
    auto bits = std::bit_cast<std::uint64_t>(x);
    const int leading = static_cast<int>(bits >> 52 & 0x7ff) - 1023;
    const int quantum =
        format_.is_uniform() ? format_.quantum : std::max(format_.quantum, leading - format_.precision + 1);
    const int drop = quantum - (leading - 52);
    if (drop <= 0) return false;
    if (drop > 52) return false;  // below the smallest step, or next to it
    const std::uint64_t low = bits & ((std::uint64_t{1} << drop) - 1);
    bits -= low;
    if (low != 0 || !near.exact) {
      const std::uint64_t random = random_bits(format_.seed, place, 0);
      const std::uint64_t known = random >> (64 - drop);
      if (!near.exact && known == low) return false;
      const bool away = near.exact ? random < low << (64 - drop) : known < low;
      if (away) bits += std::uint64_t{1} << drop;
    }
    result = std::bit_cast<double>(bits);
    return result <= highest_ && result >= lowest_;
  }

 private:
  const Format& format_;
  bool sure_;
  double highest_, lowest_;
};

/// Elements by `near` where that decides, else by `definition(element, draw)`.
template <class NearOf, class Definition>
void drawn(const Kept& result, bool doubles, void* out, std::size_t count, std::uint8_t* trapped,
           const PlaceAt& place, const NearOf& near_of_element, const Definition& definition) {
  const Decider decide(result.format());
  const Number& number = result.number();
  const bool fast = doubles && decide.sure() && number.in_doubles();
  for (std::size_t i = 0; i < count; ++i) {
    auto* to = static_cast<std::byte*>(out) + i * number.size();
    const std::uint64_t at = place ? place(i) : 0;
    Near near;
    double made = 0;
    if (fast && near_of_element(i, near) && decide(near, at, made)) {
      number.from_doubles(&made, to, 1);
      continue;
    }
    try {
      number.store(definition(i, Draw{at, 0}).value, to);
    } catch (const Trap&) {
      if (trapped != nullptr) trapped[i] = 1;
    }
  }
}

double double_at(const Operand& x, std::size_t i) {
  double value = 0;
  x.number->to_doubles(x.at(i), &value, 1);
  return value;
}

}  // namespace

Kept::Kept(const Format& format, Isa isa)
    : format_(format),
      number_(to_nearest(format), isa),
      drawn_(format.is_stochastic() ? std::make_unique<Number>(format, isa) : nullptr) {}

void binary(Op op, Operand a, Operand b, const Kept& result, void* out, std::size_t count,
            std::uint8_t* trapped, const PlaceAt& place) {
  if (!result.draws()) return sim::binary(op, a, b, result.number(), out, count, trapped);
  drawn(
      result, a.number->in_doubles() && b.number->in_doubles(), out, count, trapped, place,
      [&](std::size_t i, Near& near) { return near_binary(op, double_at(a, i), double_at(b, i), near); },
      [&](std::size_t i, Draw draw) {
        return by_definition(op, a.number->load(a.at(i)), b.number->load(b.at(i)), result.format(), draw);
      });
}

void unary(Function function, Operand x, const Kept& result, void* out, std::size_t count,
           std::uint8_t* trapped, const PlaceAt& place) {
  if (!result.draws()) return sim::unary(function, x, result.number(), out, count, trapped);
  drawn(
      result, function == Function::sqrt && x.number->in_doubles(), out, count, trapped, place,
      [&](std::size_t i, Near& near) { return near_root(double_at(x, i), near); },
      [&](std::size_t i, Draw draw) {
        return apply(function, x.number->load(x.at(i)), result.format(), draw);
      });
}

void round(Operand x, const Kept& result, void* out, std::size_t count, std::uint8_t* trapped,
           const PlaceAt& place) {
  if (!result.draws()) return sim::round(x, result.number(), out, count, trapped);
  drawn(
      result, x.number->in_doubles(), out, count, trapped, place,
      [&](std::size_t i, Near& near) {
        near = {double_at(x, i), true};
        return ordinary(near.toward);
      },
      [&](std::size_t i, Draw draw) {
        return formats::round(x.number->load(x.at(i)), result.format(), draw);
      });
}

}  // namespace roundoff::training
