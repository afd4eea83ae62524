#include "sim/tensors/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace roundoff::sim {

void SiteFigures::add(const SiteFigures& other) {
  values += other.values, zeros += other.zeros, nans += other.nans, infinities += other.infinities;
  limits += other.limits;
  if (!other.any_finite) return;
  least = any_finite ? std::min(least, other.least) : other.least;
  most = any_finite ? std::max(most, other.most) : other.most;
  any_finite = true;
}

bool Event::before(const Event& other) const {
  return std::tie(sequence, site.position, step, site.key, site.index) <
         std::tie(other.sequence, other.site.position, other.step, other.site.key, other.site.index);
}

std::string_view name(Event::Kind kind) {
  constexpr std::string_view names[] = {"nan", "infinity", "overflow", "saturation"};
  return names[kind];
}

void Statistics::add(const Statistics& other) {
  for (const auto& [key, figures] : other.sites) sites[key].add(figures);
  for (std::size_t kind = 0; kind < first.size(); ++kind)
    if (other.first[kind] && (!first[kind] || other.first[kind]->before(*first[kind])))
      first[kind] = other.first[kind];
}

namespace {

/// Integers: no NaN and no infinity.
template <class T>
Scanned scan_integers(const Format& format, const T* data, std::size_t count) {
  T least = std::numeric_limits<T>::max(), most = std::numeric_limits<T>::min();
  std::int64_t zeros = 0;
  for (std::size_t i = 0; i < count; ++i) {
    least = std::min(least, data[i]);
    most = std::max(most, data[i]);
    zeros += data[i] == 0 ? 1 : 0;
  }
  const double unit = std::ldexp(1.0, format.quantum);
  Scanned made;
  made.figures = {.values = static_cast<std::int64_t>(count),
                  .zeros = zeros,
                  .least = static_cast<double>(least) * unit,
                  .most = static_cast<double>(most) * unit,
                  .any_finite = count > 0};
  const double highest = to_double(format.highest), lowest = to_double(format.lowest);
  if (made.figures.most < highest && made.figures.least > lowest) return made;
  for (std::size_t i = 0; i < count; ++i) {
    const double v = static_cast<double>(data[i]) * unit;
    made.figures.limits += v >= highest || (v <= lowest && v != 0) ? 1 : 0;
  }
  made.unusual = made.figures.limits > 0;
  return made;
}

template <class T>
Scanned scan_floats(const Format& format, const T* data, std::size_t count) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  T least = infinity, most = -infinity;
  std::int64_t zeros = 0, nans = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const T v = data[i];
    least = v < least ? v : least;
    most = v > most ? v : most;
    zeros += v == 0 ? 1 : 0;
    nans += v != v ? 1 : 0;
  }
  Scanned made;
  made.figures = {.values = static_cast<std::int64_t>(count), .zeros = zeros, .nans = nans};
  const auto highest = static_cast<T>(to_double(format.highest));
  const auto lowest = static_cast<T>(to_double(format.lowest));
  if (nans == 0 && most < highest && least > lowest) {
    made.figures.least = static_cast<double>(least), made.figures.most = static_cast<double>(most);
    made.figures.any_finite = count > 0;
    return made;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const T v = data[i];
    if (v != v) continue;
    if (v == infinity || v == -infinity) {
      ++made.figures.infinities;
      continue;
    }
    made.figures.limits += v >= highest || (v <= lowest && v != 0) ? 1 : 0;
    made.figures.add({.least = static_cast<double>(v), .most = static_cast<double>(v), .any_finite = true});
  }
  made.unusual = nans + made.figures.infinities + made.figures.limits > 0;
  return made;
}

Scanned scan_values(const Number& number, const std::byte* data, std::size_t count) {
  Scanned made;
  made.figures.values = static_cast<std::int64_t>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Value v = number.load(data + i * number.size());
    made.figures.nans += v.is_nan() ? 1 : 0;
    made.figures.infinities += v.is_infinite() ? 1 : 0;
    made.figures.zeros += v.is_zero() ? 1 : 0;
    if (!v.is_finite()) continue;
    made.figures.limits +=
        !v.is_zero() && (v == number.format().highest || v == number.format().lowest) ? 1 : 0;
    made.figures.add({.least = to_double(v), .most = to_double(v), .any_finite = true});
  }
  made.unusual = made.figures.nans + made.figures.infinities + made.figures.limits > 0;
  return made;
}

}  // namespace

Scanned scan(const Number& number, const void* data, std::size_t count) {
  if (number.kernels() == nullptr) return scan_values(number, static_cast<const std::byte*>(data), count);
  switch (number.kernels()->container()) {
    case Container::i16:
      return scan_integers(number.format(), static_cast<const std::int16_t*>(data), count);
    case Container::i32:
      return scan_integers(number.format(), static_cast<const std::int32_t*>(data), count);
    case Container::i64:
      return scan_integers(number.format(), static_cast<const std::int64_t*>(data), count);
    case Container::f32:
      return scan_floats(number.format(), static_cast<const float*>(data), count);
    case Container::f64:
      break;
  }
  return scan_floats(number.format(), static_cast<const double*>(data), count);
}

}  // namespace roundoff::sim
