// Probes, proofs (with a cut or without), and what a verdict may claim.
#include "analyzer/evidence/certify.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>

#include "analyzer/diagrams/proof.hpp"
#include "analyzer/evidence/judge.hpp"
#include "analyzer/evidence/shrink.hpp"
#include "formats/error.hpp"
#include "sim/passes/passes.hpp"
#include "sim/program/memory.hpp"
#include "sim/program/spans.hpp"

namespace roundoff::analyzer {
namespace {

using namespace diagrams;
using Clock = std::chrono::steady_clock;

/// The contract with sim/passes: all that makes a program smaller value by value, but no tables over several
/// tokens, which hide the sums where a cut stands and the positions that a proof goes by.
const std::vector<std::string> passes_off = {"tabulate"};

/// Passes do what recording did not: where every format and order is one that it knows the spans of
/// (sim/program/spans.hpp) and nothing can trap, keys that are dominated are gone already, and the proof is over
/// the record itself.
bool settled_when_recorded(const Program& program) {
  return std::all_of(program.formats.begin(), program.formats.end(), Spans::keeps) &&
         std::all_of(program.reductions.begin(), program.reductions.end(),
                     [](const Reduction& reduction) {
                       return reduction.order.kind == SumOrder::sequential &&
                              reduction.mode == DotMode::rounded;
                     }) &&
         trapping_nodes(program).empty();
}

Clock::duration seconds(double count) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(count));
}

/// One instance of every combination of operand lengths.
std::vector<Instance> all_lengths(const Task& task) {
  Instance some = task.sample(1, 0);
  const std::size_t operands = some.operands.size();
  std::vector<Instance> all;
  if (task.one_shape()) {
    all.push_back(std::move(some));
    return all;
  }
  std::vector<std::size_t> length(operands, 1);
  for (;;) {
    Instance instance;
    for (const std::size_t m : length) instance.operands.emplace_back(m, 0);
    all.push_back(std::move(instance));
    std::size_t at = 0;
    while (at < operands && ++length[at] > static_cast<std::size_t>(task.size().n)) length[at++] = 1;
    if (at == operands) return all;
  }
}

class Certification {
 public:
  Certification(const Model& model, const Policy& policy, const Task& task, const CertifyOptions& options)
      : model_(model),
        policy_(policy),
        task_(task),
        options_(options),
        deadline_(Clock::now() + seconds(options.limits.seconds)),
        subject_(model, policy, task, Subject::Engine::lanes, watch(options.progress, options.interrupted)),
        recorded_(model, policy, task, Subject::Engine::recorded, watched()) {}

  Result run() {
    result_.method = Method::certify;
    result_.of = task_.input_count();
    if (!has_specification(task_)) {
      result_.obstacle = {Reason::no_specification};
      return std::move(result_);
    }
    try {
      probe();
      if (result_.counterexample && !options_.exact_fraction) return std::move(result_);
      prove();
    } catch (const Exhausted& exhausted) {
      result_.obstacle = exhausted.obstacle;
      result_.interrupted = exhausted.obstacle.reason == Reason::interrupted;
    } catch (const TooMuchMemory&) {
      result_.obstacle = {Reason::memory, memory_limit() / 1e6};
    } catch (const Stopped&) {
      result_.interrupted = true;
      result_.obstacle = {Reason::interrupted};
    }
    return std::move(result_);
  }

 private:
  // Tells how far programs are, and ends the work when its time is over.
  Watch watched() {
    return [this, asked = watch(options_.progress, options_.interrupted)](std::string_view what, double done,
                                                                          double all) {
      asked(what, done, all);
      in_time();
    };
  }

  // Gross failures show on few inputs: fewer where the program is large, which is run as it was recorded.
  void probe() {
    if (options_.probes == 0) return;
    constexpr std::size_t evaluations = 1 << 20, least = 8;
    std::size_t nodes = 0;
    try {
      nodes = recorded_.prepared(task_.sample(options_.seed, 0))->program.nodes.size();
    } catch (const Trap&) {  // on what no input changes
    }
    const std::size_t count = std::min(options_.probes, std::max(least, evaluations / 2 / (nodes + 1)));
    std::vector<Instance> inputs = task_.adversarial(count);
    for (std::size_t j = 0; j < count; ++j) inputs.push_back(task_.sample(options_.seed, j));
    std::vector<std::uint8_t> failed(inputs.size());
    Judge(recorded_).decide(inputs, failed);
    result_.covered = std::min(static_cast<double>(inputs.size()), result_.of);
    const auto found = std::find(failed.begin(), failed.end(), 1);
    if (found != failed.end()) explain(inputs[static_cast<std::size_t>(found - failed.begin())]);
  }

  void explain(const Instance& failing) {
    Judge judge(subject_);
    Counterexample found;
    found.instance = shrink(judge, task_, failing);
    const Subject::Replay replay = subject_.replay(found.instance);
    found.input = task_.text(found.instance);
    if (replay.right)
      throw std::logic_error(
          fmt::format("{}: diagrams and the reference interpreter disagree on {}", model_.name, found.input));
    found.got = replay.got;
    found.want = replay.want;
    result_.counterexample = std::move(found);
    result_.verdict = Verdict::refuted;
  }

  ProofOptions how(Clock::time_point deadline) const {
    const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
    ProofOptions proof;
    proof.limits = options_.limits;
    proof.deadline = deadline;
    proof.threads = options_.threads > 0 ? options_.threads : static_cast<int>(cores);
    if (options_.limits.steps > 0) proof.threads = 1;
    proof.count = options_.exact_fraction;
    proof.interrupted = options_.interrupted;
    if (options_.progress)
      proof.progress = [this](double done, double of) { options_.progress({done, of, "certify"}); };
    return proof;
  }

  Outcome prove(const Program& program, const SequenceShape& shape, Cut cut, int part,
                Clock::time_point deadline) {
    const Variables orders[] = {variables(task_, shape, cut, part, Significance::least_first),
                                variables(task_, shape, cut, part, Significance::most_first)};
    return diagrams::prove(program, orders, task_, how(deadline));
  }

  // By a cut: the outcome where it settles all inputs of the shape, nothing where it does not. Every try gets
  // half of the time that is left.
  std::optional<Outcome> by_cut(const Program& program, const SequenceShape& shape) {
    if (task_.input_count() < options_.cut_from) return std::nullopt;
    const Cut cut = cut_of(task_, shape);
    if (cut == Cut::none) return std::nullopt;
    const auto settled = [&](int part) -> std::optional<Outcome> {
      const auto now = Clock::now();
      if (now > deadline_) return std::nullopt;
      try {
        Outcome outcome = prove(program, shape, cut, part, now + (deadline_ - now) / 2);
        if (outcome.holds || outcome.question) return outcome;
      } catch (const Exhausted& exhausted) {
        if (exhausted.obstacle.reason == Reason::interrupted) throw;
      }
      return std::nullopt;
    };
    if (cut == Cut::columns) {
      const int width = group_width(program, task_);
      std::optional<Outcome> outcome;
      if (width > 1) outcome = settled(width);
      return outcome ? outcome : settled(1);
    }
    const int lines = static_cast<int>(variables(task_, shape).lines.size());
    std::optional<Outcome> outcome;
    for (int line = 0; line < lines; ++line)
      if (!(outcome = settled(line))) return std::nullopt;
    return outcome;
  }

  void in_time() const {
    if (Clock::now() > deadline_) throw Exhausted{{Reason::time, options_.limits.seconds}};
  }

  void prove() {
    Integer failing = 0, of = 0;
    bool decided = true;
    Obstacle obstacle;
    Cut cut = Cut::none;
    for (const Instance& lengths : all_lengths(task_)) {
      const SequenceShape shape = task_.shape(lengths);
      const Variables positions = variables(task_, shape);
      std::shared_ptr<const Subject::Prepared> recorded;
      Program simplified;
      try {
        recorded = recorded_.prepared(lengths);
        if (!settled_when_recorded(recorded->program))
          simplified = optimise(recorded->program, passes_off, watched()).program;
      } catch (const Trap&) {
        // On what no input changes: every input of this shape fails.
        if (!result_.counterexample) explain(lengths);
        failing += inputs(task_, positions);
        of += inputs(task_, positions);
        continue;
      }
      const Program& program = simplified.nodes.empty() ? recorded->program : simplified;
      std::optional<Outcome> outcome = by_cut(program, shape);
      if (outcome && outcome->question && !result_.counterexample)
        explain(task_.read(*outcome->question, lengths));
      if (outcome && (outcome->decided || !options_.exact_fraction))
        cut = cut_of(task_, shape);
      else
        outcome = prove(program, shape, Cut::none, 1, deadline_);
      failing += outcome->failing;
      of += inputs(task_, positions);
      decided = decided && outcome->decided;
      if (obstacle.reason == Reason::none) obstacle = outcome->obstacle;
      if (outcome->question && !result_.counterexample) explain(task_.read(*outcome->question, lengths));
      if (!decided && Clock::now() > deadline_) break;
      if (result_.counterexample && !options_.exact_fraction) return;
    }
    if (decided) {
      result_.covered = ratio(of, 1);
      result_.failing = ratio(failing, 1);
      result_.failing_fraction = ratio(failing, of);
      if (failing == 0 && result_.counterexample)
        throw std::logic_error(
            fmt::format("{}: diagrams certify all inputs, but the reference interpreter fails on {}",
                        model_.name, result_.counterexample->input));
      result_.verdict = failing == 0 ? Verdict::certified : Verdict::refuted;
      result_.failing_exactly = failing.str();
      result_.of_exactly = of.str();
      result_.cut = cut;
    } else {
      result_.obstacle = obstacle;
    }
    result_.interrupted |= obstacle.reason == Reason::interrupted;
  }

  const Model& model_;
  const Policy& policy_;
  const Task& task_;
  const CertifyOptions& options_;
  Clock::time_point deadline_;
  Subject subject_;   // many inputs: where a counterexample is made simple
  Subject recorded_;  // few, and what is proved
  Result result_;
};

}  // namespace

Result certify(const Model& model, const Policy& policy, const Task& task, const CertifyOptions& options) {
  if (!task.layout().empty()) {
    Result result;
    result.method = Method::certify;
    result.of = task.input_count();
    result.obstacle = {Reason::other_layout};
    return result;
  }
  return Certification(model, policy, task, options).run();
}

}  // namespace roundoff::analyzer
