// Random draws that are a function of (seed, index, how many were drawn before) and of nothing else, so that
// every input of a sample can be made again on its own, on any machine. The generator is SplitMix64 (Steele,
// Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) started at a mixed key; bounded
// draws reject, so that they are exactly uniform.
#pragma once

#include <cstdint>

namespace roundoff {

class Draws {
 public:
  Draws(std::uint64_t seed, std::uint64_t index)
      : state_(mix(mix(seed) + 0x9e3779b97f4a7c15U * (index + 1))) {}

  std::uint64_t bits() { return mix(state_ += 0x9e3779b97f4a7c15U); }

  /// Uniform in 0 .. bound-1, bound >= 1.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t excess =
        (0 - bound) % bound;  // 2^64 mod bound: the draws above the last whole multiple
    for (;;) {
      const std::uint64_t draw = bits();
      if (draw <= ~excess) return draw % bound;
    }
  }

 private:
  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
  }
  std::uint64_t state_;
};

}  // namespace roundoff
