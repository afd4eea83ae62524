// What becomes of a model's weights in the format of the role `weights`, in words. Masks, which hold -inf on purpose,
// are left out.
#pragma once

#include <string>

#include "sim/model/model.hpp"
#include "sim/model/policy.hpp"

namespace roundoff::sim {

/// The first weight that the format does not hold exactly, as "tok_emb[2][3] = 7 is not in fixed(2,0)", or "".
std::string inexact_weight(const Model& model, const Policy& policy);

/// The first finite weight beyond the format's range, as "tok_emb[0][0] = 500 is beyond e4m3, which makes 448 of it",
/// or "".
std::string overflowing_weight(const Model& model, const Policy& policy);

}  // namespace roundoff::sim
