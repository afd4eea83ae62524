#include "formats/lanes/functions.hpp"

#include <algorithm>
#include <bit>
#include <cfenv>
#include <cmath>
#include <cstring>

#include "formats/error.hpp"
#include "formats/lanes/doubles.hpp"
#include "formats/lanes/enclosure_kernels.hpp"
#include "formats/lanes/host_rounding.hpp"
#include "formats/lanes/places.hpp"

namespace roundoff::formats {
namespace lanes {
namespace {

/// -0 becomes +0, and NaN stays: members are the numbers above zero, and zero.
template <class T>
void relu(const void* a, void* out, std::size_t count) {
  const T* x = static_cast<const T*>(a);
  T* y = static_cast<T*>(out);
  for (std::size_t i = 0; i < count; ++i) y[i] = x[i] <= T{0} ? T{0} : x[i];
}

/// Rounding a member gives it back: not an infinity under satfinite, nor what is subnormal under ftz and daz.
bool keeps_members(const Format& format) {
  return !(format.has_infinity && format.overflow == Overflow::satfinite) && !format.flushes && !format.takes_zero;
}

bool encloses(Function function, const LaneKernels::Context& context) {
  return has_enclosure(function) && context.doubles != nullptr && has_doubles(context) &&
         context.format.precision <= 40 && context.format.overflow != Overflow::wrap;
}

}  // namespace

void Functions::apply(Function function, const void* a, void* out, std::size_t count, std::uint8_t* trapped) {
  const bool kept = keeps_members(context_.format);
  if (function == Function::identity && kept) {
    std::memmove(out, a, count * size_of(context_.container));
  } else if (function == Function::relu && context_.format.has_zero && kept) {
    switch (context_.container) {
      case Container::i16:
        return relu<std::int16_t>(a, out, count);
      case Container::i32:
        return relu<std::int32_t>(a, out, count);
      case Container::i64:
        return relu<std::int64_t>(a, out, count);
      case Container::f32:
        return relu<float>(a, out, count);
      case Container::f64:
        return relu<double>(a, out, count);
    }
  } else if (Table* known = table(function)) {
    known->apply(a, out, count, trapped);
  } else if (encloses(function, context_)) {
    by_enclosure(function, a, out, count, trapped);
  } else {
    by_definition(function, a, out, count, trapped);
  }
}

Table* Functions::table(Function function) {
  const auto index = static_cast<std::size_t>(function);
  std::call_once(asked_[index],
                 [&] { tables_[index] = Table::of(context_.format, context_.container, function); });
  return tables_[index].get();
}

void Functions::by_enclosure(Function function, const void* a, void* out, std::size_t count,
                             std::uint8_t* trapped) {
  const HostRounding nearest(FE_TONEAREST);
  const Format& format = context_.format;
  const bool clamps = format.quantum >= -300 && leading_exponent(format.highest) < 500;
  const LaneKernels& doubles = *context_.doubles;
  alignas(64) double x[chunk] = {}, low[chunk], high[chunk];
  std::uint8_t undecided[chunk];
  std::vector<std::byte> results(chunk * size_of(context_.container));
  for (std::size_t i = 0; i < count; i += chunk) {
    const std::size_t n = std::min(chunk, count - i);
    to_doubles(context_, lane(context_, a, i), x, n);
    enclose(context_.isa, function, clamps, x, low, high, chunk);
    std::fill_n(undecided, n, std::uint8_t{0});
    doubles.round_f64(doubles.context(), low, low, n, undecided);
    doubles.round_f64(doubles.context(), high, high, n, undecided);
    from_doubles(context_, low, results.data(), n);
    for (std::size_t j = 0; j < n; ++j) {
      if (undecided[j] == 0 && std::bit_cast<std::uint64_t>(low[j]) == std::bit_cast<std::uint64_t>(high[j]))
        continue;
      by_definition(function, lane(context_, a, i + j), lane(context_, results.data(), j), 1,
                    trapped == nullptr ? nullptr : trapped + i + j);
    }
    std::memcpy(lane(context_, out, i), results.data(), n * size_of(context_.container));
  }
}

void Functions::by_definition(Function function, const void* a, void* out, std::size_t count,
                              std::uint8_t* trapped) {
  for (std::size_t i = 0; i < count; ++i) {
    try {
      const Value x = context_.load(lane(context_, a, i));
      context_.store(formats::apply(function, x, context_.format).value, lane(context_, out, i));
    } catch (const Trap&) {
      if (trapped != nullptr) trapped[i] = 1;
    }
  }
}

}  // namespace lanes

void LaneKernels::apply(Function function, const void* a, void* out, std::size_t count,
                        std::uint8_t* trapped) const {
  context_->functions->apply(function, a, out, count, trapped);
}

}  // namespace roundoff::formats
