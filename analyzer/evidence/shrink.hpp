// Counterexamples made small: digits are set to zero (whole operands, then runs, then single digits), then
// lowered, as long as the input still fails; ragged operands also lose leading digits. The result fails, and
// no single digit of it can be lowered. (Delta debugging; Zeller and Hildebrandt 2002.)
#pragma once

#include "analyzer/evidence/judge.hpp"

namespace roundoff::analyzer {

Instance shrink(Judge& judge, const Task& task, const Instance& failing);

}  // namespace roundoff::analyzer
