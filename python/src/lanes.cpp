#include "python/src/lanes.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <list>
#include <mutex>

#include "python/src/numbers.hpp"
#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"

namespace roundoff::python {

namespace {

constexpr std::size_t block = 2048;  ///< lanes that are worked on while they are near

/// q significand bits, multiples of 2^quantum, magnitudes below 2^top.
bool holds(const Format& format, int q, int quantum, int top) {
  return format.precision <= q && format.quantum >= quantum && leading_exponent(format.highest) < top;
}

void widen(const Floats& in, std::size_t first, std::size_t n, double* out) {
  const float* from = static_cast<const float*>(in.data) + first;
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<double>(from[i]);
}

}  // namespace

void Floats::put(std::size_t i, const Value& value) const {
  const double number = to_double(value);
  const bool exact = is_double(value) && (!single || !value.is_finite() ||
                                          static_cast<double>(static_cast<float>(number)) == number);
  if (!exact)
    throw UsageError(
        fmt::format("element {}: {} is the result, which no float{} holds", i, hex(value), single ? 32 : 64));
  if (single)
    static_cast<float*>(data)[i] = static_cast<float>(number);
  else
    static_cast<double*>(data)[i] = number;
}

int float_bits(const Format& format) {
  if (holds(format, 11, -24, 16)) return 16;
  if (holds(format, 24, -149, 128)) return 32;
  return holds(format, 53, -1074, 1024) ? 64 : 0;
}

bool contains(const Format& outer, const Format& inner) {
  if (outer == inner) return true;
  if (!outer.is_grid() || !inner.is_grid() || (inner.has_nan && !outer.has_nan) ||
      (inner.has_zero && !outer.has_zero) || (inner.holds_infinity() && !outer.holds_infinity()) ||
      (inner.has_negative_zero && !outer.has_negative_zero) || outer.flushes || outer.takes_zero ||
      inner.takes_zero)
    return false;
  return inner.precision <= outer.precision && inner.quantum >= outer.quantum &&
         compare(inner.highest, outer.highest) <= 0 && compare(inner.lowest, outer.lowest) >= 0;
}

Lanes::Lanes(const Format& format)
    : format_(format), may_trap_(format.overflow == Overflow::trap || !format.has_nan || !format.has_zero) {
  const Isa isa = best_isa();
  round_ = LaneKernels::make(format, Container::f64, isa);
  if (float_bits(format) == 0) return;  // results may be no floats, which only element by element tells
  for (const Container container : LaneKernels::containers(format)) {
    operate_ = LaneKernels::make(format, container, isa);
    if (operate_ != nullptr && operate_->round_f64 != nullptr) break;
    operate_ = nullptr;
  }
}

std::shared_ptr<const Lanes> Lanes::of(const Format& format) {
  constexpr std::size_t kept = 64;
  static std::mutex mutex;
  static std::list<std::shared_ptr<const Lanes>> made;
  const std::lock_guard lock(mutex);
  const auto found =
      std::find_if(made.begin(), made.end(), [&](const auto& lanes) { return lanes->format() == format; });
  if (found != made.end()) {
    made.splice(made.begin(), made, found);
  } else {
    made.push_front(std::make_shared<const Lanes>(format));
    if (made.size() > kept) made.pop_back();
  }
  return made.front();
}

void Lanes::round_by_definition(const Floats& in, const Floats& out, Pulse& pulse) const {
  for (std::size_t i = 0; i < in.count; ++i) {
    pulse();
    const Value number = Value::of(in.at(i));
    try {
      out.put(i, formats::round(number, format_, {i, 0}).value);
    } catch (const Trap&) {
      tell_trap(i, [&] { formats::round(number, format_, {i, 0}); });
    }
  }
}

void Lanes::round(const Floats& in, const Floats& out, Pulse& pulse) const {
  if (round_ == nullptr) return round_by_definition(in, out, pulse);
  alignas(64) double wide[block], rounded[block];
  Trapped trapped(may_trap_ ? block : 0);
  for (std::size_t i = 0; i < in.count; i += block) {
    pulse();
    const std::size_t n = std::min(block, in.count - i);
    const double* source = static_cast<const double*>(in.data) + i;
    if (in.single) {
      widen(in, i, n, wide);
      source = wide;
    }
    double* target = out.single ? rounded : static_cast<double*>(out.data) + i;
    // What traps is told from the operand, which the results must not have taken the place of.
    if (may_trap_ && source != wide && target != rounded) target = rounded;
    round_->round_f64(round_->context(), source, target, n, may_trap_ ? trapped.data() : nullptr);
    if (may_trap_) {
      const std::size_t bad = trapped.first(n);
      if (bad < n) tell_trap(i + bad, [&] { formats::round(Value::of(source[bad]), format_); });
    }
    if (target != rounded) continue;
    if (out.single)
      for (std::size_t j = 0; j < n; ++j)
        static_cast<float*>(out.data)[i + j] = static_cast<float>(rounded[j]);
    else
      std::copy_n(rounded, n, static_cast<double*>(out.data) + i);
  }
}

std::vector<std::byte> Lanes::elements(const Floats& in, Pulse& pulse) const {
  const std::size_t size = size_of(operate_->container());
  std::vector<std::byte> made(in.count * size + 64);  // room for whole vectors behind the end
  alignas(64) double wide[block];
  Trapped trapped(may_trap_ ? block : 0);
  for (std::size_t i = 0; i < in.count; i += block) {
    pulse();
    const std::size_t n = std::min(block, in.count - i);
    const double* source = in.single ? wide : static_cast<const double*>(in.data) + i;
    if (in.single) widen(in, i, n, wide);
    operate_->round_f64(operate_->context(), source, made.data() + i * size, n,
                        may_trap_ ? trapped.data() : nullptr);
    if (!may_trap_) continue;
    if (const std::size_t bad = trapped.first(n); bad < n)
      tell_trap(i + bad, [&] { formats::round(Value::of(source[bad]), format_); });
  }
  return made;
}

namespace {

template <class From, class To>
void copied(const void* from, void* to, std::size_t count, double unit) {
  // By way of double, where the product is exact: a member times its unit is a member.
  for (std::size_t i = 0; i < count; ++i)
    static_cast<To*>(to)[i] = static_cast<To>(static_cast<double>(static_cast<const From*>(from)[i]) * unit);
}

template <class From>
void copied(const void* from, const Floats& out, double unit) {
  return out.single ? copied<From, float>(from, out.data, out.count, unit)
                    : copied<From, double>(from, out.data, out.count, unit);
}

}  // namespace

void Lanes::floats(const void* elements, const Floats& out) const {
  const double unit = std::ldexp(1.0, format_.quantum);
  switch (operate_->container()) {
    case Container::i16:
      return copied<std::int16_t>(elements, out, unit);
    case Container::i32:
      return copied<std::int32_t>(elements, out, unit);
    case Container::i64:
      return copied<std::int64_t>(elements, out, unit);
    case Container::f32:
      return copied<float>(elements, out, 1);
    case Container::f64:
      return copied<double>(elements, out, 1);
  }
}

Value Lanes::member(const Floats& in, std::size_t i, std::uint64_t operand) const {
  // Far from the indices that sums and functions draw at.
  return formats::round(Value::of(in.at(i)), format_, {i, (std::uint64_t{1} << 60) + operand}).value;
}

std::size_t Trapped::first(std::size_t count) const {
  const void* found = std::memchr(marks.data(), 1, count);
  return found == nullptr ? count
                          : static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - marks.data());
}

void tell_trap(std::size_t element, const std::function<void()>& definition) {
  try {
    definition();
  } catch (const Trap& trap) {
    throw Trap(fmt::format("element {}: {}", element, trap.what()));
  }
  throw std::logic_error(fmt::format("element {} trapped in lanes, and not by definition", element));
}

}  // namespace roundoff::python
