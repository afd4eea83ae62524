// Inputs for lanes, many at once: ArithmeticTask's fast form of instance, sample, question and answer.
// Everything is laid out digit by digit with the lanes innermost, so that each step is one loop over lanes.
// (tests/constructions compare it with the plain form.)
#include <algorithm>
#include <cstring>
#include <vector>

#include "constructions/tasks/arithmetic_task.hpp"
#include "constructions/tasks/lane_rows.hpp"

namespace roundoff::constructions {

void ArithmeticTask::results(std::span<const std::uint8_t> digits, std::size_t count, std::size_t stride,
                             std::span<std::uint8_t> answers) const {
  const auto n = static_cast<std::size_t>(this->digits());
  Instance instance{std::vector<Digits>(static_cast<std::size_t>(operands()), Digits(n))};
  for (std::size_t lane = 0; lane < count; ++lane) {
    for (std::size_t o = 0; o < instance.operands.size(); ++o)
      for (std::size_t i = 0; i < n; ++i) instance.operands[o][i] = digits[(o * n + i) * stride + lane];
    const Digits answer = result(instance);
    for (std::size_t i = 0; i < answer.size(); ++i) answers[i * stride + lane] = answer[i];
  }
}

namespace {

/// Appends the tokens of a string of `length` digits, c to a token from its least significant end, a row of
/// lanes each.
class TokenRows {
 public:
  TokenRows(std::span<LaneToken> rows, std::size_t count, std::size_t stride)
      : rows_(rows), count_(count), stride_(stride) {}

  void constant(Token token) { std::fill_n(next(), count_, static_cast<LaneToken>(token)); }

  void digits(const std::uint8_t* first, std::size_t length, int p, int c) {
    const auto group = static_cast<std::size_t>(c);
    std::size_t i = 0;
    for (std::size_t size = (length - 1) % group + 1; i < length; size = group) {
      LaneToken* row = next();
      to_tokens(first + i * stride_, row, count_);
      for (std::size_t j = 1; j < size; ++j) {
        const std::uint8_t* digit = first + (i + j) * stride_;
        for (std::size_t lane = 0; lane < count_; ++lane)
          row[lane] = static_cast<LaneToken>(row[lane] * p + digit[lane]);
      }
      i += size;
    }
  }

 private:
  LaneToken* next() { return rows_.data() + stride_ * at_++; }
  std::span<LaneToken> rows_;
  std::size_t count_, stride_, at_ = 0;
};

}  // namespace

void ArithmeticTask::fill_digits(std::span<const std::uint8_t> digits, std::size_t count, std::size_t stride,
                                 std::span<LaneToken> tokens, std::span<LaneToken> expected) const {
  const auto n = static_cast<std::size_t>(this->digits()), length = static_cast<std::size_t>(answer_digits());
  std::vector<std::uint8_t> answers(length * stride);
  results(digits, count, stride, answers);
  TokenRows rows(tokens, count, stride);
  for (std::size_t o = 0; o < static_cast<std::size_t>(operands()); ++o) {
    if (o > 0) rows.constant(symbol(form_.separator));
    rows.digits(digits.data() + o * n * stride, n, size_.p, size_.c);
  }
  rows.constant(symbol(form_.end));
  rows.digits(answers.data(), length, size_.p, size_.c);
  TokenRows right(expected, count, stride);
  right.digits(answers.data(), length, size_.p, size_.c);
  right.constant(eos());
}

namespace {

/// out[lane] = digit t of the number first + lane, with run = p^t: it is constant over runs, and repeats
/// every p runs. Short periods are written once and copied.
void count_up(std::uint64_t first, std::uint64_t run, std::uint64_t p, std::size_t count, std::uint8_t* out) {
  const std::size_t period = run > count / p ? count : static_cast<std::size_t>(run * p);
  auto digit = static_cast<std::uint8_t>(first / run % p);
  std::uint64_t left = run - first % run;
  for (std::size_t lane = 0; lane < period;) {
    const std::size_t length = left < period - lane ? static_cast<std::size_t>(left) : period - lane;
    std::memset(out + lane, digit, length);
    lane += length;
    digit = digit + 1u == p ? std::uint8_t{0} : static_cast<std::uint8_t>(digit + 1);
    left = run;
  }
  for (std::size_t done = period; done < count;) {
    const std::size_t length = std::min(done, count - done);  // `done` is a multiple of the period
    std::memcpy(out + done, out, length);
    done += length;
  }
}

}  // namespace

// Input j in mixed radix, the last digit of the last operand running fastest.
void ArithmeticTask::fill(std::uint64_t first, std::size_t count, std::size_t stride,
                          std::span<LaneToken> tokens, std::span<LaneToken> expected) const {
  if (size_.ragged || form_.least_first || form_.answer_least_first)
    return Task::fill(first, count, stride, tokens, expected);
  const auto p = static_cast<std::uint64_t>(size_.p);
  const auto rows = static_cast<std::size_t>(operands()) * static_cast<std::size_t>(this->digits());
  std::vector<std::uint8_t> digits(rows * stride);
  std::uint64_t run = 1;
  for (std::size_t row = rows; row-- > 0;) {
    count_up(first, run, p, count, digits.data() + row * stride);
    // Beyond the number of the last input all digits are 0.
    run = run > (first + count) / p ? first + count + 1 : run * p;
  }
  fill_digits(digits, count, stride, tokens, expected);
}

void ArithmeticTask::fill_samples(std::uint64_t seed, std::uint64_t first, std::size_t count,
                                  std::size_t stride, std::span<LaneToken> tokens,
                                  std::span<LaneToken> expected) const {
  if (size_.ragged || form_.least_first || form_.answer_least_first)
    return Task::fill_samples(seed, first, count, stride, tokens, expected);
  const auto rows = static_cast<std::size_t>(operands()) * static_cast<std::size_t>(this->digits());
  std::vector<std::uint8_t> digits(rows * stride);
  draw_rows(seed, first, size_.p, rows, count, stride, digits.data());
  fill_digits(digits, count, stride, tokens, expected);
}

}  // namespace roundoff::constructions
