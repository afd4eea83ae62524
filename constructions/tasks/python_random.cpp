#include "constructions/tasks/python_random.hpp"

#include <algorithm>
#include <bit>

namespace roundoff::constructions {
namespace {

constexpr std::size_t size = 624, middle = 397;

}  // namespace

PythonRandom::PythonRandom(std::span<const std::uint32_t> key) { init_by_array(key); }

// The key is the seed's magnitude in 32-bit words, least significant first, at least one.
PythonRandom::PythonRandom(std::uint64_t seed) {
  const std::array<std::uint32_t, 2> key = {static_cast<std::uint32_t>(seed),
                                            static_cast<std::uint32_t>(seed >> 32)};
  init_by_array(std::span(key).first(key[1] != 0 ? 2 : 1));
}

void PythonRandom::init_by_array(std::span<const std::uint32_t> key) {
  const auto mixed = [&](std::size_t i, std::uint32_t factor) {
    const std::uint32_t before = state_[i - 1];
    return state_[i] ^ ((before ^ (before >> 30)) * factor);
  };
  state_[0] = 19650218U;
  for (std::size_t i = 1; i < size; ++i)
    state_[i] = 1812433253U * (state_[i - 1] ^ (state_[i - 1] >> 30)) + static_cast<std::uint32_t>(i);
  std::size_t i = 1;
  const auto advance = [&] {
    if (++i < size) return;
    state_[0] = state_[size - 1];
    i = 1;
  };
  for (std::size_t k = 0; k < std::max(size, key.size()); ++k) {
    const std::size_t j = k % key.size();
    state_[i] = mixed(i, 1664525U) + key[j] + static_cast<std::uint32_t>(j);
    advance();
  }
  for (std::size_t k = 0; k + 1 < size; ++k) {
    state_[i] = mixed(i, 1566083941U) - static_cast<std::uint32_t>(i);
    advance();
  }
  state_[0] = 0x80000000U;
}

void PythonRandom::generate() {
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint32_t y = (state_[i] & 0x80000000U) | (state_[(i + 1) % size] & 0x7fffffffU);
    state_[i] = state_[(i + middle) % size] ^ (y >> 1) ^ ((y & 1U) != 0 ? 0x9908b0dfU : 0U);
  }
  next_ = 0;
}

std::uint32_t PythonRandom::word() {
  if (next_ == size) generate();
  std::uint32_t y = state_[next_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680U;
  y ^= (y << 15) & 0xefc60000U;
  return y ^ (y >> 18);
}

std::uint64_t PythonRandom::getrandbits(int bits) {
  if (bits <= 32) return word() >> (32 - bits);
  const std::uint64_t low = word();
  return low | static_cast<std::uint64_t>(word() >> (64 - bits)) << 32;
}

std::int64_t PythonRandom::randint(std::int64_t low, std::int64_t high) {
  const std::uint64_t width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  const int bits = static_cast<int>(std::bit_width(width));
  std::uint64_t draw = getrandbits(bits);
  while (draw >= width) draw = getrandbits(bits);
  return low + static_cast<std::int64_t>(draw);
}

}  // namespace roundoff::constructions
