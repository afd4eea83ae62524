// The papers' float F(e,s): S * 2^(E-s), |S| <= 2^(2s)-1, E = 0 where e = 0, else -2^(e-1) <= E <= 2^(e-1)-1.
// No inf, NaN or -0; ties go to the smaller magnitude; overflow saturates. As a grid: precision 2s and
// quantum E_min - s. (A value with several pairs (S,E) is one value; what is even under rne is the S of the
// smallest step that holds it, as in IEEE 754.) Source: Li, Liu, Zhou, Ma, "Chain of Thought Empowers
// Transformers to Solve Inherently Serial Problems" (2024), definition 3.2, and the arithmetic papers that
// follow it.
#include "formats/layouts/layouts.hpp"

namespace roundoff::formats {
namespace {

Format make_papers(Parameters e_s) {
  Format format;
  format.layout = Layout::papers;
  format.encoding = Encoding::none;
  format.first = in_range("e", e_s[0], 0, 19);
  format.second = in_range("s", e_s[1], 1, 60);
  const int span = format.first == 0 ? 0 : 1 << (format.first - 1);
  format.bits = format.first + 2 * format.second + 1;
  format.precision = 2 * format.second;
  format.quantum = -span - format.second;
  format.highest = all_ones(false, format.precision, (span == 0 ? 0 : span - 1) - format.second);
  format.lowest = negated(format.highest);
  format.rounding = Rounding::rnz;
  return format;
}

constexpr CatalogueEntry papers_list[] = {
    {.name = "F(e,s)",
     .example = "F(0,2)",
     .summary = "S * 2^(E-s), |S| <= 2^(2s)-1, E of e bits: the papers' float",
     .source = "Li, Liu, Zhou, Ma 2024 (arXiv:2402.12875), definition 3.2",
     .make_from = make_papers,
     .widths = {1, 2, 0}},
};

}  // namespace

std::span<const CatalogueEntry> papers_entries() { return papers_list; }

}  // namespace roundoff::formats
