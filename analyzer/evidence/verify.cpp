// Which inputs a method goes through, and what it may claim afterwards.
#include "analyzer/evidence/verify.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "analyzer/automata/all_lengths.hpp"
#include "analyzer/evidence/certify.hpp"
#include "analyzer/evidence/enumerate.hpp"
#include "analyzer/evidence/judge.hpp"
#include "analyzer/evidence/shrink.hpp"
#include "analyzer/laws/statistics.hpp"
#include "formats/error.hpp"

namespace roundoff::analyzer {
namespace {

class Verification {
 public:
  Verification(const Model& model, const Policy& policy, const Task& task, const VerifyOptions& options)
      : model_(model),
        policy_(policy),
        task_(task),
        options_(options),
        subject_(model, policy, task, options.reference ? Subject::Engine::reference : Subject::Engine::lanes,
                 watch(options_.progress, options_.interrupted)) {
    result_.of = task.input_count();
    // Programs are built by one thread while another goes on with the inputs of another shape.
    if (options.progress)
      options_.progress = [this, &options](const Progress& at) {
        const std::lock_guard lock(progress_);
        options.progress(at);
      };
  }

  Result run() {
    try {
      decide();
    } catch (const Stopped&) {
      result_.verdict = Verdict::unknown;
      result_.interrupted = true;
      result_.obstacle = {Reason::interrupted};
    }
    return std::move(result_);
  }

 private:
  void decide() {
    if (result_.of == 0 && options_.method != Method::automaton) {  // no word of this length is an input
      result_.method = options_.method;
      result_.obstacle = {Reason::nothing_covered};
      return;
    }
    switch (options_.method) {
      case Method::exhaustive:
        exhaustive();
        break;
      case Method::adversarial:
        adversarial();
        break;
      case Method::sample:
        sample();
        break;
      case Method::adderboard:
        listed(task_.leaderboard(), Method::adderboard);
        break;
      case Method::certify:
        by_diagrams();
        break;
      case Method::automaton:
        result_ = verify_all_lengths(model_, policy_, task_, options_.limits, options_.interrupted);
        break;
      case Method::automatic:
        automatic();
        break;
    }
  }

  /// The strongest verdict that can be had: few inputs are enumerated at once; more are decided by diagrams,
  /// which are ready before lanes are, and settle gross failures on a few inputs of their own; where they cannot
  /// tell, adversarial inputs come first, then all inputs, and only what is beyond that is sampled.
  void automatic() {
    Obstacle gave_up;
    if (result_.of > options_.at_once && options_.limits.seconds > 0) {
      by_diagrams();
      if (result_.verdict != Verdict::unknown || result_.interrupted) return;
      gave_up = result_.obstacle;
      start_over();
    }
    adversarial();
    if (result_.verdict != Verdict::holds) return;
    const std::uint64_t listed = result_.listed;
    start_over();
    if (result_.of <= std::max(options_.at_once, options_.exhaustive_limit)) {
      exhaustive();
    } else {
      sample();
      result_.listed = listed;
      result_.covered += static_cast<double>(listed);
      if (result_.verdict == Verdict::holds) result_.obstacle = gave_up;
    }
  }

  void start_over() {
    const double of = result_.of;
    result_ = Result{};
    result_.of = of;
  }

  void by_diagrams() {
    CertifyOptions how;
    how.limits = options_.limits;
    how.threads = options_.threads;
    how.seed = options_.seed;
    how.exact_fraction = !options_.first_only;
    how.progress = options_.progress;
    how.interrupted = options_.interrupted;
    result_ = certify(model_, policy_, task_, how);
  }

  void exhaustive() {
    if (result_.of >= 0x1p63) {
      throw UsageError(fmt::format(
          "--method exhaustive: {:.3g} inputs are too many to number; use certify, adversarial or sample",
          result_.of));
    }
    InputList inputs;
    inputs.total = static_cast<std::uint64_t>(result_.of);
    inputs.at = [this](std::uint64_t j) { return task_.instance(j); };
    inputs.what = "exhaustive";
    if (task_.one_shape()) {
      inputs.fill = [this](std::uint64_t first, std::size_t count, std::span<LaneToken> tokens,
                           std::span<LaneToken> expected) {
        task_.fill(first, count, batch_lanes, tokens, expected);
      };
    }
    const Checkpoint reached = go_through(inputs, true);
    result_.method = Method::exhaustive;
    if (result_.verdict != Verdict::unknown && !options_.first_only)
      result_.failing_fraction = static_cast<double>(reached.failing) / result_.of;
    if (result_.verdict == Verdict::holds) result_.failing_fraction = 0;
  }

  /// The families; asked for alone, also what a leaderboard of the task tests: where nothing else is looked at,
  /// its draws find what families of few digits do not.
  void adversarial() {
    std::vector<Instance> list = task_.adversarial(options_.adversarial);
    if (options_.method == Method::adversarial && task_.on_leaderboard())
      for (Instance& instance : task_.leaderboard()) list.push_back(std::move(instance));
    listed(list, Method::adversarial);
  }

  void listed(const std::vector<Instance>& list, Method method) {
    InputList inputs;
    inputs.total = list.size();
    inputs.at = [&list](std::uint64_t j) { return list[j]; };
    inputs.what = name(method);
    go_through(inputs, false);
    result_.method = method;
    result_.listed = list.size();
  }

  void sample() {
    InputList inputs;
    inputs.total = options_.count;
    inputs.at = [this](std::uint64_t j) { return task_.sample(options_.seed, j); };
    inputs.what = "samples";
    if (task_.one_shape()) {
      inputs.fill = [this](std::uint64_t first, std::size_t count, std::span<LaneToken> tokens,
                           std::span<LaneToken> expected) {
        task_.fill_samples(options_.seed, first, count, batch_lanes, tokens, expected);
      };
    }
    const Checkpoint reached = go_through(inputs, false);
    result_.method = Method::sample;
    result_.samples = options_.count;
    result_.seed = options_.seed;
    // Stopping at the first failure is not a fixed number of trials, so it bounds nothing from above.
    if (result_.verdict == Verdict::holds || (!options_.first_only && !result_.interrupted))
      result_.fraction_bound =
          failing_fraction_bound(static_cast<double>(reached.failing), static_cast<double>(reached.done));
  }

  Checkpoint go_through(const InputList& inputs, bool resumable) {
    const Enumerated outcome = enumerate(subject_, inputs, options_, resumable);
    const Checkpoint& reached = outcome.reached;
    result_.covered = static_cast<double>(reached.done);
    result_.failing = static_cast<double>(reached.failing);
    result_.interrupted = outcome.interrupted;
    if (reached.first_failing) {
      result_.verdict = Verdict::refuted;
      explain(inputs.at(*reached.first_failing));
    } else if (outcome.interrupted) {
      result_.verdict = Verdict::unknown;
      result_.obstacle = {Reason::interrupted};
    } else if (reached.done == 0) {
      result_.verdict = Verdict::unknown;
      result_.obstacle = {Reason::nothing_covered};
    } else {
      result_.verdict = Verdict::holds;
    }
    return reached;
  }

  void explain(const Instance& failing) {
    Judge judge(subject_);
    Counterexample found;
    found.instance = shrink(judge, task_, failing);
    const Subject::Replay replay = subject_.replay(found.instance);
    found.input = task_.text(found.instance);
    if (replay.right) {
      throw std::logic_error(fmt::format(
          "{}: teacher-forced lanes and greedy decoding by the reference interpreter disagree on {}",
          model_.name, found.input));
    }
    found.got = replay.got;
    found.want = replay.want;
    result_.counterexample = std::move(found);
  }

  const Model& model_;
  const Policy& policy_;
  const Task& task_;
  VerifyOptions options_;
  std::mutex progress_;
  Subject subject_;
  Result result_;
};

}  // namespace

Watch watch(const std::function<void(const Progress&)>& progress, const std::function<bool()>& interrupted) {
  return [&progress, &interrupted](std::string_view what, double done, double of) {
    if (progress) progress({done, of, std::string(what)});
    if (interrupted && interrupted()) throw Stopped();
  };
}

Result verify(const Model& model, const Policy& policy, const Task& task, const VerifyOptions& options) {
  return Verification(model, policy, task, options).run();
}

}  // namespace roundoff::analyzer
