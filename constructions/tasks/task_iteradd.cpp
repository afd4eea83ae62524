// IterADD_p(n,k): a_1 + ... + a_k = the n + ceil(log_p k) digits of the sum (semantics.md, section 4).
//
// Hard inputs: extreme column sums and carries across all columns; carry chains hidden between zero operands;
// and the Majority family that carries the lower bound (Feng et al. 2024, theorem 4.2): k-1 summands in {0,1}
// and the constant p^m - ceil((k-1)/2), p^m >= k-1, so that digit m says whether at least half of them are 1.
#include <algorithm>
#include <cmath>

#include "constructions/tasks/arithmetic_task.hpp"
#include "constructions/tasks/draws.hpp"
#include "constructions/tasks/lane_rows.hpp"
#include "formats/functions/steady.hpp"

namespace roundoff::constructions {

namespace {

class IterAddTask final : public ArithmeticTask {
 public:
  explicit IterAddTask(const TaskSize& size)
      : ArithmeticTask(size, size.k, "+", size.n + ceil_log(size.p, static_cast<std::uint64_t>(size.k))) {}

  std::string_view name() const override { return "iteradd"; }

  Digits result(const Instance& instance) const override {
    Digits sum(static_cast<std::size_t>(answer_digits()), 0);
    for (const Digits& operand : instance.operands) sum = plus(sum, operand, size_.p, answer_digits());
    return sum;
  }

  // Operand by operand, a column of all lanes at a time; the carry runs on through the leading digits.
  void results(std::span<const std::uint8_t> digits, std::size_t count, std::size_t stride,
               std::span<std::uint8_t> answers) const override {
    const auto n = static_cast<std::size_t>(size_.n), length = static_cast<std::size_t>(answer_digits());
    const std::vector<std::uint8_t> zero(count, 0);
    std::vector<std::uint8_t> carry(count, 0);
    for (std::size_t i = 0; i < length; ++i) std::fill_n(answers.data() + i * stride, count, std::uint8_t{0});
    for (std::size_t o = 0; o < static_cast<std::size_t>(size_.k); ++o) {
      for (std::size_t t = 0; t < length; ++t) {
        const std::uint8_t* digit = t < n ? digits.data() + (o * n + n - 1 - t) * stride : zero.data();
        std::uint8_t* sum = answers.data() + (length - 1 - t) * stride;
        add_column(sum, digit, carry.data(), sum, size_.p, count);
      }
    }
  }

  Digits greatest() const override {
    return result({constant_operands(all(static_cast<std::uint8_t>(size_.p - 1)))});
  }

  std::vector<Term> specification(Integers& integers, std::span<const Number> operands) const override {
    return written(sum_of(integers, base(), answer_tokens(), {operands.begin(), operands.end()}));
  }

  // Half of the summands each: one side's sum is any of 0 .. (k/2)(p^n - 1); beyond doubles, those with k/2
  // left out.
  double communication_bits() const override {
    const double digit = steady_log2(size_.p);
    const double values = std::max(1, size_.k / 2) * (power(size_.p, size_.n) - 1) + 1;
    return std::isfinite(values) ? std::max(size_.n * digit, steady_log2(values)) : size_.n * digit;
  }

  // With the other operands 0 the answer is the first one.
  double operand_bits() const override { return size_.ragged ? 0 : size_.n * steady_log2(size_.p); }

  std::vector<Instance> adversarial(std::size_t limit) const override {
    InstanceSet set(limit);
    const auto most = static_cast<std::uint8_t>(size_.p - 1);
    set.add(constant_operands(all(most)));
    set.add(constant_operands(all(0)));
    set.add(constant_operands(all(1)));
    majority(set);
    partly_full(set);
    columns(set);
    hidden_pairs(set);
    return set.take();
  }
  int families() const override { return 2; }  // hidden pairs are those of add

 private:
  Digits all(std::uint8_t digit) const { return Digits(static_cast<std::size_t>(size_.n), digit); }
  std::vector<Digits> constant_operands(const Digits& operand) const {
    return std::vector<Digits>(static_cast<std::size_t>(size_.k), operand);
  }

  void majority(InstanceSet& set) const {
    const int bits = size_.k - 1;
    if (bits < 1) return;
    const int m = ceil_log(size_.p, static_cast<std::uint64_t>(bits));
    if (m > size_.n || m > 30) return;
    std::uint64_t constant =
        static_cast<std::uint64_t>(power(size_.p, m)) - static_cast<std::uint64_t>((bits + 1) / 2);
    Digits one = all(0);
    one.back() = 1;
    for (int place = 0; place < 2; ++place) {
      for (int ones = 0; ones <= bits; ++ones) {
        const int first = place == 0 ? 0 : bits - ones;  // the ones first, or last
        std::vector<Digits> operands = constant_operands(all(0));
        for (int i = first; i < first + ones; ++i) operands[static_cast<std::size_t>(i)] = one;
        operands.back() = digits_of(constant, size_.p, size_.n);
        set.add(operands);
        std::rotate(operands.begin(), operands.end() - 1, operands.end());
        set.add(operands);
      }
    }
  }

  // The first or last r operands all p-1, the others 0, or 0..01.
  void partly_full(InstanceSet& set) const {
    const Digits full = all(static_cast<std::uint8_t>(size_.p - 1));
    Digits one = all(0);
    one.back() = 1;
    for (int r = 0; r <= size_.k; ++r) {
      for (const Digits& rest : {all(0), one}) {
        std::vector<Digits> operands = constant_operands(rest);
        std::fill_n(operands.begin(), r, full);
        set.add(operands);
        std::reverse(operands.begin(), operands.end());
        set.add(operands);
      }
    }
  }

  // One column full and the others empty, and the reverse; all columns up to one full.
  void columns(InstanceSet& set) const {
    const auto most = static_cast<std::uint8_t>(size_.p - 1);
    for (std::size_t column = 0; column < static_cast<std::size_t>(size_.n); ++column) {
      Digits single = all(0), missing = all(most), low = all(0);
      single[column] = most;
      missing[column] = 0;
      std::fill(low.begin() + static_cast<std::ptrdiff_t>(column), low.end(), most);
      for (const Digits& operand : {single, missing, low}) set.add(constant_operands(operand));
    }
  }

  // A hard pair of ADD in two operands, zeros between.
  void hidden_pairs(InstanceSet& set) const {
    if (size_.k < 2) return;
    TaskSize pair_size = size_;
    const std::unique_ptr<Task> add = make_task("add", pair_size);
    Draws draws(1, static_cast<std::uint64_t>(size_.k));
    const auto k = static_cast<std::uint64_t>(size_.k);
    for (const Instance& pair : add->adversarial(4096)) {
      if (set.full()) return;
      const std::uint64_t first = draws.below(k), second = (first + 1 + draws.below(k - 1)) % k;
      std::vector<Digits> operands = constant_operands(all(0));
      operands[first] = pair.operands[0];
      operands[second] = pair.operands[1];
      set.add(operands);
    }
  }
};

}  // namespace

TaskEntry iteradd_task() {
  return {.name = "iteradd",
          .form = "a+...+z=",
          .summary = "the n+ceil(log_p k) digits of the sum of k n-digit numbers",
          .make = [](const TaskSize& size, const Parameters&) -> std::unique_ptr<Task> {
            return std::make_unique<IterAddTask>(size);
          },
          .sizes = "nk",
          .families = {"all digits p-1, all 0, all 1",
                       "the Majority family: k-1 summands of 0 or 1 and p^m - ceil((k-1)/2)",
                       "the first or last r operands all p-1, the others 0 or 0..01",
                       "one column full and the others empty, the reverse, and all columns up to one full",
                       "the hard pairs of add in two operands, zeros between"},
          .standard = {{.p = 2, .n = 2, .k = 3}, {.p = 3, .n = 1, .k = 3}},
          .row = "IterADD",
          .claims = {{Regime::constant, "superpolynomial", "theorem 4.2"},
                     {Regime::logarithmic, "O(1)", "theorem 5.2"}},
          .effort = {.scanned = 0.5}};
}

}  // namespace roundoff::constructions
