// A precision policy by role, from a TOML file (--policy):
//
//   softmax = "stable"            # or "plain"
//   order = "sequential"          # tree, exact, wide:FORMAT, blocked:B
//   dot = "rounded"               # or "fma", "exact"
//   [formats]
//   all = "fixed(8,8)"            # every role that is not named below; families in n, k, p, l, N are welcome
//   accumulators = "fixed(16,8)"  # weights activations accumulators scores softmax cache norms logits
//   [quantise]                    # of whole vectors (theory-notes/quantisation.md)
//   weights = "int4/32"           # and activations, cache: intB/G, mxfp4, mxfp8_e4m3, ...
#pragma once

#include <optional>
#include <string>

#include "cli/names.hpp"
#include "formats/notation/family.hpp"
#include "sim/model/policy.hpp"

namespace roundoff::cli {

/// Lays the file's choices over `policy`. FileError names the file, the line and the key.
void apply_policy_file(const std::string& path, const Bindings& bindings, Policy& policy);

}  // namespace roundoff::cli
