// The public header of this floor: tasks, the registry of constructions, and how one is built.
#pragma once

#include "constructions/construction.hpp"
#include "constructions/tasks/task.hpp"
#include "sim/sim.hpp"
