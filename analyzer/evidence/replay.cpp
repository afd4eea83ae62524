// One spelling of every option of `roundoff run`; what has its default is left out.
#include "analyzer/evidence/replay.hpp"

#include <fmt/format.h>

namespace roundoff::analyzer {
namespace {

/// What --format alone leads to: the format in every role but what the construction's own semantics say, and
/// the order that is taken where none is given.
Policy implied_by(std::string_view name, const Format& format) {
  for (const Construction& construction : all_constructions())
    if (construction.name == name) return policy_for(construction, format);
  return Policy::uniform(format);
}

}  // namespace

std::string shell_quoted(std::string_view word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) return std::string(word);
  std::string result = "'";
  for (const char c : word) {
    if (c == '\'')
      result += "'\\''";
    else
      result += c;
  }
  return result + "'";
}

std::string replay_command(std::string_view name, const TaskSize& size, const Settings& settings,
                           const Policy& policy, std::string_view input) {
  const TaskSize standard;
  const Policy implied = implied_by(name, policy[Role::weights]);
  std::string line = "roundoff run " + shell_quoted(name);
  const auto add = [&](std::string_view option, std::string_view value) {
    line += fmt::format(" {} {}", option, shell_quoted(value));
  };
  add("--p", std::to_string(size.p));
  add("--n", std::to_string(size.n));
  if (size.k != standard.k) add("--k", std::to_string(size.k));
  if (size.l != standard.l) add("--l", std::to_string(size.l));
  if (size.c != standard.c) add("--c", std::to_string(size.c));
  if (size.ragged) line += " --ragged";
  if (policy.formats == implied.formats) add("--format", notation(policy[Role::weights]));
  for (const auto& [knob, value] : settings) add("--set", fmt::format("{}={}", knob, value));
  if (policy.softmax == Softmax::plain) add("--softmax", "plain");
  if (policy.order != implied.order) add("--order", notation(policy.order));
  if (policy.dot == DotMode::fused) line += " --fma";
  if (policy.dot == DotMode::exact_dot) line += " --exact-dot";
  return line + " " + shell_quoted(input);
}

std::string replay_command(const Question& question, const Counterexample& counterexample) {
  const Policy& policy = question.policy;
  if (question.construction.empty() ||
      policy.formats != implied_by(question.construction, policy[Role::weights]).formats)
    return "";
  return replay_command(question.construction, question.size, question.settings, question.policy,
                        counterexample.input) +
         " --round-weights";
}

}  // namespace roundoff::analyzer
