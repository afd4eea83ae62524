// Named registers of the residual stream; see stream.hpp.
#include "constructions/stream/stream.hpp"

#include <fmt/format.h>

namespace roundoff::constructions {

Register Stream::add(std::string name) {
  names_.push_back(std::move(name));
  return {width() - 1};
}

std::vector<Register> Stream::add(const std::string& name, int count) {
  std::vector<Register> registers;
  for (int i = 0; i < count; ++i) registers.push_back(add(fmt::format("{}[{}]", name, i)));
  return registers;
}

}  // namespace roundoff::constructions
