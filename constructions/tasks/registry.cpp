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
TaskEntry and_task();
TaskEntry or_task();
TaskEntry copy_task();
TaskEntry reverse_task();
TaskEntry equal_task();
TaskEntry less_task();
TaskEntry max_task();
TaskEntry modadd_task();
TaskEntry dyck1_task();
TaskEntry dyck2_task();
TaskEntry s5_task();
TaskEntry induction_task();
TaskEntry regex_task();

std::span<const TaskEntry> tasks() {
  static const std::vector<TaskEntry> entries = {
      add_task(),          //
      iteradd_task(),      //
      mul_task(),          //
      majority_task(),     //
      parity_task(),       //
      cot_iteradd_task(),  //
      cot_mul_task(),      //
      and_task(),          //
      or_task(),           //
      copy_task(),         //
      reverse_task(),      //
      equal_task(),        //
      less_task(),         //
      max_task(),          //
      modadd_task(),       //
      dyck1_task(),        //
      dyck2_task(),        //
      s5_task(),           //
      induction_task(),    //
      regex_task(),        //
  };
  return entries;
}

}  // namespace roundoff::constructions
