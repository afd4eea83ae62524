// How a model is trained: the policy that it is run under, and the formats that only training has.
#pragma once

#include <array>
#include <string_view>

#include "training/names.hpp"

#include "sim/model/policy.hpp"

namespace roundoff::training {

/// The roles of a policy in their order, then those of training: every derivative (`gradients`), the one copy of the
/// weights that updates go to (`master`), the averages of an optimiser (`moments`), and the softmax and logarithm of
/// the loss (`loss`).
enum class TrainingRole : std::uint8_t {
  weights = static_cast<std::uint8_t>(Role::weights),
  activations = static_cast<std::uint8_t>(Role::activations),
  accumulators = static_cast<std::uint8_t>(Role::accumulators),
  scores = static_cast<std::uint8_t>(Role::scores),
  softmax = static_cast<std::uint8_t>(Role::softmax),
  cache = static_cast<std::uint8_t>(Role::cache),
  norms = static_cast<std::uint8_t>(Role::norms),
  logits = static_cast<std::uint8_t>(Role::logits),
  rotary = static_cast<std::uint8_t>(Role::rotary),
  gradients = role_count,  // behind the last of a policy, however many it has
  master,
  moments,
  loss
};
inline constexpr std::size_t training_role_count = role_count + 4;
/// The names of the last four.
inline constexpr std::array<std::string_view, 4> training_role_names = {"gradients", "master", "moments",
                                                                        "loss"};

constexpr TrainingRole training_role(Role role) { return static_cast<TrainingRole>(role); }

struct TrainingPolicy {
  Policy model;                ///< of the forward pass; its order and dot are those of all sums
  std::array<Format, 4> more;  ///< gradients, master, moments, loss

  /// One format for all.
  static TrainingPolicy uniform(const Format& format) {
    return {Policy::uniform(format), {format, format, format, format}};
  }
  const Format& operator[](TrainingRole role) const {
    const auto i = static_cast<std::size_t>(role);
    return i < role_count ? model.formats[i] : more[i - role_count];
  }
  Format& operator[](TrainingRole role) {
    const auto i = static_cast<std::size_t>(role);
    return i < role_count ? model.formats[i] : more[i - role_count];
  }
  friend bool operator==(const TrainingPolicy&, const TrainingPolicy&) = default;
};

}  // namespace roundoff::training
