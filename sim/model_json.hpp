// The model document as a JSON value, shared by the two file formats. Kept apart since the JSON header is
// slow to compile.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "sim/model_file.hpp"

namespace roundoff {

using Json = nlohmann::ordered_json;

Json to_json(const ModelFile& file);
/// FileError naming `source`, the field and the remedy.
ModelFile from_json(const Json& json, std::string_view source);

}  // namespace roundoff
