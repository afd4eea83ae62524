#include "sim/tensors/reduce.hpp"

#include <bit>
#include <cstring>

#include "formats/error.hpp"

namespace roundoff::sim {

/// One reduction, term by term or by the kernels' loops over a range of terms. Buffers of `levels` hold partial
/// sums; every step is exact by itself.
class Reducer::Pass {
 public:
  Pass(const Reducer& how, const Terms& terms, std::uint8_t* trapped, ReduceRoom& room)
      : how_(how),
        t_(terms),
        trapped_(trapped),
        room_(room),
        result_(*how.result_),
        members_(how.by_kernels(*terms.x_number, terms.is_sum() ? *terms.x_number : *terms.y_number)) {}

  /// The kernels' loops over terms [first, first + count).
  void run(std::size_t first, std::size_t count, void* into) const {
    const LaneKernels& k = *result_.kernels();
    const LaneKernels::Context& c = k.context();
    const bool fused = how_.reduction_.mode == DotMode::fused;
    if (t_.is_sum()) return k.sum(c, t_.x + first, count, into, t_.lanes, trapped_);
    if (t_.weights == nullptr)
      return (fused ? k.fused_dot : k.dot)(c, t_.x + first, t_.y + first, count, into, t_.lanes, trapped_);
    const auto* weights = static_cast<const std::byte*>(t_.weights) + first * result_.size();
    (fused ? k.fused_weighted : k.weighted)(c, weights, t_.x + first, count, into, t_.lanes, trapped_);
  }

  void operator()(void* out) {
    const SumOrder& order = how_.reduction_.order;
    switch (order.kind) {
      case SumOrder::sequential:
        return sequential(0, t_.count, out);
      case SumOrder::tree:
        return tree(0, t_.count, 1, out);
      case SumOrder::blocked: {
        const auto block = static_cast<std::size_t>(order.block);
        sequential(0, std::min(block, t_.count), out);
        for (std::size_t first = block; first < t_.count; first += block) {
          void* part = level(1);
          sequential(first, std::min(block, t_.count - first), part);
          add(out, part, out);
        }
        return;
      }
      case SumOrder::wide:
        return wide(out);
      case SumOrder::exact:
        break;
    }
    throw std::logic_error("exact sums go by definition");
  }

 private:
  std::byte* level(std::size_t k) const {
    if (room_.levels.size() <= k) room_.levels.resize(k + 1);
    return room_.levels[k].room(t_.lanes * sizeof(Value));
  }

  void add(const void* a, const void* b, void* into) const {
    binary(Op::add, {&result_, a}, {&result_, b}, result_, into, t_.lanes, trapped_);
  }

  // Term j as elements of the result: the operand itself, or the rounded product in `into`.
  const void* term(std::size_t j, void* into) const {
    if (t_.is_sum()) return t_.x[j];
    const Operand x{t_.x_number, t_.x[j]};
    if (t_.y != nullptr) {
      binary(Op::mul, x, {t_.y_number, t_.y[j]}, result_, into, t_.lanes, trapped_);
      return into;
    }
    const auto* weight = static_cast<const std::byte*>(t_.weights) + j * t_.y_number->size();
    if (exact_products()) {
      auto* products = reinterpret_cast<double*>(room_.doubles.room(t_.lanes * sizeof(double)));
      double w = 0;
      t_.y_number->to_doubles(weight, &w, 1);
      t_.x_number->to_doubles(t_.x[j], products, t_.lanes);
      for (std::size_t i = 0; i < t_.lanes; ++i) products[i] *= w;
      const LaneKernels& k = *result_.kernels();
      k.round_f64(k.context(), products, into, t_.lanes, trapped_);
      return into;
    }
    std::byte* factors = room_.factors.room(t_.lanes * t_.y_number->size());
    for (std::size_t i = 0; i < t_.lanes; ++i)
      std::memcpy(factors + i * t_.y_number->size(), weight, t_.y_number->size());
    binary(Op::mul, x, {t_.y_number, factors}, result_, into, t_.lanes, trapped_);
    return into;
  }

  // Every product of members is a double.
  bool exact_products() const {
    if (!t_.x_number->in_doubles() || !t_.y_number->in_doubles() || !result_.in_doubles() ||
        result_.kernels()->round_f64 == nullptr)
      return false;
    const Format &x = t_.x_number->format(), &y = t_.y_number->format();
    const auto top = [](const Format& f) { return f.highest.is_zero() ? 0 : leading_exponent(f.highest); };
    return x.precision + y.precision <= 53 && x.quantum + y.quantum >= -1074 && top(x) + top(y) < 1000 &&
           x.is_grid() && y.is_grid();
  }

  void sequential(std::size_t first, std::size_t count, void* into) const {
    if (members_) return run(first, count, into);
    std::byte* product = room_.product.room(t_.lanes * sizeof(Value));
    const void* total = term(first, into);
    if (total != into) std::memcpy(into, total, t_.lanes * result_.size());
    for (std::size_t j = 1; j < count; ++j) add(into, term(first + j, product), into);
  }

  // Split at the largest power of two strictly below the count. The left part is worked out in `into`.
  void tree(std::size_t first, std::size_t count, std::size_t depth, void* into) const {
    if (count == 1) {
      const void* only = term(first, into);
      if (only != into) std::memcpy(into, only, t_.lanes * result_.size());
      return;
    }
    const std::size_t half = std::bit_floor(count - 1);
    tree(first, half, depth + 1, into);
    void* right = level(depth);
    tree(first + half, count - half, depth + 1, right);
    add(into, right, into);
  }

  // Terms, rounded to the result's format, summed in the wide one and rounded once.
  void wide(void* out) const {
    const Number& wide = *how_.wide_;
    std::byte* total = level(1);
    std::byte* product = room_.product.room(t_.lanes * sizeof(Value));
    std::byte* next = room_.other.room(t_.lanes * sizeof(Value));
    convert({&result_, term(0, product)}, wide, total, t_.lanes);
    for (std::size_t j = 1; j < t_.count; ++j) {
      convert({&result_, term(j, product)}, wide, next, t_.lanes);
      binary(Op::add, {&wide, total}, {&wide, next}, wide, total, t_.lanes, trapped_);
    }
    round({&wide, total}, result_, out, t_.lanes, trapped_);
  }

  const Reducer& how_;
  const Terms& t_;
  std::uint8_t* trapped_;
  ReduceRoom& room_;
  const Number& result_;
  bool members_;
};

Reducer::Reducer(const Number& result, const Reduction& reduction, const Number* wide)
    : result_(&result), reduction_(reduction), wide_(wide) {}

bool Reducer::by_kernels(const Number& x, const Number& y) const {
  return result_->kernels() != nullptr && contains(*result_, x) && contains(*result_, y) &&
         same_elements(*result_, x) && same_elements(*result_, y);
}

void Reducer::operator()(const Terms& terms, void* out, std::uint8_t* trapped, ReduceRoom& room,
                         const PlaceOf& place) const {
  const Number& y = terms.is_sum() ? *terms.x_number : *terms.y_number;
  const bool members = by_kernels(*terms.x_number, y);
  const SumOrder& order = reduction_.order;
  const bool exact = order.kind == SumOrder::exact || reduction_.mode == DotMode::exact_dot;
  // The first term of a sum is not rounded, and a fused product of other formats has no kernel.
  const bool needs_members = terms.is_sum() || reduction_.mode == DotMode::fused;
  const bool wide =
      order.kind == SumOrder::wide && (wide_->kernels() == nullptr || !contains(*wide_, *result_));
  if (result_->kernels() == nullptr || exact || wide || (needs_members && !members))
    return by_definition(terms, out, trapped, room, place);
  Pass(*this, terms, trapped, room)(out);
}

void Reducer::by_definition(const Terms& terms, void* out, std::uint8_t* trapped, ReduceRoom& room,
                            const PlaceOf& place) const {
  room.left.resize(terms.count), room.right.resize(terms.count);
  const auto at = [](const void* array, const Number& number, std::size_t i) {
    return number.load(static_cast<const std::byte*>(array) + i * number.size());
  };
  if (terms.weights != nullptr)
    for (std::size_t j = 0; j < terms.count; ++j) room.right[j] = at(terms.weights, *terms.y_number, j);
  const bool draws = result_->draws() || (wide_ != nullptr && wide_->draws());
  for (std::size_t i = 0; i < terms.lanes; ++i) {
    for (std::size_t j = 0; j < terms.count; ++j) room.left[j] = at(terms.x[j], *terms.x_number, i);
    if (terms.y != nullptr)
      for (std::size_t j = 0; j < terms.count; ++j) room.right[j] = at(terms.y[j], *terms.y_number, i);
    try {
      const std::uint64_t where = draws && place ? place(i) : 0;
      const Rounded made = terms.is_sum()
                               ? formats::sum(room.left, reduction_.order, result_->format(), where)
                               : formats::dot(room.left, room.right, reduction_.order, reduction_.mode,
                                              result_->format(), where);
      result_->store(made.value, static_cast<std::byte*>(out) + i * result_->size());
    } catch (const Trap&) {
      if (trapped != nullptr) trapped[i] = 1;
    }
  }
}

}  // namespace roundoff::sim
