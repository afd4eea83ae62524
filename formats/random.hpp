// Counter-based random bits: a pure function of key and counter, the same on every machine and in every
// order. Philox4x32-10 of Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC
// 2011).
#pragma once

#include <cstdint>

namespace roundoff::formats {

/// 64 bits of the block at counter (place, index) under the key `seed`.
constexpr std::uint64_t random_bits(std::uint64_t seed, std::uint64_t place, std::uint64_t index) {
  auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
  std::uint32_t c0 = low(place), c1 = high(place), c2 = low(index), c3 = high(index);
  std::uint32_t k0 = low(seed), k1 = high(seed);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * c0, b = std::uint64_t{0xCD9E8D57} * c2;
    c0 = high(b) ^ c1 ^ k0;
    c1 = low(b);
    c2 = high(a) ^ c3 ^ k1;
    c3 = low(a);
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return std::uint64_t{c0} | std::uint64_t{c1} << 32;
}

}  // namespace roundoff::formats
