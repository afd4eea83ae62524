// semantics.md, section 3, over lanes: sequential (where the factors are not members of the result's format),
// tree, blocked, exact and wide. Every step is a kernel that is exact by itself, so the composition is.
#include "sim/lanes/ordered.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace roundoff::sim {

namespace {

constexpr std::size_t array_bytes = static_cast<std::size_t>(batch_lanes) * sizeof(double);

class Ordered {
 public:
  Ordered(const Step& step, const Frame& frame)
      : s_(step),
        f_(frame),
        trapped_(step.traps ? frame.trapped : nullptr),
        context_(step.kernels->context()) {}

  void run() {
    const SumOrder& order = s_.reduction->order;
    switch (order.kind) {
      case SumOrder::sequential:
        return deliver(sequential(0, s_.count, buffer(2), buffer(3)));
      case SumOrder::tree:
        return deliver(tree(0, s_.count, 2));
      case SumOrder::blocked:
        return deliver(blocked(static_cast<std::uint32_t>(order.block)));
      case SumOrder::exact:
      case SumOrder::wide:
        return once(order.kind == SumOrder::wide);
    }
  }

 private:
  // Buffers 0 and 1 serve terms and doubles; the rest partial sums.
  void* buffer(int k) const {
    return static_cast<std::byte*>(s_.scratch) + static_cast<std::size_t>(k) * array_bytes;
  }

  // Term j: the operand itself, or the rounded product in `into`.
  const void* term(std::uint32_t j, void* into) const {
    if (!s_.y) return s_.x[j];
    if (s_.members) {
      s_.kernels->mul(context_, s_.x[j], s_.y[j], into, f_.lanes, trapped_);
    } else {
      auto* exact = static_cast<double*>(buffer(0));
      s_.moves->exact_dot(s_.x + j, s_.y + j, 1, s_.unit * s_.unit, exact, f_.lanes);
      s_.kernels->round_f64(context_, exact, into, f_.lanes, trapped_);
    }
    return into;
  }
  void add(const void* a, const void* b, void* into) const {
    s_.kernels->add(context_, a, b, into, f_.lanes, trapped_);
  }
  void deliver(const void* total) const {
    if (total != s_.out) std::memcpy(s_.out, total, f_.lanes * size_of(s_.kernels->container()));
  }

  const void* sequential(std::uint32_t first, std::uint32_t count, void* into, void* next) const {
    const void* total = term(first, into);
    for (std::uint32_t j = 1; j < count; ++j) {
      add(total, term(first + j, next), into);
      total = into;
    }
    return total;
  }

  // Split at the largest power of two strictly below the count. Partial sums of level k are in buffer k.
  const void* tree(std::uint32_t first, std::uint32_t count, int level) const {
    if (count == 1) return term(first, buffer(level));
    const std::uint32_t half = std::bit_floor(count - 1);
    const void* left = tree(first, half, level);
    const void* right = tree(first + half, count - half, level + 1);
    add(left, right, buffer(level));
    return buffer(level);
  }

  const void* blocked(std::uint32_t block) const {
    const void* total = sequential(0, std::min(block, s_.count), buffer(2), buffer(4));
    for (std::uint32_t first = block; first < s_.count; first += block) {
      const std::uint32_t count = std::min(block, s_.count - first);
      add(total, sequential(first, count, buffer(3), buffer(4)), buffer(2));
      total = buffer(2);
    }
    return total;
  }

  // Summed exactly or in the wide format, both in double, and rounded once.
  void once(bool wide) const {
    auto* total = static_cast<double*>(buffer(2));
    auto* next = static_cast<double*>(buffer(3));
    s_.moves->widen(term(0, buffer(1)), s_.unit, total, f_.lanes);
    for (std::uint32_t j = 1; j < s_.count; ++j) {
      s_.moves->widen(term(j, buffer(1)), s_.unit, next, f_.lanes);
      if (wide) {
        s_.wide->add(s_.wide->context(), total, next, total, f_.lanes, trapped_);
      } else {
        for (std::size_t i = 0; i < f_.lanes; ++i) total[i] += next[i];
      }
    }
    s_.kernels->round_f64(context_, total, s_.out, f_.lanes, trapped_);
  }

  const Step& s_;
  const Frame& f_;
  std::uint8_t* trapped_;
  const LaneKernels::Context& context_;
};

}  // namespace

int scratch_arrays(std::uint32_t count) { return 5 + std::bit_width(count); }

void run_ordered(const Step& step, const Frame& frame) { Ordered(step, frame).run(); }

}  // namespace roundoff::sim
