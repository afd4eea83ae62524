// Inputs for lanes are the tokens of the plain form, on every input, whatever the batch.
#include <array>
#include <vector>

#include <doctest/doctest.h>

#include "constructions/tasks/draws.hpp"
#include "constructions/tasks/lane_rows.hpp"
#include "constructions/tasks/task.hpp"
#include "formats/error.hpp"

using namespace roundoff::constructions;

namespace {

struct Block {
  std::size_t stride, positions, outputs;
  std::vector<LaneToken> tokens, expected;
  explicit Block(const Task& task, const Instance& instance, std::size_t room)
      : stride(room),
        positions(task.question(instance).size() + task.answer(instance).size() - 1),
        outputs(task.answer(instance).size()),
        tokens(positions * room, 60000),
        expected(outputs * room, 60000) {}
};

void compare(const Task& task, const Block& block, std::size_t lane, const Instance& instance) {
  std::vector<Token> sequence = task.question(instance);
  const std::vector<Token> answer = task.answer(instance);
  sequence.insert(sequence.end(), answer.begin(), answer.end() - 1);
  for (std::size_t i = 0; i < sequence.size(); ++i)
    REQUIRE(block.tokens[i * block.stride + lane] == sequence[i]);
  for (std::size_t o = 0; o < answer.size(); ++o)
    REQUIRE(block.expected[o * block.stride + lane] == answer[o]);
}

}  // namespace

TEST_CASE("inputs filled in for lanes are those of question and answer") {
  const std::vector<TaskSize> sizes = {
      {.p = 2, .n = 3, .k = 3},
      {.p = 2, .n = 5, .k = 2},
      {.p = 3, .n = 2, .k = 3},
      {.p = 10, .n = 2, .k = 2},
      {.p = 2, .n = 5, .k = 2, .l = 7, .c = 2},
      {.p = 3, .n = 3, .k = 2, .c = 2},
      {.p = 200, .n = 1, .k = 2},
  };
  for (const TaskEntry& entry : tasks()) {
    for (const TaskSize& size : sizes) {
      std::unique_ptr<Task> task;
      try {
        task = make_task(entry.name, size);
      } catch (const UsageError&) {
        continue;  // a size that the task does not have
      }
      const auto inputs = static_cast<std::uint64_t>(task->input_count());
      CAPTURE(entry.name);
      for (const std::uint64_t batch : {std::uint64_t{1}, std::uint64_t{97}, std::uint64_t{1024}}) {
        for (std::uint64_t first = 0; first < inputs; first += batch) {
          const auto count = static_cast<std::size_t>(std::min(batch, inputs - first));
          Block block(*task, task->instance(first), count + 3);
          task->fill(first, count, block.stride, block.tokens, block.expected);
          for (std::size_t lane = 0; lane < count; ++lane)
            compare(*task, block, lane, task->instance(first + lane));
          if (batch == 1 && first > 50) break;
        }
      }
      Block block(*task, task->instance(0), 300);
      task->fill_samples(9, 1234567, 300, block.stride, block.tokens, block.expected);
      for (std::size_t lane = 0; lane < 300; ++lane)
        compare(*task, block, lane, task->sample(9, 1234567 + lane));
    }
  }
}

TEST_CASE("large input numbers are filled in exactly") {
  const auto task = make_task("add", {.p = 10, .n = 9});
  const std::uint64_t first = 123456789987654321u - 500;
  Block block(*task, task->instance(first), 1024);
  task->fill(first, 1024, block.stride, block.tokens, block.expected);
  for (std::size_t lane = 0; lane < 1024; ++lane) compare(*task, block, lane, task->instance(first + lane));
}

TEST_CASE("digits drawn in lanes are those drawn one by one, words that are drawn again included") {
  const int p = 249;  // of all bases a word of this one is drawn again most often: once in 84758
  const DigitWord word(p);
  const std::size_t rows = word.most, batch = 1024 + 13;
  std::vector<std::uint8_t> digits(rows * batch);
  int again = 0, differ = 0;
  for (std::uint64_t first = 0; first < 600000; first += batch) {
    draw_rows(3, first, p, rows, batch, batch, digits.data());
    for (std::size_t lane = 0; lane < batch; ++lane) {
      int words = 0;
      std::array<std::uint8_t, 16> plain{};
      Draws(3, first + lane).digits(p, rows, [&](std::size_t row, std::uint8_t digit) {
        words += row == 0;
        plain[row] = digit;
      });
      again += words > 1;
      for (std::size_t row = 0; row < rows; ++row) differ += plain[row] != digits[row * batch + lane];
    }
  }
  CHECK(differ == 0);
  CHECK(again > 0);
}

TEST_CASE("digits are uniform: every one of ten occurs as often as chance allows") {
  std::array<double, 10> counts{};
  const double draws = 40 * 50000;
  for (std::uint64_t index = 0; index < 50000; ++index)
    Draws(1, index).digits(10, 40, [&](std::size_t, std::uint8_t digit) { ++counts[digit]; });
  double chi_square = 0;
  for (const double count : counts) chi_square += (count - draws / 10) * (count - draws / 10) / (draws / 10);
  CHECK(chi_square < 33.7);  // nine degrees of freedom, one in ten thousand
}
