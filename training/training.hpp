// The public header of this floor: training with every operation rounded, from a page of TOML to a model.
#pragma once

#include "training/exact/trained.hpp"
#include "training/run.hpp"

#include "constructions/constructions.hpp"
