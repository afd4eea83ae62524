// The interpreter's own loops on vectors give what the plain loops give: tables of every number of registers,
// operations of exact nodes, in every container and instruction set of this machine.
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include "sim/lanes/step.hpp"

namespace roundoff::sim {
namespace {

constexpr std::size_t lanes = 192;  // whole vectors, as registers have them

struct Numbers {
  std::uint64_t state;
  std::int64_t below(std::int64_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::int64_t>((state >> 33) % static_cast<std::uint64_t>(bound));
  }
};

template <class T>
std::vector<T> random(Numbers& numbers, std::size_t count, std::int64_t low, std::int64_t high) {
  std::vector<T> all(count + 256);  // tables may be read beyond their end
  for (std::size_t i = 0; i < count; ++i) all[i] = static_cast<T>(low + numbers.below(high - low + 1));
  return all;
}

/// Runs an operation of both and compares what they write.
template <class T, class Run>
void same(const MoveKernels& vectors, const MoveKernels& plain, Run run) {
  std::vector<T> a(lanes), b(lanes);
  run(vectors, a.data());
  run(plain, b.data());
  REQUIRE(std::memcmp(a.data(), b.data(), lanes * sizeof(T)) == 0);
}

template <class T>
void compare_all(Container container, Isa isa) {
  const MoveKernels& vectors = move_kernels(container, isa);
  const MoveKernels& plain = plain_moves(container);
  Numbers numbers{7};
  for (const std::size_t size :
       {1, 2, 3, 15, 16, 17, 32, 33, 48, 64, 65, 100, 128, 129, 192, 193, 256, 257, 900, 4095}) {
    for (const bool bytes : {false, true}) {
      const auto entries = random<T>(numbers, size, bytes ? -128 : -30000, bytes ? 127 : 30000);
      const auto choices = random<LaneToken>(numbers, size, 0, bytes ? 127 : 30000);
      for (const int shift : {0, 2}) {
        const std::int64_t base = -9, step = std::int64_t{1} << shift;
        MoveKernels::Table table{entries.data(), size, static_cast<double>(base), shift, bytes};
        std::vector<T> in(lanes);
        for (T& x : in) x = static_cast<T>(base + step * numbers.below(static_cast<std::int64_t>(size)));
        CAPTURE(size);
        same<T>(vectors, plain,
                [&](const MoveKernels& m, T* out) { m.lookup(in.data(), table, out, lanes); });
        table.entries = choices.data();
        same<LaneToken>(vectors, plain,
                    [&](const MoveKernels& m, LaneToken* out) { m.choose(in.data(), table, out, lanes); });
      }
      const auto tokens = random<LaneToken>(numbers, lanes, 0, static_cast<std::int64_t>(size) + 3);
      const MoveKernels::Table table{entries.data(), size, 0, 0, bytes};
      same<T>(vectors, plain,
              [&](const MoveKernels& m, T* out) { m.embed(tokens.data(), table, out, lanes); });
    }
  }
  // No product of integers leaves the container, with 3 bits behind the point; nothing is -0.
  std::vector<std::vector<T>> rows;
  std::vector<const void*> x, y;
  const int fraction = container == Container::i16 ? 3 : 0;
  for (int r = 0; r < 14; ++r) rows.push_back(random<T>(numbers, lanes, -40, 40));
  for (auto& row : rows)
    for (T& v : row) v = static_cast<T>((v == T{0} ? T{1} : v) * (fraction != 0 ? 8 : 1));
  for (const auto& row : rows) (x.size() < 7 ? x : y).push_back(row.data());
  same<T>(vectors, plain, [&](const MoveKernels& m, T* out) { m.add(x[0], x[1], out, lanes); });
  same<T>(vectors, plain, [&](const MoveKernels& m, T* out) { m.sub(x[0], x[1], out, lanes); });
  same<T>(vectors, plain, [&](const MoveKernels& m, T* out) { m.mul(x[0], x[1], fraction, out, lanes); });
  same<T>(vectors, plain, [&](const MoveKernels& m, T* out) { m.relu(x[0], out, lanes); });
  const T three[3] = {rows[0][5], T{1}, T{0}};
  same<T>(vectors, plain,
          [&](const MoveKernels& m, T* out) { m.indicate(x[0], three, three + 1, three + 2, out, lanes); });
  same<T>(vectors, plain,
          [&](const MoveKernels& m, T* out) { m.compare(x[0], x[1], three + 1, three + 2, out, lanes); });
  std::vector<std::vector<T>> few;  // so that some are equal
  std::vector<const void*> f;
  for (int r = 0; r < 8; ++r) few.push_back(random<T>(numbers, lanes, -2, 2));
  for (const auto& row : few) f.push_back(row.data());
  for (std::size_t count = 1; count <= 7; ++count) {
    same<T>(vectors, plain, [&](const MoveKernels& m, T* out) { m.sum(x.data(), count, out, lanes); });
    same<T>(vectors, plain,
            [&](const MoveKernels& m, T* out) { m.dot(x.data(), y.data(), count, fraction, out, lanes); });
    same<T>(vectors, plain, [&](const MoveKernels& m, T* out) {
      m.weighted(rows[0].data(), y.data(), count, fraction, out, lanes);
    });
    for (const bool values : {false, true}) {
      const MoveKernels::Tally tally{few[7].data(), f.data(), values ? y.data() : nullptr, three + 1, count,
                                     x.data(),      count % 3};
      same<T>(vectors, plain, [&](const MoveKernels& m, T* out) { m.tally(tally, out, lanes); });
    }
    if constexpr (std::is_integral_v<T>)
      same<T>(vectors, plain, [&](const MoveKernels& m, T* out) { m.largest(x.data(), count, out, lanes); });
    same<LaneToken>(vectors, plain,
                [&](const MoveKernels& m, LaneToken* out) { m.arg_max(x.data(), count, out, lanes, nullptr); });
  }
}

TEST_CASE("vectors and plain loops agree on tables of every size and on exact operations") {
  for (const Isa isa : {Isa::scalar, Isa::sse4, Isa::avx2, Isa::avx512}) {
    if (!supported(isa)) continue;
    CAPTURE(name(isa));
    compare_all<std::int16_t>(Container::i16, isa);
    compare_all<std::int32_t>(Container::i32, isa);
    compare_all<float>(Container::f32, isa);
    compare_all<double>(Container::f64, isa);
  }
}

}  // namespace
}  // namespace roundoff::sim
