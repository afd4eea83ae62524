// Threads, goals, and what may be read off where something fails.
#include "analyzer/diagrams/proof.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <new>
#include <thread>

namespace roundoff::analyzer::diagrams {
namespace {

class Proof {
 public:
  Proof(const Program& program, const Variables& variables, const Task& task, const ProofOptions& options)
      : program_(program), variables_(variables), task_(task), options_(options), share_(options.limits) {
    for (std::size_t o = 0; o < program.outputs.size(); ++o)
      if (concerns(program.shape.first_output + static_cast<int>(o)))
        goals_.push_back({program.outputs[o], program.shape.first_output + static_cast<int>(o)});
    const std::size_t outputs = goals_.size();
    for (const NodeId node : trapping_nodes(program)) {
      const auto is_output = [&](const Goal& goal) { return goal.node == node; };
      const auto end = goals_.begin() + static_cast<std::ptrdiff_t>(outputs);
      if (concerns(program.sites[node].position) && std::none_of(goals_.begin(), end, is_output))
        goals_.push_back({node, -1});
    }
  }

  Outcome run() {
    const int threads = std::clamp(options_.threads, 1, std::max(1, static_cast<int>(goals_.size())));
    share_.megabytes /= static_cast<std::size_t>(threads);
    std::vector<std::unique_ptr<Worker>> workers;
    for (int t = 0; t < threads; ++t) workers.push_back(std::make_unique<Worker>(*this));
    {
      std::vector<std::jthread> running;
      for (std::size_t t = 1; t < workers.size(); ++t)
        running.emplace_back([&worker = *workers[t]] { worker.run(); });
      workers[0]->run();
    }
    if (error_) std::rethrow_exception(error_);
    // What a cut cannot tell from an input is not counted: then only what was found elsewhere fails for certain.
    outcome_.decided = decided_ == goals_.size() && !spurious_;
    merge(workers);
    return std::move(outcome_);
  }

 private:
  struct Goal {
    NodeId node;
    int position;  ///< of an output; -1: must not trap
  };

  // Under Cut::lines a proof is about one line: the outputs that write it, and what is computed where it
  // stands (the question belongs to the first line).
  bool concerns(int position) const {
    if (variables_.line < 0) return true;
    const auto last = [&](int line) { return variables_.lines[static_cast<std::size_t>(line)].back(); };
    return position <= last(variables_.line) &&
           (variables_.line == 0 || position > last(variables_.line - 1));
  }

  // One thread's diagrams.
  struct Worker {
    explicit Worker(Proof& owner)
        : proof(owner),
          manager(owner.variables_.arities, [this](Id a, Id b) { return scalars.less(a, b); }, owner.share_,
                  {.deadline = owner.options_.deadline, .cancelled = &owner.cancelled_}),
          algebra(manager, scalars),
          kept(manager) {}

    void run() try {
      prepare();
      for (std::size_t goal; (goal = proof.next_++) < proof.goals_.size() && !proof.cancelled_;) {
        try {
          decide(proof.goals_[goal]);
          proof.report();
        } catch (const Exhausted& exhausted) {
          proof.give_up(exhausted.obstacle);
          manager.recover();
        }
      }
    } catch (const Exhausted& exhausted) {
      proof.give_up(exhausted.obstacle);
    } catch (const std::bad_alloc&) {
      proof.give_up({Reason::memory, static_cast<double>(proof.options_.limits.megabytes)});
    } catch (...) {
      proof.fail(std::current_exception());
    }

    void prepare() {
      const Manager::Pause pause(manager);
      const bool cut = proof.variables_.groups > 0;
      std::vector<Column> columns;
      kept.refs = right_tokens(proof.task_, proof.variables_, algebra, cut ? &columns : nullptr);
      interpreter = std::make_unique<Interpreter>(
          proof.program_, algebra,
          std::vector<Ref>(kept.refs.begin(), kept.refs.begin() + proof.program_.shape.positions()),
          proof.options_.limits);
      std::vector<NodeId> nodes;
      for (const Goal& goal : proof.goals_) nodes.push_back(goal.node);
      interpreter->expect(std::move(nodes));
      if (cut) interpreter->cut(std::move(columns));
      fails = kept.refs.size();
      kept.refs.push_back(truth(false));
      kept.refs.push_back(admitted(proof.task_, proof.variables_, algebra));
    }

    Ref truth(bool value) { return manager.terminal(scalars.integer(value)); }

    void decide(const Goal& goal) {
      const Ref got = interpreter->value(goal.node);
      Ref wrong;
      if (goal.position >= 0) {
        const Ref want = kept[static_cast<std::size_t>(goal.position) + 1];
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
      if (kept[fails + 1] != no_ref)
        wrong = algebra.apply(scalars.code({.kind = Operation::exact_mul}), kept[fails + 1], wrong);
      if (wrong == truth(false)) return;
      proof.failed_ = true;
      if (!proof.speaks_of_inputs(manager, wrong)) {
        proof.cancelled_ = true;
        return;
      }
      kept[fails] = algebra.apply(scalars.code({.kind = Operation::max}), kept[fails], wrong);
      if (!proof.options_.count) proof.cancelled_ = true;
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
      options_.progress(static_cast<double>(decided_), static_cast<double>(goals_.size()));
    if (options_.interrupted && options_.interrupted()) {
      outcome_.obstacle = {Reason::interrupted};
      cancelled_ = true;
    }
  }
  void give_up(Obstacle obstacle) {
    const std::lock_guard lock(mutex_);
    // A thread's part of the memory ran out: what was granted is the whole.
    if (obstacle.reason == Reason::memory) obstacle.limit = static_cast<double>(options_.limits.megabytes);
    if (outcome_.obstacle.reason == Reason::none) outcome_.obstacle = obstacle;
    if (obstacle.reason == Reason::time) cancelled_ = true;
  }
  void fail(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = error;
    cancelled_ = true;
  }

  // What fails, over all threads, in the first thread's diagrams. Where that runs out, each thread's part is
  // looked at by itself: an input that fails is found even so, but not how many do.
  void merge(std::vector<std::unique_ptr<Worker>>& workers) {
    outcome_.holds = outcome_.decided && !failed_;
    if (!failed_) return;
    Worker& home = *workers[0];
    try {
      for (std::size_t t = 1; t < workers.size(); ++t) {
        Worker& other = *workers[t];
        if (other.fails == 0 || home.fails == 0) continue;
        const Ref copied = home.manager.copy(other.manager, other.kept[other.fails], [&](Id id) {
          return home.scalars.integer(other.scalars.to_integer(id));
        });
        home.kept[home.fails] =
            home.algebra.apply(home.scalars.code({.kind = Operation::max}), home.kept[home.fails], copied);
      }
    } catch (const Exhausted& exhausted) {
      give_up(exhausted.obstacle);
      outcome_.decided = outcome_.holds = false;
    }
    for (const auto& worker : workers) {
      if (worker->fails == 0) continue;
      read_off(*worker);
      if (outcome_.question || outcome_.decided) return;
    }
  }

  void read_off(Worker& worker) {
    const Id one = worker.scalars.integer(1);
    const auto failing = [&](Id id) { return id == one; };
    const Ref fails = worker.kept[worker.fails];
    const Weights weights = variables_.groups > 0 ? sum_weights() : Weights{};
    outcome_.failing = count(worker.manager, fails, failing, weights);
    if (const auto found = first(worker.manager, fails, failing, weights))
      outcome_.question = variables_.question(spread(*found));
    else if (!spurious_)
      outcome_.holds = outcome_.decided;  // what fails has sums that no digits have
  }

  // Whether assignments that fail are inputs: always without a cut; under one, where they are a function of
  // sums of digits that occur in any combination, since groups of columns share no digit.
  bool speaks_of_inputs(const Manager& manager, Ref wrong) {
    if (variables_.groups == 0 && variables_.line < 0) return true;
    bool inputs = variables_.groups > 0 && variables_.structure.independent();
    if (inputs) {
      const std::vector<bool> support = manager.support(wrong);
      inputs = std::find(support.begin() + variables_.groups, support.end(), true) == support.end();
    }
    if (!inputs) spurious_ = true;
    return inputs;
  }

  // The digits of the group whose sum stands at a level, each with its weight.
  struct Digit {
    std::size_t level, weight;
  };
  std::vector<Digit> digits_of(std::size_t group_level) const {
    const std::size_t width = static_cast<std::size_t>(variables_.width);
    const std::size_t lowest = (static_cast<std::size_t>(variables_.groups) - 1 - group_level) * width;
    std::vector<Digit> digits;
    const Structure::Columns& columns = variables_.structure.columns;
    std::size_t weight = 1;
    for (std::size_t j = lowest; j < std::min(lowest + width, columns.size());
         ++j, weight *= static_cast<std::size_t>(variables_.base))
      for (const Structure::Term& term : columns[j]) {
        const int level = variables_.level[static_cast<std::size_t>(term.positions.front())];
        if (level >= 0) digits.push_back({static_cast<std::size_t>(level), weight});
      }
    return digits;
  }

  // By level and value: of a group's sum the combinations of digits that give it; a digit counts nothing
  // more.
  Weights sum_weights() const {
    Weights weights;
    for (std::size_t level = 0; level < variables_.arities.size(); ++level) {
      const std::size_t arity = variables_.arities[level];
      std::vector<Integer> ways(arity, Integer(0));
      ways[0] = 1;
      if (level < static_cast<std::size_t>(variables_.groups))
        for (const Digit& digit : digits_of(level)) {
          std::vector<Integer> more(arity, Integer(0));
          for (std::size_t d = 0; d < variables_.arities[digit.level]; ++d)
            for (std::size_t v = d * digit.weight; v < arity; ++v) more[v] += ways[v - d * digit.weight];
          ways = std::move(more);
        }
      weights.push_back(std::move(ways));
    }
    return weights;
  }

  // Digits with the sums of an assignment: the highest weights first, each digit as great as the rest allows
  // while the digits of lower weight can still make up the rest (they can make any number up to their total,
  // for each weight's digits together reach at least the next weight less one).
  std::vector<std::uint16_t> spread(std::vector<std::uint16_t> assignment) const {
    for (std::size_t level = 0; level < static_cast<std::size_t>(variables_.groups); ++level) {
      std::size_t left = assignment[level];
      std::vector<Digit> digits = digits_of(level);
      for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
        const std::size_t most = variables_.arities[digit->level] - 1u;
        const std::size_t value = std::min(most, left / digit->weight);
        assignment[digit->level] = static_cast<std::uint16_t>(value);
        left -= value * digit->weight;
      }
    }
    return assignment;
  }

  const Program& program_;
  const Variables& variables_;
  const Task& task_;
  const ProofOptions& options_;
  Limits share_;  ///< of one thread
  std::vector<Goal> goals_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> cancelled_{false}, failed_{false}, spurious_{false};
  std::mutex mutex_;
  std::size_t decided_ = 0;
  std::exception_ptr error_;
  Outcome outcome_;
};

}  // namespace

Integer inputs(const Task& task, const Variables& variables) {
  Scalars scalars;
  Manager manager(variables.arities, [&](Id a, Id b) { return scalars.less(a, b); });
  Algebra algebra(manager, scalars);
  if (const Ref in = admitted(task, variables, algebra); in != no_ref)
    return count(manager, in, [&](Id id) { return id == scalars.integer(1); });
  Integer all = 1;
  for (std::size_t level = static_cast<std::size_t>(variables.groups); level < variables.arities.size();
       ++level)
    if (variables.position[level] <= variables.shape.first_output) all *= variables.arities[level];
  return all;
}

Outcome prove(const Program& program, const Variables& variables, const Task& task,
              const ProofOptions& options) {
  return Proof(program, variables, task, options).run();
}

}  // namespace roundoff::analyzer::diagrams
