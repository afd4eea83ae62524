// The leaderboard's inputs are Python's: the Mersenne Twister's published vector, and the very pairs that
// random.Random(2025).randint(0, 9999999999) gives in CPython 3.11.
#include "constructions/tasks/adderboard.hpp"

#include <array>
#include <cstdio>
#include <string>

#include <doctest/doctest.h>

#include "constructions/tasks/python_random.hpp"
#include "formats/error.hpp"

using namespace roundoff::constructions;

namespace {

std::uint64_t number(const Digits& digits) {
  std::uint64_t value = 0;
  for (const std::uint8_t digit : digits) value = 10 * value + digit;
  return value;
}

std::string output_of(const char* command) {
  std::string text;
  if (FILE* pipe = popen(command, "r")) {
    std::array<char, 4096> buffer{};
    while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr) text += buffer.data();
    pclose(pipe);
  }
  return text;
}

}  // namespace

TEST_CASE("the Mersenne Twister gives the vector that its authors publish") {
  const std::array<std::uint32_t, 4> key = {0x123, 0x234, 0x345, 0x456};  // mt19937ar.out
  PythonRandom random(key);
  for (const std::uint32_t word : {1067595299U, 955945823U, 477289528U, 4107218783U, 4228976476U})
    CHECK(random.word() == word);
}

TEST_CASE("the leaderboard's pairs are those of random.Random(2025)") {
  const auto task = make_task("add", {.p = 10, .n = 10});
  const std::vector<Instance> inputs = adderboard_inputs(*task);
  REQUIRE(inputs.size() == 10010);
  CHECK(number(inputs[9].operands[0]) == 1);
  CHECK(number(inputs[9].operands[1]) == 9999999999U);
  CHECK(number(inputs[10].operands[0]) == 2395527356U);
  CHECK(number(inputs[10].operands[1]) == 9334186774U);
  std::uint64_t mixed = 0;
  for (std::size_t i = 10; i < inputs.size(); ++i)
    for (const Digits& operand : inputs[i].operands) mixed = mixed * 31 + number(operand);
  CHECK(mixed == 13361471306411905699U);
  CHECK_THROWS_WITH_AS(adderboard_inputs(*make_task("add", {.p = 10, .n = 9})), doctest::Contains("--n 10"),
                       UsageError);
}

TEST_CASE("randint is CPython's, where python3 is installed") {
  const std::string theirs = output_of(
      "python3 -c \"import random; r = random.Random(123456789012)\n"
      "print(*[r.randint(-5, 10 ** k) for k in range(1, 18) for _ in range(20)])\" 2>/dev/null");
  if (theirs.empty()) {
    MESSAGE("python3 is not installed: skipped");
    return;
  }
  PythonRandom random(123456789012);
  std::string ours;
  std::int64_t most = 1;
  for (int k = 1; k < 18; ++k) {
    most *= 10;
    for (int i = 0; i < 20; ++i) ours += (ours.empty() ? "" : " ") + std::to_string(random.randint(-5, most));
  }
  CHECK(ours + "\n" == theirs);
}
