#include "analyzer/precision/arithmetic.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/random.hpp"
#include "sim/tensors/decode.hpp"

namespace roundoff::analyzer {

namespace {

constexpr ArithmeticKind kinds[] = {
    {"add", "{a}+{b}=", 18, [](int d) { return d + 1; },
     [](std::uint64_t a, std::uint64_t b) { return a + b; }},
    {"sub", "{a}-{b}=", 18, [](int d) { return d; }, [](std::uint64_t a, std::uint64_t b) { return a - b; }},
    {"mul", "{a}*{b}=", 9, [](int d) { return 2 * d; },
     [](std::uint64_t a, std::uint64_t b) { return a * b; }},
};

std::uint64_t power_of_ten(int digits) {
  std::uint64_t power = 1;
  for (int i = 0; i < digits; ++i) power *= 10;
  return power;
}

std::string filled(std::string text, std::string_view name, const std::string& value) {
  const std::size_t at = text.find(name);
  if (at == std::string::npos) throw UsageError(fmt::format("the question '{}' has no {} in it", text, name));
  return text.replace(at, name.size(), value);
}

struct Problem {
  std::vector<Token> prompt;
  std::uint64_t answer = 0;
};

Problem problem(const ArithmeticQuestion& question, int digits, int i, const Tokenise& tokenise) {
  const std::uint64_t least = digits == 1 ? 0 : power_of_ten(digits - 1), below = power_of_ten(digits);
  const auto draw = [&](std::uint64_t which) {
    const auto counter = static_cast<std::uint64_t>(i) * 2 + which;
    return least +
           formats::random_bits(question.seed, static_cast<std::uint64_t>(digits), counter) % (below - least);
  };
  std::uint64_t a = draw(0), b = draw(1);
  if (question.kind->name == "sub" && a < b) std::swap(a, b);
  const std::string text =
      filled(filled(question.question, "{a}", std::to_string(a)), "{b}", std::to_string(b));
  return {tokenise(text), question.kind->answer(a, b)};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The number that is written, as many digits as an answer may have; zeros before it do not count.
bool right(const std::vector<Token>& written, std::uint64_t answer, const Model& model) {
  std::string text;
  for (const Token token : written) text += model.vocabulary[token];
  text.erase(std::find_if(text.begin(), text.end(), [](char c) { return !is_digit(c); }), text.end());
  if (text.empty()) return false;
  const std::size_t zeros = text.find_first_not_of('0');
  return (zeros == std::string::npos ? "0" : text.substr(zeros)) == std::to_string(answer);
}

std::vector<bool> answers(TensorRun& run, const Model& model, const std::vector<Problem>& problems,
                          int most) {
  std::vector<std::vector<Token>> prompts;
  for (const Problem& problem : problems) prompts.push_back(problem.prompt);
  DecodeOptions greedy{.most = static_cast<std::size_t>(most), .last = {}, .watch = {}};
  greedy.last = [&](Token token) {
    const std::string& text = model.vocabulary[token];
    return !std::all_of(text.begin(), text.end(), is_digit);
  };
  const auto written = decode(run, prompts, greedy);
  std::vector<bool> made;
  for (std::size_t i = 0; i < problems.size(); ++i)
    made.push_back(right(written[i], problems[i].answer, model));
  return made;
}

}  // namespace

std::span<const ArithmeticKind> arithmetic_kinds() { return kinds; }

Share share_of(int count, int n) {
  if (n == 0) return {};
  const double p = static_cast<double>(count) / n;
  return {p, std::sqrt(p * (1 - p) / n)};
}

std::vector<ArithmeticRow> arithmetic(const Model& model, const Policy& a, const Policy& b,
                                      const ArithmeticQuestion& question, const Tokenise& tokenise,
                                      const TensorOptions& options) {
  TensorRun run_a(model, a, options), run_b(model, b, options);
  std::vector<ArithmeticRow> rows;
  for (int digits = question.digits_least; digits <= question.digits_most; ++digits) {
    std::vector<Problem> problems;
    for (int i = 0; i < question.count; ++i) problems.push_back(problem(question, digits, i, tokenise));
    const int most = question.kind->answer_digits(digits);
    const std::vector<bool> x = answers(run_a, model, problems, most),
                            y = answers(run_b, model, problems, most);
    ArithmeticRow row{.digits = digits, .count = question.count};
    for (std::size_t i = 0; i < problems.size(); ++i) {
      row.right_a += x[i] ? 1 : 0, row.right_b += y[i] ? 1 : 0;
      row.lost += x[i] && !y[i] ? 1 : 0, row.gained += !x[i] && y[i] ? 1 : 0;
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace roundoff::analyzer
