#include "sim/hub/architecture.hpp"

#include <fmt/format.h>

#include "formats/notation/suggest.hpp"

namespace roundoff::sim {

std::span<const Architecture> architectures() {
  static const std::vector<Architecture> list = {
#define ROUNDOFF_ARCHITECTURE(name) name##_architecture(),
#include "sim/hub/architectures.inc"
#undef ROUNDOFF_ARCHITECTURE
  };
  return list;
}

const Architecture& find_architecture(const Config& config) {
  const std::string type = config.text("model_type", "");
  std::vector<std::string_view> known;
  for (const Architecture& one : architectures()) {
    if (one.name == type) return one;
    known.push_back(one.name);
  }
  config.fail(type.empty() ? "lacks \"model_type\""
                           : fmt::format("has the model_type \"{}\"{} (see roundoff architectures)", type,
                                         did_you_mean(type, known)));
}

}  // namespace roundoff::sim
