// From a program to steps of lane kernels: one family, since every step is chosen by where its operands
// stand. Registers are arrays of one chunk of lanes; a value's register is free again after its last use
// (linear scan over the single-assignment order). Constants live in registers of their own, filled once. Sums
// in other orders than the kernels' are composed from `add` here, term by term in the order of semantics.md,
// section 3.
#include "sim/lanes/compile.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>

#include "sim/lanes/fusion.hpp"
#include "sim/lanes/ordered.hpp"
#include "sim/lanes/registers.hpp"
#include "sim/lanes/step_functions.hpp"
#include "sim/passes/rewriter.hpp"

namespace roundoff::sim {

namespace {

constexpr std::size_t alignment = 64;

/// A table may be read in whole pairs of registers, and two entries at once.
std::size_t padded(std::size_t bytes) { return bytes / 128 * 128 + 128; }

double power(int exponent) { return std::ldexp(1.0, exponent); }

// One result at a point and another everywhere else. (Both zeros of an argument have one result.)
struct OnePoint {
  Value point, there, elsewhere;
};
std::optional<OnePoint> one_point(const std::vector<std::pair<Value, Value>>& map) {
  if (map.size() < 3) return {};
  const Value& elsewhere = map[0].second == map[1].second ? map[0].second : map[2].second;
  const Value* point = nullptr;
  const Value* there = nullptr;
  for (const auto& [argument, result] : map) {
    if (result == elsewhere) continue;
    if (point && (compare(*point, argument) != 0 || *there != result)) return {};
    point = &argument;
    there = &result;
  }
  if (!point || !point->is_finite()) return {};
  return OnePoint{*point, *there, elsewhere};
}

class Compiler {
 public:
  Compiler(const Program& program, LaneLayout layout, bool keep_all)
      : program_(program),
        keep_all_(keep_all),
        fusion_(keep_all ? Fusion(program) : Fusion::of(program)),
        out_(std::make_unique<Compiled>()) {
    out_->layout = std::move(layout);
    out_->reductions = program.reductions;
    const Container container = out_->layout.container;
    moves_ = &move_kernels(container, out_->layout.isa);
    if (container <= Container::i64)
      for (const auto& kernels : out_->layout.kernels)
        if (kernels) unit_ = power(kernels->format().quantum);
    fraction_ = -std::ilogb(unit_);
  }

  std::unique_ptr<Compiled> run() {
    registers_ = allocate_registers(program_, fusion_, keep_all_);
    outputs_of_.resize(program_.nodes.size());
    for (std::uint32_t o = 0; o < program_.outputs.size(); ++o) outputs_of_[program_.outputs[o]].push_back(o);
    choose_chunk();
    reserve();
    out_->values.resize(program_.nodes.size());
    out_->is_token.resize(program_.nodes.size());
    for (NodeId id = 0; id < program_.nodes.size(); ++id) compile(id);
    if (keep_all_)
      for (std::uint32_t o = 0; o < program_.outputs.size(); ++o)
        if (is_choice(program_.outputs[o]))
          push({.run = lane_steps::copy_chosen, .a = out_->values[program_.outputs[o]], .index = o});
    return std::move(out_);
  }

 private:
  // ---- registers ----
  // As many lanes as keep the registers in the first-level cache, but not so few that starting a loop costs
  // more than running it.
  void choose_chunk() {
    constexpr std::size_t cache = 40 << 10, fewest = 128;
    const std::size_t size = size_of(out_->layout.container);
    out_->chunk = batch_lanes;
    while (!keep_all_ && out_->chunk > fewest && registers_.count * size * out_->chunk > cache)
      out_->chunk /= 2;
    register_bytes_ = out_->chunk * size;
  }

  void reserve() {
    std::uint32_t longest = 1;
    for (const Node& node : program_.nodes)
      if (lists_of(node.op) != 0) longest = std::max(longest, node.c);
    const std::size_t scratch = static_cast<std::size_t>(scratch_arrays(longest)) *
                                static_cast<std::size_t>(batch_lanes) * sizeof(double);
    out_->memory.resize(register_bytes_ * registers_.count + scratch + alignment);
    const auto address = reinterpret_cast<std::uintptr_t>(out_->memory.data());
    base_ = out_->memory.data() + (alignment - address % alignment) % alignment;
    scratch_ = base_ + register_bytes_ * registers_.count;
  }
  std::byte* where(NodeId id) const { return base_ + register_bytes_ * registers_.of[id]; }

  // ---- steps ----
  void push(Step step) {
    step.moves = moves_;
    step.scratch = scratch_;
    step.unit = unit_;
    step.fraction = fraction_;
    step.container = out_->layout.container;
    out_->steps.push_back(step);
  }
  const void* const* pointers(std::uint32_t offset, std::uint32_t count) {
    auto list = std::make_unique<const void*[]>(count);
    for (std::uint32_t j = 0; j < count; ++j) list[j] = where(program_.operands[offset + j]);
    out_->lists.push_back(std::move(list));
    return out_->lists.back().get();
  }
  const LaneKernels* any_kernels() const {
    for (const auto& kernels : out_->layout.kernels)
      if (kernels) return kernels.get();
    return nullptr;
  }
  template <class Values>
  const void* elements(const Values& values) {
    const std::size_t size = size_of(out_->layout.container);
    auto data = std::make_unique<std::byte[]>(padded(size * values.size()));
    for (std::size_t j = 0; j < values.size(); ++j) any_kernels()->store(values[j], data.get() + j * size);
    out_->data.push_back(std::move(data));
    return out_->data.back().get();
  }
  bool constants(std::uint32_t offset, std::uint32_t count) const {
    const auto list = program_.list(offset, count);
    return std::all_of(list.begin(), list.end(),
                       [&](NodeId id) { return program_.nodes[id].op == Op::constant; });
  }
  const Value& constant(NodeId id) const { return program_.constants[program_.nodes[id].a]; }
  bool member(NodeId id, const Format& format) const { return is_member(program_, id, format); }

  bool propagates_nan(const Node& node) const {
    return program_.nan == NanRule::propagate && may_read_nan(program_, node);
  }

  // Values that are tokens and nothing else: the model's choices.
  bool is_choice(NodeId id) const {
    const Op op = program_.nodes[id].op;
    const bool found = op == Op::constant || op == Op::embed || op == Op::table;
    return op == Op::arg_max || (found && !outputs_of_[id].empty() && !registers_.read[id]);
  }

  void compile(NodeId id) {
    if (!fusion_.computed(id)) return;
    if (is_choice(id)) {
      if (keep_all_ || outputs_of_[id].empty())
        choose(id, where(id), 0);
      else
        for (std::uint32_t o : outputs_of_[id]) choose(id, nullptr, o);
      out_->values[id] = where(id);
      out_->is_token[id] = true;
      return;
    }
    compute(id);
    for (std::uint32_t o : outputs_of_[id]) choose(id, nullptr, o);
  }

  // Writes the tokens of a choice to `out`, or to an output.
  void choose(NodeId id, void* out, std::uint32_t output) {
    const Node& node = program_.nodes[id];
    Step step;
    step.out = out;
    step.index = output;
    step.traps = can_trap(program_, node);
    switch (node.op) {
      case Op::constant:
        step.run = lane_steps::choose_constant;
        step.data = tokens({constant(id)});
        break;
      case Op::embed:
        step.run = lane_steps::choose_embed;
        step.position = node.a;
        step.table = {.entries = tokens(program_.tables[node.b]), .size = program_.tables[node.b].size()};
        break;
      case Op::table: {
        // A table that is read as well has been computed already, perhaps over its own argument.
        if (registers_.read[id]) {
          step.run = lane_steps::choose_value;
          step.a = where(id);
          break;
        }
        const Grid grid = grid_of(program_.maps[node.b]);
        place(step, node, grid, tokens(grid.results));
        step.run = lane_steps::choose_lookup;
        break;
      }
      case Op::arg_max:
        step.run = lane_steps::arg_max;
        if (propagates_nan(node)) {
          step.run = lane_steps::arg_max_or_nan;
          step.kernels = any_kernels();
        }
        step.x = pointers(node.a, node.c);
        step.count = node.c;
        break;
      default:
        step.run = lane_steps::choose_value;
        step.a = where(id);
        break;
    }
    push(step);
  }
  const void* tokens(const std::vector<Value>& values) {
    auto data = std::make_unique<std::byte[]>(padded(values.size() * sizeof(LaneToken)));
    for (std::size_t j = 0; j < values.size(); ++j) {
      const auto token = static_cast<LaneToken>(to_double(values[j]));
      std::memcpy(data.get() + j * sizeof(LaneToken), &token, sizeof(LaneToken));
    }
    out_->data.push_back(std::move(data));
    return out_->data.back().get();
  }

  void compute(NodeId id) {
    const Node& node = program_.nodes[id];
    Step step;
    step.out = where(id);
    out_->values[id] = step.out;
    if (node.op == Op::constant) {
      const std::size_t size = size_of(out_->layout.container);
      for (std::size_t i = 0; i < out_->chunk; ++i) any_kernels()->store(constant(id), where(id) + i * size);
      return;
    }
    step.kernels = out_->layout.kernels[node.format].get();
    step.traps = can_trap(program_, node);
    bool members = true;
    if (node.op != Op::max && node.op != Op::table)
      for_operands(program_, node, [&](NodeId operand) {
        members = members && member(operand, program_.formats[node.format]);
      });
    step.members = members;
    if (fused(step, id) || (node.exact && plain(step, node)) || largest(step, node)) return push(step);
    switch (node.op) {
      case Op::constant:
        break;
      case Op::embed:
        step.run = lane_steps::embed;
        step.position = node.a;
        step.table = {.entries = table(node.b), .size = program_.tables[node.b].size()};
        step.table.bytes = bytes(step.table);
        break;
      case Op::round:
        step.run = lane_steps::exact_sum;
        step.x = pointers_to(std::vector<NodeId>{node.a});
        step.count = 1;
        break;
      case Op::add:
        elementwise(step, node, lane_steps::binary<&LaneKernels::add>, lane_steps::exact_sum);
        break;
      case Op::sub:
        elementwise(step, node, lane_steps::binary<&LaneKernels::sub>, lane_steps::exact_sub);
        break;
      case Op::mul:
        elementwise(step, node, lane_steps::binary<&LaneKernels::mul>, lane_steps::exact_dot);
        if (!members) {
          step.x = pointers_to(std::vector<NodeId>{node.a});
          step.y = pointers_to(std::vector<NodeId>{node.b});
          step.count = 1;
        }
        break;
      case Op::div:
        elementwise(step, node, lane_steps::binary<&LaneKernels::div>, nullptr);
        break;
      case Op::unary:
        step.run = node.function == Function::relu && members ? lane_steps::relu : lane_steps::apply;
        step.a = where(node.a);
        step.function = node.function;
        break;
      case Op::max:
        step.run = propagates_nan(node) ? lane_steps::max_or_nan : lane_steps::list<&LaneKernels::max_of>;
        step.x = pointers(node.a, node.c);
        step.count = node.c;
        break;
      case Op::sum:
        sum(step, node);
        break;
      case Op::dot:
        dot(step, node);
        break;
      case Op::table:
        lookup(step, node);
        break;
      case Op::arg_max:  // a choice
      case Op::fma:
        break;  // the layout refused it
    }
    push(step);
  }

  const void* const* pointers_to(const std::vector<NodeId>& ids) {
    auto list = std::make_unique<const void*[]>(ids.size());
    std::transform(ids.begin(), ids.end(), list.get(), [&](NodeId id) { return where(id); });
    out_->lists.push_back(std::move(list));
    return out_->lists.back().get();
  }

  bool fused(Step& step, NodeId id) {
    if (const Comparison* comparison = fusion_.comparison(id)) {
      step.data = elements(std::vector<Value>{comparison->yes, comparison->no});
      step.run = lane_steps::compare;
      step.a = where(comparison->a);
      step.b = where(comparison->b);
      return true;
    }
    const Tally* tally = fusion_.tally(id);
    if (!tally) return false;
    step.run = lane_steps::tally;
    step.a = where(tally->common);
    step.x = pointers_to(tally->others);
    step.y = tally->values.empty() ? nullptr : pointers_to(tally->values);
    step.count = static_cast<std::uint32_t>(tally->others.size());
    step.data = elements(std::vector<Value>{tally->unit});
    step.rest = pointers_to(tally->rest);
    step.rest_count = static_cast<std::uint32_t>(tally->rest.size());
    return true;
  }
  // Integers have no NaN and one zero.
  bool largest(Step& step, const Node& node) {
    if (node.op != Op::max || out_->layout.container > Container::i64) return false;
    step.run = lane_steps::largest;
    step.x = pointers(node.a, node.c);
    step.count = node.c;
    return true;
  }
  void elementwise(Step& step, const Node& node, Step::Run kernel, Step::Run exact) {
    step.run = step.members ? kernel : exact;
    step.a = where(node.a);
    step.b = where(node.b);
    if (!step.members) {
      step.x = pointers_to({node.a, node.b});
      step.count = 2;
    }
  }

  void sum(Step& step, const Node& node) {
    const Reduction& reduction = out_->reductions[node.reduction];
    step.x = pointers(node.a, node.c);
    step.count = node.c;
    step.reduction = &reduction;
    step.wide = out_->layout.wide[node.reduction].get();
    if (reduction.order.kind == SumOrder::exact)
      step.run = lane_steps::exact_sum;
    else
      step.run =
          reduction.order.kind == SumOrder::sequential ? lane_steps::list<&LaneKernels::sum> : run_ordered;
  }

  void dot(Step& step, const Node& node) {
    const Reduction& reduction = out_->reductions[node.reduction];
    step.count = node.c;
    step.reduction = &reduction;
    step.wide = out_->layout.wide[node.reduction].get();
    const bool fused = reduction.mode == DotMode::fused;
    if (reduction.mode == DotMode::exact_dot) {
      step.run = lane_steps::exact_dot;
    } else if (step.members && reduction.order.kind == SumOrder::sequential) {
      for (const auto& [weights, inputs] : {std::pair(node.a, node.b), std::pair(node.b, node.a)}) {
        if (!constants(weights, node.c)) continue;
        step.data = elements(constant_values(weights, node.c));
        step.x = pointers(inputs, node.c);
        step.run = fused ? lane_steps::weighted<&LaneKernels::fused_weighted>
                         : lane_steps::weighted<&LaneKernels::weighted>;
        return;
      }
      step.run = fused ? lane_steps::dot<&LaneKernels::fused_dot> : lane_steps::dot<&LaneKernels::dot>;
    } else {
      step.run = run_ordered;
    }
    step.x = pointers(node.a, node.c);
    step.y = pointers(node.b, node.c);
  }

  const void* table(std::uint32_t index) {
    const auto [found, fresh] = tables_.try_emplace(index, nullptr);
    if (fresh) found->second = elements(program_.tables[index]);
    return found->second;
  }

  // An operation that rounds nothing, whatever its order and mode: the container's own. A product of int32
  // with bits behind the point would not fit on the way.
  bool plain(Step& step, const Node& node) {
    const Container container = out_->layout.container;
    const bool products = fraction_ == 0 || container == Container::i64 ||
                          (container == Container::i16 && fraction_ > 0 && fraction_ < 16);
    switch (node.op) {
      case Op::add:
      case Op::sub:
      case Op::mul:
        if (node.op == Op::mul && !products) return false;
        step.run = node.op == Op::add   ? lane_steps::plain_add
                   : node.op == Op::sub ? lane_steps::plain_sub
                                        : lane_steps::plain_mul;
        step.a = where(node.a);
        step.b = where(node.b);
        return true;
      case Op::sum:
        step.run = lane_steps::plain_sum;
        step.x = pointers(node.a, node.c);
        step.count = node.c;
        return true;
      case Op::dot:
        if (!products) return false;
        step.count = node.c;
        for (const auto& [weights, inputs] : {std::pair(node.a, node.b), std::pair(node.b, node.a)}) {
          if (!constants(weights, node.c)) continue;
          step.run = lane_steps::plain_weighted;
          step.data = elements(constant_values(weights, node.c));
          step.x = pointers(inputs, node.c);
          return true;
        }
        step.run = lane_steps::plain_dot;
        step.x = pointers(node.a, node.c);
        step.y = pointers(node.b, node.c);
        return true;
      default:
        return false;
    }
  }
  std::vector<Value> constant_values(std::uint32_t offset, std::uint32_t count) const {
    std::vector<Value> values;
    for (NodeId id : program_.list(offset, count)) values.push_back(constant(id));
    return values;
  }

  // Where an argument stands in a table.
  void place(Step& step, const Node& node, const Grid& grid, const void* entries) const {
    step.a = where(node.a);
    step.table = {.entries = entries,
                  .size = grid.results.size(),
                  .base = to_double(grid.base) / unit_,
                  .shift = grid.step - std::ilogb(unit_)};
    step.table.bytes = bytes(step.table);
  }
  bool bytes(const MoveKernels::Table& table) const {
    if (out_->layout.container != Container::i16) return false;
    const auto* entries = static_cast<const std::int16_t*>(table.entries);
    return std::all_of(entries, entries + table.size,
                       [](int entry) { return entry >= -128 && entry <= 127; });
  }
  void lookup(Step& step, const Node& node) {
    const auto& map = program_.maps[node.b];
    if (const auto found = one_point(map); found && is_storable(found->point)) {
      step.data = elements(std::vector<Value>{found->point, found->there, found->elsewhere});
      step.run = lane_steps::indicate;
      step.a = where(node.a);
      return;
    }
    const Grid grid = grid_of(map);
    const auto [found, fresh] = maps_.try_emplace(node.b, nullptr);
    if (fresh) found->second = elements(grid.results);
    place(step, node, grid, found->second);
    step.run = lane_steps::lookup;
  }
  // Arguments may be of another format than the kernels that store them, on a finer grid.
  bool is_storable(const Value& value) const {
    if (out_->layout.container > Container::i64 || value.is_zero()) return true;
    return value.exponent >= -fraction_;
  }

  const Program& program_;
  const bool keep_all_;
  const Fusion fusion_;
  std::unique_ptr<Compiled> out_;
  const MoveKernels* moves_;
  std::size_t register_bytes_ = 0;
  Registers registers_;
  std::vector<std::vector<std::uint32_t>> outputs_of_;  // by node
  std::byte* base_ = nullptr;
  std::byte* scratch_ = nullptr;
  double unit_ = 1;
  int fraction_ = 0;
  std::map<std::uint32_t, const void*> tables_, maps_;
};

}  // namespace

std::unique_ptr<Compiled> compile(const Program& program, LaneLayout layout, bool keep_all) {
  return Compiler(program, std::move(layout), keep_all).run();
}

}  // namespace roundoff::sim
