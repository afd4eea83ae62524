// Rotary positions as config.json says them: "rope_theta" with "rope_scaling", or since version 5 of transformers
// "rope_parameters" with both.
#pragma once

#include "sim/hub/config.hpp"

namespace roundoff::sim {

struct RopeAsked {
  double theta = 10000;  ///< where the config says none
  double turned = 1;     ///< share of a head's entries that are turned, where the config says none
  std::string part{};    ///< of "rope_parameters" by type of layer: "full_attention", "sliding_attention"
  std::optional<double> fixed{};  ///< this base whatever "rope_theta" says, and no scaling
};

/// Of heads of `d_k` entries. Scalings: linear, dynamic, llama3, yarn (rope.cpp has their definitions). FileError for
/// others, and for parameters that are missing or make no sense.
Rotary rotary_of(const Config& config, int d_k, const RopeAsked& asked = {});

}  // namespace roundoff::sim
