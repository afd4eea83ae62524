// The list of constructions. One line adds one; help, docs and tests iterate over it.
#include "constructions/construction.hpp"

namespace roundoff {

std::span<const Construction> constructions() {
  static const std::vector<Construction> list = {};
  return list;
}

}  // namespace roundoff
