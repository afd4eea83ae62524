// Named policies (--stack NAME): how a known way of running a model rounds, with its source. A new one is one
// record in stacks.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sim/model/policy_codec.hpp"

namespace roundoff::sim {

struct Stack {
  std::string_view name;
  std::string_view summary;  ///< one line
  std::string_view source;   ///< where this is written down
  PolicyLayer policy;        ///< NaN propagates in all of them
};

std::span<const Stack> stacks();
/// UsageError with a "did you mean".
const Stack& find_stack(std::string_view name);

}  // namespace roundoff::sim
