// A precision policy: which format each role computes in, and the options of semantics.md, section 3.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "formats/rounding/arithmetic.hpp"
#include "sim/names.hpp"

namespace roundoff::sim {

/// What a rounded operation is part of. The result of every operation is rounded to its role's format;
/// products and partial sums of a dot product are rounded to `accumulators`, and its result once more to the
/// role that receives it.
enum class Role : std::uint8_t {
  weights,
  activations,
  accumulators,
  scores,
  softmax,
  cache,
  norms,
  logits,
  rotary  ///< sines and cosines of rotary positions
};
inline constexpr int role_count = 9;
std::string_view name(Role role);

/// Quantisers of whole vectors, by name (sim/model/quantise.hpp); "" is none. They come before a number is rounded
/// to its role's format: of the rows of every linear map of a layer, of the vectors such maps read, and of
/// keys and values as they are kept.
struct Quantisers {
  std::string weights, activations, cache;
  friend bool operator==(const Quantisers&, const Quantisers&) = default;
};

/// Where the division by Z stands. `first`: a_j = rnd(e_j / Z), o = sum_j rnd(a_j * v_j); `last`: o =
/// rnd(dot(e, v) / Z), as fused attention kernels do.
enum class Divide : std::uint8_t { first, last };

/// A NaN that reaches a max or an arg max: `trap` stops the run there; `propagate`: the max is NaN, and an arg
/// max picks the first NaN.
enum class NanRule : std::uint8_t { trap, propagate };

/// When a norm's result is rounded to the role that reads it: `after` its weight and bias, or `before` them, which are
/// then applied in that role (transformers' Llama). Layer norms, and weights that stand for 1 + w, always come after.
enum class NormCast : std::uint8_t { after, before };

/// Whether attention's weights (under `divide = last` the exponentials) are rounded to `activations` before they weigh
/// values.
enum class AttentionCast : std::uint8_t { none, activations };

/// Which positions j position i sees: `causal` j <= i; `strict` j < i (none: the head's output is 0); `none`
/// all of them.
enum class Mask : std::uint8_t { causal, strict, none };

/// How a model is run. Its fields have names, and are written and read, in sim/model/policy_codec.hpp alone.
struct Policy {
  std::array<Format, role_count> formats;
  Quantisers quantisers;
  Softmax softmax = Softmax::stable;
  SumOrder order;
  DotMode dot = DotMode::rounded;
  Divide divide = Divide::first;
  NanRule nan = NanRule::trap;
  Mask mask = Mask::causal;
  NormCast norm_cast = NormCast::after;
  AttentionCast attention_cast = AttentionCast::none;

  /// One format for all roles: what the theorems speak of.
  static Policy uniform(const Format& format);
  const Format& operator[](Role role) const { return formats[static_cast<std::size_t>(role)]; }
  Format& operator[](Role role) { return formats[static_cast<std::size_t>(role)]; }
  /// One format for all roles, and no quantiser.
  bool is_uniform() const;
  friend bool operator==(const Policy&, const Policy&) = default;
};

/// Why a verdict under this policy is outside the papers' theorems (`sum: exact`, `wrap`, ...), or ""
/// (semantics.md, section 3).
std::string outside_the_theorem(const Policy& policy);

}  // namespace roundoff::sim
