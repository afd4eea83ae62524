// Replay: the shell command that shows one input once more under exactly this construction, size, format and
// semantics, so that a counterexample never has to be believed.
#pragma once

#include <string>
#include <string_view>

#include "analyzer/store/question.hpp"

namespace roundoff::analyzer {

/// A word as a shell reads it back: quoted where it must be.
std::string shell_quoted(std::string_view word);

/// "roundoff run add-hinge --p 2 --n 8 --format 'fixed(6,0)' --set D=1 10000000+00000000=". `name` is a
/// construction, a family or a model file for the task, and `implied` the policy that it and --format alone lead to.
std::string replay_command(std::string_view name, const TaskEntry& task, const TaskSize& size,
                           const Settings& settings, const Policy& policy, const Policy& implied,
                           std::string_view input);

/// Of a stored verdict, with --round-weights, since the store does not say whether the format held every
/// weight. "" of a model that no construction builds.
std::string replay_command(const Question& question, const Counterexample& counterexample);

}  // namespace roundoff::analyzer
