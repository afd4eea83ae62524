// Why is an answer wrong? Three runs of one input side by side: the rounded run, the same model without
// rounding, and what the task specifies. Who is to blame follows from them:
//
// - specification: the input is none of the task's, so that no answer is right.
// - construction: the model is wrong on this input even without rounding.
// - rounding: without rounding every token of the answer is right. Roundings are then switched on one by one
// in the order of computation
//   (prefix_rounding.hpp), and the first one after which the token stays wrong is the culprit.
//
// A design for constant precision computes *with* rounding and saturation and is wrong without them by
// intention. It is compared with itself in a format in which it is right on this input, where one is given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/blame/prefix_rounding.hpp"
#include "analyzer/names.hpp"
#include "constructions/tasks/task.hpp"
#include "sim/model/model.hpp"
#include "sim/model/policy.hpp"

namespace roundoff::analyzer {

enum class Blame : std::uint8_t { none, rounding, construction, specification };
std::string_view name(Blame blame);

/// What a rounding did, by name. `chosen` is no rounding: the design has another weight in this format.
enum class Mishap : std::uint8_t {
  chosen,
  rounded,
  absorbed,
  vanished,
  saturated,
  overflowed,
  wrapped,
  trapped
};
std::string_view name(Mishap mishap);

/// One step of a sequential sum or dot product: total = rnd(before + term).
struct Step {
  std::size_t index = 0;  ///< of the term
  std::string x, y;       ///< factors of a dot product, else x is the term
  Value term, before, after;
  Flags flags = 0;
  bool absorbed = false;  ///< a term that is not zero left the total as it was
};

/// One thing that rounding changed.
struct Culprit {
  bool weight = false;
  Site site;              ///< of a weight: of the first operation that uses it
  std::string operation;  ///< "dot", "exp", "weight"
  std::string format;     ///< it is rounded to
  std::vector<Value> x, y;
  /// The exact result on these operands, in decimal; of a weight: what it is in the run compared with.
  std::string exact;
  Value rounded;
  double ulps = -1;  ///< |rounded - exact| in units in the last place; -1 where the format has none
  Flags flags = 0;
  Mishap mishap = Mishap::rounded;
  std::vector<Step> steps;  ///< of a sum in sequential order
  std::string margin_before,
      margin_after;  ///< of the wanted logit, with everything before it rounded; with it, too
};

/// The arg max at one output: the wanted token's logit minus the largest other one.
struct OutputMargin {
  int position = 0;
  std::string want, rounded, ideal;  ///< tokens
  std::string rounded_margin, ideal_margin;
};

struct Tally {
  std::int64_t operations = 0, inexact = 0, absorbed = 0, vanished = 0, saturated = 0, overflowed = 0;
};

struct Explanation {
  Blame blame = Blame::none;
  std::string input, want, got;  ///< answers as text; got is "trap: ..." where the run stops
  std::string reason;            ///< specification: why the input is none of the task's
  std::string ideal;             ///< what it is compared with: "exact" or a format's notation
  int ideal_position = -1;       ///< where that is wrong first (-1: nowhere), what it chooses and should
  std::string ideal_choice, ideal_want;
  bool ideal_tie = false;             ///< its best logits are not told apart there
  int output = -1;                    ///< the first wrong answer token, from 0
  int position = -1;                  ///< where it is read
  std::vector<OutputMargin> margins;  ///< up to the first wrong token
  Tally tally;                        ///< of the operations that the wrong token depends on
  std::size_t changes = 0;            ///< roundings that changed something there
  bool scanned = false;               ///< every one of them was switched on in turn; else bisection
  std::vector<std::size_t>
      turns;  ///< places in the order of changes where the choice turns wrong or right again
  std::optional<Culprit> culprit;  ///< blame rounding
};

struct ExplainOptions {
  double scan_cost = 5e6;  ///< scans all changes up to this many operations in total, bisects beyond
  /// The same design in a format in which it is meant to be right, for designs that need rounding.
  std::optional<Sibling> own;
};

/// `text` as Task::parse reads it.
Explanation explain(const Model& model, const Policy& policy, const Task& task, std::string_view text,
                    const ExplainOptions& options = {});

}  // namespace roundoff::analyzer
