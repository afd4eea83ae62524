// Asking the solver, and believing neither of its answers; see least.hpp.
#include "analyzer/least/least.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include <cadical.hpp>

#include "analyzer/evidence/verify.hpp"

namespace roundoff::analyzer {
namespace {

/// The proof as it is written, in memory.
class ProofText {
 public:
  ProofText() : stream_(open_memstream(&data_, &size_)) {
    if (stream_ == nullptr) throw std::bad_alloc();
  }
  ~ProofText() {
    if (stream_ != nullptr) std::fclose(stream_);
    std::free(data_);
  }
  ProofText(const ProofText&) = delete;
  ProofText& operator=(const ProofText&) = delete;
  std::FILE* stream() { return stream_; }
  std::string_view text() {
    std::fflush(stream_);
    return {data_, size_};
  }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* stream_;
};

class Limit final : public CaDiCaL::Terminator {
 public:
  explicit Limit(const LeastOptions& options) : options_(options), started_(Clock::now()) {}
  bool terminate() override {
    if (options_.progress) options_.progress("seconds in the solver", seconds(), options_.seconds);
    return (options_.interrupted && options_.interrupted()) || seconds() > options_.seconds;
  }

 private:
  using Clock = std::chrono::steady_clock;
  double seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }
  const LeastOptions& options_;
  Clock::time_point started_;
};

}  // namespace

std::vector<WidthSplit> maximal_splits(int width, int layers) {
  std::vector<WidthSplit> splits;
  for (int heads = 1; heads <= width; ++heads) {
    const int size = width / heads;
    if (!splits.empty() && splits.back().d_head == size) splits.pop_back();  // more heads of one size
    splits.push_back({layers, width, heads, size, width});
  }
  return splits;
}

bool solves(const Model& model, const Task& task, const Format& format) {
  VerifyOptions all;
  all.method = Method::exhaustive;
  const Result result = verify(model, Policy::uniform(format), task, all);
  return result.verdict == Verdict::holds && result.covered == result.of;
}

SplitAnswer decide(const Task& task, const WidthSplit& split, const Format& format,
                   const LeastOptions& options) {
  SplitAnswer answer;
  answer.split = split;
  std::optional<UnknownModel> stated;
  try {
    stated.emplace(task, split, format, options.symmetries,
                   [&](std::string_view what, double done, double of) {
                     if (options.progress) options.progress(what, done, of);
                     if (options.interrupted && options.interrupted()) throw Stopped();
                   });
  } catch (const Stopped&) {
    answer.why_unknown = "interrupted";
    return answer;
  }
  const UnknownModel& unknown = *stated;
  answer.variables = static_cast<std::size_t>(unknown.formula().variables);
  answer.clauses = unknown.formula().clauses.size();

  CaDiCaL::Solver solver;
  ProofText proof;
  Limit limit(options);
  solver.set("quiet", 1);
  solver.set("binary", 0);
  solver.trace_proof(proof.stream(), "proof");
  solver.connect_terminator(&limit);
  for (const Clause& clause : unknown.formula().clauses) {
    for (const int literal : clause) solver.add(literal);
    solver.add(0);
  }
  const int status = solver.solve();  // as in the SAT competitions: 10 satisfiable, 20 not, 0 unknown
  solver.disconnect_terminator();
  if (status == 10) {
    answer.satisfiable = Satisfiable::yes;
    answer.model = unknown.model([&](int variable) { return solver.val(variable) > 0; });
    if (!solves(*answer.model, task, format))
      throw std::logic_error("a model that satisfies the circuit fails in the executor");
  } else if (status == 20) {
    solver.flush_proof_trace();
    const ProofCheck check = check_drat(unknown.formula(), proof.text());
    if (!check.accepted) throw std::logic_error("the solver's proof does not hold: " + check.reason);
    answer.satisfiable = Satisfiable::no;
    answer.proof_steps = check.added;
  } else {
    answer.why_unknown = options.interrupted && options.interrupted() ? "interrupted" : "ran out of time";
  }
  solver.close_proof_trace();
  return answer;
}

Least least_width(const Task& task, int layers, const Format& format, int greatest,
                  const LeastOptions& options) {
  Least least;
  bool below_refuted = true;  // no model has width 0
  for (int width = 1; width <= greatest; ++width) {
    bool refuted = true;
    for (const WidthSplit& split : maximal_splits(width, layers)) {
      std::optional<SplitAnswer> answer = options.known ? options.known(split) : std::nullopt;
      if (!answer) {
        if (options.asking) options.asking(split);
        answer = decide(task, split, format, options);
        if (options.found) options.found(*answer);
      }
      least.answers.push_back(*answer);
      if (answer->satisfiable == Satisfiable::yes) {
        least.width = width;
        least.proved = below_refuted;
        return least;
      }
      refuted = refuted && answer->satisfiable == Satisfiable::no;
      if (options.interrupted && options.interrupted()) return least;
    }
    below_refuted = below_refuted && refuted;
  }
  return least;
}

}  // namespace roundoff::analyzer
