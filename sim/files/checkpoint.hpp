// Checkpoints as Hugging Face's tools write them: config.json and files of safetensors, loaded by the names of their
// tensors. The architectures are those of sim/hub/architecture.hpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/files/model_file.hpp"
#include "sim/files/tensors.hpp"
#include "sim/hub/weights.hpp"

namespace roundoff::sim {

/// The model of a config and its tensors. Tokens are named by their numbers. An object "roundoff" in the config may give what those files do not
/// have: "task", "vocab", "format" and "name", as in a model file. FileError led by `source` for a type,
/// an option or a tensor that is missing, unknown, or of another shape.
ModelFile read_checkpoint(std::string_view config, std::string_view tensors, std::string_view source);

/// The same from files that may be large: matrices stay in them.
ModelFile read_checkpoint(std::string_view config,
                          const std::vector<std::shared_ptr<const TensorFile>>& files,
                          std::string_view source);

/// The same of tensors from any container.
ModelFile read_checkpoint(const Json& config, HubWeights weights, std::string_view source);

/// From a folder with config.json and model.safetensors (or shards with their index), or from the path of that
/// config.json, or from a GGUF file (or one of its parts).
ModelFile load_checkpoint(const std::string& path);
/// Whether load_checkpoint is who reads this path.
bool is_checkpoint(const std::string& path);

}  // namespace roundoff::sim
