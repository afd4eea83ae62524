// The public header of this floor: verdicts about all inputs, minima, frontiers, explanations, and the store that keeps
// them.
#pragma once

#include "analyzer/blame/explain.hpp"
#include "analyzer/evidence/verify.hpp"
#include "analyzer/search/frontier.hpp"
#include "analyzer/search/minimise.hpp"
#include "analyzer/store/store.hpp"
#include "constructions/constructions.hpp"
