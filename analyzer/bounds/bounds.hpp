// Lower bounds as numbers, to stand beside measured upper bounds: what no model of the given layers, bits and
// semantics can go below. Each says where it comes from and when it applies; a bound that does not apply is
// listed with the reason, so that a gap is never mistaken for a proof.
#pragma once

#include <string>
#include <vector>

#include "analyzer/names.hpp"
#include "constructions/tasks/task.hpp"
#include "sim/model/policy.hpp"

namespace roundoff::analyzer {

struct Bound {
  std::string name;
  std::string statement;  ///< the inequality with its numbers
  std::string source;     ///< "derived, theory-notes", "Svete et al. 2026"
  double value = 0;       ///< least value of `quantity`
  std::string quantity;   ///< "heads*(d_v+2)", "width", "d_model"
  bool applies = false;
  std::string condition;  ///< when it holds; where it does not apply, why
};

/// Bounds for a task of this size, under a policy, for a model of `layers` layers.
std::vector<Bound> lower_bounds(const Task& task, const Policy& policy, int layers);

/// How many values a format has (as a real number): 2^bits, or 2^bits - 1 where the range is symmetric.
double value_count(const Format& format);

}  // namespace roundoff::analyzer
