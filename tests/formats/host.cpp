// binary32 and binary64 against the host's arithmetic, which is IEEE 754 in round to nearest: + - * / and
// sqrt on a million pairs each, edge cases against everything first. (-ffp-contract=off keeps it IEEE.)
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "formats/notation/text.hpp"
#include "formats/random.hpp"

using namespace roundoff::formats;

namespace {

template <typename T, typename Bits>
struct Host {
  static constexpr int significand = std::numeric_limits<T>::digits - 1;
  static constexpr int width = static_cast<int>(sizeof(Bits) * 8);

  static Bits edge(std::uint64_t r) {
    const Bits one = 1,
               exponents = static_cast<Bits>(((one << (width - 1 - significand)) - 1) << significand);
    const Bits bias = static_cast<Bits>(((one << (width - 2 - significand)) - 1) << significand);
    const Bits edges[] = {0,
                          1,
                          2,
                          static_cast<Bits>((one << significand) - 1),
                          static_cast<Bits>(one << significand),
                          bias,
                          static_cast<Bits>(bias + 1),
                          static_cast<Bits>(bias - 1),
                          static_cast<Bits>(exponents - 1),
                          exponents,
                          static_cast<Bits>(exponents + (one << (significand - 1))),
                          static_cast<Bits>(one << (significand - 1))};
    const Bits sign = static_cast<Bits>((r >> 32 & 1) << (width - 1));
    return static_cast<Bits>(edges[r % std::size(edges)] | sign);
  }

  /// A quarter edges, a quarter with near exponents, half any pattern.
  static T draw(std::uint64_t index, std::uint64_t which) {
    const std::uint64_t r = random_bits(2024, index, which), kind = random_bits(2025, index, which) % 4;
    Bits bits = static_cast<Bits>(r);
    if (kind == 0) bits = edge(r);
    if (kind == 1) {
      const Bits trailing = static_cast<Bits>((Bits{1} << significand) - 1);
      const Bits bias = static_cast<Bits>((Bits{1} << (width - 2 - significand)) - 1);
      bits = static_cast<Bits>((bits & trailing) | static_cast<Bits>(bias + r % 31 - 15) << significand |
                               (r >> 7 & 1) << (width - 1));
    }
    return std::bit_cast<T>(bits);
  }

  static void compare(std::string_view notation, int count) {
    const Format format = parse_format(notation);
    for (int i = 0; i < count; ++i) {
      const auto index = static_cast<std::uint64_t>(i);
      const T x = draw(index, 0), y = draw(index, 1);
      const Value a = Value::of(double{x}), b = Value::of(double{y});
      auto same = [&](const char* op, const Rounded& got, T want) {
        if (got.value == Value::of(double{want})) return;
        FAIL_CHECK(op << " " << hex(a) << " " << hex(b) << ": " << hex(got.value) << ", the host has "
                      << hex(Value::of(double{want})));
      };
      same("add", add(a, b, format), static_cast<T>(x + y));
      same("sub", sub(a, b, format), static_cast<T>(x - y));
      same("mul", mul(a, b, format), static_cast<T>(x * y));
      same("div", div(a, b, format), static_cast<T>(x / y));
      if (i % 4 == 0) same("sqrt", apply(Function::sqrt, a, format), static_cast<T>(std::sqrt(x)));
      if (i % 8 == 0) same("fma", fma(a, b, a, format), static_cast<T>(std::fma(x, y, x)));
    }
  }
};

}  // namespace

TEST_CASE("binary32 agrees with the host on a million pairs") {
  Host<float, std::uint32_t>::compare("binary32", 1000000);
}
TEST_CASE("binary64 agrees with the host on a million pairs") {
  Host<double, std::uint64_t>::compare("binary64", 1000000);
}
