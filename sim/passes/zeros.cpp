// Zeros and ones: terms with a zero weight, x + 0, 1 * x, a sum of one term, a maximum without repetitions.
//
// A construction's matrices are nearly all zeros, and the semantics is dense: at n = 10 a dot of 30 products
// has one or two that matter. The rules and their proofs are in simplify.cpp. This pass knows of an operand
// only what its format says, so that it drops zero terms of plain formats (fixed, twos, F); in formats with
// -0, inf or NaN the pass `ranges` does, where it can prove the operand finite and the sign harmless.
// Constants are what earlier nodes of the same run became, so that one run carries a zero as far as it goes.
#include "sim/passes/registry.hpp"
#include "sim/passes/simplify.hpp"

namespace roundoff::sim {

namespace {

class ByFormat : public FactSource {
 public:
  explicit ByFormat(const Program& program) : program_(program) {
    for (const Format& format : program.formats) facts_.push_back(facts_of(format));
  }
  Facts of(NodeId node) const override { return facts_[program_.nodes[node].format]; }

 private:
  const Program& program_;
  std::vector<Facts> facts_;
};

}  // namespace

Rewritten drop_zeros(const Analysed& from) {
  const Program& program = from.program();
  Rewriter to(program);
  const ByFormat facts(program);
  for (NodeId id = 0; id < program.nodes.size(); ++id) simplify(to, id, facts);
  return std::move(to).finish();
}

}  // namespace roundoff::sim
