// Constructions: hand-built transformers, one file each, listed in registry.cpp. A construction is a function
// of the task's size and of the format (weights such as the largest magnitude depend on it), and declares
// what it claims.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "constructions/names.hpp"
#include "constructions/tasks/task.hpp"
#include "sim/model/model.hpp"
#include "sim/model/policy_codec.hpp"

namespace roundoff::constructions {

struct Knob {
  std::string_view name;
  std::string_view summary;
  /// The default and the admissible range at a size; the analyzer scans it.
  std::function<int(const TaskSize& size)> standard;
  std::function<int(const TaskSize& size)> least;
  std::function<int(const TaskSize& size)> most;
  /// Below the default the model gives up some inputs by intention (a window); other knobs keep all right.
  bool approximates = false;
};
using Settings = std::map<std::string, int, std::less<>>;

/// What a construction asks of the semantics beside its format family, where they are not the default of
/// semantics.md.
struct OwnSemantics {
  SumOrder order;
  std::optional<Overflow> accumulators;  ///< the overflow rule of that role alone
};

/// A form of a construction for floating point, which the format chooses (scales.hpp).
struct FloatForm {
  std::string_view family;  ///< the floating-point format family it needs; "" when there is no such form
  std::string_view width;   ///< the claimed width there
};

/// Builds the model at a size; a class of its own so that an overloaded name gives the one that fits.
class Builder : public std::function<Model(const Task&, const Policy&, const Settings&)> {
 public:
  using function::function;
  Builder(Model (*build)(const Task& task, const Policy& policy, const Settings& settings))
      : function(build) {}
};

struct Construction {
  std::string_view name;     ///< add-hinge
  std::string_view task;     ///< add
  std::string_view theorem;  ///< "Feng et al. Thm 5.1", or "beyond the paper"
  Regime regime;
  std::string_view width;   ///< the claimed width as a formula in n, k, p, l and knobs; a test compares it
  std::string_view family;  ///< the format family it needs; the default of --format
  FloatForm floats = {};
  std::string_view summary;  ///< one line
  std::string_view note;     ///< theory-notes/<note>.md
  std::vector<Knob> knobs;
  OwnSemantics own = {};  ///< part of the default policy of every command
  bool deepens = false;   ///< layers grow with the size: not what theorems on a constant number speak of
  /// Reason why it cannot be built or run so, with the remedy; "" when it can.
  std::function<std::string(const TaskSize& size, const Policy& policy, const Settings& settings)> refuses;
  /// The model. Settings are complete and in range; `refuses` said "".
  Builder build;
};

std::span<const Construction> all_constructions();
/// Of the registry, of those that were adopted (adopted.hpp), or a family of model files. UsageError with a "did you
/// mean" for an unknown name.
const Construction& find_construction(std::string_view name);
/// One format for all roles but what the construction's own semantics say; what a user chose (without `format`)
/// is laid over it. An overflow rule that the format cannot have is left out (and `refuses` says what is
/// needed).
Policy policy_for(const Construction& construction, const Format& format, const PolicyLayer& chosen = {},
                  const Bindings& bindings = {});
/// Fills in defaults; UsageError for an unknown knob or a value out of range.
Settings complete(const Construction& construction, const TaskSize& size, const Settings& given);
/// Builds after asking `refuses` (UsageError with the reason).
Model build(const Construction& construction, const Task& task, const Policy& policy,
            const Settings& settings);

}  // namespace roundoff::constructions
