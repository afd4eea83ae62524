// Model files: a model with the semantics it is meant for, in one JSON document or one safetensors file, both
// ways. The fields of the document are those of `roundoff export`; see docs in README and sim/files/model_file.cpp.
#pragma once

#include <string>
#include <string_view>

#include "sim/model/model.hpp"
#include "sim/model/policy_codec.hpp"

namespace roundoff::sim {

/// A model and how it is to be run. `task` is the task's JSON object as text, or "": the constructions floor
/// reads it.
struct ModelFile {
  Model model;
  PolicyLayer policy;  ///< what the file says of it
  std::string task;
  friend bool operator==(const ModelFile&, const ModelFile&) = default;
};

/// What files written now say of their fields' meaning; without a "schema" a file is of version 1, in which
/// "sum" ("seq", "tree", "exact"), "fma" and "exact_dot" stand for `order` and `dot`.
inline constexpr std::string_view model_schema = "roundoff/model/2";

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
