// See repeat.hpp.
#include "sim/model/repeat.hpp"

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/expression.hpp"

namespace roundoff::sim {

Model unrolled(const Model& model, const Bindings& size) {
  if (model.repeated.empty()) return model;
  Model result = model;
  result.repeated.clear();
  result.layers.clear();
  std::size_t next = 0;
  for (const Repetition& part : model.repeated) {
    for (; next < part.first; ++next) result.layers.push_back(model.layers[next]);
    Cursor in(part.times);
    const formats::Expression times = formats::parse_expression(in);
    if (!in.done()) in.fail(in.at(), "an expression ends here");
    const std::int64_t count = formats::evaluate_up(times, size, in);
    if (count < 1 || count > 4096)
      throw UsageError(
          fmt::format("layers are repeated {} times ('{}'); 1 to 4096 can be", count, part.times));
    result.grows = result.grows || formats::uses_variables(times);
    for (std::int64_t turn = 0; turn < count; ++turn)
      for (std::size_t l = 0; l < part.count; ++l) {
        result.layers.push_back(model.layers[part.first + l]);
        result.layers.back().again = turn > 0;
      }
    next = part.first + part.count;
  }
  for (; next < model.layers.size(); ++next) result.layers.push_back(model.layers[next]);
  validate(result);
  return result;
}

}  // namespace roundoff::sim
