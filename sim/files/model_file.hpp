// Model files: a model with the semantics it is meant for, in one JSON document or one safetensors file, both
// ways. The fields of the document are those of `roundoff export`; see docs in README and sim/files/model_file.cpp.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/model/model.hpp"
#include "sim/model/policy.hpp"

namespace roundoff::sim {

/// A model and how it is to be run. `task` is the task's JSON object as text, or "": the constructions floor
/// reads it.
struct ModelFile {
  Model model;
  std::string format;                               ///< instantiated notation, or "" when the file names none
  std::vector<std::pair<Role, std::string>> roles;  ///< the roles that have another format, in order
  Softmax softmax = Softmax::stable;
  SumOrder order;
  DotMode dot = DotMode::rounded;
  std::string task;
  friend bool operator==(const ModelFile&, const ModelFile&) = default;
};

/// One JSON document. Weights are numbers where a double holds them exactly, else hexadecimal floats as
/// strings.
std::string write_model(const ModelFile& file);

/// Reads what `write_model` writes, and any file of that shape. FileError names `source`, the field and the
/// remedy: unknown fields, ragged matrices, sizes that disagree, weights that are not dyadic rationals.
ModelFile read_model(std::string_view json, std::string_view source);

/// The same model as safetensors: matrices and biases as F64 tensors named by their path (`layers.0.W_Q`),
/// all else as the JSON document under the key "roundoff" of the metadata. UsageError when a double does not
/// hold a weight.
std::string write_safetensors(const ModelFile& file);
/// Tensors of F64, F32, F16 and BF16. FileError for a hostile or truncated file: every length is checked
/// before use.
ModelFile read_safetensors(std::string_view bytes, std::string_view source);

/// Reads a file from disk: safetensors by its ending, a checkpoint (sim/files/checkpoint.hpp) where it is a folder
/// or a config.json. FileError when it cannot be opened.
ModelFile load_model(const std::string& path);
void save_model(const ModelFile& file, const std::string& path);

}  // namespace roundoff::sim
