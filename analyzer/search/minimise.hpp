// Minimisation: the smallest width or the fewest bits with which a construction solves its task, by scanning.
// Success is not monotone in precision (a construction is built anew for every format, and its weights change
// with it), so nothing is bisected: every candidate from the least up to past the first success is verified,
// and exceptions are reported.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/evidence/verify.hpp"
#include "analyzer/laws/growth.hpp"
#include "analyzer/names.hpp"
#include "analyzer/store/store.hpp"
#include "constructions/construction.hpp"
#include "formats/notation/family.hpp"

namespace roundoff::analyzer {

/// What is minimised. `integer` and `fraction`: i and f of fixed(i,f), twos, ufixed. `significand`: p of
/// float(e,p), s of F(e,s). `exponent`: e of either. `bits`: the bits of the format over all of its
/// parameters. `width`: semantics.md, section 5, over the construction's knobs.
enum class Quantity : std::uint8_t { width, bits, integer, fraction, significand, exponent };
std::string_view name(Quantity quantity);
/// UsageError with a "did you mean"; `int` and `frac` are accepted for integer and fraction.
Quantity parse_quantity(std::string_view name);

/// One candidate: a construction with its settings in a format, and what became of it.
struct Attempt {
  std::string construction;
  std::string task;    ///< as find_task reads it
  Settings settings;   ///< complete
  Policy policy;       ///< what it was run under
  Policy implied;      ///< what its name and --format alone lead to
  std::string format;  ///< that of the weights, instantiated
  int value = 0;       ///< of the quantity
  int bits = 0;
  Shape shape;  ///< of the model; all 0 where it was refused
  /// The first weight that the format does not hold, or "": the model then runs with rounded weights (and
  /// `run` wants --round-weights to replay it).
  std::string inexact;
  std::string refusal;  ///< why the construction cannot be built so; then there is no result
  Result result;

  bool holds() const { return refusal.empty() && passes(result.verdict); }
};

/// Candidates that differ in the quantity alone, by increasing value.
struct Scan {
  std::string label;  ///< "fixed(i,0)", "add-dnf"
  std::vector<Attempt> attempts;
  std::optional<std::size_t> first;        ///< the least success
  std::optional<std::size_t> stable_from;  ///< from here on all attempts succeed
  std::vector<std::size_t> exceptions;     ///< refutations and refusals above the first success
};

struct Minimum {
  TaskSize size;
  double N = 0;  ///< positions read
  std::vector<Scan> scans;
  std::optional<int> value;           ///< the least over all scans; none: nothing in range succeeds
  std::size_t scan = 0, attempt = 0;  ///< where it is
  std::string note;

  const Attempt& best() const { return scans[scan].attempts[attempt]; }
  /// The attempts one step below the minimum, in every scan that has one: the failure of greatest value under
  /// it, or of the same value tried before it (a knob that does not change the width).
  std::vector<const Attempt*> below() const;
};

struct MinimiseOptions {
  Quantity quantity = Quantity::width;
  std::vector<TaskSize> sizes;
  std::optional<FormatFamily> format;  ///< absent: the construction's own family
  Settings settings;                   ///< knobs held fixed
  PolicyLayer policy;                  ///< what else was chosen, without `format`
  VerifyOptions verify;
  Store* store = nullptr;
  int above = 2;  ///< successes to be seen above the first one; a scan also goes up to the family's own value
  int beyond = 12;       ///< how far past the family's own value a scan without success goes on
  int fractions = 2;     ///< `bits` in fixed point: fraction bits 0 .. this (and the family's own)
  int exponents = 8;     ///< `bits` in floating point: exponent bits 1 .. this are scanned
  std::string variable;  ///< of the law: n, k or N; "": what varies (bits: N)
  GrowthOptions growth;
  std::function<void(const std::string& what, int done, int of)>
      progress;  ///< after every attempt; `of` is an estimate
};

struct Minimisation {
  Quantity quantity = Quantity::width;
  std::string task;  ///< as find_task reads it
  std::vector<std::string> constructions;
  std::vector<Minimum> minima;  ///< one a size, in the order given
  bool interrupted = false;
  GrowthLaw law;  ///< fitted to the sizes that have a minimum
};

/// All constructions must solve the same task. UsageError where the quantity means nothing for the format
/// (the integer bits of a float), the family is a named format, or knobs have too many settings to scan.
Minimisation minimise(std::span<const Construction* const> constructions, const MinimiseOptions& options);

/// The same for a model that is what it is, from a file, with the policy of the file: its activations' format
/// is scanned from there (or from options.format) on, at the task's size alone; `name` stands where a
/// construction's would. Roles that have that format, be it with another rounding or overflow, move along;
/// others stay. UsageError for the width.
Minimisation minimise(const Model& model, const Task& task, const Policy& own, const std::string& name,
                      const MinimiseOptions& options);

/// Marks the first success of a scan, from where on all succeed, and the failures between.
void assess(Scan& scan);
/// The least value over all scans.
void choose(Minimum& minimum, bool interrupted);

/// The constructions of a task, of one regime where it is given.
std::vector<const Construction*> constructions_of(std::string_view task, std::optional<Regime> regime = {});

/// Every combination of knob values in range; knobs in `fixed` keep their value. UsageError for too many to
/// scan.
std::vector<Settings> all_settings(const Construction& construction, const TaskSize& size,
                                   const Settings& fixed);

/// Rounded operations of one pass over `positions` positions, as an order of magnitude: non-zero weights at
/// every position, and attention over every pair of positions. What planners count work in.
double operations(const Shape& shape, int positions);
double operations(const Model& model, int positions);

/// Builds and verifies one candidate (through the store, where there is one). A refusal of the construction
/// and a weight that the format does not hold are reported in the attempt, not thrown.
Attempt attempt(const Construction& construction, const Settings& settings, const Task& task,
                const Policy& policy, const VerifyOptions& options, Store* store);

}  // namespace roundoff::analyzer
