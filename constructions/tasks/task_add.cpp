// ADD_p(n): a + b = the n+1 digits of the sum (semantics.md, section 4; Feng et al. 2024, section 3).
//
// A column is a *generate* when its digits sum to p or more, a *propagate* when they sum to p-1, else a
// *kill*. What a bounded-precision adder gets wrong is where a carry comes from, so the hard inputs are long
// runs of propagates with one column that differs; random inputs have runs of length about log_p n only.
#include <algorithm>

#include "constructions/tasks/adderboard.hpp"
#include "constructions/tasks/arithmetic_task.hpp"
#include "constructions/tasks/draws.hpp"
#include "constructions/tasks/lane_rows.hpp"
#include "formats/functions/steady.hpp"

namespace roundoff::constructions {

namespace {

/// A pair of operands as columns, column 0 least significant.
class Columns {
 public:
  Columns(int p, int n) : p_(p), a_(static_cast<std::size_t>(n)), b_(static_cast<std::size_t>(n)) {}

  void set(int column, int a, int b) {
    const std::size_t at = a_.size() - 1 - static_cast<std::size_t>(column);
    a_[at] = static_cast<std::uint8_t>(a);
    b_[at] = static_cast<std::uint8_t>(b);
  }
  /// Digits that sum to p-1, split in one of several ways.
  void propagate(int column, int split) {
    int a = p_ - 1;
    if (split == 1) a = 0;
    if (split == 2) a = column % 2 == 0 ? p_ - 1 : 0;
    if (split >= 3) {
      a = static_cast<int>(Draws(static_cast<std::uint64_t>(split), static_cast<std::uint64_t>(column))
                               .below(static_cast<std::uint64_t>(p_)));
    }
    set(column, a, p_ - 1 - a);
  }
  /// The least sum that generates (p), or the greatest (2p-2).
  void generate(int column, bool greatest) { set(column, p_ - 1, greatest ? p_ - 1 : 1); }
  /// The greatest sum that kills (p-2, one short of a propagate), or 0.
  void kill(int column, bool greatest) { set(column, greatest ? p_ - 2 : 0, 0); }

  std::vector<Digits> operands() const { return {a_, b_}; }

 private:
  int p_;
  Digits a_, b_;
};

class AddTask final : public ArithmeticTask {
 public:
  explicit AddTask(const TaskSize& size) : ArithmeticTask(size, 2, "+", size.n + 1) {}

  std::string_view name() const override { return "add"; }

  Digits result(const Instance& instance) const override {
    return plus(instance.operands[0], instance.operands[1], size_.p, answer_digits());
  }

  // A column of all lanes at a time.
  void results(std::span<const std::uint8_t> digits, std::size_t count, std::size_t stride,
               std::span<std::uint8_t> answers) const override {
    const auto n = static_cast<std::size_t>(size_.n);
    std::vector<std::uint8_t> carry(count, 0);
    for (std::size_t i = n; i-- > 0;)
      add_column(digits.data() + i * stride, digits.data() + (n + i) * stride, carry.data(),
                 answers.data() + (i + 1) * stride, size_.p, count);
    std::copy(carry.begin(), carry.end(), answers.begin());
  }

  Digits greatest() const override {
    const Digits operand(static_cast<std::size_t>(size_.n), static_cast<std::uint8_t>(size_.p - 1));
    return plus(operand, operand, size_.p, answer_digits());
  }

  std::vector<Term> specification(Integers& integers, std::span<const Number> operands) const override {
    return written(sum_of(integers, base(), answer_tokens(), {operands.begin(), operands.end()}));
  }

  // The first digit says which of a and p^n - 1 - b is greater: greater-than of n-digit numbers.
  double communication_bits() const override { return size_.n * steady_log2(size_.p); }

  bool on_leaderboard() const override { return size_.p == 10 && size_.n == 10 && !size_.ragged; }
  // With b = 0 the answer is a.
  double operand_bits() const override { return size_.ragged ? 0 : size_.n * steady_log2(size_.p); }

  std::vector<Instance> leaderboard() const override { return adderboard_inputs(*this); }

  std::vector<Instance> adversarial(std::size_t limit) const override {
    InstanceSet set(limit);
    const int n = size_.n, p = size_.p;
    corners(set);
    // All propagate: alone, and with one column that differs. With a generate at column 0 the carry runs to
    // column j.
    for (int split = 0; split < 4; ++split) {
      const auto all_propagate = [&] {
        Columns columns(p, n);
        for (int t = 0; t < n; ++t) columns.propagate(t, split);
        return columns;
      };
      set.add(all_propagate().operands());
      for (int variant = 0; variant < 8; ++variant) {
        const bool greatest = (variant & 1) != 0, generates = (variant & 2) != 0,
                   carry_in = (variant & 4) != 0;
        for (int j = 0; j < n; ++j) {
          Columns columns = all_propagate();
          if (carry_in) columns.generate(0, greatest);
          if (generates) {
            columns.generate(j, greatest);
          } else {
            columns.kill(j, greatest);
          }
          set.add(columns.operands());
        }
      }
    }
    if (size_.ragged) lengths(set);
    chains(set, limit);
    sparse(set, limit);
    pairs(set, limit);
    return set.take();
  }
  int families() const override { return 2; }

 private:
  void corners(InstanceSet& set) const {
    const auto n = static_cast<std::size_t>(size_.n);
    const auto most = static_cast<std::uint8_t>(size_.p - 1);
    const Digits zero(n, 0), all(n, most);
    std::vector<Digits> corners = {zero, all};
    for (const std::size_t place : {n - 1, std::size_t{0}, n / 2}) {
      for (const std::uint8_t digit : {std::uint8_t{1}, most}) {
        Digits single = zero;
        single[place] = digit;
        corners.push_back(single);
      }
    }
    for (const Digits& a : corners) {
      for (const Digits& b : corners) set.add({a, b});
    }
  }

  // A generate at column j, `length` propagates above it, then a kill, on a ground of zeros or of propagates
  // below. The longest chains come first; where the limit is too small for all, a regular selection of starts
  // and lengths.
  void chains(InstanceSet& set, std::size_t limit) const {
    const int n = size_.n, p = size_.p;
    const std::size_t all = static_cast<std::size_t>(n) * static_cast<std::size_t>(n + 1) * 2;
    const int stride = static_cast<int>(std::max<std::size_t>(1, all / std::max<std::size_t>(limit, 1)));
    int count = 0;
    for (int length = n - 1; length >= 0; --length) {
      for (int j = 0; j + length < n; ++j) {
        for (int variant = 0; variant < 4; ++variant) {
          if (count++ % stride != 0) continue;
          Columns columns(p, n);
          for (int t = 0; t < j && (variant & 1) != 0; ++t) columns.propagate(t, 3 + variant);
          columns.generate(j, (variant & 2) != 0);
          for (int t = j + 1; t <= j + length; ++t) columns.propagate(t, 3 + variant + j);
          for (int t = j + length + 1; t < n; ++t) columns.kill(t, (variant & 1) != 0);
          set.add(columns.operands());
        }
      }
    }
  }

  // Few digits, and zeros behind them: blocks of one to four digits that stand in the same columns of both
  // operands, wherever they fit, and operands of two digits at any places. What codes numbers by magnitude or by
  // angle comes nearest to a tie on these.
  void sparse(InstanceSet& set, std::size_t limit) const {
    constexpr std::uint64_t stream = 0x5eed;
    const std::uint64_t each =
        std::clamp<std::uint64_t>(limit / (10 * static_cast<std::size_t>(size_.n)), 1, 24);
    const auto n = static_cast<std::size_t>(size_.n);
    const auto p = static_cast<std::uint64_t>(size_.p);
    std::uint64_t number = 0;
    for (std::size_t length = 1; length <= std::min<std::size_t>(4, n); ++length)
      for (std::size_t behind = 0; behind + length <= n; ++behind)
        for (std::uint64_t draw = 0; draw < each; ++draw) {
          Draws draws(stream, number++);
          Digits a(n, 0), b(n, 0);
          for (std::size_t i = n - behind - length; i < n - behind; ++i) {
            a[i] = static_cast<std::uint8_t>(draws.below(p));
            b[i] = static_cast<std::uint8_t>(draws.below(p));
          }
          set.add({a, b});
        }
    for (std::uint64_t draw = 0; draw < 8 * each; ++draw) {
      Draws draws(stream, number++);
      Digits a(n, 0), b(n, 0);
      for (Digits* operand : {&a, &a, &b, &b})
        (*operand)[draws.below(n)] = static_cast<std::uint8_t>(draws.below(p));
      set.add({a, b});
    }
  }

  // Every pair of digits at every place, over columns that bring a carry to it or none, zeros above. Where the
  // limit is too small for all, a regular selection; the least and most significant places come first.
  void pairs(InstanceSet& set, std::size_t limit) const {
    const int n = size_.n, p = size_.p;
    const std::size_t all = static_cast<std::size_t>(n) * static_cast<std::size_t>(p * p) * 2;
    const std::size_t stride = std::max<std::size_t>(1, all / std::max<std::size_t>(limit, 1)) | 1;
    std::size_t count = 0;
    for (int step = 0; step < n; ++step) {
      const int place = step % 2 == 0 ? step / 2 : n - 1 - step / 2;
      for (int a = 0; a < p; ++a)
        for (int b = 0; b < p; ++b)
          for (const bool carry : {false, true}) {
            if (count++ % stride != 0) continue;
            Columns columns(p, n);
            columns.set(place, a, b);
            if (carry && place > 0) columns.generate(place - 1, false);
            set.add(columns.operands());
          }
    }
  }

  // Operands of unequal length: all p-1, 1, and 0...01 against each other.
  void lengths(InstanceSet& set) const {
    const auto most = static_cast<std::uint8_t>(size_.p - 1);
    const auto operand = [](int length, std::uint8_t digit, std::uint8_t last) {
      Digits digits(static_cast<std::size_t>(length), digit);
      digits.back() = last;
      return digits;
    };
    for (int a = 1; a <= size_.n; ++a) {
      for (int b = 1; b <= size_.n; ++b) {
        set.add({operand(a, most, most), operand(b, 0, 1)});
        set.add({operand(a, 0, 1), operand(b, most, most)});
        set.add({operand(a, most, most), operand(b, most, most)});
      }
    }
  }
};

}  // namespace

TaskEntry add_task() {
  return {
      .name = "add",
      .form = "a+b=",
      .summary = "the n+1 digits of the sum of two n-digit numbers",
      .make = [](const TaskSize& size, const Parameters&) -> std::unique_ptr<Task> {
        return std::make_unique<AddTask>(size);
      },
      .sizes = "n",
      .families =
          {"zeros, all p-1, single non-zero digits at either end and in the middle, each with each",
           "columns that all propagate, alone and with one that generates or kills, with and without a "
           "carry from column 0",
           "carry chains of every length and start, the longest first",
       "blocks of one to four digits in the same columns, zeros behind and before; two digits anywhere",
       "every pair of digits at every place, with and without a carry from the place below",
           "operands of unequal length (ragged)"},
      .standard = {{.p = 2, .n = 4}, {.p = 3, .n = 2}},
      .row = "ADD",
      .claims = {{Regime::constant, "O(n^2)", "theorem 4.1"}, {Regime::logarithmic, "O(1)", "theorem 5.1"}},
      .effort = {.coarse = true}};
}

}  // namespace roundoff::constructions
