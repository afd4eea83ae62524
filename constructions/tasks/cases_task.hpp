// A task that is a list of cases: prompts and their answers, token by token.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "constructions/tasks/task.hpp"

namespace roundoff::constructions {

struct Case {
  std::vector<Token> prompt, answer;  ///< the answer without <eos>
};
struct CasesForm {
  std::string name, spec, digest;
  std::vector<std::string> vocabulary;  ///< without <eos>, which is added as the last
  std::vector<Case> cases;
};

/// Lines of prompt tokens, a tab, answer tokens, separated by blanks; empty lines are skipped, and so are repeated
/// ones. FileError that names the line for an unknown token, a missing tab, or one prompt with two answers.
std::vector<Case> read_cases(const std::string& path, std::string_view text,
                             const std::vector<std::string>& vocabulary);

/// The cases with prompts of n tokens; there may be none.
std::unique_ptr<Task> cases_task(const TaskSize& size, CasesForm form);

}  // namespace roundoff::constructions
