// What a run left behind, value by value: the trace file of --trace, and the figures by site of --stats, as
// `run` and `forward` offer them.
#pragma once

#include <string>
#include <vector>

#include "cli/names.hpp"
#include "cli/options/arguments.hpp"
#include "cli/views/answer.hpp"
#include "sim/model/model.hpp"
#include "sim/program/program.hpp"
#include "sim/program/reference.hpp"

namespace roundoff::cli {

/// Every value computed so far as JSON lines, in the order of computation (commands.md, `run --trace`).
/// Intermediate steps of a site are left out. Token embeddings, logits and the choice belong to no layer:
/// layer is -1. Beside a value stand the token at its position, the register that it is, where it is one of the stream,
/// and the result before rounding, where that is another.
void write_trace(const std::string& path, const Program& program, const Reference& reference,
                 const Model& model, const std::vector<std::string>& tokens,
                 const std::vector<std::string>& vocabulary);

/// Range and rounding figures of one site of one layer, over positions, heads, keys and indices; intermediate
/// steps count.
struct SiteStatistics {
  SiteName site = SiteName::none;
  int layer = -1;
  std::int64_t values = 0, inexact = 0, saturated = 0, overflow = 0, underflow = 0;
  Value least, most;      ///< of the finite values
  double error_ulps = 0;  ///< the largest rounding error, in units in the last place
  /// What would hold every result before rounding: bits before the point, and after it; no number of bits
  /// after it is enough where some result is no dyadic number (e^x, most quotients).
  int needed_integer = 0, needed_fraction = 0;
  bool dyadic = true;
  int integer_bits =
      0;  ///< bits before the point that the largest magnitude needs; <= 0 when all are below 1
};
std::vector<SiteStatistics> statistics(const Program& program, const Reference& reference);
Table as_table(const std::vector<SiteStatistics>& statistics);
Json as_json(const std::vector<SiteStatistics>& statistics);

/// What is to be seen of the inside of a run.
struct InsideOptions {
  std::string trace;  ///< a file, or ""
  bool stats = false;
  bool any() const { return stats || !trace.empty(); }
  /// UsageError where a trace and another form of the answer both want standard output.
  void check(const Session& session) const;
};
void declare_inside(Arguments& arguments, InsideOptions& options);
/// Writes the trace; adds the figures by site to the text and the document, and returns them as a table.
Table show_inside(const InsideOptions& options, const Program& program, const Reference& reference,
                  const Model& model, const std::vector<std::string>& tokens,
                  const std::vector<std::string>& vocabulary, std::string& text, Json& document);
/// Prints the answer; on standard error where the trace has taken standard output.
void print_beside(const InsideOptions& options, const Session& session, const std::string& text,
                  const Table& table, const Json& document);

/// The first value of each kind that a reader should know of, in the order of computation: "saturates (first: layer
/// 1, score at position 3, head 0, key 1)", ...; "" where there is none. One line.
std::string mishaps_text(const Program& program, const Reference& reference);
/// {"nan": {"place", "node"?}, "infinity", "overflow", "saturation"}: those that there are, each with its place,
/// and how many values are so.
Json mishaps_json(const Program& program, const Reference& reference);

}  // namespace roundoff::cli
