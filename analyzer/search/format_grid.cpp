// Which parameter of which notation a quantity is.
#include "analyzer/search/format_grid.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "analyzer/search/minimise.hpp"
#include "formats/error.hpp"

namespace roundoff::analyzer {
namespace {

struct Parts {
  std::string head, tail;  ///< "fixed(" and "):rnz"
};

Parts split(const Format& format) {
  const std::string text = notation(format);
  const std::size_t open = text.find('('), close = text.find(')');
  if (open == std::string::npos || close == std::string::npos || text.find(',') == std::string::npos) {
    throw UsageError(fmt::format(
        "'{}' has no parameters to search; give a notation such as fixed(i,f), float(e,p) or F(e,s)", text));
  }
  return {text.substr(0, open + 1), text.substr(close)};
}

/// Fixed point has at least one bit beside the sign.
int least(int other) { return other == 0 ? 1 : 0; }

FormatLine moving_first(const Parts& parts, int second, int least, int own) {
  return {parts.head, fmt::format(",{}{}", second, parts.tail), least, own};
}
FormatLine moving_second(const Parts& parts, int first, int least, int own) {
  return {fmt::format("{}{},", parts.head, first), parts.tail, least, own};
}

}  // namespace

std::vector<FormatLine> format_lines(const Format& own, Quantity quantity, int fractions, int exponents) {
  const Parts parts = split(own);
  const auto meaningless = [&] {
    return UsageError(fmt::format(
        "--minimize {}: {} has no such bits; {}", name(quantity), notation(own),
        own.is_fixed() ? "fixed point has int, frac and bits" : "it has significand, exponent and bits"));
  };
  if (own.is_fixed()) {
    switch (quantity) {
      case Quantity::integer:
        return {moving_first(parts, own.second, least(own.second), own.first)};
      case Quantity::fraction:
        return {moving_second(parts, own.first, least(own.first), own.second)};
      case Quantity::bits: {
        std::vector<FormatLine> lines;
        for (int f = 0; f <= std::max(fractions, own.second); ++f)
          lines.push_back(moving_first(parts, f, least(f), own.first));
        return lines;
      }
      default:
        throw meaningless();
    }
  }
  if (own.layout != Layout::floating && own.layout != Layout::papers) throw meaningless();
  switch (quantity) {
    case Quantity::significand:
      return {moving_second(parts, own.first, 1, own.second)};
    case Quantity::exponent:
      return {moving_first(parts, own.second, own.layout == Layout::papers ? 0 : 2, own.first)};
    case Quantity::bits: {
      if (own.layout == Layout::papers && own.first == 0) return {moving_second(parts, 0, 1, own.second)};
      std::vector<FormatLine> lines;
      for (int e = own.layout == Layout::papers ? 0 : 2; e <= exponents; ++e)
        lines.push_back(moving_second(parts, e, 1, own.second));
      return lines;
    }
    default:
      throw meaningless();
  }
}

}  // namespace roundoff::analyzer
