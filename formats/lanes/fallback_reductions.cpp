#include "formats/lanes/fallback_reductions.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "formats/lanes/composed.hpp"
#include "formats/lanes/doubles.hpp"
#include "formats/lanes/host_rounding.hpp"
#include "formats/lanes/places.hpp"

namespace roundoff::formats::lanes {
namespace {

using Context = LaneKernels::Context;

constexpr int room_of_double = 600;
constexpr int top_of_double = 900;  // numbers of the larger format lie below 2^top_of_double

/// Arrays from lane `first` on.
class Shifted {
 public:
  Shifted(const Context& context, const void* const* arrays, std::size_t arrays_count, std::size_t first) {
    for (std::size_t j = 0; j < arrays_count; ++j) arrays_.push_back(lane(context, arrays[j], first));
  }
  const void* const* arrays() const { return arrays_.data(); }

 private:
  std::vector<const void*> arrays_;
};

/// The same lanes as doubles, times 2^exponent.
class Scaled {
 public:
  Scaled(const Context& context, const void* const* arrays, std::size_t arrays_count, std::size_t first,
         std::size_t count, int exponent)
      : numbers_(arrays_count * count) {
    for (std::size_t j = 0; j < arrays_count; ++j) {
      double* numbers = numbers_.data() + j * count;
      to_doubles(context, lane(context, arrays[j], first), numbers, count);
      arrays_.push_back(numbers);
    }
    const double power = std::ldexp(1.0, exponent);
    for (double& number : numbers_) {
      if (exponent != 0) number *= power;
      largest_ = std::max(largest_, std::isnan(number) ? HUGE_VAL : std::abs(number));
    }
  }
  const void* const* arrays() const { return arrays_.data(); }
  double largest() const { return largest_; }  ///< in magnitude; infinite if any is NaN

 private:
  std::vector<double> numbers_;
  std::vector<const void*> arrays_;
  double largest_ = 0;
};

/// reduce(kernels, sums, marks) of factors already scaled, whose products are at most `largest`; false where
/// the result would not be that of the format.
template <class Reduce>
bool reduced(const Context& context, double largest, std::size_t terms_count, std::size_t first,
             std::size_t count, void* out, std::uint8_t* trapped, const Reduce& reduce) {
  // Rounded sums of n products are at most 2n times the largest product.
  const bool bounded = largest * 2 * static_cast<double>(terms_count) < std::ldexp(1.0, top_of_double - 1);
  if (context.room != 0 && !bounded) return false;
  std::vector<double> sums(count);
  std::feclearexcept(FE_UNDERFLOW);
  reduce(*context.roomier, sums.data(), lane(trapped, first));
  if (context.room != 0) {
    if (std::fetestexcept(FE_UNDERFLOW) != 0) return false;
    for (double& number : sums) number *= std::ldexp(1.0, -context.room);
  }
  from_doubles(context, sums.data(), lane(context, out, first), count);
  return true;
}

}  // namespace

void make_room(Context& context, const std::shared_ptr<const LaneKernels>& doubles) {
  if (context.container == Container::f32) {
    context.roomier = doubles;
  } else if (context.container == Container::f64 && context.f64.style == FloatStyle::aligned) {
    Format larger = context.format;
    larger.quantum += room_of_double;
    larger.highest.exponent -= leading_exponent(larger.highest) - (top_of_double - 1);
    larger.lowest = negated(larger.highest);
    larger.overflow = Overflow::inf;  // which never happens there
    context.room = room_of_double;
    context.roomier = LaneKernels::make(larger, Container::f64, context.isa);
  }
}

void fallback_sum(const Context& context, const void* const* terms, std::size_t terms_count,
                  std::size_t first, std::size_t count, void* out, std::uint8_t* trapped) {
  if (context.roomier != nullptr && context.room == 0) {
    const Scaled x(context, terms, terms_count, first, count, 0);
    const auto reduce = [&](const LaneKernels& k, double* sums, std::uint8_t* marks) {
      k.sum(k.context(), x.arrays(), terms_count, sums, count, marks);
    };
    if (reduced(context, 0, terms_count, first, count, out, trapped, reduce)) return;
  }
  const Shifted x(context, terms, terms_count, first);
  composed_sum(context, x.arrays(), terms_count, lane(context, out, first), count, lane(trapped, first));
}

void fallback_dot(const Context& context, const void* const* x, const void* const* y, std::size_t terms_count,
                  std::size_t first, std::size_t count, void* out, std::uint8_t* trapped) {
  if (context.roomier != nullptr) {
    const Scaled a(context, x, terms_count, first, count, 0);
    const Scaled b(context, y, terms_count, first, count, context.room);
    const auto reduce = [&](const LaneKernels& k, double* sums, std::uint8_t* marks) {
      k.dot(k.context(), a.arrays(), b.arrays(), terms_count, sums, count, marks);
    };
    const double largest = a.largest() * b.largest();
    if (reduced(context, largest, terms_count, first, count, out, trapped, reduce)) return;
  }
  const Shifted a(context, x, terms_count, first), b(context, y, terms_count, first);
  composed_dot(context, a.arrays(), b.arrays(), terms_count, lane(context, out, first), count,
               lane(trapped, first));
}

void fallback_weighted(const Context& context, const void* weights, const void* const* x,
                       std::size_t terms_count, std::size_t first, std::size_t count, void* out,
                       std::uint8_t* trapped) {
  if (context.roomier != nullptr) {
    const Scaled w(context, &weights, 1, 0, terms_count, 0);
    const Scaled a(context, x, terms_count, first, count, context.room);
    const auto reduce = [&](const LaneKernels& k, double* sums, std::uint8_t* marks) {
      k.weighted(k.context(), w.arrays()[0], a.arrays(), terms_count, sums, count, marks);
    };
    const double largest = w.largest() * a.largest();
    if (reduced(context, largest, terms_count, first, count, out, trapped, reduce)) return;
  }
  const Shifted a(context, x, terms_count, first);
  composed_weighted(context, weights, a.arrays(), terms_count, lane(context, out, first), count,
                    lane(trapped, first));
}

}  // namespace roundoff::formats::lanes
