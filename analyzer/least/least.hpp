// The least width at which a transformer can do a task, by SAT (CaDiCaL): every weight is an unknown.
//
// "Least width w" means: at w a model was found, and verified on all inputs by the executor; and at w - 1 every split into
// d_model, heads, sizes of heads and d_ff is unsatisfiable, each with a proof that check_drat accepts. Only maximal
// splits need asking: rows of zeros change no bit, so that a model of a smaller split is one of a larger.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "analyzer/least/unknown_model.hpp"

namespace roundoff::analyzer {

enum class Satisfiable : std::uint8_t { no, yes, unknown };

/// What is known of one split.
struct SplitAnswer {
  WidthSplit split;
  Satisfiable satisfiable = Satisfiable::unknown;
  std::optional<Model> model;  ///< verified on all inputs
  std::size_t variables = 0, clauses = 0;
  std::size_t proof_steps = 0;  ///< of the accepted proof
  std::string why_unknown;      ///< the limit that was reached
};

struct LeastOptions {
  bool symmetries = true;  ///< leave models out that differ from another by a symmetry
  double seconds = 600;    ///< for each split, of the solver's own clock
  std::function<bool()> interrupted;
  std::function<void(std::string_view what, double done, double of)>
      progress;                                                        ///< of one split; `of` 0: not known
  std::function<std::optional<SplitAnswer>(const WidthSplit&)> known;  ///< from a store
  std::function<void(const WidthSplit&)> asking;                       ///< before the solver is asked
  std::function<void(const SplitAnswer&)> found;
};

/// The maximal splits of a width: d_model = d_ff = width, and H heads of floor(width / H) each.
std::vector<WidthSplit> maximal_splits(int width, int layers);

/// Whether the model is right on all inputs, by the executor.
bool solves(const Model& model, const Task& task, const Format& format);

SplitAnswer decide(const Task& task, const WidthSplit& split, const Format& format,
                   const LeastOptions& options);

struct Least {
  int width = 0;                     ///< 0: not found up to the greatest width asked for, or unknown
  bool proved = false;               ///< every split of width - 1 is refuted
  std::vector<SplitAnswer> answers;  ///< in the order they were asked
};
Least least_width(const Task& task, int layers, const Format& format, int greatest,
                  const LeastOptions& options);

}  // namespace roundoff::analyzer
