// Random draws that are a function of (seed, index, how many were drawn before) and of nothing else, so that
// every input of a sample can be made again on its own, on any machine. The generator is SplitMix64 (Steele,
// Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) started at a mixed key; bounded
// draws reject, so that they are exactly uniform.
#pragma once

#include <cstddef>
#include <cstdint>

namespace roundoff::constructions {

class Draws {
 public:
  Draws(std::uint64_t seed, std::uint64_t index) : state_(mix(mix(seed) + step * (index + 1))) {}

  std::uint64_t bits() { return mix(state_ += step); }

  /// Uniform in 0 .. bound-1, bound >= 1.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t excess =
        (0 - bound) % bound;  // 2^64 mod bound: the draws above the last whole multiple
    for (;;) {
      const std::uint64_t draw = bits();
      if (draw <= ~excess) return draw % bound;
    }
  }

  /// `count` uniform digits of base p, 2 <= p <= 256: put(j, digit), j = 0 .. count-1. A word x of random
  /// bits gives up to DigitWord::most digits, each the integer part of x p / 2^64 with the fraction as the
  /// next x. Together they are the integer part v of x p^w / 2^64, and every v comes from equally many x but
  /// for those that leave a fraction below 2^64 mod p^w: these are drawn again (Lemire, "Fast random integer
  /// generation in an interval", TOMACS 2019). A word that is drawn again rewrites its digits.
  template <class Put>
  void digits(int p, std::size_t count, Put&& put);

  static constexpr std::uint64_t step = 0x9e3779b97f4a7c15U;
  static constexpr std::uint64_t factor_1 = 0xbf58476d1ce4e5b9U, factor_2 = 0x94d049bb133111ebU;
  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * factor_1;
    x = (x ^ (x >> 27)) * factor_2;
    return x ^ (x >> 31);
  }

 private:
  std::uint64_t state_;
};

/// How many digits a word of random bits gives: as many as keep p^w <= 2^48, so that one word in 2^16 at most
/// is drawn again.
struct DigitWord {
  explicit DigitWord(int base) : p(static_cast<std::uint64_t>(base)) {
    for (std::uint64_t power = p; power <= std::uint64_t{1} << 48; power *= p) ++most;
  }
  /// 2^64 mod p^w: fractions below are drawn again.
  std::uint64_t excess(std::size_t w) const {
    std::uint64_t power = 1;
    for (std::size_t j = 0; j < w; ++j) power *= p;
    return (0 - power) % power;
  }
  std::uint64_t p;
  std::size_t most = 0;
};

template <class Put>
void Draws::digits(int p, std::size_t count, Put&& put) {
  const DigitWord word(p);
  const std::uint64_t low_half = 0xffffffffU;
  for (std::size_t first = 0; first < count; first += word.most) {
    const std::size_t w = count - first < word.most ? count - first : word.most;
    const std::uint64_t excess = word.excess(w);
    std::uint64_t x = 0;
    do {
      x = bits();
      for (std::size_t j = 0; j < w; ++j) {
        const std::uint64_t low = (x & low_half) * word.p, high = (x >> 32) * word.p + (low >> 32);
        put(first + j, static_cast<std::uint8_t>(high >> 32));
        x = high << 32 | (low & low_half);
      }
    } while (x < excess);
  }
}

}  // namespace roundoff::constructions
