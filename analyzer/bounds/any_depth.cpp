// See any_depth.hpp.
#include "analyzer/bounds/any_depth.hpp"

#include <algorithm>
#include <cmath>

#include "formats/functions/steady.hpp"

namespace roundoff::analyzer {

double message_bits(int width, int layers, double values) {
  double most = 0;
  for (int heads = 1; heads <= width; ++heads) {
    const int size = width / heads;  // d_k = d_v: the message grows with both
    const double queries = steady_exp2(size * steady_log2(values));
    most = std::max(most, layers * heads * queries * (1 + values + values * values * size) * steady_log2(values));
  }
  return most;
}

int any_depth_width(double bits, int layers, double values) {
  int width = 1;
  while (message_bits(width, layers, values) < bits) ++width;
  return width;
}

double deepest_above_one(double bits, double values) {
  const double one_layer = message_bits(1, 1, values);
  return std::max(0.0, std::ceil(bits / one_layer) - 1);
}

}  // namespace roundoff::analyzer
