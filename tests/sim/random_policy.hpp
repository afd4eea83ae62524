// Random policies over every field: roles alike and unlike, modifiers, quantisers, and all options.
#pragma once

#include <array>

#include "formats/random.hpp"
#include "sim/model/policy_codec.hpp"

namespace roundoff::sim::test {

/// A function of the seed alone. What excludes each other does not meet.
inline Policy random_policy(std::uint64_t seed) {
  std::uint64_t count = 0;
  const auto draw = [&](std::uint64_t below) { return formats::random_bits(seed, 0x90110c7, count++) % below; };
  constexpr std::array notations = {"fixed(3,2)",     "fixed(8,0):rtz", "twos(4,4):wrap", "ufixed(3,1)",
                                    "float(4,3):rup", "float(5,11)",         "binary16",       "bfloat16:rtz:sat",
                                    "F(0,2)",         "F(3,4):rne",          "e4m3",           "e5m2:inf",
                                    "posit(8,2)",     "binary8p3",           "float(8,24):sr(7)",
                                    "fixed(2,2):trap"};
  const auto format = [&] { return parse_format(notations[draw(notations.size())]); };
  Policy policy = Policy::uniform(format());
  if (draw(3) != 0)
    for (Format& each : policy.formats)
      if (draw(3) == 0) each = format();
  constexpr std::array quantisers = {"", "", "int4/32", "int8/7", "mxfp4", "mxint8", "nvfp4"};
  for (std::string* each :
       {&policy.quantisers.weights, &policy.quantisers.activations, &policy.quantisers.cache})
    *each = quantisers[draw(quantisers.size())];
  constexpr std::array orders = {"sequential", "tree", "exact", "wide:binary64:rtz", "blocked:5"};
  policy.softmax = static_cast<Softmax>(draw(2));
  policy.dot = static_cast<DotMode>(draw(3));
  if (policy.dot != DotMode::fused) policy.order = parse_order(orders[draw(orders.size())]);
  policy.divide = static_cast<Divide>(draw(2));
  policy.nan = static_cast<NanRule>(draw(2));
  policy.mask = static_cast<Mask>(draw(3));
  policy.norm_cast = static_cast<NormCast>(draw(2));
  policy.attention_cast = static_cast<AttentionCast>(draw(2));
  return policy;
}

}  // namespace roundoff::sim::test
