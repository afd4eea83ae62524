// posit(n,es): values and ends; rounding and codes are in formats/rounding/posit.cpp.
// Source: Posit Working Group, Standard for Posit Arithmetic (2022); es = 2 there, other es as in Gustafson
// and Yonemoto 2017.
#include <algorithm>

#include "formats/layouts/layouts.hpp"

namespace roundoff::formats {
namespace {

Format make_posit(Parameters n_es) {
  Format format;
  format.layout = Layout::posit;
  format.encoding = Encoding::posit;
  format.first = in_range("n", n_es[0], 2, 64);
  format.second = in_range("es", n_es[1], 0, 8);
  format.bits = format.first;
  // Next to 1 the run takes two bits, and the sign one.
  format.precision = std::max(1, format.first - 2 - format.second);
  const int top = (format.first - 2) << format.second;
  format.quantum = -top;
  format.highest = Value::scaled(false, 1, top);
  format.lowest = negated(format.highest);
  format.has_nan = true;
  return format;
}

constexpr CatalogueEntry posits_list[] = {
    {.name = "posit(n,es)",
     .example = "posit(8,2)",
     .summary = "tapered float of n bits, es exponent bits, NaR",
     .source = "Standard for Posit Arithmetic, 2022",
     .make_from = make_posit,
     .aliases = "posit{n}=posit({n},2)",
     .rules = "Posit Standard 2022: x/0, reciprocal 0, rsqrt 0, log 0 and infinities are NaR; to nearest "
              "nothing overflows "
              "or underflows to 0 or NaR",
     .widths = {1, 0, 0}},  // es is part of the n bits
};

}  // namespace

std::span<const CatalogueEntry> posits_entries() { return posits_list; }

}  // namespace roundoff::formats
