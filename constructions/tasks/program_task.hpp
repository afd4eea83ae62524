// A task that a program answers: prompts go to its standard input, a line each, and as many lines of answers come back.
// Its inputs are those of another task, whose answers nobody asks for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "constructions/tasks/task.hpp"

namespace roundoff::constructions {

struct ProgramForm {
  std::string name, spec, digest;
  std::vector<std::string> command;
  std::string folder;                ///< where it runs
  double seconds = 60;               ///< of one call
  std::vector<std::string> answers;  ///< tokens of answers that are in no prompt; empty: found by asking
};

/// The inputs are those of `inner`.
std::unique_ptr<Task> program_task(std::unique_ptr<Task> inner, ProgramForm form);

}  // namespace roundoff::constructions
