#include "sim/tensors/numbers.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <new>
#include <stdexcept>

#include "formats/error.hpp"
#include "sim/lanes/layout.hpp"

namespace roundoff::sim {

namespace {

constexpr std::size_t cache_line = 64, slack = 256;
constexpr std::size_t chunk = 512;  // elements of a temporary

/// Between these, products and quotients of doubles have exact errors, and nothing over- or underflows.
constexpr double smallest = 0x1p-900, largest = 0x1p900;

/// y with an exact result that differs from it in the direction of `error`, to odd.
double to_odd(double y, double error) {
  if (error == 0) return y;
  auto bits = std::bit_cast<std::uint64_t>(y);
  if ((bits & 1) != 0) return y;
  bits = (error > 0) == (y > 0) ? bits + 1 : bits - 1;
  return std::bit_cast<double>(bits);
}

/// The operation in double, to odd; false where the definition must be asked.
bool in_double(Op op, double a, double b, bool down, double& result) {
  if (!std::isfinite(a) || !std::isfinite(b)) return false;
  if (op == Op::sub) b = -b;
  if (op == Op::add || op == Op::sub) {
    const double s = a + b;
    if (std::abs(s) > largest || (s == 0 && down)) return false;
    const double virtual_b = s - a;
    result = to_odd(s, (a - (s - virtual_b)) + (b - virtual_b));
    return true;
  }
  if (op == Op::mul) {
    const double p = a * b;
    if (a == 0 || b == 0) return result = p, true;
    if (std::abs(p) > largest || std::abs(p) < smallest) return false;
    result = to_odd(p, std::fma(a, b, -p));
    return true;
  }
  if (a == 0 || b == 0 || std::abs(a) > largest || std::abs(a) < smallest) return false;
  const double q = a / b;
  if (std::abs(q) > largest || std::abs(q) < smallest) return false;
  const double remainder = std::fma(-q, b, a);
  result = to_odd(q, b > 0 ? remainder : -remainder);
  return true;
}

/// Kernels restore the host's rounding direction; doubles are worked with to nearest.
bool doubles_hold(const Number& result) {
  return result.in_doubles() && result.kernels()->round_f64 != nullptr && result.format().precision <= 51 &&
         result.format().is_grid();
}

template <class Of>
void each_by_definition(const Number& result, void* out, std::size_t count, std::uint8_t* trapped,
                        const DrawAt& draw, const Of& of) {
  for (std::size_t i = 0; i < count; ++i) {
    try {
      const Draw at = result.draws() && draw ? draw(i) : Draw{};
      result.store(of(i, at).value, static_cast<std::byte*>(out) + i * result.size());
    } catch (const Trap&) {
      if (trapped != nullptr) trapped[i] = 1;
    }
  }
}

/// The operand's elements as elements of `as`, in `room` where they are kept differently.
const void* elements(Operand x, const Number& as, std::byte* room, std::size_t first, std::size_t count) {
  if (same_elements(*x.number, as)) return x.at(first);
  convert({x.number, x.at(first)}, as, room, count);
  return room;
}

LaneKernels::Binary kernel(const LaneKernels& kernels, Op op) {
  switch (op) {
    case Op::add:
      return kernels.add;
    case Op::sub:
      return kernels.sub;
    case Op::mul:
      return kernels.mul;
    case Op::div:
      return kernels.div;
    default:
      throw std::logic_error("not an operation on two numbers");
  }
}

}  // namespace

Number::Number(const Format& format, Isa isa) : format_(format) {
  for (const Container container : LaneKernels::containers(format)) {
    kernels_ = LaneKernels::make(format, container, isa);
    if (kernels_) break;
  }
  if (kernels_) size_ = size_of(kernels_->container());
}

Value Number::load(const void* element) const {
  if (kernels_) return kernels_->load(element);
  Value value;
  std::memcpy(&value, element, sizeof value);
  return value;
}

void Number::store(const Value& value, void* element) const {
  if (kernels_) return kernels_->store(value, element);
  std::memcpy(element, &value, sizeof value);
}

void Number::to_doubles(const void* elements, double* out, std::size_t count) const {
  const double unit = std::ldexp(1.0, format_.quantum);
  const auto scaled = [&](const auto* from) {
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<double>(from[i]) * unit;
  };
  switch (kernels_->container()) {
    case Container::i16:
      return scaled(static_cast<const std::int16_t*>(elements));
    case Container::i32:
      return scaled(static_cast<const std::int32_t*>(elements));
    case Container::f32: {
      const auto* from = static_cast<const float*>(elements);
      for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<double>(from[i]);
      return;
    }
    case Container::f64:
      std::memcpy(out, elements, count * sizeof(double));
      return;
    case Container::i64:
      break;
  }
  throw std::logic_error("this container has no way to double");
}

void Number::from_doubles(const double* numbers, void* elements, std::size_t count) const {
  const double unit = std::ldexp(1.0, -format_.quantum);
  const auto scaled = [&]<class T>(T* to) {
    for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<T>(numbers[i] * unit);
  };
  switch (kernels_->container()) {
    case Container::i16:
      return scaled(static_cast<std::int16_t*>(elements));
    case Container::i32:
      return scaled(static_cast<std::int32_t*>(elements));
    case Container::f32: {
      auto* to = static_cast<float*>(elements);
      for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<float>(numbers[i]);
      return;
    }
    case Container::f64:
      std::memcpy(elements, numbers, count * sizeof(double));
      return;
    case Container::i64:
      break;
  }
  throw std::logic_error("this container has no way from double");
}

bool contains(const Number& outer, const Number& inner) { return contains(outer.format(), inner.format()); }

bool same_elements(const Number& a, const Number& b) {
  if (&a == &b) return true;
  if (a.kernels() == nullptr || b.kernels() == nullptr) return a.kernels() == b.kernels();
  const Container container = a.kernels()->container();
  if (container != b.kernels()->container()) return false;
  return container >= Container::f32 || a.format().quantum == b.format().quantum;
}

void Array::Free::operator()(std::byte* data) const {
  ::operator delete[](data, std::align_val_t{cache_line});
}

Array::Array(std::size_t bytes)
    : data_(static_cast<std::byte*>(::operator new[](bytes + slack, std::align_val_t{cache_line}))),
      bytes_(bytes) {}

std::byte* Array::room(std::size_t bytes) {
  if (bytes_ < bytes) *this = Array(bytes + bytes / 2);
  return data();
}

Rounded by_definition(Op op, const Value& a, const Value& b, const Format& format, Draw draw) {
  switch (op) {
    case Op::add:
      return add(a, b, format, draw);
    case Op::sub:
      return sub(a, b, format, draw);
    case Op::mul:
      return mul(a, b, format, draw);
    case Op::div:
      return div(a, b, format, draw);
    default:
      throw std::logic_error("not an operation on two numbers");
  }
}

void binary(Op op, Operand a, Operand b, const Number& result, void* out, std::size_t count,
            std::uint8_t* trapped, const DrawAt& draw) {
  const LaneKernels* kernels = result.kernels();
  if (kernels != nullptr && contains(result, *a.number) && contains(result, *b.number)) {
    alignas(cache_line) std::byte left[chunk * sizeof(double)], right[chunk * sizeof(double)];
    const auto operation = kernel(*kernels, op);
    const bool whole = same_elements(*a.number, result) && same_elements(*b.number, result);
    const std::size_t step = whole ? count : chunk;
    for (std::size_t i = 0; i < count; i += step) {
      const std::size_t n = std::min(step, count - i);
      operation(kernels->context(), elements(a, result, left, i, n), elements(b, result, right, i, n),
                static_cast<std::byte*>(out) + i * result.size(), n,
                trapped == nullptr ? nullptr : trapped + i);
    }
    return;
  }
  if (doubles_hold(result) && a.number->in_doubles() && b.number->in_doubles()) {
    double left[chunk], right[chunk];
    std::uint8_t open[chunk];
    const bool down = result.format().rounding == Rounding::rdn;
    for (std::size_t i = 0; i < count; i += chunk) {
      const std::size_t n = std::min(chunk, count - i);
      a.number->to_doubles(a.at(i), left, n);
      b.number->to_doubles(b.at(i), right, n);
      for (std::size_t k = 0; k < n; ++k) {
        open[k] = in_double(op, left[k], right[k], down, left[k]) ? 0 : 1;
        if (open[k] != 0) left[k] = 0;
      }
      auto* to = static_cast<std::byte*>(out) + i * result.size();
      // The operands' own elements may be where the result goes: what is open is read first.
      std::vector<std::pair<std::size_t, std::pair<Value, Value>>> asked;
      for (std::size_t k = 0; k < n; ++k)
        if (open[k] != 0) asked.push_back({k, {a.number->load(a.at(i + k)), b.number->load(b.at(i + k))}});
      kernels->round_f64(kernels->context(), left, to, n, trapped == nullptr ? nullptr : trapped + i);
      for (const auto& [k, operands] : asked)
        each_by_definition(result, to + k * result.size(), 1, trapped == nullptr ? nullptr : trapped + i + k,
                           {}, [&, &pair = operands](std::size_t, Draw at) {
                             return by_definition(op, pair.first, pair.second, result.format(), at);
                           });
    }
    return;
  }
  each_by_definition(result, out, count, trapped, draw, [&](std::size_t i, Draw at) {
    return by_definition(op, a.number->load(a.at(i)), b.number->load(b.at(i)), result.format(), at);
  });
}

void unary(Function function, Operand x, const Number& result, void* out, std::size_t count,
           std::uint8_t* trapped, const DrawAt& draw) {
  if (result.kernels() != nullptr && contains(result, *x.number)) {
    const void* from = x.data;
    if (!same_elements(*x.number, result)) convert(x, result, out, count), from = out;
    return result.kernels()->apply(function, from, out, count, trapped);
  }
  each_by_definition(result, out, count, trapped, draw, [&](std::size_t i, Draw at) {
    return apply(function, x.number->load(x.at(i)), result.format(), at);
  });
}

void round(Operand x, const Number& result, void* out, std::size_t count, std::uint8_t* trapped,
           const DrawAt& draw) {
  // A member stays what it is; what becomes of an infinity is the format's own affair.
  if (!result.draws() && contains(result, *x.number) && !x.number->format().holds_infinity())
    return convert(x, result, out, count);
  if (x.number->in_doubles() && result.in_doubles() && result.kernels()->round_f64 != nullptr) {
    double numbers[chunk];
    for (std::size_t i = 0; i < count; i += chunk) {
      const std::size_t n = std::min(chunk, count - i);
      x.number->to_doubles(x.at(i), numbers, n);
      result.kernels()->round_f64(result.kernels()->context(), numbers,
                                  static_cast<std::byte*>(out) + i * result.size(), n,
                                  trapped == nullptr ? nullptr : trapped + i);
    }
    return;
  }
  each_by_definition(result, out, count, trapped, draw, [&](std::size_t i, Draw at) {
    return formats::round(x.number->load(x.at(i)), result.format(), at);
  });
}

void convert(Operand x, const Number& to, void* out, std::size_t count) {
  if (same_elements(*x.number, to)) {
    std::memcpy(out, x.data, count * to.size());
    return;
  }
  if (x.number->in_doubles() && to.in_doubles()) {
    double numbers[chunk];
    for (std::size_t i = 0; i < count; i += chunk) {
      const std::size_t n = std::min(chunk, count - i);
      x.number->to_doubles(x.at(i), numbers, n);
      to.from_doubles(numbers, static_cast<std::byte*>(out) + i * to.size(), n);
    }
    return;
  }
  for (std::size_t i = 0; i < count; ++i)
    to.store(x.number->load(x.at(i)), static_cast<std::byte*>(out) + i * to.size());
}

}  // namespace roundoff::sim
