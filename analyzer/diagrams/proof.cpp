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
    outputs_ = outputs;
    threads_ = std::clamp(options_.threads, 1, std::max(1, static_cast<int>(goals_.size())));
    share_.megabytes /= static_cast<std::size_t>(threads_);
  }

  /// What the proof will cost, in steps, by two of its goals: the first pays for what all share, the second for
  /// what is its own. Nothing where they take more than so many steps. What was computed stays.
  std::optional<double> estimate(double steps) {
    if (goals_.empty()) return 0;
    if (!first_) first_ = std::make_unique<Worker>(*this);
    return first_->estimate(steps);
  }

  Outcome run() {
    std::vector<std::unique_ptr<Worker>> workers;
    if (first_) workers.push_back(std::move(first_));
    while (workers.size() < static_cast<std::size_t>(threads_))
      workers.push_back(std::make_unique<Worker>(*this));
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
                  {.deadline = owner.options_.deadline,
                   .cancelled = &owner.cancelled_,
                   .interrupted = owner.options_.interrupted}),
          algebra(manager, scalars),
          kept(manager) {}

    std::optional<double> estimate(double steps) {
      const std::size_t outputs = proof.outputs_;
      const std::size_t pilots[] = {outputs / 2, outputs / 2 + 1};  // as they come, one after the other
      try {
        if (!interpreter) {
          prepare();
          prepared = static_cast<double>(manager.steps());
        }
        manager.allow_steps(prepared + steps);
        for (; piloted < 2; cost[piloted++] = static_cast<double>(manager.steps()))
          interpreter->value(proof.goals_[std::min(pilots[piloted], proof.goals_.size() - 1)].node);
      } catch (const Exhausted& exhausted) {
        manager.recover();
        if (exhausted.obstacle.reason == Reason::steps) return std::nullopt;
      }
      // Where something else ended it, the proof will say so.
      manager.allow_steps(0);
      if (piloted < 2) return std::numeric_limits<double>::max();
      return cost[0] + (cost[1] - cost[0]) * static_cast<double>(outputs);
    }

    void run() try {
      if (!interpreter) prepare();
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
      auto made = std::make_unique<Interpreter>(
          proof.program_, algebra,
          std::vector<Ref>(kept.refs.begin(), kept.refs.begin() + proof.program_.shape.positions()),
          proof.options_.limits);
      std::vector<NodeId> nodes;
      for (const Goal& goal : proof.goals_) nodes.push_back(goal.node);
      made->expect(std::move(nodes));
      if (cut) made->cut(std::move(columns));
      fails = kept.refs.size();
      kept.refs.push_back(truth(false));
      kept.refs.push_back(admitted(proof.task_, proof.variables_, algebra));
      interpreter = std::move(made);
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
    std::size_t piloted = 0;
    double prepared = 0;
    double cost[2] = {0, 0};  // steps when the goals of the estimate were decided
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
    if (obstacle.reason == Reason::time || obstacle.reason == Reason::interrupted) cancelled_ = true;
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
    const auto group = static_cast<std::size_t>(variables_.group_of_level(static_cast<int>(group_level)));
    const std::size_t lowest = group * width;
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
  std::size_t outputs_ = 0;  ///< the goals that stand first
  int threads_ = 1;
  std::unique_ptr<Worker> first_;
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

namespace {

// Which digits stand at the root decides between seconds and hours, either way. So the orders try two of the goals
// with more and more steps; when one is done with them, the others get as many again. Steps are counted, not
// seconds: the choice is the same on every machine. Where the first order has a cheap start, that is it.
std::size_t cheapest(const std::vector<std::unique_ptr<Proof>>& proofs, const ProofOptions& options) {
  constexpr double first_try = 1 << 15;
  std::vector<std::optional<double>> estimates(proofs.size());
  const auto all_try = [&](double steps) {
    std::vector<std::jthread> others;
    for (std::size_t j = 1; j < proofs.size(); ++j) {
      const auto one = [&estimate = estimates[j], &proof = *proofs[j], steps] {
        if (!estimate) estimate = proof.estimate(steps);
      };
      if (options.threads > 1)
        others.emplace_back(one);
      else
        one();
    }
    if (!estimates[0]) estimates[0] = proofs[0]->estimate(steps);
  };
  const auto known = [](const std::optional<double>& estimate) { return estimate.has_value(); };
  if ((estimates[0] = proofs[0]->estimate(first_try))) return 0;
  for (double steps = first_try; std::none_of(estimates.begin(), estimates.end(), known); steps *= 2) {
    if (options.limits.steps > 0 && steps > options.limits.steps) return 0;
    if (options.interrupted && options.interrupted()) return 0;
    all_try(steps);
    if (std::any_of(estimates.begin(), estimates.end(), known)) all_try(2 * steps);
  }
  std::size_t best = 0;
  for (std::size_t j = 0; j < proofs.size(); ++j)
    if (estimates[j] && (!estimates[best] || *estimates[j] < *estimates[best])) best = j;
  return best;
}

}  // namespace

Outcome prove(const Program& program, std::span<const Variables> orders, const Task& task,
              const ProofOptions& options) {
  std::vector<std::unique_ptr<Proof>> proofs;
  for (const Variables& variables : orders)
    proofs.push_back(std::make_unique<Proof>(program, variables, task, options));
  const std::size_t best = proofs.size() > 1 ? cheapest(proofs, options) : 0;
  for (std::size_t j = 0; j < proofs.size(); ++j)
    if (j != best) proofs[j].reset();
  return proofs[best]->run();
}

}  // namespace roundoff::analyzer::diagrams
