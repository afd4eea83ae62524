// Asking the solver, and believing neither of its answers; see least.hpp.
#include "analyzer/least/least.hpp"

#include <cadical.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

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
  explicit Limit(const LeastOptions& options) : options_(options) {}
  bool terminate() override { return options_.interrupted && options_.interrupted(); }

 private:
  const LeastOptions& options_;
};

}  // namespace

std::vector<Split> maximal_splits(int width, int layers) {
  std::vector<Split> splits;
  for (int heads = 1; heads <= width; ++heads) {
    const int size = width / heads;
    if (!splits.empty() && splits.back().d_head == size) splits.pop_back();  // more heads of one size
    splits.push_back({layers, width, heads, size, width});
  }
  return splits;
}

SplitAnswer decide(const Task& task, const Split& split, const Format& format, const LeastOptions& options) {
  const UnknownModel unknown(task, split, format);
  SplitAnswer answer;
  answer.split = split;
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
  const int status = solver.solve();
  solver.disconnect_terminator();
  if (status == CaDiCaL::SATISFIABLE) {
    answer.satisfiable = Satisfiable::yes;
    answer.model = unknown.model([&](int variable) { return solver.val(variable) > 0; });
    VerifyOptions all;
    all.method = Method::exhaustive;
    const Result result = verify(*answer.model, Policy::uniform(format), task, all);
    if (result.verdict != Verdict::holds || result.covered < result.of)
      throw std::logic_error("a model that satisfies the circuit fails in the executor");
  } else if (status == CaDiCaL::UNSATISFIABLE) {
    solver.flush_proof_trace();
    const ProofCheck check = check_drat(unknown.formula(), proof.text());
    if (!check.accepted) throw std::logic_error("the solver's proof does not hold: " + check.reason);
    answer.satisfiable = Satisfiable::no;
    answer.proof_steps = check.added;
  } else {
    answer.why_unknown = "the limit on time was reached";
  }
  solver.close_proof_trace();
  return answer;
}

Least least_width(const Task& task, int layers, const Format& format, int greatest, const LeastOptions& options) {
  Least least;
  bool below_refuted = true;  // no model has width 0
  for (int width = 1; width <= greatest; ++width) {
    bool refuted = true;
    for (const Split& split : maximal_splits(width, layers)) {
      std::optional<SplitAnswer> answer = options.known ? options.known(split) : std::nullopt;
      if (!answer) {
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
    }
    below_refuted = below_refuted && refuted;
  }
  return least;
}

}  // namespace roundoff::analyzer
