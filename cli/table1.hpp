// Table 1 of Feng et al. (arXiv:2410.13857), measured: per task and precision regime the fewest bits and the
// smallest width that were found to do, per size, with evidence. What is measured here is data for the
// writers: text, JSON, CSV, page.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/minimise.hpp"
#include "cli/session.hpp"

namespace roundoff::cli {

/// A cell of the paper's table.
struct Cell {
  std::string_view task;
  Regime regime;
  std::string_view bound;  ///< the paper's width
  std::string_view theorem;
  std::string_view sizes;     ///< n, quick
  std::string_view full;      ///< n, thorough
  std::string_view operands;  ///< k
};
std::span<const Cell> table1_cells();

/// The width of one construction against the size, from the scans of a cell.
struct WidthCurve {
  std::string construction;
  std::string_view claimed;  ///< the registry's formula
  std::string_view theorem;
  GrowthLaw law;
};

struct MeasuredCell {
  const Cell* cell = nullptr;
  Minimisation bits, width;
  std::optional<Minimisation> papers_format;  ///< constant precision: the smallest s of the paper's F(0,s)
  std::vector<WidthCurve> curves;
  bool empty() const { return bits.constructions.empty(); }  ///< no construction is known
};

struct Table1Options {
  int p = 2;
  bool full = false;
  std::string sizes;  ///< instead of the cell's own n
  VerifyOptions verify;
  Store* store = nullptr;
  std::function<void(const std::string& what, int done, int of)> progress;
};

MeasuredCell measure(const Cell& cell, const Table1Options& options);

std::string_view name(Regime regime);

/// The measured cells as one page.
std::string table1_page(const std::vector<MeasuredCell>& cells, const Table1Options& options,
                        const Session& session);

}  // namespace roundoff::cli
