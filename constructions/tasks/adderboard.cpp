#include "constructions/tasks/adderboard.hpp"

#include <fmt/format.h>

#include "constructions/tasks/digits.hpp"
#include "constructions/tasks/python_random.hpp"
#include "formats/error.hpp"

namespace roundoff::constructions {
namespace {

constexpr int digits = 10;
constexpr std::int64_t most = 9'999'999'999;
constexpr int pairs = 10'000;
constexpr std::uint64_t seed = 2025;
constexpr std::int64_t edges[][2] = {{0, 0},
                                     {0, 1},
                                     {most, 0},
                                     {most, 1},
                                     {most, most},
                                     {5'000'000'000, 5'000'000'000},
                                     {1'111'111'111, 8'888'888'889},
                                     {1'234'567'890, 9'876'543'210},
                                     {most, most},
                                     {1, most}};

Instance instance_of(std::int64_t a, std::int64_t b) {
  return {{digits_of(static_cast<std::uint64_t>(a), 10, digits),
           digits_of(static_cast<std::uint64_t>(b), 10, digits)}};
}

}  // namespace

std::vector<Instance> adderboard_inputs(const Task& task) {
  const TaskSize& size = task.size();
  if (size.p != 10 || size.n != digits || size.ragged)
    throw UsageError(
        fmt::format("--method adderboard tests the addition of ten-digit decimal numbers (--p 10 --n 10), "
                    "not {} with p = "
                    "{}, n = {}; use adversarial or sample",
                    task.name(), size.p, size.n));
  std::vector<Instance> inputs;
  for (const auto& edge : edges) inputs.push_back(instance_of(edge[0], edge[1]));
  PythonRandom random(seed);
  for (int i = 0; i < pairs; ++i) {
    const std::int64_t a = random.randint(0, most);
    inputs.push_back(instance_of(a, random.randint(0, most)));
  }
  return inputs;
}

}  // namespace roundoff::constructions
