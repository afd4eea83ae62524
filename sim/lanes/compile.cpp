// From a program to steps of lane kernels: one family, since every step is chosen by where its operands
// stand. Registers are arrays of one chunk of lanes; a value's register is free again after its last use
// (linear scan over the single-assignment order). Constants live in registers of their own, filled once. Sums
// in other orders than the kernels' are composed from `add` here, term by term in the order of semantics.md,
// section 3.
#include "sim/lanes/compile.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>

#include "sim/lanes/fusion.hpp"
#include "sim/lanes/ordered.hpp"
#include "sim/passes/rewriter.hpp"

namespace roundoff::sim {

namespace {

constexpr std::size_t alignment = 64;

/// A table may be read in whole pairs of registers, and two entries at once.
std::size_t padded(std::size_t bytes) { return bytes / 128 * 128 + 128; }

double power(int exponent) { return std::ldexp(1.0, exponent); }

// ---- one function a kind of step ----

std::uint8_t* traps(const Step& step, const Frame& frame) { return step.traps ? frame.trapped : nullptr; }

template <LaneKernels::Binary LaneKernels::*kernel>
void run_binary(const Step& s, const Frame& f) {
  (s.kernels->*kernel)(s.kernels->context(), s.a, s.b, s.out, f.lanes, traps(s, f));
}
template <LaneKernels::Sum LaneKernels::*kernel>
void run_list(const Step& s, const Frame& f) {
  (s.kernels->*kernel)(s.kernels->context(), s.x, s.count, s.out, f.lanes, traps(s, f));
}
template <LaneKernels::Dot LaneKernels::*kernel>
void run_dot(const Step& s, const Frame& f) {
  (s.kernels->*kernel)(s.kernels->context(), s.x, s.y, s.count, s.out, f.lanes, traps(s, f));
}
template <LaneKernels::Weighted LaneKernels::*kernel>
void run_weighted(const Step& s, const Frame& f) {
  (s.kernels->*kernel)(s.kernels->context(), s.data, s.x, s.count, s.out, f.lanes, traps(s, f));
}
void run_apply(const Step& s, const Frame& f) {
  s.kernels->apply(s.function, s.a, s.out, f.lanes, traps(s, f));
}
const LaneToken* tokens(const Step& s, const Frame& f) {
  return f.tokens + s.position * static_cast<std::size_t>(batch_lanes);
}
void run_embed(const Step& s, const Frame& f) { s.moves->embed(tokens(s, f), s.table, s.out, f.lanes); }
void run_lookup(const Step& s, const Frame& f) { s.moves->lookup(s.a, s.table, s.out, f.lanes); }
// data: the point, and the results there and elsewhere
void run_indicate(const Step& s, const Frame& f) {
  const auto* data = static_cast<const std::byte*>(s.data);
  const std::size_t size = size_of(s.container);
  s.moves->indicate(s.a, data, data + size, data + 2 * size, s.out, f.lanes);
}
// data: the results where a and b are equal and elsewhere
void run_compare(const Step& s, const Frame& f) {
  const auto* data = static_cast<const std::byte*>(s.data);
  s.moves->compare(s.a, s.b, data, data + size_of(s.container), s.out, f.lanes);
}
void run_tally(const Step& s, const Frame& f) {
  const MoveKernels::Tally tally{s.a, s.x, s.y, s.data, s.count, s.rest, s.rest_count};
  s.moves->tally(tally, s.out, f.lanes);
}
void run_largest(const Step& s, const Frame& f) { s.moves->largest(s.x, s.count, s.out, f.lanes); }
void run_relu(const Step& s, const Frame& f) { s.moves->relu(s.a, s.out, f.lanes); }
// Of exact nodes.
void run_plain_add(const Step& s, const Frame& f) { s.moves->add(s.a, s.b, s.out, f.lanes); }
void run_plain_sub(const Step& s, const Frame& f) { s.moves->sub(s.a, s.b, s.out, f.lanes); }
void run_plain_mul(const Step& s, const Frame& f) { s.moves->mul(s.a, s.b, s.fraction, s.out, f.lanes); }
void run_plain_sum(const Step& s, const Frame& f) { s.moves->sum(s.x, s.count, s.out, f.lanes); }
void run_plain_dot(const Step& s, const Frame& f) {
  s.moves->dot(s.x, s.y, s.count, s.fraction, s.out, f.lanes);
}
void run_plain_weighted(const Step& s, const Frame& f) {
  s.moves->weighted(s.data, s.x, s.count, s.fraction, s.out, f.lanes);
}
LaneToken* chosen(const Step& s, const Frame& f) {
  return s.out ? static_cast<LaneToken*>(s.out) : f.chosen + s.index * static_cast<std::size_t>(batch_lanes);
}
void run_arg_max(const Step& s, const Frame& f) {
  s.moves->arg_max(s.x, s.count, chosen(s, f), f.lanes, traps(s, f));
}
// Where NaN propagates: the kernel that marks the lanes with a NaN runs, and these are then gone through one by
// one, as they are few.
using Marks = std::array<std::uint8_t, batch_lanes>;
void run_max_or_nan(const Step& s, const Frame& f) {
  Marks nan{};
  s.kernels->max_of(s.kernels->context(), s.x, s.count, s.out, f.lanes, nan.data());
  for (std::size_t i = 0; i < f.lanes; ++i)
    if (nan[i] != 0)
      s.kernels->store(Value::nan(), static_cast<std::byte*>(s.out) + i * size_of(s.container));
}
void run_arg_max_or_nan(const Step& s, const Frame& f) {
  Marks nan{};
  s.moves->arg_max(s.x, s.count, chosen(s, f), f.lanes, nan.data());
  const auto is_nan = [&](std::size_t term, std::size_t i) {
    return s.kernels->load(static_cast<const std::byte*>(s.x[term]) + i * size_of(s.container)).is_nan();
  };
  for (std::size_t i = 0; i < f.lanes; ++i) {
    if (nan[i] == 0) continue;
    std::size_t first = 0;
    while (!is_nan(first, i)) ++first;
    chosen(s, f)[i] = static_cast<LaneToken>(first);
  }
}
void run_choose_embed(const Step& s, const Frame& f) {
  plain_moves(Container::i16).embed(tokens(s, f), s.table, chosen(s, f), f.lanes);
}
void run_choose_lookup(const Step& s, const Frame& f) {
  s.moves->choose(s.a, s.table, chosen(s, f), f.lanes);
}
void run_choose_constant(const Step& s, const Frame& f) {
  std::fill_n(chosen(s, f), f.lanes, *static_cast<const LaneToken*>(s.data));
}
void run_choose_value(const Step& s, const Frame& f) {
  auto* value = static_cast<double*>(s.scratch);
  s.moves->widen(s.a, s.unit, value, f.lanes);
  LaneToken* to = chosen(s, f);
  for (std::size_t i = 0; i < f.lanes; ++i) to[i] = static_cast<LaneToken>(static_cast<int>(value[i]));
}
void run_copy_chosen(const Step& s, const Frame& f) {
  std::memcpy(f.chosen + s.index * static_cast<std::size_t>(batch_lanes), s.a, f.lanes * sizeof(LaneToken));
}
// The exact result in double, then F's rounding, once.
void round_exact(const Step& s, const Frame& f) {
  s.kernels->round_f64(s.kernels->context(), s.scratch, s.out, f.lanes, traps(s, f));
}
void run_exact_sum(const Step& s, const Frame& f) {
  s.moves->exact_sum(s.x, s.count, s.unit, static_cast<double*>(s.scratch), f.lanes);
  round_exact(s, f);
}
void run_exact_dot(const Step& s, const Frame& f) {
  s.moves->exact_dot(s.x, s.y, s.count, s.unit * s.unit, static_cast<double*>(s.scratch), f.lanes);
  round_exact(s, f);
}
void run_exact_sub(const Step& s, const Frame& f) {
  auto* total = static_cast<double*>(s.scratch);
  auto* other = total + batch_lanes;
  s.moves->widen(s.x[0], s.unit, total, f.lanes);
  s.moves->widen(s.x[1], s.unit, other, f.lanes);
  for (std::size_t i = 0; i < f.lanes; ++i) total[i] -= other[i];
  round_exact(s, f);
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
    allocate();
    choose_chunk();
    reserve();
    out_->values.resize(program_.nodes.size());
    out_->is_token.resize(program_.nodes.size());
    for (NodeId id = 0; id < program_.nodes.size(); ++id) compile(id);
    if (keep_all_)
      for (std::uint32_t o = 0; o < program_.outputs.size(); ++o)
        if (is_choice(program_.outputs[o]))
          push({.run = run_copy_chosen, .a = out_->values[program_.outputs[o]], .index = o});
    return std::move(out_);
  }

 private:
  // ---- registers ----
  void allocate() {
    const auto count = static_cast<NodeId>(program_.nodes.size());
    std::vector<NodeId> last(count, no_node);
    for (NodeId id = 0; id < count; ++id)
      if (fusion_.computed(id))
        for (NodeId operand : fusion_.reads(id)) last[operand] = id;
    read_.assign(count, false);
    for (NodeId id = 0; id < count; ++id) read_[id] = last[id] != no_node;
    outputs_of_.resize(count);
    for (std::uint32_t o = 0; o < program_.outputs.size(); ++o) outputs_of_[program_.outputs[o]].push_back(o);
    register_of_.assign(count, 0);
    std::vector<std::uint32_t> free;
    for (NodeId id = 0; id < count; ++id) {
      const Node& node = program_.nodes[id];
      if (node.op == Op::constant || !fusion_.computed(id)) continue;
      if (!keep_all_) {
        // Operands used here for the last time are free for the result as well: a kernel's `out` may be an
        // input only for elementwise operations, so lists are released after.
        if (lists_of(node.op) == 0) release(free, last, id);
      }
      if (free.empty()) {
        register_of_[id] = registers_++;
      } else {
        register_of_[id] = free.back();
        free.pop_back();
      }
      if (!keep_all_) {
        if (lists_of(node.op) != 0) release(free, last, id);
        if (last[id] == no_node) free.push_back(register_of_[id]);
      }
    }
    for (NodeId id = 0; id < count; ++id)
      if (program_.nodes[id].op == Op::constant && fusion_.computed(id)) register_of_[id] = registers_++;
  }
  void release(std::vector<std::uint32_t>& free, std::vector<NodeId>& last, NodeId id) {
    for (NodeId operand : fusion_.reads(id)) {
      if (last[operand] != id || program_.nodes[operand].op == Op::constant) continue;
      last[operand] = no_node - 1;  // once, however often it is named
      free.push_back(register_of_[operand]);
    }
  }

  // As many lanes as keep the registers in the first-level cache, but not so few that starting a loop costs
  // more than running it.
  void choose_chunk() {
    constexpr std::size_t cache = 40 << 10, fewest = 128;
    const std::size_t size = size_of(out_->layout.container);
    out_->chunk = batch_lanes;
    while (!keep_all_ && out_->chunk > fewest && registers_ * size * out_->chunk > cache) out_->chunk /= 2;
    register_bytes_ = out_->chunk * size;
  }

  void reserve() {
    std::uint32_t longest = 1;
    for (const Node& node : program_.nodes)
      if (lists_of(node.op) != 0) longest = std::max(longest, node.c);
    const std::size_t scratch = static_cast<std::size_t>(scratch_arrays(longest)) *
                                static_cast<std::size_t>(batch_lanes) * sizeof(double);
    out_->memory.resize(register_bytes_ * registers_ + scratch + alignment);
    const auto address = reinterpret_cast<std::uintptr_t>(out_->memory.data());
    base_ = out_->memory.data() + (alignment - address % alignment) % alignment;
    scratch_ = base_ + register_bytes_ * registers_;
  }
  std::byte* where(NodeId id) const { return base_ + register_bytes_ * register_of_[id]; }

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
    return op == Op::arg_max || (found && !outputs_of_[id].empty() && !read_[id]);
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
        step.run = run_choose_constant;
        step.data = tokens({constant(id)});
        break;
      case Op::embed:
        step.run = run_choose_embed;
        step.position = node.a;
        step.table = {.entries = tokens(program_.tables[node.b]), .size = program_.tables[node.b].size()};
        break;
      case Op::table: {
        // A table that is read as well has been computed already, perhaps over its own argument.
        if (read_[id]) {
          step.run = run_choose_value;
          step.a = where(id);
          break;
        }
        const Grid grid = grid_of(program_.maps[node.b]);
        place(step, node, grid, tokens(grid.results));
        step.run = run_choose_lookup;
        break;
      }
      case Op::arg_max:
        step.run = run_arg_max;
        if (propagates_nan(node)) {
          step.run = run_arg_max_or_nan;
          step.kernels = any_kernels();
        }
        step.x = pointers(node.a, node.c);
        step.count = node.c;
        break;
      default:
        step.run = run_choose_value;
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
        step.run = run_embed;
        step.position = node.a;
        step.table = {.entries = table(node.b), .size = program_.tables[node.b].size()};
        step.table.bytes = bytes(step.table);
        break;
      case Op::round:
        step.run = run_exact_sum;
        step.x = pointers_to(std::vector<NodeId>{node.a});
        step.count = 1;
        break;
      case Op::add:
        elementwise(step, node, run_binary<&LaneKernels::add>, run_exact_sum);
        break;
      case Op::sub:
        elementwise(step, node, run_binary<&LaneKernels::sub>, run_exact_sub);
        break;
      case Op::mul:
        elementwise(step, node, run_binary<&LaneKernels::mul>, run_exact_dot);
        if (!members) {
          step.x = pointers_to(std::vector<NodeId>{node.a});
          step.y = pointers_to(std::vector<NodeId>{node.b});
          step.count = 1;
        }
        break;
      case Op::div:
        elementwise(step, node, run_binary<&LaneKernels::div>, nullptr);
        break;
      case Op::unary:
        step.run = node.function == Function::relu && members ? run_relu : run_apply;
        step.a = where(node.a);
        step.function = node.function;
        break;
      case Op::max:
        step.run = propagates_nan(node) ? run_max_or_nan : run_list<&LaneKernels::max_of>;
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
      step.run = run_compare;
      step.a = where(comparison->a);
      step.b = where(comparison->b);
      return true;
    }
    const Tally* tally = fusion_.tally(id);
    if (!tally) return false;
    step.run = run_tally;
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
    step.run = run_largest;
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
      step.run = run_exact_sum;
    else
      step.run = reduction.order.kind == SumOrder::sequential ? run_list<&LaneKernels::sum> : run_ordered;
  }

  void dot(Step& step, const Node& node) {
    const Reduction& reduction = out_->reductions[node.reduction];
    step.count = node.c;
    step.reduction = &reduction;
    step.wide = out_->layout.wide[node.reduction].get();
    const bool fused = reduction.mode == DotMode::fused;
    if (reduction.mode == DotMode::exact_dot) {
      step.run = run_exact_dot;
    } else if (step.members && reduction.order.kind == SumOrder::sequential) {
      for (const auto& [weights, inputs] : {std::pair(node.a, node.b), std::pair(node.b, node.a)}) {
        if (!constants(weights, node.c)) continue;
        step.data = elements(constant_values(weights, node.c));
        step.x = pointers(inputs, node.c);
        step.run = fused ? run_weighted<&LaneKernels::fused_weighted> : run_weighted<&LaneKernels::weighted>;
        return;
      }
      step.run = fused ? run_dot<&LaneKernels::fused_dot> : run_dot<&LaneKernels::dot>;
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
        step.run = node.op == Op::add ? run_plain_add : node.op == Op::sub ? run_plain_sub : run_plain_mul;
        step.a = where(node.a);
        step.b = where(node.b);
        return true;
      case Op::sum:
        step.run = run_plain_sum;
        step.x = pointers(node.a, node.c);
        step.count = node.c;
        return true;
      case Op::dot:
        if (!products) return false;
        step.count = node.c;
        for (const auto& [weights, inputs] : {std::pair(node.a, node.b), std::pair(node.b, node.a)}) {
          if (!constants(weights, node.c)) continue;
          step.run = run_plain_weighted;
          step.data = elements(constant_values(weights, node.c));
          step.x = pointers(inputs, node.c);
          return true;
        }
        step.run = run_plain_dot;
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
    if (const auto found = indicator(map)) {
      step.data = elements(std::vector<Value>{found->point, found->there, found->elsewhere});
      step.run = run_indicate;
      step.a = where(node.a);
      return;
    }
    const Grid grid = grid_of(map);
    const auto [found, fresh] = maps_.try_emplace(node.b, nullptr);
    if (fresh) found->second = elements(grid.results);
    place(step, node, grid, found->second);
    step.run = run_lookup;
  }
  // One result at a point and another everywhere else. (Both zeros of an argument have one result.)
  struct Indicator {
    Value point, there, elsewhere;
  };
  std::optional<Indicator> indicator(const std::vector<std::pair<Value, Value>>& map) const {
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
    if (!point || !point->is_finite() || !is_storable(*point)) return {};
    return Indicator{*point, *there, elsewhere};
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
  std::uint32_t registers_ = 0;
  std::vector<std::uint32_t> register_of_;
  std::vector<bool> read_;                              // by node: some node reads it
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
