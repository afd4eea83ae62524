// The public header of this floor: models as values, policies, model files, the program that a model and a policy
// become, and the interpreters that run it.
#pragma once

#include "formats/formats.hpp"
#include "sim/files/model_file.hpp"
#include "sim/lanes/lanes.hpp"
#include "sim/model/model.hpp"
#include "sim/model/policy.hpp"
#include "sim/passes/passes.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"
