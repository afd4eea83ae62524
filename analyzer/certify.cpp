// The proof over diagrams, its threads, and what a verdict may claim.
#include "analyzer/certify.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>

#include "analyzer/diagrams/count.hpp"
#include "analyzer/diagrams/interpreter.hpp"
#include "analyzer/diagrams/specification.hpp"
#include "analyzer/judge.hpp"
#include "analyzer/question.hpp"
#include "analyzer/shrink.hpp"
#include "formats/error.hpp"
#include "sim/passes.hpp"
#include "sim/record.hpp"

namespace roundoff {
namespace {

using namespace diagrams;
using Clock = std::chrono::steady_clock;

/// A cut stands at column sums and the proof goes position by position: tables over several tokens would hide
/// both.
const std::vector<std::string> tables_hide_structure = {"tabulate"};

/// "10^128"-like figures stay readable: exact up to 24 digits, else rounded to 4.
std::string readable(const Integer& number) {
  const std::string digits = number.str();
  if (digits.size() <= 24) return digits;
  return fmt::format("{}.{}e{}", digits[0], digits.substr(1, 3), digits.size() - 1);
}

/// All inputs of one sequence shape.
struct Outcome {
  bool decided = false;  ///< every output and every possible trap was looked at
  Integer failing = 0, of = 1;
  std::optional<std::vector<Token>> question;  ///< of an input that fails
  std::string ran_out;
};

class Proof {
 public:
  Proof(const Program& program, const Variables& variables, const Task& task, const CertifyOptions& options,
        Clock::time_point deadline)
      : program_(program), variables_(variables), task_(task), options_(options), deadline_(deadline) {
    for (NodeId output : program.outputs) goals_.push_back(output);
    for (NodeId node : trapping_nodes(program))
      if (std::find(program.outputs.begin(), program.outputs.end(), node) == program.outputs.end())
        goals_.push_back(node);
    for (const std::uint16_t arity : variables.arities) outcome_.of *= arity;
  }

  const Integer& inputs() const { return outcome_.of; }

  Outcome run() {
    int threads =
        options_.threads > 0 ? options_.threads : static_cast<int>(std::thread::hardware_concurrency());
    threads = std::clamp(threads, 1, static_cast<int>(program_.outputs.size()));
    std::vector<std::unique_ptr<Worker>> workers;
    for (int t = 0; t < threads; ++t) workers.push_back(std::make_unique<Worker>(*this));
    {
      std::vector<std::jthread> running;
      for (std::size_t t = 1; t < workers.size(); ++t)
        running.emplace_back([&worker = *workers[t]] { worker.run(); });
      workers[0]->run();
    }
    if (error_) std::rethrow_exception(error_);
    merge(workers);
    return std::move(outcome_);
  }

 private:
  // One thread's diagrams. Goals are handed out one at a time.
  struct Worker {
    explicit Worker(Proof& owner)
        : proof(owner),
          manager(
              owner.variables_.arities, [this](Id a, Id b) { return scalars.less(a, b); },
              {.nodes = owner.options_.nodes, .deadline = owner.deadline_, .cancelled = &owner.cancelled_}),
          algebra(manager, scalars),
          kept(manager) {}

    void run() try {
      prepare();
      for (std::size_t goal; (goal = proof.next_++) < proof.goals_.size() && !proof.cancelled_;) {
        try {
          decide(goal);
          proof.report();
        } catch (const Exhausted& exhausted) {
          proof.give_up(exhausted.what);
          manager.recover();
        }
      }
    } catch (const Exhausted& exhausted) {
      proof.give_up(exhausted.what);
    } catch (...) {
      proof.fail(std::current_exception());
    }

    void prepare() {
      const Manager::Pause pause(manager);
      std::vector<Column> columns;
      const bool cut = proof.variables_.columns > 0;
      kept.refs = right_tokens(proof.task_, proof.variables_, algebra, cut ? &columns : nullptr);
      interpreter = std::make_unique<Interpreter>(
          proof.program_, algebra,
          std::vector<Ref>(kept.refs.begin(), kept.refs.begin() + proof.program_.shape.positions()),
          InterpreterOptions{.tuples = proof.options_.tuples});
      interpreter->expect(proof.goals_);
      if (cut) interpreter->cut(std::move(columns));
      fails = kept.refs.size();
      kept.refs.push_back(truth(false));
    }

    Ref truth(bool value) { return manager.terminal(scalars.integer(value)); }

    void decide(std::size_t goal) {
      const Ref got = interpreter->value(proof.goals_[goal]);
      const bool output = goal < proof.program_.outputs.size();
      Ref wrong;
      if (output) {
        const Ref want = kept[static_cast<std::size_t>(proof.program_.shape.first_output) + goal + 1];
        if (got == want) return;
        struct Differs {
          std::uint32_t code;
          bool commutes;
          Scalars& scalars;
          Id operator()(Id a, Id b) const { return scalars.integer(a != b); }
          Ref shortcut(Ref, Ref) const { return no_ref; }
        };
        wrong = manager.apply(Differs{manager.fresh_code(), true, scalars}, got, want);
      } else {
        if (!algebra.traps_somewhere(got)) return;
        wrong = algebra.replace(got, [&](Id id) { return scalars.integer(id == Scalars::trap); });
      }
      kept[fails] = algebra.apply(scalars.code({.kind = Operation::max}), kept[fails], wrong);
      if (!proof.options_.exact_fraction) proof.cancelled_ = true;
    }

    Proof& proof;
    Scalars scalars;
    Manager manager;
    Algebra algebra;
    Roots kept;  // the right tokens, then the inputs that fail
    std::size_t fails = 0;
    std::unique_ptr<Interpreter> interpreter;
  };

  void report() {
    const std::lock_guard lock(mutex_);
    ++decided_;
    if (options_.progress)
      options_.progress({static_cast<double>(decided_), static_cast<double>(goals_.size()), "certify"});
    if (options_.interrupted && options_.interrupted()) {
      outcome_.ran_out = "interrupted";
      cancelled_ = true;
    }
  }
  void give_up(const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (outcome_.ran_out.empty()) outcome_.ran_out = what;
    if (what == "time") cancelled_ = true;
  }
  void fail(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = error;
    cancelled_ = true;
  }

  // The inputs that fail, over all threads, in the first thread's diagrams.
  void merge(std::vector<std::unique_ptr<Worker>>& workers) {
    outcome_.decided = decided_ == goals_.size();
    Worker& home = *workers[0];
    if (home.fails == 0) return;
    for (std::size_t t = 1; t < workers.size(); ++t) {
      Worker& other = *workers[t];
      if (other.fails == 0) continue;
      const Ref copied = home.manager.copy(other.manager, other.kept[other.fails], [&](Id id) {
        return home.scalars.integer(other.scalars.to_integer(id));
      });
      home.kept[home.fails] =
          home.algebra.apply(home.scalars.code({.kind = Operation::max}), home.kept[home.fails], copied);
    }
    const Id one = home.scalars.integer(1);
    const auto failing = [&](Id id) { return id == one; };
    outcome_.failing = count(home.manager, home.kept[home.fails], failing);
    if (const auto found = first(home.manager, home.kept[home.fails], failing))
      outcome_.question = variables_.question(*found);
  }

  const Program& program_;
  const Variables& variables_;
  const Task& task_;
  const CertifyOptions& options_;
  Clock::time_point deadline_;
  std::vector<NodeId> goals_;  // the outputs, then what can trap
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::size_t decided_ = 0;
  std::exception_ptr error_;
  Outcome outcome_;
};

/// The operands of a question of these lengths: c digits a token, the leading token's padding left out.
Instance instance_of(const Task& task, const Variables& variables, const Instance& model_of_lengths,
                     const std::vector<Token>& question) {
  const TaskSize& size = task.size();
  Instance instance;
  for (std::size_t o = 0; o < variables.operands.size(); ++o) {
    Digits digits;
    for (const int position : variables.operands[o]) {
      int token = question[static_cast<std::size_t>(position)];
      Digits group(static_cast<std::size_t>(size.c));
      for (std::size_t i = group.size(); i-- > 0; token /= size.p)
        group[i] = static_cast<std::uint8_t>(token % size.p);
      digits.insert(digits.end(), group.begin(), group.end());
    }
    const std::size_t length = model_of_lengths.operands[o].size();
    digits.erase(digits.begin(), digits.end() - static_cast<std::ptrdiff_t>(length));
    instance.operands.push_back(std::move(digits));
  }
  return instance;
}

/// One instance of every combination of operand lengths.
std::vector<Instance> all_lengths(const Task& task) {
  Instance some = task.sample(1, 0);
  const std::size_t operands = some.operands.size();
  std::vector<Instance> all;
  if (!task.size().ragged) {
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
        subject_(model, policy, task, false) {}

  Result run() {
    result_.method = "certify";
    result_.of = task_.input_count();
    if (!has_specification(task_.name())) {
      result_.note =
          fmt::format("no symbolic specification of {}: use exhaustive, adversarial or sample", task_.name());
      return std::move(result_);
    }
    probe();
    if (result_.counterexample && !options_.exact_fraction) return std::move(result_);
    prove();
    return std::move(result_);
  }

 private:
  // Gross failures show on few inputs.
  void probe() {
    std::vector<Instance> inputs = task_.adversarial(options_.probes);
    for (std::size_t j = 0; j < options_.probes; ++j) inputs.push_back(task_.sample(options_.seed, j));
    std::vector<std::uint8_t> failed(inputs.size());
    Judge(subject_).decide(inputs, failed);
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

  // Half of the time for a proof with the column sums as free variables, where the digits alone would be
  // many: it certifies or says nothing.
  bool cut_proof(const Program& program, const SequenceShape& shape, Clock::time_point deadline) {
    if (task_.name() == "add" || task_.input_count() < options_.cut_from) return false;
    CertifyOptions options = options_;
    options.exact_fraction = false;
    const auto now = Clock::now();
    try {
      const Variables positions = variables(task_, shape, true);
      const Outcome outcome = Proof(program, positions, task_, options, now + (deadline - now) / 2).run();
      return outcome.decided && outcome.failing == 0;
    } catch (const Exhausted&) {
      return false;
    }
  }

  void prove() {
    const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                             std::chrono::duration<double>(options_.seconds));
    Integer failing = 0, of = 0;
    bool decided = true;
    int cut = 0;
    std::string ran_out;
    for (const Instance& lengths : all_lengths(task_)) {
      const SequenceShape shape = task_.shape(lengths);
      const Variables positions = variables(task_, shape);
      const Program recorded = record(model_, policy_, shape, {.skip_zero_weights = true});
      const Program program = optimise(recorded, tables_hide_structure).program;
      if (!result_.counterexample && cut_proof(program, shape, deadline)) {
        of += Proof(program, positions, task_, options_, deadline).inputs();
        ++cut;
        continue;
      }
      const Outcome outcome = Proof(program, positions, task_, options_, deadline).run();
      failing += outcome.failing;
      of += outcome.of;
      decided = decided && outcome.decided;
      if (ran_out.empty()) ran_out = outcome.ran_out;
      if (outcome.question && !result_.counterexample)
        explain(instance_of(task_, positions, lengths, *outcome.question));
      if (!decided && Clock::now() > deadline) break;
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
      result_.note = failing == 0 ? fmt::format("all {} inputs", readable(of))
                                  : fmt::format("{} of {} inputs fail", readable(failing), readable(of));
      if (cut > 0) result_.note += ", cut at the column sums";
    } else if (result_.verdict == Verdict::refuted) {
      result_.note = fmt::format("the failing fraction is not known: ran out of {}", ran_out);
    } else {
      result_.note = fmt::format("ran out of {}", ran_out);
    }
    if (ran_out == "interrupted") result_.interrupted = true;
  }

  const Model& model_;
  const Policy& policy_;
  const Task& task_;
  const CertifyOptions& options_;
  Subject subject_;
  Result result_;
};

}  // namespace

Result certify(const Model& model, const Policy& policy, const Task& task, const CertifyOptions& options) {
  if (!task.layout().empty()) {
    Result result;
    result.method = "certify";
    result.of = task.input_count();
    result.note = "certificates speak of a task's own sequences, and this one is put by a template";
    return result;
  }
  return Certification(model, policy, task, options).run();
}

}  // namespace roundoff
