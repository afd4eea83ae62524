// The order of questions: is it an input at all; is the answer wrong; is it wrong without rounding; which
// rounding.
#include "analyzer/blame/explain.hpp"

#include <algorithm>
#include <memory>

#include "analyzer/evidence/judge.hpp"
#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "sim/passes/rewriter.hpp"
#include "sim/program/record.hpp"

namespace roundoff::analyzer {

std::string_view name(Blame blame) {
  constexpr std::string_view names[] = {"none", "rounding", "construction", "specification"};
  return names[static_cast<std::size_t>(blame)];
}

std::string_view name(Mishap mishap) {
  constexpr std::string_view names[] = {"another weight by design",
                                        "rounding error",
                                        "absorbed addend",
                                        "underflow to zero",
                                        "saturation",
                                        "overflow",
                                        "wrap-around",
                                        "trap"};
  return names[static_cast<std::size_t>(mishap)];
}

namespace {

constexpr std::string_view without_rounding = "exact";  ///< Explanation::ideal

bool is_sequential(const Program& program, const Node& node) {
  if (node.op != Op::sum && node.op != Op::dot) return false;
  const Reduction& reduction = program.reductions[node.reduction];
  return reduction.order.kind == SumOrder::sequential && reduction.mode != DotMode::exact_dot &&
         !program.formats[node.format].is_stochastic();
}

/// A sequential sum or dot product again, step by step, as formats/rounding/reduce.cpp does it.
std::vector<Step> steps_of(const Program& program, const Node& node, std::span<const Value> x,
                           std::span<const Value> y) {
  const Format& format = program.formats[node.format];
  const bool fused = node.op == Op::dot && program.reductions[node.reduction].mode == DotMode::fused;
  std::vector<Step> steps;
  Value total;
  for (std::size_t j = 0; j < x.size(); ++j) {
    Step step;
    step.index = j;
    step.x = decimal(x[j]);
    Rounded term{x[j]}, next;
    if (node.op == Op::dot) {
      step.y = decimal(y[j]);
      term = mul(x[j], y[j], format);
    }
    next = j == 0  ? Rounded{term.value}
           : fused ? fma(x[j], y[j], total, format)
                   : add(total, term.value, format);
    step.term = term.value;
    step.before = total;
    step.after = total = next.value;
    step.flags = static_cast<Flags>(next.flags | (fused && j > 0 ? 0 : term.flags));
    step.absorbed = j > 0 && !step.term.is_zero() && step.before == step.after && step.after.is_finite();
    steps.push_back(std::move(step));
  }
  return steps;
}

struct Operands {
  std::vector<Value> x, y;
};
Operands operands_of(const Program& program, const Reference& run, NodeId id) {
  const Node& node = program.nodes[id];
  Operands operands;
  for_operands(program, node, [&](NodeId operand) { operands.x.push_back(run.value(operand)); });
  if (node.op == Op::dot) {
    const auto half = operands.x.begin() + static_cast<std::ptrdiff_t>(node.c);
    operands.y.assign(half, operands.x.end());
    operands.x.erase(half, operands.x.end());
  }
  return operands;
}

bool absorbs(const Program& program, const Node& node, const Operands& operands, const Value& result) {
  if (!result.is_finite()) return false;
  if (node.op == Op::add || node.op == Op::sub)
    return (result == operands.x[0] && !operands.x[1].is_zero()) ||
           (node.op == Op::add && result == operands.x[1] && !operands.x[0].is_zero());
  if (!is_sequential(program, node)) return false;
  const std::vector<Step> steps = steps_of(program, node, operands.x, operands.y);
  return std::any_of(steps.begin(), steps.end(), [](const Step& step) { return step.absorbed; });
}

Mishap mishap_of(const Format& format, Flags flags, bool vanished, bool absorbed) {
  if ((flags & flag_saturated) != 0) return Mishap::saturated;
  if ((flags & flag_overflow) != 0)
    return format.overflow == Overflow::wrap ? Mishap::wrapped : Mishap::overflowed;
  if (vanished) return Mishap::vanished;
  return absorbed ? Mishap::absorbed : Mishap::rounded;
}

class Inquiry {
 public:
  Inquiry(const Model& model, const Policy& policy, const Task& task, const Instance& instance,
          const ExplainOptions& options)
      : model_(model), policy_(policy), task_(task), instance_(instance), options_(options) {
    forced_ = task.question(instance);
    first_ = static_cast<int>(forced_.size()) - 1;
    right_ = task.answer(instance);
    // <eos> ends the answer and is not read again
    forced_.insert(forced_.end(), right_.begin(), right_.end() - 1);
  }

  Explanation answer() {
    const Subject::Replay replayed =
        Subject(model_, policy_, task_, Subject::Engine::reference).replay(instance_);
    explanation_.want = replayed.want;
    if (!run_against(nullptr)) {
      explanation_.got = explanation_.want;
      return explanation_;
    }
    if (trapped_) {
      blame_trap();
      return explanation_;
    }
    explanation_.got = replayed.got;
    if (explanation_.ideal_position < 0) {
      blame_rounding();
      return explanation_;
    }
    explanation_.blame = Blame::construction;
    if (options_.own && options_.own->policy != policy_) {
      const Explanation exactly = explanation_;
      if (run_against(&*options_.own) && explanation_.ideal_position < 0)
        blame_rounding();
      else
        explanation_ = exactly;
    }
    return explanation_;
  }

 private:
  Token want() const { return right_[static_cast<std::size_t>(explanation_.output)]; }

  /// Runs teacher-forced beside the ideal, and stands at the first wrong token. Whether there is one.
  bool run_against(const Sibling* own) {
    half_.reset();
    run_.reset();
    twins_ = make_twins(model_, policy_, own, task_.shape(instance_));
    explanation_.ideal =
        own != nullptr ? notation(own->policy[Role::activations]) : std::string(without_rounding);
    explanation_.margins.clear();
    explanation_.output = explanation_.ideal_position = -1;
    if (!twins_) return false;
    run_ = std::make_unique<Reference>(twins_->rounded);
    run_->start(forced_);
    for (std::size_t o = 0; o < right_.size(); ++o)
      if (!look_at(static_cast<int>(o))) break;
    if (half_) count();
    return explanation_.output >= 0;
  }

  /// Output o of both runs. False where the rounded one stops.
  bool look_at(int output) {
    const auto o = static_cast<std::size_t>(output);
    const int position = first_ + output;
    const bool first_wrong = explanation_.output < 0;
    try {
      run_->advance(position);
    } catch (const Trap& trap) {
      if (first_wrong) {
        trapped_ = true;
        explanation_.output = output;
        explanation_.position = position;
        explanation_.got = std::string("trap: ") + trap.what();
      }
      return false;
    }
    auto half = std::make_unique<PrefixRounding>(*twins_, *run_, forced_, output, right_[o]);
    const auto& names = task_.vocabulary();
    Choice ideal;
    std::string chosen;
    try {
      ideal = half->choose(0);
      chosen = names[ideal.token];
    } catch (const Trap& trap) {
      ideal = {task_.eos(), false, "", false};
      chosen = std::string("trap: ") + trap.what();
    }
    if (explanation_.ideal_position < 0 && chosen != names[right_[o]]) {
      explanation_.ideal_position = position;
      explanation_.ideal_want = names[right_[o]];
      explanation_.ideal_choice = chosen;
      explanation_.ideal_tie = ideal.tie;
    }
    if (!first_wrong) return true;
    const Choice rounded = half->choose(half->changes().size());
    const Token token = run_->output(output);
    explanation_.margins.push_back(
        {position, names[right_[o]], names[token], chosen, rounded.margin, ideal.margin});
    if (token != right_[o]) {
      explanation_.output = output;
      explanation_.position = position;
      explanation_.changes = half->changes().size();
      counted_ = run_->done();
      half_ = std::move(half);
    }
    return true;
  }

  void count() {
    Tally tally;
    const Program& program = twins_->rounded;
    for (NodeId id = 0; id < counted_; ++id) {
      const Node& node = program.nodes[id];
      if (node.op == Op::constant || node.op == Op::embed || node.op == Op::arg_max) continue;
      ++tally.operations;
      const Flags flags = run_->flags(id);
      if (flags == 0) continue;
      const Operands operands = operands_of(program, *run_, id);
      const Value& result = run_->value(id);
      tally.inexact += (flags & flag_inexact) != 0 ? 1 : 0;
      tally.saturated += (flags & flag_saturated) != 0 ? 1 : 0;
      tally.overflowed += (flags & flag_overflow) != 0 && (flags & flag_saturated) == 0 ? 1 : 0;
      tally.vanished += result.is_zero() && (flags & flag_inexact) != 0 ? 1 : 0;
      tally.absorbed += absorbs(program, node, operands, result) ? 1 : 0;
    }
    explanation_.tally = tally;
  }

  void blame_trap() {
    explanation_.blame = Blame::rounding;
    const NodeId id = run_->done();
    const Program& program = twins_->rounded;
    const Node& node = program.nodes[id];
    Culprit culprit;
    culprit.site = program.sites[id];
    culprit.operation = operation(node);
    culprit.format = notation(program.formats[node.format]);
    Operands operands = operands_of(program, *run_, id);
    culprit.x = std::move(operands.x);
    culprit.y = std::move(operands.y);
    culprit.mishap = Mishap::trapped;
    explanation_.culprit = std::move(culprit);
  }

  /// Invariant of both searches: with `right` changes the choice is right, with `wrong` > right it is wrong.
  void blame_rounding() {
    explanation_.blame = Blame::rounding;
    const std::size_t all = half_->changes().size();
    const auto is_right = [&](std::size_t on) { return half_->choose(on).token == want(); };
    std::size_t right = 0, wrong = all;
    explanation_.scanned =
        static_cast<double>(all) * static_cast<double>(half_->cost()) <= options_.scan_cost;
    if (explanation_.scanned) {
      bool before = true;
      for (std::size_t on = 1; on <= all; ++on) {
        const bool now = is_right(on);
        if (now != before) explanation_.turns.push_back(on - 1);
        if (!now && before) right = on - 1;
        before = now;
      }
      wrong = right + 1;
    } else {
      while (wrong - right > 1) {
        const std::size_t middle = right + (wrong - right) / 2;
        (is_right(middle) ? right : wrong) = middle;
      }
      explanation_.turns = {right};
    }
    explanation_.culprit = culprit(right);
  }

  std::string operation(const Node& node) const {
    if (node.op == Op::unary) return std::string(name(node.function));
    return std::string(name(node.op));
  }

  Culprit culprit(std::size_t which) const {
    const Program& program = twins_->rounded;
    const Change& change = half_->changes()[which];
    const Node& node = program.nodes[change.rounded];
    Culprit culprit;
    culprit.weight = change.weight;
    culprit.site = program.sites[change.user];
    culprit.operation = change.weight ? "weight" : operation(node);
    culprit.format = notation(program.formats[node.format]);
    culprit.rounded =
        change.weight && node.op == Op::constant ? program.constants[node.a] : run_->value(change.rounded);
    const RoundingError error = half_->error(which);
    culprit.exact = error.exact.decimal();
    culprit.ulps = error.ulps;
    culprit.margin_before = half_->choose(which).margin;
    culprit.margin_after = half_->choose(which + 1).margin;
    if (change.weight) {
      culprit.mishap = error.vanished ? Mishap::vanished : Mishap::rounded;
      const Format& format = program.formats[node.format];
      // Beside itself in another format a design may have other weights, each of which its format holds.
      if (explanation_.ideal != without_rounding && inexact_weight(model_, policy_).empty()) {
        culprit.mishap = Mishap::chosen;
        culprit.ulps = -1;
        return culprit;
      }
      if (culprit.rounded == format.highest || culprit.rounded == format.lowest)
        culprit.mishap = Mishap::saturated;
      return culprit;
    }
    Operands operands = operands_of(program, *run_, change.rounded);
    culprit.flags = run_->flags(change.rounded);
    culprit.mishap = mishap_of(program.formats[node.format], culprit.flags, error.vanished,
                               absorbs(program, node, operands, culprit.rounded));
    if (is_sequential(program, node)) culprit.steps = steps_of(program, node, operands.x, operands.y);
    culprit.x = std::move(operands.x);
    culprit.y = std::move(operands.y);
    return culprit;
  }

  const Model& model_;
  const Policy& policy_;
  const Task& task_;
  const Instance& instance_;
  const ExplainOptions& options_;
  std::vector<Token> forced_, right_;
  int first_ = 0;  ///< the position at which the first answer token is chosen
  bool trapped_ = false;
  NodeId counted_ = 0;  ///< operations up to the first wrong token
  std::optional<Twins> twins_;
  std::unique_ptr<Reference> run_;
  std::unique_ptr<PrefixRounding> half_;
  Explanation explanation_;
};

}  // namespace

Explanation explain(const Model& model, const Policy& policy, const Task& task, std::string_view text,
                    const ExplainOptions& options) {
  Explanation outside;
  outside.input = text;
  Instance instance;
  try {
    instance = task.parse(text);
  } catch (const UsageError& error) {
    outside.blame = Blame::specification;
    outside.reason = error.what();
    return outside;
  }
  Explanation explanation = Inquiry(model, policy, task, instance, options).answer();
  explanation.input = task.text(instance);
  return explanation;
}

}  // namespace roundoff::analyzer
