// Which parameter of which notation a quantity is.
#include "analyzer/search/format_grid.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "analyzer/search/minimise.hpp"
#include "formats/error.hpp"

namespace roundoff::analyzer {
namespace {

/// Fixed point has at least one bit beside the sign.
int least(int other) { return other == 0 ? 1 : 0; }

FormatLine moving_first(const Format& own, int second, int least) {
  return {own.with(std::max(own.first, least), second), formats::Parameter::first, least, own.first};
}
FormatLine moving_second(const Format& own, int first, int least) {
  return {own.with(first, std::max(own.second, least)), formats::Parameter::second, least, own.second};
}

}  // namespace

std::vector<FormatLine> format_lines(const Format& own, Quantity quantity, int fractions, int exponents) {
  const auto meaningless = [&] {
    return UsageError(fmt::format(
        "--minimize {}: {} has no such bits; {}", name(quantity), notation(own),
        own.is_fixed() ? "fixed point has int, frac and bits" : "it has significand, exponent and bits"));
  };
  if (own.is_fixed()) {
    switch (quantity) {
      case Quantity::integer:
        return {moving_first(own, own.second, least(own.second))};
      case Quantity::fraction:
        return {moving_second(own, own.first, least(own.first))};
      case Quantity::bits: {
        std::vector<FormatLine> lines;
        for (int f = 0; f <= std::max(fractions, own.second); ++f)
          lines.push_back(moving_first(own, f, least(f)));
        return lines;
      }
      default:
        throw meaningless();
    }
  }
  if (own.layout != Layout::floating && own.layout != Layout::papers) throw meaningless();
  switch (quantity) {
    case Quantity::significand:
      return {moving_second(own, own.first, 1)};
    case Quantity::exponent:
      return {moving_first(own, own.second, own.layout == Layout::papers ? 0 : 2)};
    case Quantity::bits: {
      if (own.layout == Layout::papers && own.first == 0) return {moving_second(own, 0, 1)};
      std::vector<FormatLine> lines;
      for (int e = own.layout == Layout::papers ? 0 : 2; e <= exponents; ++e)
        lines.push_back(moving_second(own, e, 1));
      return lines;
    }
    default:
      throw meaningless();
  }
}

}  // namespace roundoff::analyzer
