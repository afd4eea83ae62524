// The precision-aware scaling law of Kumar et al., "Scaling Laws for Precision" (arXiv 2411.04330): what training in few
// bits, and quantising afterwards, adds to the loss of a language model. theory-notes/scaling.md has the statements.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/names.hpp"

namespace roundoff::analyzer {

/// A model and how it was trained: parameters, tokens, bits in training by role (absent: full precision) and bits that
/// its weights were quantised to afterwards.
struct ScalingSetting {
  double parameters = 0;                           ///< N
  double tokens = 0;                               ///< D
  std::array<std::optional<double>, 3> bits = {};  ///< P_w, P_a, P_kv
  std::optional<double> post = {};                 ///< P_post
};

inline constexpr std::array<std::string_view, 3> scaling_roles = {"w", "a", "kv"};

/// L = A N_eff^-alpha + B D^-alpha + E + dPTQ, N_eff = N prod_x max(0, 1 - exp(n_x - P_x/g_x)),
/// dPTQ = C_T D^g_D / N_eff^g_N exp(b - P_post/g_post) prod_x [1 - exp(-C_x (P_x - P_post))] (equations 2, 3, 4, 9, 11; the
/// offsets n_x and b are those of the paper's table of constants).
struct PrecisionLaw {
  double log_a = 0, log_b = 0, floor = 0, alpha = 0;  ///< ln A, ln B, E, and alpha = beta
  struct Role {
    double g = 1, n = 0;
    std::optional<double> c;  ///< C_x; the paper does not list it
  };
  std::array<Role, 3> roles = {};
  struct Post {
    double log_c = 0, tokens = 0, parameters = 0, g = 1, b = 0;  ///< ln C_T, g_D, g_N, g_post, b
  };
  std::optional<Post> post = {};
};

/// Table 2 of the paper: a fit to 465 runs of 30 to 220 million parameters.
PrecisionLaw published_law();
/// The same without the offsets n_x and b, as the formulas of its main text read.
PrecisionLaw without_offsets(PrecisionLaw law);

/// 1 - exp(n - P/g), at least 0; 1 in full precision.
double role_share(const PrecisionLaw& law, std::size_t role, std::optional<double> bits);
/// N_eff / N.
double effective_share(const PrecisionLaw& law, const ScalingSetting& setting);
/// The loss before quantisation (nats a token). Infinite where N_eff is 0.
double training_loss(const PrecisionLaw& law, const ScalingSetting& setting);
/// What quantising to `setting.post` bits adds; 0 where that is absent. UsageError where the law has no such part, or where
/// the model was trained in few bits and C_x is not known.
double post_training_loss(const PrecisionLaw& law, const ScalingSetting& setting);

/// The number of tokens beyond which more training makes the model of `post` bits worse: where the derivative of B D^-alpha +
/// dPTQ in D is 0. Trained in full precision.
double critical_tokens(const PrecisionLaw& law, double parameters, double post);
/// The bits (all three roles alike) at which a fixed compute is used best when N and D are chosen for it: they maximise
/// f(P)/P, f = N_eff/N, whatever alpha, N and D are. Between 1 and 32, to 10^-6.
double best_bits(const PrecisionLaw& law);
/// The same when N is fixed and D = 16 C / (6 N P): they minimise the loss.
double best_bits_at(const PrecisionLaw& law, double parameters, double compute);
/// Parameters and tokens of the least loss with C = (6/16) N D P at `bits` in every role.
ScalingSetting best_split(const PrecisionLaw& law, double compute, double bits);

}  // namespace roundoff::analyzer
