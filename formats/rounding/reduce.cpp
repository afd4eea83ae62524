// Sums, dot products and softmax, spelled out as in semantics.md, section 3. Random bits under `sr` are
// drawn at (place, index): additions count from 0 in the order in which they happen, products from 2^32 (the
// index of the term), the other roundings of softmax from 2^33.
#include <bit>
#include <charconv>
#include <string>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"
#include "formats/rounding/arithmetic.hpp"
#include "formats/rounding/exact.hpp"
#include "formats/rounding/rounding.hpp"
#include "formats/rounding/steps.hpp"

namespace roundoff::formats {
namespace {

/// Adds one rounding after another: the place, the count, the flags of all, and a record where one is kept.
struct Steps {
  const Format& format;
  std::uint64_t place;
  std::vector<Addition>* record = nullptr;
  std::uint64_t index = 0;
  Flags flags = 0;

  Draw next() { return {place, index++}; }
  Value take(const Rounded& rounded) {
    flags |= rounded.flags;
    return rounded.value;
  }
  Value add(const Value& a, const Value& b) {
    const Rounded sum = formats::add(a, b, format, next());
    if (record != nullptr) record->push_back({a, b, {}, false, sum});
    return take(sum);
  }
  Value add_product(const Value& s, const Value& x, const Value& y) {
    const Rounded sum = fma(x, y, s, format, next());
    if (record != nullptr) record->push_back({s, x, y, true, sum});
    return take(sum);
  }
};

Value sequential(std::span<const Value> terms, Steps& steps) {
  Value s = terms[0];
  for (const Value& term : terms.subspan(1)) s = steps.add(s, term);
  return s;
}

/// Split at the largest power of two strictly below the number of terms.
Value tree(std::span<const Value> terms, Steps& steps) {
  if (terms.size() == 1) return terms[0];
  const std::size_t half = std::bit_floor(terms.size() - 1);
  const Value left = tree(terms.first(half), steps);
  return steps.add(left, tree(terms.subspan(half), steps));
}

Rounded settle(const Exact& exact, bool nan_operand, const Format& format, Draw draw) {
  if (exact.kind != Kind::nan) return round(exact, format, draw);
  return round_nan(format, nan_operand ? "an operand is not a number" : "inf - inf or 0 * inf",
                   nan_operand ? 0 : flag_invalid);
}

Rounded exact_sum(std::span<const Value> terms, const Format& format, Draw draw) {
  Exact s = Exact::of(taken(terms[0], format));
  bool nan = terms[0].is_nan();
  for (const Value& term : terms.subspan(1)) {
    s = sum(s, Exact::of(taken(term, format)), format.rounding == Rounding::rdn);
    nan = nan || term.is_nan();
  }
  return settle(s, nan, format, draw);
}

void require_terms(std::size_t count) {
  if (count == 0) throw UsageError("a sum needs at least one term");
}

}  // namespace

namespace {

Rounded summed(std::span<const Value> terms, const SumOrder& order, const Format& format, std::uint64_t place,
               std::vector<Addition>* record) {
  require_terms(terms.size());
  Steps steps{format, place, record};
  Value s;
  switch (order.kind) {
    case SumOrder::sequential:
      s = sequential(terms, steps);
      break;
    case SumOrder::tree:
      s = tree(terms, steps);
      break;
    case SumOrder::exact:
      return exact_sum(terms, format, {place, 0});
    case SumOrder::wide: {
      Steps wide{order.wide_format, place, record};
      const Value total = sequential(terms, wide);
      s = steps.take(round(total, format, wide.next()));
      steps.flags |= wide.flags;
      break;
    }
    case SumOrder::blocked: {
      const auto block = static_cast<std::size_t>(order.block);
      std::vector<Value> totals;
      for (std::size_t i = 0; i < terms.size(); i += block) {
        totals.push_back(sequential(terms.subspan(i, std::min(block, terms.size() - i)), steps));
      }
      s = sequential(totals, steps);
      break;
    }
  }
  return {s, steps.flags};
}

Rounded dotted(std::span<const Value> x, std::span<const Value> y, const SumOrder& order, DotMode mode,
               const Format& format, std::uint64_t place, Reduction* record) {
  if (x.size() != y.size()) throw UsageError("a dot product needs as many x as y");
  require_terms(x.size());
  switch (mode) {
    case DotMode::exact_dot: {
      const auto exact = [&](const Value& value) { return Exact::of(taken(value, format)); };
      Exact s = product(exact(x[0]), exact(y[0]));
      bool nan = x[0].is_nan() || y[0].is_nan();
      for (std::size_t j = 1; j < x.size(); ++j) {
        s = sum(s, product(exact(x[j]), exact(y[j])), format.rounding == Rounding::rdn);
        nan = nan || x[j].is_nan() || y[j].is_nan();
      }
      return settle(s, nan, format, {place, 0});
    }
    case DotMode::fused: {
      if (order.kind != SumOrder::sequential)
        throw UsageError("fma goes with the sequential order only, not " + notation(order));
      Steps steps{format, place, record != nullptr ? &record->additions : nullptr};
      Value s = steps.take(mul(x[0], y[0], format, steps.next()));
      for (std::size_t j = 1; j < x.size(); ++j) s = steps.add_product(s, x[j], y[j]);
      return {s, steps.flags};
    }
    case DotMode::rounded:
      break;
  }
  // Products are rounded to the format, whatever the sum's order does.
  Flags flags = 0;
  std::vector<Value> products;
  products.reserve(x.size());
  for (std::size_t j = 0; j < x.size(); ++j) {
    const Rounded product = mul(x[j], y[j], format, {place, (std::uint64_t{1} << 32) + j});
    flags |= product.flags;
    products.push_back(product.value);
    if (record != nullptr) record->products.push_back(product);
  }
  Rounded result = summed(products, order, format, place, record != nullptr ? &record->additions : nullptr);
  result.flags |= flags;
  return result;
}

}  // namespace

Rounded sum(std::span<const Value> terms, const SumOrder& order, const Format& format, std::uint64_t place) {
  return summed(terms, order, format, place, nullptr);
}

Rounded dot(std::span<const Value> x, std::span<const Value> y, const SumOrder& order, DotMode mode,
            const Format& format, std::uint64_t place) {
  return dotted(x, y, order, mode, format, place, nullptr);
}

Reduction sum_in_steps(std::span<const Value> terms, const SumOrder& order, const Format& format,
                       std::uint64_t place) {
  Reduction reduction;
  reduction.result = summed(terms, order, format, place, &reduction.additions);
  return reduction;
}

Reduction dot_in_steps(std::span<const Value> x, std::span<const Value> y, const SumOrder& order, DotMode mode,
                       const Format& format, std::uint64_t place) {
  Reduction reduction;
  reduction.result = dotted(x, y, order, mode, format, place, &reduction);
  return reduction;
}

std::vector<Rounded> softmax_with_flags(std::span<const Value> scores, Softmax kind, const SumOrder& order,
                                        const Format& format, std::uint64_t place) {
  require_terms(scores.size());
  Steps steps{format, place, nullptr, std::uint64_t{1} << 33};
  Value largest = scores[0];
  if (kind == Softmax::stable) {
    for (const Value& score : scores.subspan(1)) largest = maximum(largest, score);
  }
  std::vector<Rounded> weights;
  std::vector<Value> exponentials;
  for (const Value& score : scores) {
    const Rounded shifted =
        kind == Softmax::stable ? sub(score, largest, format, steps.next()) : Rounded{score, 0};
    Rounded e = apply(Function::exp, shifted.value, format, steps.next());
    e.flags |= shifted.flags;
    weights.push_back(e);
    exponentials.push_back(e.value);
  }
  const Rounded z = sum(exponentials, order, format, place);
  for (Rounded& weight : weights) {
    const Rounded share = div(weight.value, z.value, format, steps.next());
    weight = {share.value, static_cast<Flags>(weight.flags | z.flags | share.flags)};
  }
  return weights;
}

std::vector<Value> softmax(std::span<const Value> scores, Softmax kind, const SumOrder& order,
                           const Format& format, std::uint64_t place) {
  std::vector<Value> weights;
  for (const Rounded& weight : softmax_with_flags(scores, kind, order, format, place))
    weights.push_back(weight.value);
  return weights;
}

SumOrder parse_order(std::string_view text) {
  SumOrder order;
  const std::string_view word = text.substr(0, text.find(':'));
  const std::string_view rest = text.size() > word.size() ? text.substr(word.size() + 1) : std::string_view{};
  const bool takes_more = word == "wide" || word == "blocked";
  if (takes_more && rest.empty()) {
    throw UsageError("order '" + std::string(text) + "' lacks its " +
                     (word == "wide" ? "format: wide:binary32" : "size: blocked:32"));
  }
  if (!takes_more && text.size() > word.size()) {
    throw UsageError("order '" + std::string(text) + "': nothing follows '" + std::string(word) + "'");
  }
  if (word == "sequential") {
    order.kind = SumOrder::sequential;
  } else if (word == "tree") {
    order.kind = SumOrder::tree;
  } else if (word == "exact") {
    order.kind = SumOrder::exact;
  } else if (word == "wide") {
    order.kind = SumOrder::wide;
    order.wide_format = parse_format(rest);
  } else if (word == "blocked") {
    order.kind = SumOrder::blocked;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), order.block);
    if (error != std::errc{} || end != rest.data() + rest.size() || order.block < 1) {
      throw UsageError("order '" + std::string(text) +
                       "': the block size is a positive integer, as in blocked:32");
    }
  } else {
    constexpr std::string_view known[] = {"sequential", "tree", "exact", "wide:FORMAT", "blocked:B"};
    throw UsageError("unknown order '" + std::string(text) + "'" + did_you_mean(text, known));
  }
  return order;
}

std::string notation(const SumOrder& order) {
  switch (order.kind) {
    case SumOrder::sequential:
      return "sequential";
    case SumOrder::tree:
      return "tree";
    case SumOrder::exact:
      return "exact";
    case SumOrder::wide:
      return "wide:" + notation(order.wide_format);
    case SumOrder::blocked:
      return "blocked:" + std::to_string(order.block);
  }
  return "";
}

}  // namespace roundoff::formats
