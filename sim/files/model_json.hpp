// The model document as a JSON value, shared by the two file formats. Kept apart since the JSON header is
// slow to compile.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "sim/files/model_file.hpp"

namespace roundoff::sim {

using Json = nlohmann::ordered_json;

inline constexpr std::string_view weighting_names[] = {"softmax", "softmax_one", "exp",
                                                       "hard",    "hard_first",  "hard_last"};
inline constexpr std::string_view activation_names[] = {"relu", "gelu", "gelu_tanh", "silu", "identity"};
inline constexpr std::string_view rotary_pairings[] = {"halves", "interleaved"};
inline constexpr std::string_view choice_names[] = {"argmax", "argmin"};

Json to_json(const ModelFile& file);
/// Text into a document: FileError, led by `source`, for what is not JSON (it says what it is, where that shows),
/// nests deeper than 64, has a field twice, or holds an integer that no double holds.
Json parse_json(std::string_view text, std::string_view source);
/// FileError naming `source`, the field and the remedy.
ModelFile from_json(const Json& json, std::string_view source);

}  // namespace roundoff::sim
