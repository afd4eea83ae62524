// Vectors of lanes, by Highway; see lane_rows.hpp. The digits are those of Draws (draws.hpp), eight inputs a
// vector with AVX-512: every lane is its own stream, so lanes need nothing of each other.
#include "constructions/tasks/lane_rows.hpp"

#include "constructions/tasks/draws.hpp"

// clang-format off: the order matters
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "constructions/tasks/lane_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "formats/lanes/targets.hpp"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace roundoff::constructions::rows::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

void draw_plainly(std::uint64_t seed, std::uint64_t index, int p, std::size_t rows, std::size_t stride,
                  std::uint8_t* lane) {
  Draws(seed, index).digits(p, rows, [&](std::size_t row, std::uint8_t digit) {
    lane[row * stride] = digit;
  });
}

#if HWY_TARGET == HWY_SCALAR

void draw(std::uint64_t seed, std::uint64_t first, int p, std::size_t rows, std::size_t count,
          std::size_t stride, std::uint8_t* digits) {
  for (std::size_t lane = 0; lane < count; ++lane)
    draw_plainly(seed, first + lane, p, rows, stride, digits + lane);
}

#else

using D = hn::ScalableTag<std::uint64_t>;
using Halves = hn::Repartition<std::uint32_t, D>;
using V = hn::Vec<D>;

/// The product of the low halves of the lanes.
HWY_INLINE V low_product(V a, V b) { return hn::MulEven(hn::BitCast(Halves(), a), hn::BitCast(Halves(), b)); }
/// x * factor mod 2^64.
HWY_INLINE V multiplied(V x, std::uint64_t factor) {
  const V low = hn::Set(D(), factor), high = hn::Set(D(), factor >> 32);
  const V cross = hn::Add(low_product(hn::ShiftRight<32>(x), low), low_product(x, high));
  return hn::Add(low_product(x, low), hn::ShiftLeft<32>(cross));
}
HWY_INLINE V mix(V x) {
  x = multiplied(hn::Xor(x, hn::ShiftRight<30>(x)), Draws::factor_1);
  x = multiplied(hn::Xor(x, hn::ShiftRight<27>(x)), Draws::factor_2);
  return hn::Xor(x, hn::ShiftRight<31>(x));
}

// A word gives its digits in groups: v = the integer part of x p^s / 2^64 is s of them at once, p^s <= 2^14, and
// the fraction is that after s single steps. v falls apart in 16 bits: its quotient by p is the integer part of
// v m / 2^k, m the least integer with m p >= 2^k, since v (m p - 2^k) < 2^14 p <= 2^k.
struct Groups {
  explicit Groups(int p) {
    for (std::uint32_t power = 1; power * static_cast<std::uint32_t>(p) <= 1U << 14; ++most) {
      power *= static_cast<std::uint32_t>(p);
      powers[most + 1] = power;
    }
    int log = 0;
    while (1 << log < p) ++log;
    const int k = 14 + log < 16 ? 16 : 14 + log;
    shift = k - 16;
    inverse = static_cast<std::uint16_t>(((1U << k) + static_cast<std::uint32_t>(p) - 1) /
                                         static_cast<std::uint32_t>(p));
  }
  std::size_t most = 0;
  std::uint32_t powers[15] = {1};
  std::uint16_t inverse = 0;
  int shift = 0;
};

void draw(std::uint64_t seed, std::uint64_t first, int p, std::size_t rows, std::size_t count,
          std::size_t stride, std::uint8_t* digits) {
  const D d;
  const hn::ScalableTag<std::uint16_t> words;
  const hn::Rebind<std::uint16_t, D> parts;
  const hn::Rebind<std::uint8_t, decltype(words)> bytes;
  constexpr std::size_t vectors = 4, lanes = hn::MaxLanes(d), block = vectors * lanes;
  static_assert(block == hn::MaxLanes(words));
  const DigitWord word(p);
  const Groups groups(p);
  const V low_half = hn::Set(d, 0xffffffffU);
  const auto inverse = hn::Set(words, groups.inverse), base = hn::Set(words, static_cast<std::uint16_t>(p));
  const std::uint64_t excess[2] = {word.excess(word.most), word.excess(rows % word.most)};
  const std::size_t whole = count - count % block;
  for (std::size_t start = 0; start < whole; start += block) {
    HWY_ALIGN std::uint64_t keys[block];
    for (std::size_t i = 0; i < block; ++i)
      keys[i] = Draws::mix(seed) + Draws::step * (first + start + i + 1);
    V state[vectors];
    for (std::size_t v = 0; v < vectors; ++v) state[v] = mix(hn::Load(d, keys + v * lanes));
    auto again = hn::Zero(d);  // ones where a word is to be drawn again
    for (std::size_t row = 0; row < rows;) {
      const bool full = rows - row >= word.most;
      const std::size_t end = full ? row + word.most : rows;
      V x[vectors];
      for (std::size_t v = 0; v < vectors; ++v) {
        state[v] = hn::Add(state[v], hn::Set(d, Draws::step));
        x[v] = mix(state[v]);
      }
      HWY_ALIGN std::uint16_t values[48][block];  // a word has at most 48 digits
      std::size_t made = 0;
      for (std::size_t at = row; at < end; at += groups.most, ++made) {
        const V power = hn::Set(d, groups.powers[HWY_MIN(groups.most, end - at)]);
        for (std::size_t v = 0; v < vectors; ++v) {
          const V low = low_product(x[v], power);
          const V high = hn::Add(low_product(hn::ShiftRight<32>(x[v]), power), hn::ShiftRight<32>(low));
          hn::StoreU(hn::TruncateTo(parts, hn::ShiftRight<32>(high)), parts, values[made] + v * lanes);
          x[v] = hn::Or(hn::ShiftLeft<32>(high), hn::And(low, low_half));
        }
      }
      for (std::size_t group = 0; group < made; ++group) {
        const std::size_t at = row + group * groups.most, last = HWY_MIN(at + groups.most, end) - 1;
        auto value = hn::Load(words, values[group]);
        for (std::size_t digit = last; digit > at; --digit) {
          const auto rest = hn::ShiftRightSame(hn::MulHigh(value, inverse), groups.shift);
          const auto low = hn::Sub(value, hn::Mul(rest, base));
          hn::StoreU(hn::TruncateTo(bytes, low), bytes, digits + digit * stride + start);
          value = rest;
        }
        hn::StoreU(hn::TruncateTo(bytes, value), bytes, digits + at * stride + start);
      }
      row = end;
      const std::uint64_t bound = excess[full ? 0 : 1];
      if (bound != 0)
        for (std::size_t v = 0; v < vectors; ++v)
          again = hn::Or(again, hn::VecFromMask(d, hn::Lt(x[v], hn::Set(d, bound))));
    }
    if (!hn::AllTrue(d, hn::Eq(again, hn::Zero(d))))  // some lane of the block: all by definition
      for (std::size_t i = start; i < start + block; ++i)
        draw_plainly(seed, first + i, p, rows, stride, digits + i);
  }
  for (std::size_t i = whole; i < count; ++i) draw_plainly(seed, first + i, p, rows, stride, digits + i);
}

#endif

// a + b + carry >= p exactly when a + carry > p-1-b, which stays within a byte.
void column(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* carry, std::uint8_t* out, int p,
            std::size_t count) {
  const hn::ScalableTag<std::uint8_t> d;
  constexpr std::size_t lanes = hn::MaxLanes(d);
  const auto one = hn::Set(d, 1), most = hn::Set(d, static_cast<std::uint8_t>(p - 1)),
             base = hn::Set(d, static_cast<std::uint8_t>(p));
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto x = hn::LoadU(d, a + i), y = hn::LoadU(d, b + i), c = hn::LoadU(d, carry + i);
    const auto rest = hn::Sub(most, y);
    const auto wraps = hn::Or(hn::Gt(x, rest), hn::And(hn::Eq(x, rest), hn::Eq(c, one)));
    const auto sum = hn::Add(hn::Add(x, y), c);
    hn::StoreU(hn::Sub(sum, hn::IfThenElseZero(wraps, base)), d, out + i);
    hn::StoreU(hn::IfThenElseZero(wraps, one), d, carry + i);
  }
  for (; i < count; ++i) {
    const int sum = a[i] + b[i] + carry[i];
    out[i] = static_cast<std::uint8_t>(sum >= p ? sum - p : sum);
    carry[i] = sum >= p ? 1 : 0;
  }
}

void widen(const std::uint8_t* digits, LaneToken* tokens, std::size_t count) {
  const hn::ScalableTag<LaneToken> d;
  const hn::Rebind<std::uint8_t, decltype(d)> bytes;
  constexpr std::size_t lanes = hn::MaxLanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    hn::StoreU(hn::PromoteTo(d, hn::LoadU(bytes, digits + i)), d, tokens + i);
  for (; i < count; ++i) tokens[i] = digits[i];
}

void differences(const LaneToken* a, const LaneToken* b, std::size_t rows, std::size_t stride,
                 std::size_t count, std::uint8_t* marks) {
  const hn::ScalableTag<LaneToken> d;
  const hn::Rebind<std::uint8_t, decltype(d)> bytes;
  constexpr std::size_t lanes = hn::MaxLanes(d);
  const auto one = hn::Set(d, 1);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    auto differ = hn::Zero(d);
    for (std::size_t row = 0; row < rows; ++row)
      differ =
          hn::Or(differ, hn::Xor(hn::LoadU(d, a + row * stride + i), hn::LoadU(d, b + row * stride + i)));
    const auto mark = hn::IfThenZeroElse(hn::Eq(differ, hn::Zero(d)), one);
    hn::StoreU(hn::Or(hn::LoadU(bytes, marks + i), hn::TruncateTo(bytes, mark)), bytes, marks + i);
  }
  for (; i < count; ++i)
    for (std::size_t row = 0; row < rows; ++row)
      if (a[row * stride + i] != b[row * stride + i]) marks[i] = 1;
}

}  // namespace roundoff::constructions::rows::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace roundoff::constructions {
namespace rows {
HWY_EXPORT(draw);
HWY_EXPORT(column);
HWY_EXPORT(widen);
HWY_EXPORT(differences);
}  // namespace rows

void draw_rows(std::uint64_t seed, std::uint64_t first, int p, std::size_t rows, std::size_t count,
               std::size_t stride, std::uint8_t* digits) {
  using namespace rows;
  HWY_DYNAMIC_DISPATCH(draw)(seed, first, p, rows, count, stride, digits);
}
void add_column(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* carry, std::uint8_t* out, int p,
                std::size_t count) {
  using namespace rows;
  HWY_DYNAMIC_DISPATCH(column)(a, b, carry, out, p, count);
}
void to_tokens(const std::uint8_t* digits, LaneToken* tokens, std::size_t count) {
  using namespace rows;
  HWY_DYNAMIC_DISPATCH(widen)(digits, tokens, count);
}
void mark_differences(const LaneToken* a, const LaneToken* b, std::size_t rows, std::size_t stride,
                      std::size_t count, std::uint8_t* marks) {
  using namespace rows;
  HWY_DYNAMIC_DISPATCH(differences)(a, b, rows, stride, count, marks);
}

}  // namespace roundoff::constructions
#endif  // HWY_ONCE
