// The block formats of llama.cpp by its reference quantisers, which make model files ("_ref" in ggml-quants.c): every
// operation in binary32, rounded to nearest even, in the order written there; scales are kept in binary16. Sums of the
// searches run in index order. What a number becomes is element * scale (+ offset), in binary32 as well.
//
// q4_0, q5_0: scale = the number largest in magnitude / -8 (-16), so that it is an element itself; element = number * (1
//   / scale), rounded by adding a half and cutting. q8_0: scale = largest magnitude / 127, ties away. q4_1: scale =
//   (max - min) / 15, offset = min.
// q4_K: of 21 scales per block the one with least weighted squared error, each with the least-squares scale and offset
//   of its elements; then scales and offsets as 6-bit multiples of two numbers for eight blocks. q6_K: likewise with 19
//   scales, no offsets, 8-bit multiples, sixteen blocks of 16.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "formats/blocks/blocks.hpp"
#include "formats/error.hpp"

namespace roundoff::formats {
namespace {

const Format& binary32() {
  static const Format format = parse_format("binary32");
  return format;
}

/// A number of binary32 with the operators of C.
struct Single {
  Value value;

  Single() = default;
  Single(Value v) : value(v) {}                               // NOLINT: as in C
  Single(int integer) : value(Value::integer(integer)) {}     // NOLINT
  friend Single operator+(const Single& a, const Single& b) { return add(a.value, b.value, binary32()).value; }
  friend Single operator-(const Single& a, const Single& b) { return sub(a.value, b.value, binary32()).value; }
  friend Single operator*(const Single& a, const Single& b) { return mul(a.value, b.value, binary32()).value; }
  friend Single operator/(const Single& a, const Single& b) { return div(a.value, b.value, binary32()).value; }
  friend Single operator-(const Single& a) { return negated(a.value); }
  friend bool operator<(const Single& a, const Single& b) { return compare(a.value, b.value) < 0; }
  friend bool operator>(const Single& a, const Single& b) { return compare(a.value, b.value) > 0; }
  friend bool operator==(const Single& a, const Single& b) { return compare(a.value, b.value) == 0; }
};

Single literal(int numerator, int denominator) { return Single(numerator) / Single(denominator); }
Single magnitude(const Single& x) { return x < 0 ? -x : x; }
Single root(const Single& x) { return apply(Function::sqrt, x.value, binary32()).value; }

int integer(const Single& x, Rounding rounding) {
  Format format = fixed_point(30, 0);
  format.rounding = rounding;
  return static_cast<int>(to_double(round(x.value, format).value));
}
int nearest_int(const Single& x) { return integer(x, Rounding::rne); }

Single in_binary16(const Single& x) {
  static const Format half = parse_format("binary16");
  return round(x.value, half).value;
}

/// Below this a block counts as zeros.
bool is_nothing(const Single& most) { return most < Single(Value::of(static_cast<double>(1e-15F))); }

using Numbers = std::span<const Single>;

/// Fills in what the elements stand for.
Block finished(const Single& scale, const Single& offset, std::span<const int> elements, bool has_offset) {
  Block block;
  block.scale = scale.value;
  block.offset = offset.value;
  for (const int element : elements) {
    block.elements.push_back(Value::integer(element));
    const Single product = Single(element) * scale;
    block.values.push_back((has_offset ? product + offset : product).value);
  }
  return block;
}

/// q4_0, q5_0: elements from -half to half - 1.
Block symmetric_block(Numbers x, int half) {
  Single largest = 0, most = 0;
  for (const Single& number : x) {
    if (most < magnitude(number)) most = magnitude(number), largest = number;
  }
  const Single scale = largest / Single(-half);
  const Single inverse = scale == 0 ? Single(0) : Single(1) / scale;
  const Single half_up = Single(2 * half + 1) / Single(2);
  std::vector<int> elements;
  for (const Single& number : x)
    elements.push_back(std::min(2 * half - 1, integer(number * inverse + half_up, Rounding::rtz)) - half);
  return finished(in_binary16(scale), 0, elements, false);
}

Block q4_1_block(Numbers x) {
  Single low = x[0], high = x[0];
  for (const Single& number : x) {
    if (number < low) low = number;
    if (number > high) high = number;
  }
  const Single scale = (high - low) / Single(15);
  const Single inverse = scale == 0 ? Single(0) : Single(1) / scale;
  std::vector<int> elements;
  for (const Single& number : x)
    elements.push_back(std::min(15, integer((number - low) * inverse + literal(1, 2), Rounding::rtz)));
  return finished(in_binary16(scale), in_binary16(low), elements, true);
}

Block q8_0_block(Numbers x) {
  Single most = 0;
  for (const Single& number : x)
    if (most < magnitude(number)) most = magnitude(number);
  const Single scale = most / Single(127);
  const Single inverse = scale == 0 ? Single(0) : Single(1) / scale;
  std::vector<int> elements;
  for (const Single& number : x) elements.push_back(integer(number * inverse, Rounding::rna));
  return finished(in_binary16(scale), 0, elements, false);
}

struct Fit {
  Single scale = 0, offset = 0;  ///< offset is what is subtracted: >= 0
  std::vector<int> elements;
};

/// The elements 0 ... most by number = scale * element - offset with least weighted squared error, of those that 21
/// scales suggest.
Fit fit_with_offset(Numbers x, Numbers weights, int most) {
  Single low = x[0], high = x[0], sum_w = weights[0], sum_x = sum_w * x[0];
  for (std::size_t i = 1; i < x.size(); ++i) {
    if (x[i] < low) low = x[i];
    if (x[i] > high) high = x[i];
    sum_w = sum_w + weights[i];
    sum_x = sum_x + weights[i] * x[i];
  }
  if (low > 0) low = 0;
  Fit best;
  best.elements.assign(x.size(), 0);
  best.offset = -low;
  if (high == low) return best;
  const Single range = high - low, base = low;  // suggestions start from the range, also after a better offset
  Single offset = low;
  const auto suggested = [&](const Single& inverse, const Single& from) {
    std::vector<int> elements;
    for (const Single& number : x)
      elements.push_back(std::clamp(nearest_int(inverse * (number - from)), 0, most));
    return elements;
  };
  const auto error = [&](const Single& scale, const Single& from, const std::vector<int>& elements) {
    Single total = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Single off = scale * Single(elements[i]) + from - x[i];
      total = total + weights[i] * (off * off);
    }
    return total;
  };
  const Single inverse = Single(most) / range;
  best.scale = Single(1) / inverse;
  best.elements = suggested(inverse, base);
  Single least = error(best.scale, offset, best.elements);
  for (int step = 0; step <= 20; ++step) {
    // the search's offset moves with the best fit so far, as in the reference
    const Single tried = (Single(-1) + literal(1, 10) * Single(step) + Single(most)) / (high - offset);
    std::vector<int> elements = suggested(tried, offset);
    Single sum_l = 0, sum_l2 = 0, sum_xl = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Single l = elements[i], wl = weights[i] * l;
      sum_l = sum_l + wl;
      sum_l2 = sum_l2 + wl * l;
      sum_xl = sum_xl + wl * x[i];
    }
    const Single determinant = sum_w * sum_l2 - sum_l * sum_l;
    if (!(determinant > 0)) continue;
    Single scale = (sum_w * sum_xl - sum_x * sum_l) / determinant;
    Single from = (sum_l2 * sum_x - sum_l * sum_xl) / determinant;
    if (from > 0) {
      from = 0;
      scale = sum_xl / sum_l2;
    }
    const Single now = error(scale, from, elements);
    if (!(now < least)) continue;
    least = now;
    offset = from;
    best = {scale, 0, std::move(elements)};
  }
  best.offset = -offset;
  return best;
}

/// The elements -half ... half - 1 by number = scale * element, weighted by the squares of the numbers, of those that
/// 19 scales suggest.
Fit fit_symmetric(Numbers x, int half) {
  Single largest = 0, most = 0;
  for (const Single& number : x) {
    if (magnitude(number) > most) most = magnitude(number), largest = number;
  }
  Fit best;
  best.elements.assign(x.size(), -half);
  if (is_nothing(most)) return best;
  const auto suggested = [&](const Single& inverse) {
    std::vector<int> elements;
    for (const Single& number : x)
      elements.push_back(std::clamp(nearest_int(inverse * number), -half, half - 1));
    return elements;
  };
  struct Sums {
    Single xl = 0, l2 = 0;
  };
  const auto sums = [&](const std::vector<int>& elements) {
    Sums s;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Single w = x[i] * x[i], l = elements[i];
      s.xl = s.xl + w * x[i] * l;
      s.l2 = s.l2 + w * l * l;
    }
    return s;
  };
  best.elements = suggested(Single(-half) / largest);
  Sums s = sums(best.elements);
  best.scale = s.l2 == 0 ? Single(0) : s.xl / s.l2;
  Single score = best.scale * s.xl;
  for (int step = -9; step <= 9; ++step) {
    if (step == 0) continue;
    std::vector<int> elements = suggested(-(Single(half) + literal(1, 10) * Single(step)) / largest);
    s = sums(elements);
    if (!(s.l2 > 0) || !(s.xl * s.xl > score * s.l2)) continue;
    best.elements = std::move(elements);
    best.scale = s.xl / s.l2;
    score = best.scale * s.xl;
  }
  return best;
}

/// A group of q4_K: eight blocks of 32.
void q4_K_group(Numbers x, Blocks& into) {
  constexpr std::size_t size = 32, count = 8;
  std::array<Fit, count> fits;
  Single most_scale = 0, most_offset = 0;
  for (std::size_t j = 0; j < count; ++j) {
    const Numbers block = x.subspan(size * j, size);
    Single squares = 0;
    for (const Single& number : block) squares = squares + number * number;
    const Single mean = root(squares / Single(static_cast<int>(size)));
    std::vector<Single> weights;
    for (const Single& number : block) weights.push_back(mean + magnitude(number));
    fits[j] = fit_with_offset(block, weights, 15);
    if (fits[j].scale > most_scale) most_scale = fits[j].scale;
    if (fits[j].offset > most_offset) most_offset = fits[j].offset;
  }
  const Single by_scale = most_scale > 0 ? Single(63) / most_scale : Single(0);
  const Single by_offset = most_offset > 0 ? Single(63) / most_offset : Single(0);
  const Single d = in_binary16(most_scale / Single(63)), dmin = in_binary16(most_offset / Single(63));
  into.group_scales.push_back(d.value);
  into.group_offsets.push_back(dmin.value);
  for (std::size_t j = 0; j < count; ++j) {
    const Single scale = d * Single(std::min(63, nearest_int(by_scale * fits[j].scale)));
    const Single offset = dmin * Single(std::min(63, nearest_int(by_offset * fits[j].offset)));
    if (!(scale == 0)) {
      for (std::size_t i = 0; i < size; ++i)
        fits[j].elements[i] = std::clamp(nearest_int((x[size * j + i] + offset) / scale), 0, 15);
    }
    into.blocks.push_back(finished(scale, -offset, fits[j].elements, true));
  }
}

/// A group of q6_K: sixteen blocks of 16.
void q6_K_group(Numbers x, Blocks& into) {
  constexpr std::size_t size = 16, count = 16;
  std::array<Fit, count> fits;
  Single largest = 0, most = 0;
  for (std::size_t j = 0; j < count; ++j) {
    fits[j] = fit_symmetric(x.subspan(size * j, size), 32);
    if (magnitude(fits[j].scale) > most) most = magnitude(fits[j].scale), largest = fits[j].scale;
  }
  const bool empty = is_nothing(most);
  const Single inverse = empty ? Single(0) : Single(-128) / largest;
  const Single d = empty ? Single(0) : in_binary16(Single(1) / inverse);
  into.group_scales.push_back(d.value);
  for (std::size_t j = 0; j < count; ++j) {
    const Single scale = d * Single(std::min(127, nearest_int(inverse * fits[j].scale)));
    if (!(scale == 0)) {
      for (std::size_t i = 0; i < size; ++i)
        fits[j].elements[i] = std::clamp(nearest_int(x[size * j + i] / scale), -32, 31);
    }
    into.blocks.push_back(finished(scale, 0, fits[j].elements, false));
  }
}

}  // namespace

Blocks quantise_llama(std::span<const Value> numbers, const BlockFormat& format) {
  std::vector<Single> x;
  for (const Value& number : numbers) {
    if (!number.is_finite()) throw Trap(format.name + ": a block holds inf or nan, and its scale cannot say so");
    x.emplace_back(round(number, binary32()).value);
  }
  const auto size = static_cast<std::size_t>(format.group > 0 ? format.group : format.block);
  if (format.group > 0 && x.size() % size != 0) {
    throw UsageError(format.name + " takes whole groups of " + std::to_string(size) + " numbers, not " +
                     std::to_string(x.size()));
  }
  Blocks result;
  for (std::size_t start = 0; start < x.size(); start += size) {
    const Numbers part = Numbers(x).subspan(start, std::min(size, x.size() - start));
    if (format.name == "q4_K")
      q4_K_group(part, result);
    else if (format.name == "q6_K")
      q6_K_group(part, result);
    else if (format.name == "q4_1")
      result.blocks.push_back(q4_1_block(part));
    else if (format.name == "q8_0")
      result.blocks.push_back(q8_0_block(part));
    else
      result.blocks.push_back(symmetric_block(part, format.name == "q4_0" ? 8 : 16));
  }
  return result;
}

}  // namespace roundoff::formats
