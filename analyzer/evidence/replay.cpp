// One spelling of every option of `roundoff run`; what has its default is left out.
#include "analyzer/evidence/replay.hpp"

#include <fmt/format.h>

#include "constructions/families/model_family.hpp"

namespace roundoff::analyzer {

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

std::string replay_command(std::string_view name, const TaskEntry& task, const TaskSize& size,
                           const Settings& settings, const Policy& policy, const Policy& implied,
                           std::string_view input) {
  const TaskSize standard;
  std::string line = "roundoff run " + shell_quoted(name);
  const auto add = [&](std::string_view option, std::string_view value) {
    line += fmt::format(" {} {}", option, shell_quoted(value));
  };
  // What neither the task nor a family of models uses is no part of the question.
  const auto used = [&](char letter) { return task.uses(letter) || constructions::depends_on(name, letter); };
  if (used('p')) add("--p", std::to_string(size.p));
  if (used('n')) add("--n", std::to_string(size.n));
  if (size.k != standard.k && used('k')) add("--k", std::to_string(size.k));
  if (size.l != standard.l && used('l')) add("--l", std::to_string(size.l));
  if (size.c != standard.c) add("--c", std::to_string(size.c));
  if (size.ragged) line += " --ragged";
  for (const std::string& word : options_of(difference(policy, implied))) line += " " + shell_quoted(word);
  for (const auto& [knob, value] : settings) add("--set", fmt::format("{}={}", knob, value));
  if (is_generated_family(name)) line += " --allow-programs";
  return line + " " + shell_quoted(input);
}

std::string replay_command(const Question& question, const Counterexample& counterexample) {
  if (question.construction.empty() || is_generated_family(question.construction)) return "";
  const Policy& policy = question.policy;
  return replay_command(question.construction, find_task(question.task), question.size, question.settings,
                        policy, policy_for(find_construction(question.construction), policy[Role::weights]),
                        counterexample.input) +
         " --round-weights";
}

}  // namespace roundoff::analyzer
