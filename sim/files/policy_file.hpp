// A policy's layer as TOML: what --policy reads and `roundoff policies NAME` writes.
//
//   format = "fixed(8,8)"         # every role that is not named below; families in n, k, p, l, N are welcome
//   softmax = "stable"            # order, dot, divide, nan, mask: `roundoff policies` lists keys and words
//   [formats]                     # by role; `all` is another name of format
//   accumulators = "fixed(16,8)"
//   [quantise]                    # of whole vectors (theory-notes/quantisation.md)
//   weights = "int4/32"
#pragma once

#include <string>
#include <string_view>

#include "sim/model/policy_codec.hpp"

namespace roundoff::sim {

/// FileError led by `source` and the line.
PolicyLayer read_policy_file(std::string_view toml, std::string_view source);
/// Of a path; FileError where it cannot be read.
PolicyLayer load_policy_file(const std::string& path);

std::string write_policy_file(const PolicyLayer& layer);

}  // namespace roundoff::sim
