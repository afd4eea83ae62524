#include "training/exact/update.hpp"

#include <algorithm>

namespace roundoff::training {

namespace {

using R = TrainingRole;

Enclosure integer(std::uint64_t number, int bits) {
  return {Value::integer(static_cast<std::int64_t>(number)), bits};
}

RealAt one_minus(const RealAt& x) {
  return [x](int bits) { return integer(1, bits) - x(bits); };
}

/// x^n
Enclosure power(Enclosure x, std::uint64_t n, int bits) {
  Enclosure made = integer(1, bits);
  for (; n != 0; n >>= 1) {
    if ((n & 1) != 0) made = made * x;
    x = x * x;
  }
  return made;
}

bool all_finite(const Tensor& x) {
  const Number& number = x.kept->number();
  std::vector<double> numbers(number.in_doubles() ? x.lanes : 0);
  if (number.in_doubles()) number.to_doubles(x.row(0), numbers.data(), x.lanes);
  for (std::size_t i = 0; i < x.lanes; ++i)
    if (numbers.empty() ? !x.value(0, i).is_finite() : !(numbers[i] - numbers[i] == 0)) return false;
  return true;
}

}  // namespace

RealAt learning_rate(const OptimiserOptions& options, std::uint64_t step, std::uint64_t steps) {
  const RealAt largest = decimal_real(options.rate), last = decimal_real(options.final_share);
  return [=, schedule = options.schedule, warmup = options.warmup](int bits) {
    Enclosure rate = largest(bits);
    if (step <= warmup) return rate * integer(step, bits) / integer(warmup, bits);
    if (schedule == OptimiserOptions::constant || steps <= warmup) return rate;
    const Enclosure one = integer(1, bits), least = last(bits);
    const std::uint64_t done = step - warmup, all = steps - warmup;
    const Enclosure cosine =
        done == all ? integer(0, bits) - one
                    : apply(Function::cos, Enclosure::pi(bits) * integer(done, bits) / integer(all, bits));
    return rate * (least + (one - least) * (one + cosine) / integer(2, bits));
  };
}

Update::Update(const OptimiserOptions& options, std::uint64_t steps, Exact& arithmetic)
    : options_(options), steps_(steps), a_(arithmetic) {}

// m = rnd(rnd(b1 m) + rnd((1 - b1) g)); v = rnd(rnd(b2 v) + rnd((1 - b2) rnd(g g))), in `moments`; the update
// rnd(rnd(c m) / rnd(rnd(sqrt v) + e)) in `master`, its root in `moments`; c = lr sqrt(1 - b2^t) / (1 - b1^t), e = eps sqrt(1 - b2^t).
Tensor Update::adam(State& state, const Tensor& g, std::uint64_t step) {
  const RealAt b1 = decimal_real(options_.beta1), b2 = decimal_real(options_.beta2),
               eps = decimal_real(options_.epsilon);
  const Tensor keep1 = a_.constant(b1, R::moments), take1 = a_.constant(one_minus(b1), R::moments);
  const Tensor keep2 = a_.constant(b2, R::moments), take2 = a_.constant(one_minus(b2), R::moments);
  // One after the other: the order is the operations' numbering, and that of arguments is the compiler's.
  const Tensor kept1 = a_.binary(Op::mul, keep1, state.first, R::moments);
  const Tensor taken1 = a_.binary(Op::mul, take1, g, R::moments);
  state.first = a_.binary(Op::add, kept1, taken1, R::moments);
  const Tensor kept2 = a_.binary(Op::mul, keep2, state.second, R::moments);
  const Tensor square = a_.binary(Op::mul, g, g, R::moments);
  state.second = a_.binary(Op::add, kept2, a_.binary(Op::mul, take2, square, R::moments), R::moments);
  const std::uint64_t t = state.taken;
  const auto root = [=](int bits) {
    return apply(Function::sqrt, integer(1, bits) - power(b2(bits), t, bits));
  };
  const RealAt rate = learning_rate(options_, step, steps_);
  const Tensor c = a_.constant(
      [=](int bits) { return rate(bits) * root(bits) / (integer(1, bits) - power(b1(bits), t, bits)); },
      R::master);
  const Tensor e = a_.constant([=](int bits) { return eps(bits) * root(bits); }, R::master);
  const Tensor top = a_.binary(Op::mul, c, state.first, R::master);
  const Tensor bottom = a_.binary(Op::add, a_.unary(Function::sqrt, state.second, R::moments), e, R::master);
  return a_.binary(Op::div, top, bottom, R::master);
}

// u = rnd(rnd(mu u) + g) in `moments`; the update rnd(lr u) in `master`.
Tensor Update::sgd(State& state, const Tensor& g, std::uint64_t step) {
  const Tensor mu = a_.constant(decimal_real(options_.momentum), R::moments);
  state.first = a_.binary(Op::add, a_.binary(Op::mul, mu, state.first, R::moments), g, R::moments);
  return a_.binary(Op::mul, a_.constant(learning_rate(options_, step, steps_), R::master), state.first,
                   R::master);
}

Updated Update::operator()(State& state, const Tensor& gradients, std::uint64_t step) {
  Updated made;
  if (!all_finite(gradients)) {
    made.skipped = true;
    return made;
  }
  const Tensor rounded = a_.round(gradients, R::master);
  const Tensor g =
      a_.binary(Op::div, rounded, a_.constant(decimal_real(options_.loss_scale), R::master), R::master);
  ++state.taken;
  const Tensor update = options_.kind == OptimiserOptions::adam ? adam(state, g, step) : sgd(state, g, step);
  const Tensor next = a_.binary(Op::sub, state.master, update, R::master);
  if (!all_finite(next)) throw Diverged("a weight is no finite number any more");
  const std::size_t size = next.kept->size();
  for (std::size_t i = 0; i < next.lanes; ++i) {
    if (update.value(0, i).is_zero()) continue;
    ++made.moved;
    if (std::equal(next.at(0, i), next.at(0, i) + size, state.master.at(0, i))) ++made.lost;
  }
  state.master = next;
  return made;
}

}  // namespace roundoff::training
