// Unit propagation with two watched literals, forward through the proof; see drat.hpp.
#include "analyzer/least/drat.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

namespace roundoff::analyzer {
namespace {

class Checker {
 public:
  explicit Checker(int variables)
      : value_(2 * static_cast<std::size_t>(variables) + 2), watches_(value_.size()) {}

  bool contradicts() const { return conflict_; }

  /// Adds a clause, and what follows from it for good.
  void add(Clause clause) {
    std::sort(clause.begin(), clause.end());
    clause.erase(std::unique(clause.begin(), clause.end()), clause.end());
    for (const int literal : clause) grow(literal);
    const auto id = clauses_.size();
    ids_[clause].push_back(id);
    // Literals that are not false go first: they are what is watched.
    std::stable_partition(clause.begin(), clause.end(), [&](int literal) { return !is(-literal); });
    clauses_.push_back({clause, true});
    if (clause.empty() || is(-clause[0])) {
      conflict_ = true;
      return;
    }
    if (clause.size() > 1) {
      watch(clause[0], id);
      watch(clause[1], id);
    }
    if ((clause.size() == 1 || is(-clause[1])) && !is(clause[0])) {
      assign(clause[0]);
      if (!propagate()) conflict_ = true;
    }
  }

  /// False if there is no such clause. A clause that a root assignment may rest on stays: keeping a clause that
  /// is implied is never wrong.
  bool remove(Clause clause) {
    std::sort(clause.begin(), clause.end());
    clause.erase(std::unique(clause.begin(), clause.end()), clause.end());
    const auto found = ids_.find(clause);
    if (found == ids_.end() || found->second.empty()) return false;
    const std::size_t id = found->second.back();
    const Clause& stored = clauses_[id].literals;
    if (std::any_of(stored.begin(), stored.end(), [&](int literal) { return is(literal); })) return true;
    found->second.pop_back();
    clauses_[id].active = false;
    return true;
  }

  /// Does the clause's negation lead to a conflict?
  bool implied(const Clause& clause) {
    if (conflict_) return true;
    for (const int literal : clause) grow(literal);
    const std::size_t mark = trail_.size();
    bool conflict = false;
    for (const int literal : clause) {
      if (is(literal)) conflict = true;
      if (!is(literal) && !is(-literal)) assign(-literal);
    }
    conflict = conflict || !propagate();
    undo(mark);
    return conflict;
  }

  /// Does that hold for every resolvent on the first literal?
  bool implied_by_resolvents(const Clause& clause) {
    if (clause.empty()) return false;
    for (std::size_t id = 0; id < clauses_.size(); ++id) {
      const auto& [literals, active] = clauses_[id];
      if (!active || std::find(literals.begin(), literals.end(), -clause[0]) == literals.end()) continue;
      Clause resolvent = clause;
      for (const int literal : literals) {
        if (literal != -clause[0]) resolvent.push_back(literal);
      }
      if (!implied(resolvent)) return false;
    }
    return true;
  }

 private:
  struct Stored {
    Clause literals;
    bool active;
  };
  static std::size_t index(int literal) {
    return 2 * static_cast<std::size_t>(literal < 0 ? -literal : literal) + (literal < 0 ? 1 : 0);
  }
  bool is(int literal) const { return value_[index(literal)]; }
  void grow(int literal) {
    const std::size_t size = 2 * static_cast<std::size_t>(literal < 0 ? -literal : literal) + 2;
    if (value_.size() < size) {
      value_.resize(size);
      watches_.resize(size);
    }
  }
  void watch(int literal, std::size_t id) { watches_[index(literal)].push_back(id); }
  void assign(int literal) {
    value_[index(literal)] = true;
    trail_.push_back(literal);
  }
  void undo(std::size_t mark) {
    for (std::size_t i = mark; i < trail_.size(); ++i) value_[index(trail_[i])] = false;
    trail_.resize(mark);
    next_ = std::min(next_, mark);
  }
  /// False at a conflict.
  bool propagate() {
    while (next_ < trail_.size()) {
      const int falsified = -trail_[next_++];
      std::vector<std::size_t>& watching = watches_[index(falsified)];
      std::size_t kept = 0;
      for (std::size_t i = 0; i < watching.size(); ++i) {
        const std::size_t id = watching[i];
        auto& [literals, active] = clauses_[id];
        if (!active) continue;
        if (literals[0] == falsified) std::swap(literals[0], literals[1]);
        if (is(literals[0])) {
          watching[kept++] = id;
          continue;
        }
        const auto other = std::find_if(literals.begin() + 2, literals.end(), [&](int l) { return !is(-l); });
        if (other != literals.end()) {
          std::swap(literals[1], *other);
          watch(literals[1], id);
          continue;
        }
        watching[kept++] = id;
        if (is(-literals[0])) {
          for (++i; i < watching.size(); ++i) watching[kept++] = watching[i];
          watching.resize(kept);
          return false;
        }
        assign(literals[0]);
      }
      watching.resize(kept);
    }
    return true;
  }

  std::vector<bool> value_;
  std::vector<std::vector<std::size_t>> watches_;
  std::vector<Stored> clauses_;
  std::map<Clause, std::vector<std::size_t>> ids_;
  std::vector<int> trail_;
  std::size_t next_ = 0;
  bool conflict_ = false;
};

}  // namespace

ProofCheck check_drat(const Formula& formula, std::string_view proof) {
  Checker checker(formula.variables);
  for (const Clause& clause : formula.clauses) checker.add(clause);
  ProofCheck check;
  std::size_t step = 0;
  for (std::size_t at = 0; at < proof.size();) {
    ++step;
    bool deletes = false;
    Clause clause;
    for (bool ended = false; !ended;) {
      while (at < proof.size() && (proof[at] == ' ' || proof[at] == '\n' || proof[at] == '\r')) ++at;
      if (at < proof.size() && proof[at] == 'd' && clause.empty()) {
        deletes = true;
        ++at;
        continue;
      }
      int literal = 0;
      const auto [end, error] = std::from_chars(proof.data() + at, proof.data() + proof.size(), literal);
      if (error != std::errc()) {
        if (at >= proof.size() && clause.empty() && !deletes) break;
        check.reason = fmt::format("step {} is no clause", step);
        return check;
      }
      at = static_cast<std::size_t>(end - proof.data());
      ended = literal == 0;
      if (!ended) clause.push_back(literal);
      if (ended && !deletes) {
        const bool follows = checker.implied(clause);
        if (!follows && !checker.implied_by_resolvents(clause)) {
          check.reason = fmt::format("step {} does not follow", step);
          return check;
        }
        check.by_resolvents += follows ? 0 : 1;
        ++check.added;
        checker.add(clause);
        if (checker.contradicts() && clause.empty()) {
          check.accepted = true;
          return check;
        }
      } else if (ended) {
        if (!checker.remove(clause)) {
          check.reason = fmt::format("step {} deletes a clause that is not there", step);
          return check;
        }
        ++check.deleted;
      }
    }
  }
  // A formula whose units contradict each other needs no further step, but the proof must say so.
  check.reason = "the proof ends without the empty clause";
  return check;
}

}  // namespace roundoff::analyzer
