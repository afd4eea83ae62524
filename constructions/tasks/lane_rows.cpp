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

void draw(std::uint64_t seed, std::uint64_t first, int p, std::size_t rows, std::size_t count,
          std::size_t stride, std::uint8_t* digits) {
  const D d;
  const hn::Rebind<std::uint8_t, D> bytes;
  constexpr std::size_t vectors = 4, lanes = hn::MaxLanes(d), block = vectors * lanes;
  const DigitWord word(p);
  const V base = hn::Set(d, word.p), low_half = hn::Set(d, 0xffffffffU);
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
      for (; row < end; ++row) {
        std::uint8_t* out = digits + row * stride + start;
        for (std::size_t v = 0; v < vectors; ++v) {
          const V low = low_product(x[v], base);
          const V high = hn::Add(low_product(hn::ShiftRight<32>(x[v]), base), hn::ShiftRight<32>(low));
          hn::StoreU(hn::TruncateTo(bytes, hn::ShiftRight<32>(high)), bytes, out + v * lanes);
          x[v] = hn::Or(hn::ShiftLeft<32>(high), hn::And(low, low_half));
        }
      }
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

}  // namespace roundoff::constructions::rows::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace roundoff::constructions {
namespace rows {
HWY_EXPORT(draw);
HWY_EXPORT(column);
HWY_EXPORT(widen);
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

}  // namespace roundoff::constructions
#endif  // HWY_ONCE
