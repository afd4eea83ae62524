// Running a compiled program chunk by chunk.
#include "sim/lanes/lanes.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "sim/lanes/compile.hpp"

namespace roundoff::sim {

struct Lanes::Impl {
  std::unique_ptr<Compiled> compiled;
  bool keep_all = false;
  std::size_t positions = 0, outputs = 0;
};

Lanes::Lanes(const Program& program, const LaneOptions& options) : impl_(std::make_unique<Impl>()) {
  LaneLayout layout = lay_out(program, options);
  if (!layout.obstacle.empty())
    throw UsageError("lanes cannot run this program (" + layout.obstacle +
                     "); use the reference interpreter");
  impl_->compiled = compile(program, std::move(layout), options.keep_all);
  impl_->keep_all = options.keep_all;
  impl_->positions = static_cast<std::size_t>(program.shape.positions());
  impl_->outputs = program.outputs.size();
}

Lanes::~Lanes() = default;
Lanes::Lanes(Lanes&&) noexcept = default;

void Lanes::run(std::span<const LaneToken> tokens, int count, std::span<LaneToken> chosen,
                std::span<std::uint8_t> trapped) {
  constexpr auto batch = static_cast<std::size_t>(batch_lanes);
  const auto lanes = static_cast<std::size_t>(count);
  if (count < 0 || lanes > batch || tokens.size() < impl_->positions * batch ||
      chosen.size() < impl_->outputs * batch || trapped.size() < lanes)
    throw std::logic_error("Lanes::run: a span is too small for the batch");
  std::fill_n(trapped.begin(), lanes, std::uint8_t{0});
  const std::size_t chunk = impl_->compiled->chunk;
  for (std::size_t first = 0; first < lanes; first += chunk) {
    const Frame frame{std::min(chunk, lanes - first), tokens.data() + first, chosen.data() + first,
                      trapped.data() + first};
    for (const Step& step : impl_->compiled->steps) step.run(step, frame);
  }
}

Value Lanes::value(NodeId node, int lane) const {
  if (!impl_->keep_all) throw std::logic_error("Lanes::value: made without keep_all");
  const Compiled& compiled = *impl_->compiled;
  const auto* array = static_cast<const std::byte*>(compiled.values[node]);
  const auto at = static_cast<std::size_t>(lane);
  if (compiled.is_token[node]) return Value::integer(reinterpret_cast<const LaneToken*>(array)[at]);
  for (const auto& kernels : compiled.layout.kernels)
    if (kernels) return kernels->load(array + at * size_of(compiled.layout.container));
  throw std::logic_error("Lanes::value: no kernels");
}

std::string Lanes::describe() const {
  const LaneLayout& layout = impl_->compiled->layout;
  return fmt::format("{} {}", name(layout.container), name(layout.isa));
}

bool Lanes::supports(const Program& program) { return lay_out(program, {}).obstacle.empty(); }

}  // namespace roundoff::sim
