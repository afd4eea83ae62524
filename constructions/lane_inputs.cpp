// Inputs for lanes, many at once: ArithmeticTask's fast form of instance, sample, question and answer.
// Everything is laid out digit by digit with the lanes innermost, so that each step is one loop over lanes.
// (tests/constructions compare it with the plain form.)
#include <vector>

#include "constructions/arithmetic_task.hpp"
#include "constructions/draws.hpp"

namespace roundoff {

void ArithmeticTask::results(std::span<const std::uint8_t> digits, std::size_t count, std::size_t stride,
                             std::span<std::uint8_t> answers) const {
  const auto n = static_cast<std::size_t>(size_.n);
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
  TokenRows(std::span<Token> rows, std::size_t count, std::size_t stride)
      : rows_(rows), count_(count), stride_(stride) {}

  void constant(Token token) {
    Token* row = next();
    for (std::size_t lane = 0; lane < count_; ++lane) row[lane] = token;
  }

  void digits(const std::uint8_t* first, std::size_t length, int p, int c) {
    const auto group = static_cast<std::size_t>(c);
    std::size_t i = 0;
    for (std::size_t size = (length - 1) % group + 1; i < length; size = group) {
      Token* row = next();
      for (std::size_t lane = 0; lane < count_; ++lane) row[lane] = first[i * stride_ + lane];
      for (std::size_t j = 1; j < size; ++j) {
        const std::uint8_t* digit = first + (i + j) * stride_;
        for (std::size_t lane = 0; lane < count_; ++lane)
          row[lane] = static_cast<Token>(row[lane] * p + digit[lane]);
      }
      i += size;
    }
  }

 private:
  Token* next() { return rows_.data() + stride_ * at_++; }
  std::span<Token> rows_;
  std::size_t count_, stride_, at_ = 0;
};

}  // namespace

void ArithmeticTask::fill_digits(std::span<const std::uint8_t> digits, std::size_t count, std::size_t stride,
                                 std::span<Token> tokens, std::span<Token> expected) const {
  const auto n = static_cast<std::size_t>(size_.n), length = static_cast<std::size_t>(answer_digits());
  std::vector<std::uint8_t> answers(length * stride);
  results(digits, count, stride, answers);
  TokenRows rows(tokens, count, stride);
  for (std::size_t o = 0; o < static_cast<std::size_t>(operands()); ++o) {
    if (o > 0) rows.constant(symbol(symbol_));
    rows.digits(digits.data() + o * n * stride, n, size_.p, size_.c);
  }
  rows.constant(symbol("="));
  rows.digits(answers.data(), length, size_.p, size_.c);
  TokenRows right(expected, count, stride);
  right.digits(answers.data(), length, size_.p, size_.c);
  right.constant(eos());
}

// Input j in mixed radix, the last digit of the last operand running fastest. Digit number t from the end is
// constant over runs of p^t inputs: short runs are counted out, long ones cover most of a batch.
void ArithmeticTask::fill(std::uint64_t first, std::size_t count, std::size_t stride, std::span<Token> tokens,
                          std::span<Token> expected) const {
  if (size_.ragged) return Task::fill(first, count, stride, tokens, expected);
  const auto p = static_cast<std::uint64_t>(size_.p);
  const auto rows = static_cast<std::size_t>(operands()) * static_cast<std::size_t>(size_.n);
  std::vector<std::uint8_t> digits(rows * stride);
  std::uint64_t run = 1;
  for (std::size_t row = rows; row-- > 0;) {
    std::uint8_t* out = digits.data() + row * stride;
    auto digit = static_cast<std::uint8_t>(first / run % p);
    std::uint64_t left = run - first % run;
    for (std::size_t lane = 0; lane < count;) {
      const std::size_t end = left < count - lane ? lane + static_cast<std::size_t>(left) : count;
      for (; lane < end; ++lane) out[lane] = digit;
      digit = digit + 1u == p ? std::uint8_t{0} : static_cast<std::uint8_t>(digit + 1);
      left = run;
    }
    // Beyond the number of the last input all digits are 0.
    run = run > (first + count) / p ? first + count + 1 : run * p;
  }
  fill_digits(digits, count, stride, tokens, expected);
}

void ArithmeticTask::fill_samples(std::uint64_t seed, std::uint64_t first, std::size_t count,
                                  std::size_t stride, std::span<Token> tokens,
                                  std::span<Token> expected) const {
  if (size_.ragged) return Task::fill_samples(seed, first, count, stride, tokens, expected);
  const auto p = static_cast<std::uint64_t>(size_.p);
  const auto rows = static_cast<std::size_t>(operands()) * static_cast<std::size_t>(size_.n);
  std::vector<std::uint8_t> digits(rows * stride);
  for (std::size_t lane = 0; lane < count; ++lane) {
    Draws draws(seed, first + lane);
    for (std::size_t row = 0; row < rows; ++row)
      digits[row * stride + lane] = static_cast<std::uint8_t>(draws.below(p));
  }
  fill_digits(digits, count, stride, tokens, expected);
}

}  // namespace roundoff
