// Which short cut is sound when, and applications.
#include "analyzer/diagrams/algebra.hpp"

namespace roundoff::analyzer::diagrams {

const Algebra::Traits& Algebra::traits(std::uint32_t code) {
  if (code >= traits_.size()) traits_.resize(code + 1);
  Traits& t = traits_[code];
  if (t.known) return t;
  const Operation& operation = scalars_.operation(code);
  const Format& format = operation.format;
  using Kind = Operation::Kind;
  t.known = true;
  t.kind = operation.kind;
  t.function = operation.function;
  t.plain = format.is_plain() && !format.is_stochastic();
  t.zero_is_unsigned = !format.has_negative_zero;
  const bool monotone = !format.is_stochastic() && format.overflow != Overflow::wrap;
  switch (operation.kind) {
    case Kind::add:
    case Kind::mul:
      t.commutes = true;
      if (monotone) t.monotone = operation.kind == Kind::add ? Monotone::rising : Monotone::corners;
      break;
    case Kind::exact_add:
    case Kind::exact_mul:
      t.commutes = true;
      break;
    case Kind::sub:
      if (monotone) t.monotone = Monotone::falling_second;
      break;
    case Kind::div:
      if (monotone) t.monotone = Monotone::divisor;
      break;
    case Kind::round:
      if (monotone) t.monotone = Monotone::rising;
      break;
    case Kind::apply:
    case Kind::apply_to_difference:
      switch (operation.function) {
        case Function::exp:
        case Function::sigmoid:
        case Function::relu:
          t.zero_is_unsigned = true;  // their zero is always +0
          [[fallthrough]];
        case Function::sqrt:
        case Function::log:
        case Function::erf:
        case Function::tanh:
        case Function::identity:
          if (monotone)
            t.monotone = operation.kind == Kind::apply ? Monotone::rising : Monotone::falling_second;
          break;
        default:
          break;
      }
      break;
    case Kind::contest:
      t.exp_of_difference = operation.parameter;
      break;
    default:
      break;
  }
  return t;
}

// All results lie between `low` and `high` in value; so they are one terminal when these are the same number,
// unless that is a zero of a format that tells -0 from +0.
Ref Algebra::settled(const Traits& t, Id low, Id high) {
  if (low != high || Scalars::special(low)) return no_ref;
  if (scalars_.value(low).is_zero() && !t.zero_is_unsigned) return no_ref;
  return manager_.terminal(low);
}

Ref Algebra::shortcut(const Traits& t, std::uint32_t code, bool members, Ref f) {
  if (!is_regular(f)) return no_ref;
  if (t.kind == Operation::apply && t.function == Function::relu && members) {
    const Value& least = scalars_.value(manager_.least(f));
    if (!least.negative) return f;
  }
  if (t.monotone != Monotone::rising) return no_ref;
  return settled(t, scalars_.compute(code, manager_.least(f)), scalars_.compute(code, manager_.greatest(f)));
}

Ref Algebra::shortcut(const Traits& t, std::uint32_t code, bool members, Ref f, Ref g) {
  if (t.kind == Operation::pair || t.kind == Operation::contend || t.kind == Operation::contend_or_nan ||
      t.kind == Operation::enter)
    return no_ref;
  if (!is_regular(f) || !is_regular(g)) return no_ref;
  const Id low_f = manager_.least(f), high_f = manager_.greatest(f);
  const Id low_g = manager_.least(g), high_g = manager_.greatest(g);
  if (t.kind == Operation::max || t.kind == Operation::max_or_nan) {
    // The first operand wins a tie, and zeros of either sign tie.
    const auto above = [&](Id low, Id high) {
      return compare(scalars_.value(low), scalars_.value(high)) > 0;
    };
    if (low_f == high_g || above(low_f, high_g)) return f;
    if ((low_g == high_f && !scalars_.value(low_g).is_zero()) || above(low_g, high_f)) return g;
    return no_ref;
  }
  if (t.kind == Operation::contest) {
    // Where even the largest score on one side counts nothing beside the least largest one on the other.
    const auto vanishes = [&](Id high, Id low) {
      return scalars_.vanishes(t.exp_of_difference, scalars_.largest(high), scalars_.largest(low));
    };
    if (vanishes(high_f, low_g)) return g;
    if (vanishes(high_g, low_f)) return f;
    return no_ref;
  }
  if (members && t.plain) {
    switch (t.kind) {
      case Operation::add:
        if (is_zero(f)) return g;
        [[fallthrough]];
      case Operation::sub:
        if (is_zero(g)) return f;
        break;
      case Operation::mul:
        if (is_one(f)) return g;
        [[fallthrough]];
      case Operation::div:
        if (is_one(g)) return f;
        break;
      default:
        break;
    }
  }
  const auto at = [&](Id a, Id b) { return scalars_.compute(code, a, b); };
  switch (t.monotone) {
    case Monotone::no:
      return no_ref;
    case Monotone::rising:
      return settled(t, at(low_f, low_g), at(high_f, high_g));
    case Monotone::falling_second:
      return settled(t, at(low_f, high_g), at(high_f, low_g));
    case Monotone::divisor: {
      const Value &low = scalars_.value(low_g), &high = scalars_.value(high_g);
      const bool one_sign = !low.is_zero() && !high.is_zero() && low.negative == high.negative;
      if (!one_sign) return no_ref;
      [[fallthrough]];
    }
    case Monotone::corners: {
      const Id corner = at(low_f, low_g);
      if (at(low_f, high_g) != corner || at(high_f, low_g) != corner) return no_ref;
      return settled(t, corner, at(high_f, high_g));
    }
  }
  return no_ref;
}

Ref Algebra::apply(std::uint32_t code, Ref f, bool members) {
  struct Applied {
    std::uint32_t code;
    Algebra& algebra;
    const Traits& traits;
    bool members;
    Id operator()(Id a) const { return algebra.scalars_.compute(code, a); }
    Ref shortcut(Ref a) const { return algebra.shortcut(traits, code, members, a); }
  };
  const Traits t = traits(code);
  return manager_.apply(Applied{code, *this, t, members}, f);
}

Ref Algebra::apply(std::uint32_t code, Ref f, Ref g, bool members) {
  struct Applied {
    std::uint32_t code;
    Algebra& algebra;
    const Traits& traits;
    bool members, commutes;
    Id operator()(Id a, Id b) const {
      if (commutes && a > b) std::swap(a, b);
      return algebra.scalars_.compute(code, a, b);
    }
    Ref shortcut(Ref a, Ref b) const { return algebra.shortcut(traits, code, members, a, b); }
  };
  const Traits t = traits(code);
  return manager_.apply(Applied{code, *this, t, members, t.commutes}, f, g);
}

Ref Algebra::pair(Ref f, Ref g) { return apply(scalars_.code({.kind = Operation::pair}), f, g); }

Value Algebra::magnitude(Ref f) const {
  Value low = scalars_.value(manager_.least(f)), high = scalars_.value(manager_.greatest(f));
  low.negative = false;
  high.negative = false;
  return compare(low, high) > 0 ? low : high;
}

}  // namespace roundoff::analyzer::diagrams
