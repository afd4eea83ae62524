// Python's random.Random, as far as published test sets need it: the Mersenne Twister MT19937 (Matsumoto and
// Nishimura 1998) seeded by init_by_array, getrandbits, and randint by rejection (Lib/random.py,
// _randbelow_with_getrandbits). The same numbers as CPython's, which its documentation keeps stable.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace roundoff::constructions {

class PythonRandom {
 public:
  /// random.Random(seed)
  explicit PythonRandom(std::uint64_t seed);
  /// The reference implementation's init_by_array.
  explicit PythonRandom(std::span<const std::uint32_t> key);

  std::uint32_t word();
  /// 1 <= bits <= 64
  std::uint64_t getrandbits(int bits);
  /// low <= result <= high
  std::int64_t randint(std::int64_t low, std::int64_t high);

 private:
  void init_by_array(std::span<const std::uint32_t> key);
  void generate();

  std::array<std::uint32_t, 624> state_{};
  std::size_t next_ = 624;
};

}  // namespace roundoff::constructions
