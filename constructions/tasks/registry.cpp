// The list of tasks. One line adds one; help, tables, certificates and tests iterate over it.
#include "constructions/tasks/task.hpp"

namespace roundoff::constructions {

TaskEntry add_task();
TaskEntry iteradd_task();
TaskEntry mul_task();
TaskEntry majority_task();
TaskEntry parity_task();
TaskEntry cot_iteradd_task();
TaskEntry cot_mul_task();

std::span<const TaskEntry> tasks() {
  static const std::vector<TaskEntry> entries = {
      add_task(),          //
      iteradd_task(),      //
      mul_task(),          //
      majority_task(),     //
      parity_task(),       //
      cot_iteradd_task(),  //
      cot_mul_task(),      //
  };
  return entries;
}

}  // namespace roundoff::constructions
