// Source: ggml's block structures and reference dequantisers. Scales are binary16; what is computed of them and of small
// integers is exact in binary64 here (multiples of 2^-24 below 2^28), and rounded to binary32 where the reference's last
// operation rounds, so that the host's arithmetic decides nothing.
//   q4_0  d, 16 bytes of 32 q:            d (q - 8)
//   q4_1  d, m, 16 bytes of 32 q:         d q + m
//   q5_0, q5_1  the same with 4 bytes of fifth bits before the q: d (q - 16), d q + m
//   q8_0  d, 32 signed q:                 d q
//   q4_K  d, m, 12 bytes of eight 6-bit scales and eight 6-bit minima, 128 bytes of 256 q:  (d s) q - m t
//   q5_K  the same with 32 bytes of fifth bits before the q
//   q6_K  128 bytes of low and 64 of high bits of 256 q, sixteen signed scales, d:          (d s) (q - 32)
#include "sim/hub/gguf_blocks.hpp"

#include <bit>
#include <cmath>
#include <cstring>

namespace roundoff::sim {

namespace {

using BlockBytes = const unsigned char*;

unsigned word(BlockBytes at) { return at[0] | static_cast<unsigned>(at[1]) << 8; }
unsigned long word32(BlockBytes at) { return word(at) | static_cast<unsigned long>(word(at + 2)) << 16; }

/// A binary16, exactly.
double half(BlockBytes at) {
  const unsigned bits = word(at), exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double sign = bits >> 15 != 0 ? -1 : 1;
  if (exponent == 31) return fraction != 0 ? std::nan("") : sign * HUGE_VAL;
  return exponent == 0 ? sign * std::ldexp(fraction, -24)
                       : sign * std::ldexp(1024 + fraction, static_cast<int>(exponent) - 25);
}
bool half_finite(BlockBytes at) { return (word(at) & 0x7c00) != 0x7c00; }
bool two_finite(BlockBytes at) { return half_finite(at) && half_finite(at + 2); }

/// q of 32 numbers in 16 bytes: first the lower halves, then the upper ones.
int nibble(BlockBytes q, int i) { return i < 16 ? q[i] & 15 : q[i - 16] >> 4; }
int fifth(BlockBytes bits, int i) { return static_cast<int>(word32(bits) >> i & 1) << 4; }

float q4_0(BlockBytes b, int i) { return static_cast<float>(half(b) * (nibble(b + 2, i) - 8)); }
float q4_1(BlockBytes b, int i) { return static_cast<float>(half(b) * nibble(b + 4, i) + half(b + 2)); }
float q5_0(BlockBytes b, int i) {
  return static_cast<float>(half(b) * ((nibble(b + 6, i) | fifth(b + 2, i)) - 16));
}
float q5_1(BlockBytes b, int i) {
  return static_cast<float>(half(b) * (nibble(b + 8, i) | fifth(b + 4, i)) + half(b + 2));
}
float q8_0(BlockBytes b, int i) { return static_cast<float>(half(b) * static_cast<signed char>(b[2 + i])); }

/// The 6-bit scale and minimum of 32 numbers: 0 to 3 in bytes of their own, 4 to 7 in halves and the rest of those.
struct Six {
  int scale, minimum;
};
Six six(BlockBytes s, int j) {
  if (j < 4) return {s[j] & 63, s[j + 4] & 63};
  return {(s[j + 4] & 15) | s[j - 4] >> 6 << 4, s[j + 4] >> 4 | s[j] >> 6 << 4};
}

/// 64 numbers share 32 bytes: first the lower halves, then the upper ones.
int nibble_of_64(BlockBytes q, int i) {
  const int byte = q[i / 64 * 32 + i % 32];
  return i % 64 < 32 ? byte & 15 : byte >> 4;
}
float of_two(BlockBytes b, int q, const Six& s) {
  return static_cast<float>(half(b) * s.scale * q - half(b + 2) * s.minimum);
}
float q4_k(BlockBytes b, int i) { return of_two(b, nibble_of_64(b + 16, i), six(b + 4, i / 32)); }
float q5_k(BlockBytes b, int i) {
  const int high = b[16 + i % 32] >> (i / 32) & 1;
  return of_two(b, nibble_of_64(b + 48, i) | high << 4, six(b + 4, i / 32));
}
float q6_k(BlockBytes b, int i) {
  const int part = i / 128, within = i % 128, quarter = within / 32, l = within % 32;
  const BlockBytes low = b + part * 64, high = b + 128 + part * 32;
  const int four = quarter % 2 == 0 ? low[l] : low[l + 32];
  const int q = (quarter < 2 ? four & 15 : four >> 4) | (high[l] >> (2 * quarter) & 3) << 4;
  const auto scale = static_cast<signed char>(b[192 + part * 8 + l / 16 + 2 * quarter]);
  return static_cast<float>(half(b + 208) * scale * (q - 32));
}

float f32(BlockBytes b, int) { return std::bit_cast<float>(static_cast<std::uint32_t>(word32(b))); }
bool f32_finite(BlockBytes b) { return (word32(b) & 0x7f800000) != 0x7f800000; }
float f16(BlockBytes b, int) { return static_cast<float>(half(b)); }
float bf16(BlockBytes b, int) { return std::bit_cast<float>(static_cast<std::uint32_t>(word(b)) << 16); }
bool bf16_finite(BlockBytes b) { return (word(b) & 0x7f80) != 0x7f80; }

constexpr GgufBlocks gguf_kinds[] = {
    {0, "f32", 1, 4, f32, f32_finite, "binary32"},
    {1, "f16", 1, 2, f16, half_finite, "binary16"},
    {2, "q4_0", 32, 18, q4_0, half_finite, ""},
    {3, "q4_1", 32, 20, q4_1, two_finite, ""},
    {6, "q5_0", 32, 22, q5_0, half_finite, ""},
    {7, "q5_1", 32, 24, q5_1, two_finite, ""},
    {8, "q8_0", 32, 34, q8_0, half_finite, ""},
    {12, "q4_K", 256, 144, q4_k, two_finite, ""},
    {13, "q5_K", 256, 176, q5_k, two_finite, ""},
    {14, "q6_K", 256, 210, q6_k, [](BlockBytes b) { return half_finite(b + 208); }, ""},
    {30, "bf16", 1, 2, bf16, bf16_finite, "bfloat16"},
};

}  // namespace

std::span<const GgufBlocks> gguf_blocks() { return gguf_kinds; }

const GgufBlocks* find_gguf_blocks(std::uint32_t kind) {
  for (const GgufBlocks& one : gguf_kinds)
    if (one.kind == kind) return &one;
  return nullptr;
}

}  // namespace roundoff::sim
