// The architectures whose checkpoints load. One is a file of architectures/ that fills a record and makes the model of
// blocks, and a line in architectures.inc; `roundoff architectures`, loading and the tests go through the records.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sim/hub/config.hpp"
#include "sim/hub/weights.hpp"

namespace roundoff::sim {

struct Architecture {
  std::string_view name;               ///< as config.json's "model_type" has it
  std::string_view models;             ///< which public models these are
  std::string_view blocks;             ///< what they are made of
  std::string_view source;             ///< where this is written down
  std::vector<std::string_view> gguf;  ///< "general.architecture" of GGUF files; empty: none
  Model (*build)(const Config&, HubWeights&);
};

std::span<const Architecture> architectures();
/// By "model_type"; FileError with a "did you mean".
const Architecture& find_architecture(const Config& config);

#define ROUNDOFF_ARCHITECTURE(name) Architecture name##_architecture();
#include "sim/hub/architectures.inc"
#undef ROUNDOFF_ARCHITECTURE

}  // namespace roundoff::sim
