// A task with padding: tokens that say nothing stand behind the question, before the answer is written (semantics.md,
// section 3), so that a model has more positions to compute at.
#pragma once

#include <memory>
#include <string>

#include "constructions/tasks/task.hpp"

namespace roundoff::constructions {

/// `count` tokens `token`, which the task may have already. The task itself where count is 0.
std::unique_ptr<Task> padded_task(std::unique_ptr<Task> task, int count, const std::string& token);

}  // namespace roundoff::constructions
