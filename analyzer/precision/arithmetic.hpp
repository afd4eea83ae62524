// How often a model that was trained on text does arithmetic right, by number of digits, under one policy and under
// another: the same problems, greedy answers, exact match.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/names.hpp"
#include "sim/tensors/run.hpp"

namespace roundoff::analyzer {

struct ArithmeticKind {
  std::string_view name;
  std::string_view question;  ///< {a} and {b} are the operands
  int most_digits = 9;        ///< of operands, so that answers have 64 bits
  int (*answer_digits)(int digits) = nullptr;
  std::uint64_t (*answer)(std::uint64_t a, std::uint64_t b) = nullptr;
};
/// add, sub (of no smaller operands), mul.
std::span<const ArithmeticKind> arithmetic_kinds();

struct ArithmeticQuestion {
  const ArithmeticKind* kind = nullptr;
  std::string question;                   ///< as of the kind, or another template
  int digits_least = 1, digits_most = 1;  ///< of both operands
  int count = 100;                        ///< problems of each
  std::uint64_t seed = 1;
};

struct ArithmeticRow {
  int digits = 0, count = 0;
  int right_a = 0, right_b = 0;
  int lost = 0, gained = 0;  ///< right under a and wrong under b, and the other way around
};

/// The tokens of a text.
using Tokenise = std::function<std::vector<Token>(std::string_view)>;
std::vector<ArithmeticRow> arithmetic(const Model& model, const Policy& a, const Policy& b,
                                      const ArithmeticQuestion& question, const Tokenise& tokenise,
                                      const TensorOptions& options);

/// count successes of n: the share and its standard error, sqrt(p (1 - p) / n).
struct Share {
  double share = 0, error = 0;
};
Share share_of(int count, int n);

}  // namespace roundoff::analyzer
