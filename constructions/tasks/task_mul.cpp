// MUL_p(n,l): a * b = the l <= 2n least significant digits of the product (semantics.md, section 4).
//
// Hard inputs: extreme operands; powers of p (shifts); products that end just below or at a power of p
// (carries across all columns: p^n - 1 times p^i + 1 and the like); and the Majority family of the lower
// bound (Feng et al. 2024, theorem 4.3): X = sum x_i p^(iw) times Y = sum p^(iw), w = ceil(log_p(k+1)), whose
// block k-1 is the number of ones.
#include <algorithm>
#include <cmath>

#include "constructions/tasks/arithmetic_task.hpp"
#include "formats/error.hpp"
#include "formats/functions/steady.hpp"

namespace roundoff::constructions {

namespace {

class MulTask final : public ArithmeticTask {
 public:
  explicit MulTask(const TaskSize& size) : ArithmeticTask(size, 2, "*", size.l == 0 ? 2 * size.n : size.l) {
    if (size.ragged) throw UsageError("mul has no ragged form: give operands of n digits");
  }

  std::string_view name() const override { return "mul"; }

  Digits result(const Instance& instance) const override {
    return times(instance.operands[0], instance.operands[1], size_.p, answer_digits());
  }

  // Truncation wraps around, so that every leading digit may occur; a full product is at most (p^n-1)^2.
  Digits greatest() const override {
    const Digits full(static_cast<std::size_t>(size_.n), static_cast<std::uint8_t>(size_.p - 1));
    if (answer_digits() == 2 * size_.n) return times(full, full, size_.p, answer_digits());
    return Digits(static_cast<std::size_t>(answer_digits()), static_cast<std::uint8_t>(size_.p - 1));
  }

  // Where l is no multiple of c, the leading token holds l mod c digits.
  std::vector<Term> specification(Integers& integers, std::span<const Number> operands) const override {
    const Number &x = operands[0], &y = operands[1];
    Number digits = integers.digits_of_columns(base(), answer_tokens(), [&](int j) {
      std::vector<Term> column;
      for (int i = 0; i <= j; ++i) {
        const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j - i);
        if (a < x.size() && b < y.size()) column.push_back(integers.times(x[a], y[b]));
      }
      return column;
    });
    const auto leading = static_cast<std::int64_t>(power(size_.p, answer_digits() % size_.c));
    if (leading > 1) digits.back() = integers.map(digits.back(), [&](std::int64_t t) { return t % leading; });
    return written(digits);
  }

  // The first answer digit at l = n is the middle digit of the product, whose ordered binary decision diagrams
  // have at least 2^(n/2)/61 nodes for any order of the inputs (Woelfel 2005, as recalled): n/2 - lg 61 bits.
  double communication_bits() const override {
    if (size_.p != 2 || size_.l != size_.n) return 0;
    return std::max(0.0, std::floor(size_.n / 2.0) - steady_log2(61));
  }

  // With b = 1 the answer is the low digits of a.
  double operand_bits() const override {
    return size_.ragged ? 0 : std::min(size_.n, answer_digits()) * steady_log2(size_.p);
  }

  std::vector<Instance> adversarial(std::size_t limit) const override {
    InstanceSet set(limit);
    const std::vector<Digits> hard = hard_operands();
    const std::size_t corners = std::min<std::size_t>(hard.size(), 12);
    for (std::size_t i = 0; i < corners; ++i) {
      for (std::size_t j = 0; j < corners; ++j) set.add({hard[i], hard[j]});
    }
    majority(set);
    for (const Digits& a : hard) {
      for (std::size_t j = 0; j < corners; ++j) {
        set.add({a, hard[j]});
        set.add({hard[j], a});
      }
    }
    for (const Digits& a : hard) {
      for (const Digits& b : hard) set.add({a, b});
    }
    return set.take();
  }

 private:
  // Extremes first, so that a small limit keeps them.
  std::vector<Digits> hard_operands() const {
    const auto n = static_cast<std::size_t>(size_.n);
    const auto most = static_cast<std::uint8_t>(size_.p - 1);
    const Digits zero(n, 0), all(n, most), ones(n, 1);
    Digits one = zero, top = zero, almost = all, alternating = zero, pair = zero;
    one.back() = 1;
    top.front() = most;
    almost.back() = 0;
    for (std::size_t i = 0; i < n; i += 2) alternating[n - 1 - i] = most;
    pair.back() = 1;
    pair.front() = 1;
    std::vector<Digits> hard = {all, ones, zero, one, top, almost, alternating, pair};
    for (std::size_t i = 0; i < n; ++i) {
      Digits single = zero, low = zero, high = zero, near = zero;
      single[i] = most;
      std::fill(low.begin() + static_cast<std::ptrdiff_t>(i), low.end(), most);
      std::fill(high.begin(), high.begin() + static_cast<std::ptrdiff_t>(i) + 1, most);
      near.back() = 1;
      near[i] = 1;
      for (const Digits& digits : {single, low, high, near}) hard.push_back(digits);
    }
    return hard;
  }

  void majority(InstanceSet& set) const {
    int k = 0, w = 0;
    for (int candidate = 1; candidate <= size_.n; ++candidate) {
      const int width = ceil_log(size_.p, static_cast<std::uint64_t>(candidate) + 1);
      if (candidate * width > size_.n) break;
      k = candidate;
      w = width;
    }
    const auto spread = [&](int first, int count) {
      Digits digits(static_cast<std::size_t>(size_.n), 0);
      for (int i = first; i < first + count; ++i) digits[static_cast<std::size_t>(size_.n - 1 - i * w)] = 1;
      return digits;
    };
    for (int ones = 0; ones <= k; ++ones) {
      set.add({spread(0, ones), spread(0, k)});
      set.add({spread(k - ones, ones), spread(0, k)});
    }
  }
};

}  // namespace

TaskEntry mul_task() {
  // Products take the longest proofs for their operations.
  return {.name = "mul",
          .form = "a*b=",
          .summary = "the l least significant digits of the product of two n-digit numbers",
          .make = [](const TaskSize& size, const Parameters&) -> std::unique_ptr<Task> {
            return std::make_unique<MulTask>(size);
          },
          .sizes = "nl",
          .families = {"extreme operands, each with each: all p-1, all 1, 0, 1, powers of p",
                       "the Majority family: X = sum x_i p^(iw) times Y = sum p^(iw)",
                       "products just below or at a power of p"},
          .standard = {{.p = 2, .n = 3}, {.p = 3, .n = 2}},
          .row = "MUL",
          .claims = {{Regime::constant, "superpolynomial", "theorem 4.3"},
                     {Regime::logarithmic, "O(n^2)", "theorem 5.3"}},
          .effort = {.all = 0.68, .constant = 0.2, .scanned = 0.2, .longest_proof = 2.4e6}};
}

}  // namespace roundoff::constructions
