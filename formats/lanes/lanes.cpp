// Which containers hold a format, one member in and out, and the making of a set of kernels.
#include "formats/lanes/lanes.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>

#ifndef __wasm__
#include <hwy/targets.h>
#endif

#include "formats/error.hpp"
#include "formats/lanes/by_reference.hpp"
#include "formats/lanes/composed.hpp"
#include "formats/lanes/context.hpp"
#include "formats/lanes/doubles.hpp"
#include "formats/lanes/fallback_reductions.hpp"
#include "formats/lanes/float_kernels.hpp"
#include "formats/lanes/functions.hpp"
#include "formats/lanes/host_rounding.hpp"
#include "formats/lanes/integer_kernels.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::formats {
namespace {

constexpr std::array<std::string_view, 5> container_names{"i16", "i32", "i64", "f32", "f64"};
constexpr std::array<std::string_view, 4> isa_names{"scalar", "sse4", "avx2", "avx512"};

bool is_integer(Container container) { return container <= Container::i64; }

/// |value| < 2^(quantum + digits).
bool integer_fits(const Value& value, int quantum, int digits) {
  return value.is_zero() || leading_exponent(value) - quantum < digits;
}

Value scaled(std::int64_t integer, int exponent) {
  const i128 wide = integer;
  return Value::scaled(integer < 0, static_cast<u128>(integer < 0 ? -wide : wide), exponent);
}

template <class T>
T read(const void* element) {
  T number = 0;
  std::memcpy(&number, element, sizeof number);
  return number;
}

template <class T>
void write(void* element, T number) {
  std::memcpy(element, &number, sizeof number);
}

bool holds(Container container, const Format& format) {
  if (is_integer(container)) {
    if (!format.is_uniform() || format.overflow == Overflow::inf) return false;
    const int digits = 8 * static_cast<int>(size_of(container)) - 1;
    return integer_fits(format.highest, format.quantum, digits) &&
           integer_fits(format.lowest, format.quantum, digits);
  }
  const bool single = container == Container::f32;
  const int precision = single ? std::numeric_limits<float>::digits : std::numeric_limits<double>::digits;
  const int quantum = single ? -149 : -1074;
  const int limit = single ? 128 : 1024;
  return format.precision <= precision && format.quantum >= quantum &&
         leading_exponent(format.highest) < limit;
}

}  // namespace

std::string_view name(Container container) { return container_names[static_cast<std::size_t>(container)]; }
std::string_view name(Isa isa) { return isa_names[static_cast<std::size_t>(isa)]; }

std::size_t size_of(Container container) {
  constexpr std::array<std::size_t, 5> sizes{2, 4, 8, 4, 8};
  return sizes[static_cast<std::size_t>(container)];
}

bool supported(Isa isa) {
#ifdef __wasm__
  return isa == Isa::scalar;
#else
  switch (isa) {
    case Isa::scalar:
      return true;
    case Isa::sse4:
      return (hwy::SupportedTargets() & HWY_SSE4) != 0;
    case Isa::avx2:
      return (hwy::SupportedTargets() & HWY_AVX2) != 0;
    case Isa::avx512:
      return (hwy::SupportedTargets() & HWY_AVX3) != 0;
  }
  return false;
#endif
}

/// The fastest supported one, or the one that the environment variable ROUNDOFF_ISA names.
Isa best_isa() {
  if (const char* forced = std::getenv("ROUNDOFF_ISA"); forced != nullptr && *forced != '\0') {
    const auto* found = std::find(isa_names.begin(), isa_names.end(), std::string_view(forced));
    if (found == isa_names.end()) {
      throw UsageError("ROUNDOFF_ISA: unknown instruction set '" + std::string(forced) + "'" +
                       did_you_mean(forced, isa_names));
    }
    const auto isa = static_cast<Isa>(found - isa_names.begin());
    if (supported(isa)) return isa;
    throw UsageError("ROUNDOFF_ISA: this machine lacks " + std::string(forced) + "; leave the variable out");
  }
  for (const Isa isa : {Isa::avx512, Isa::avx2, Isa::sse4}) {
    if (supported(isa)) return isa;
  }
  return Isa::scalar;
}

std::int64_t LaneKernels::Context::integer_of(const Value& value) const {
  if (value.is_zero()) return 0;
  const auto magnitude = static_cast<std::int64_t>(value.significand << (value.exponent - format.quantum));
  return value.negative ? -magnitude : magnitude;
}

Value LaneKernels::Context::load(const void* element) const {
  switch (container) {
    case Container::i16:
      return scaled(read<std::int16_t>(element), format.quantum);
    case Container::i32:
      return scaled(read<std::int32_t>(element), format.quantum);
    case Container::i64:
      return scaled(read<std::int64_t>(element), format.quantum);
    case Container::f32:
      return Value::of(static_cast<double>(read<float>(element)));
    case Container::f64:
      break;
  }
  return Value::of(read<double>(element));
}

void LaneKernels::Context::store(const Value& value, void* element) const {
  switch (container) {
    case Container::i16:
      return write(element, static_cast<std::int16_t>(integer_of(value)));
    case Container::i32:
      return write(element, static_cast<std::int32_t>(integer_of(value)));
    case Container::i64:
      return write(element, integer_of(value));
    case Container::f32:
      return write(element, static_cast<float>(to_double(value)));
    case Container::f64:
      break;
  }
  write(element, to_double(value));
}

void LaneKernels::store(const Value& value, void* element) const { context_->store(value, element); }
Value LaneKernels::load(const void* element) const { return context_->load(element); }
const Format& LaneKernels::format() const { return context_->format; }
Container LaneKernels::container() const { return context_->container; }
Isa LaneKernels::isa() const { return context_->isa; }

std::vector<Container> LaneKernels::containers(const Format& format) {
  std::vector<Container> result;
  if (format.is_stochastic()) return result;
  for (const Container container :
       {Container::i16, Container::i32, Container::f32, Container::f64, Container::i64}) {
    if (holds(container, format)) result.push_back(container);
  }
  // No vectors for the format in float, as for 13 bits to nearest: double is faster than the definition.
  const auto f32 = std::find(result.begin(), result.end(), Container::f32);
  if (f32 != result.end() && f32 + 1 != result.end() &&
      lanes::float_facts_f32(format).style == lanes::FloatStyle::none &&
      lanes::float_facts_f64(format).style != lanes::FloatStyle::none) {
    std::iter_swap(f32, f32 + 1);
  }
  return result;
}

std::unique_ptr<LaneKernels> LaneKernels::make(const Format& format, Container container, Isa isa) {
  if (format.is_stochastic() || !holds(container, format) || !supported(isa)) return nullptr;
  std::unique_ptr<LaneKernels> kernels(new LaneKernels);
  auto context = std::make_shared<Context>();
  context->format = format;
  context->container = container;
  context->isa = isa;
  // The general first, then whatever is faster and holds for the format.
  lanes::fill_by_reference(*kernels, *context);
  const Binary divide_by_reference = kernels->div;
  lanes::fill_composed(*kernels);
  if (is_integer(container)) lanes::fill_integer(*kernels, *context);
#if ROUNDOFF_HOST_DIRECTIONS
  if (container == Container::f32) lanes::fill_f32(*kernels, *context);
  if (container == Container::f64) lanes::fill_f64(*kernels, *context);
#endif
  // A sum that starts with an infinite member becomes a number in its next step, which the loops do not know.
  if (format.has_infinity && format.overflow == Overflow::satfinite) lanes::fill_composed(*kernels);
  if (format.poles_are_nan()) kernels->div = divide_by_reference;  // inf / 0, too
  context->add = kernels->add;
  context->mul = kernels->mul;
  context->max = kernels->max;
  if (container == Container::f64) {
    context->doubles = std::shared_ptr<const LaneKernels>(std::shared_ptr<void>(), kernels.get());
  } else if (holds(Container::f64, format)) {
    context->doubles = make(format, Container::f64, isa);
  }
  const lanes::FloatStyle style = context->doubles == nullptr   ? lanes::FloatStyle::none
                                  : container == Container::f64 ? context->f64.style
                                                                : context->doubles->context().f64.style;
  if (style == lanes::FloatStyle::none) {
    context->doubles = nullptr;
  } else if (is_integer(container) && lanes::has_doubles(*context)) {
    kernels->div = lanes::divide_in_doubles;
    kernels->round_f64 = lanes::round_in_doubles;
  } else if (container == Container::f32) {
    kernels->round_f64 = lanes::round_in_doubles;
  }
  lanes::make_room(*context, context->doubles);
  context->functions = std::make_shared<lanes::Functions>(*context);
  kernels->context_ = std::move(context);
  return kernels;
}

}  // namespace roundoff::formats
