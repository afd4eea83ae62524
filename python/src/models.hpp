// A model in Python's hands: what a model file says, in memory.
#pragma once

#include <memory>
#include <string>

#include "python/src/module.hpp"

#include "constructions/tasks/task.hpp"
#include "sim/files/model_file.hpp"

namespace roundoff::python {

/// Never changed once it is made.
struct HeldModel {
  std::shared_ptr<const ModelFile> file;
  std::string path;  ///< of the file that it was loaded from, or ""
};

/// The task in Python's hands.
struct HeldTask {
  std::shared_ptr<const Task> task;
};

/// The task as a model file says it.
std::string task_text(const Task& task);

}  // namespace roundoff::python
