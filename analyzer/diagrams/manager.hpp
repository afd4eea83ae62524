// Multi-terminal multi-valued decision diagrams: functions from tokens to terminals, all inputs at once.
//
// A function of the variables x_0, x_1, ... (x_v takes arity(v) values; x_0 is the root's) is a reduced,
// hash-consed graph: a node tests the variable of its level and has one child a value, children lie on deeper
// levels, no node has all children equal, and no two nodes are the same. So equal functions are equal
// references, and "the model is right on every input" is a comparison of two integers. Source: Bryant,
// "Graph-based algorithms for Boolean function manipulation" (1986); Clarke et al. and Bahar et al. for
// terminals other than 0 and 1 (MTBDD, ADD); Miller and Drechsler for several values a variable.
//
// Terminals are ids whose meaning belongs to the caller (Scalars: numbers and tuples). Every node also knows
// its least and greatest terminal in the caller's order, which makes short cuts possible: see
// Operation::shortcut.
//
// Memory: a node is a record of 32-bit words in one pool, [level, least, greatest, child ...], named by its
// offset. Children are made before their parents, so collection slides the marked records down in one pass.
// References that must survive a collection live in a `Roots`; collection happens only in `collect_if_due`
// and `collect`.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "analyzer/diagrams/limits.hpp"
#include "analyzer/names.hpp"

namespace roundoff::analyzer::diagrams {

using Ref = std::uint32_t;
using Id = std::uint32_t;  ///< of a terminal; dense from 0
inline constexpr Ref no_ref = 0xffffffff;

/// A product of diagrams grew beyond the bound that its caller set; the caller goes another way.
struct TooLarge {};

/// When to stop beside the limits, whose seconds somebody counts from a beginning. Looked at inside every operation
/// and every walk over nodes, from the thread that works.
struct Stop {
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  const std::atomic<bool>* cancelled = nullptr;
  std::function<bool()> interrupted = {};
};

class Manager;

/// References that a collection keeps and updates, as long as this object lives. Lives on the stack or in an
/// object, never moves.
class Roots {
 public:
  explicit Roots(Manager& manager, std::vector<Ref> refs = {});
  ~Roots();
  Roots(const Roots&) = delete;
  Roots& operator=(const Roots&) = delete;
  Ref& operator[](std::size_t i) { return refs[i]; }

  std::vector<Ref> refs;  ///< no_ref entries are skipped

 private:
  Manager* manager_;
};

class Manager {
 public:
  /// The order of terminals: a strict total order on ids.
  using Less = std::function<bool(Id, Id)>;

  /// The megabytes are those of this manager alone.
  Manager(std::vector<std::uint16_t> arities, Less less, const Limits& limits = {}, const Stop& stop = {});
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  std::uint32_t levels() const { return static_cast<std::uint32_t>(arities_.size()); }
  std::uint32_t arity(std::uint32_t level) const { return arities_[level]; }

  Ref terminal(Id id);
  /// The node that tests `level`; children on deeper levels, arity(level) of them. Reduced and shared.
  Ref node(std::uint32_t level, std::span<const Ref> children);

  bool is_terminal(Ref f) const { return pool_[f] == levels(); }
  Id id(Ref f) const { return pool_[f + 1]; }            ///< of a terminal
  std::uint32_t level(Ref f) const { return pool_[f]; }  ///< levels() for a terminal
  Ref child(Ref f, std::uint32_t value) const { return pool_[f + 3 + value]; }
  /// The child of f for `value` of `level`, where f may skip that level.
  Ref cofactor(Ref f, std::uint32_t level_asked, std::uint32_t value) const {
    return pool_[f] == level_asked ? child(f, value) : f;
  }
  Id least(Ref f) const { return pool_[f + 1]; }
  Id greatest(Ref f) const { return pool_[f + 2]; }
  bool less(Id a, Id b) const { return a != b && less_(a, b); }

  /// The terminal that an assignment (a value a level) leads to.
  Id evaluate(Ref f, std::span<const std::uint16_t> assignment) const;

  /// Memoised application. An Operation has `std::uint32_t code` (the same code, the same function),
  /// `Id operator()(Id...)` on terminals, and `Ref shortcut(Ref...)` that answers no_ref where it sees none.
  /// Binary operations with `bool commutes` share the entries of (f, g) and (g, f). Codes from 2^31 on are
  /// fresh codes.
  template <class Operation>
  Ref apply(Operation&& operation, Ref f);
  template <class Operation>
  Ref apply(Operation&& operation, Ref f, Ref g);
  /// A code for an operation that is used once (a table made on the spot).
  std::uint32_t fresh_code() { return next_code_++; }

  /// f with the variables of some levels set: values[level] >= 0 sets it. One memo a call.
  Ref restrict(Ref f, std::span<const int> values);

  /// Nodes reachable from f, terminals included.
  std::size_t size(Ref f) const;
  /// Distinct terminals of f in increasing id order; throws TooLarge beyond `most` of them.
  std::vector<Id> terminals(Ref f, std::size_t most = SIZE_MAX) const;
  /// support[level] = f depends on it.
  std::vector<bool> support(Ref f) const;
  /// Reachable nodes, children before parents.
  std::vector<Ref> postorder(Ref f) const;

  std::size_t nodes() const { return nodes_; }
  std::size_t peak_nodes() const { return peak_; }
  std::size_t collections() const { return collections_; }

  /// Called before a collection: drop what is no longer needed from your Roots.
  void before_collection(std::function<void()> hook) { hook_ = std::move(hook); }
  /// Frees all that no Roots leads to; every other Ref becomes invalid, and the memo of operations is
  /// emptied.
  void collect();
  /// Collects when the pool has doubled since the last time. Throws Exhausted when what is alive exceeds the
  /// limit.
  void collect_if_due() {
    if ((nodes_ > due_ || pool_.size() > due_words_ || always_) && pauses_ == 0) collect_due();
  }
  /// Bounds the steps, counted from the start; 0: by the limits alone.
  void allow_steps(double steps) {
    steps_end_ = steps == 0 || (limits_.steps > 0 && limits_.steps < steps) ? limits_.steps : steps;
  }
  std::uint64_t steps() const { return steps_; }
  /// Makes the manager usable again after an exception left an operation unfinished.
  void recover() { stack_.clear(); }
  /// A copy of another manager's diagram with the same levels and arities; terminals by `map`.
  Ref copy(const Manager& from, Ref f, const std::function<Id(Id)>& map);
  /// Throws Exhausted when the steps or the time are used up, or the work was cancelled or interrupted.
  void check_budget() const;
  const Limits& limits() const { return limits_; }

  /// Every `collect_if_due` collects: for tests.
  void collect_always() { always_ = true; }

  /// While it lives, nothing is collected: Refs stay valid without Roots.
  class Pause {
   public:
    explicit Pause(Manager& manager) : manager_(manager) { ++manager_.pauses_; }
    ~Pause() { --manager_.pauses_; }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    Manager& manager_;
  };

  /// While it lives, operations that make more than `most` new nodes throw TooLarge.
  class Bound {
   public:
    Bound(Manager& manager, std::size_t most) : manager_(manager), before_(manager.ceiling_) {
      manager.ceiling_ = std::min(before_, manager.nodes_ + most);
      bounded_before_ = manager.bounded_;
      manager.bounded_ = manager.ceiling_ != before_ || bounded_before_;
      stack_ = manager.stack_.size();
    }
    ~Bound() {
      manager_.ceiling_ = before_;
      manager_.bounded_ = bounded_before_;
      manager_.stack_.resize(stack_);  // what an abandoned operation left
    }
    Bound(const Bound&) = delete;
    Bound& operator=(const Bound&) = delete;

   private:
    Manager& manager_;
    std::size_t before_;
    bool bounded_before_;
    std::size_t stack_;
  };

 private:
  friend class Roots;
  struct Entry {
    std::uint32_t code = 0;  ///< 0: empty
    Ref f = 0, g = 0, result = 0;
  };

  Ref lookup(std::uint32_t code, Ref f, Ref g) const {
    const Entry& entry = memo_[slot(code, f, g)];
    return entry.code == code && entry.f == f && entry.g == g ? entry.result : no_ref;
  }
  std::size_t slot(std::uint32_t code, Ref f, Ref g) const {
    std::uint64_t h = (static_cast<std::uint64_t>(f) << 32 | g) * 0x9e3779b97f4a7c15ULL;
    h ^= static_cast<std::uint64_t>(code) * 0xc2b2ae3d27d4eb4fULL;
    h ^= h >> 29;
    h *= 0xbf58476d1ce4e5b9ULL;
    return (h ^ h >> 32) & (memo_.size() - 1);
  }
  void remember(std::uint32_t code, Ref f, Ref g, Ref result) {
    if (++misses_ > 2 * memo_.size()) grow_memo();
    if ((++steps_ & 0xfff) == 0) check_budget();
    memo_[slot(code, f, g)] = {code, f, g, result};
  }
  /// In walks over nodes: they are no steps, and what was found when the time ran out is still read off by them; an
  /// interrupt ends them, too.
  void tick(std::size_t walked) const {
    if ((walked & 0xffff) == 0) check_interrupt();
  }
  void check_interrupt() const;
  void grow_memo();
  void grow_table();
  void collect_due();
  void over_ceiling();
  Exhausted out_of_memory() const;
  Exhausted out_of_nodes() const;
  std::uint64_t hash_record(const std::uint32_t* record, std::uint32_t arity) const;

  std::vector<std::uint16_t> arities_;
  Less less_;
  Limits limits_;
  Stop stop_;
  std::size_t most_words_;  ///< of 32 bits, in all records that are not yet collected
  std::vector<std::uint32_t> pool_;
  std::vector<Ref> table_;  ///< open addressing, no_ref: empty; inner nodes only
  std::size_t nodes_ = 0, inner_ = 0, peak_ = 0, due_ = 1 << 20, due_words_, collections_ = 0;
  std::size_t ceiling_;
  bool bounded_ = false, always_ = false;
  int pauses_ = 0;
  std::vector<Ref> terminals_[2];  ///< by id without its top bit; tuples (top bit) apart
  std::vector<Entry> memo_;
  std::size_t misses_ = 0;
  std::uint32_t next_code_ = 0x80000000u;
  std::uint64_t steps_ = 0;
  double steps_end_ = 0;    ///< 0: none
  std::vector<Ref> stack_;  ///< children under construction, of all active recursions
  std::vector<Roots*> roots_;
  std::function<void()> hook_;
};

template <class Operation>
Ref Manager::apply(Operation&& operation, Ref f) {
  if (is_terminal(f)) return terminal(operation(id(f)));
  if (const Ref hit = lookup(operation.code, f, 0); hit != no_ref) return hit;
  Ref result = operation.shortcut(f);
  if (result == no_ref) {
    const std::uint32_t top = level(f), count = arity(top);
    const std::size_t base = stack_.size();
    for (std::uint32_t v = 0; v < count; ++v) {
      const Ref one = apply(operation, child(f, v));
      stack_.push_back(one);
    }
    result = node(top, {stack_.data() + base, count});
    stack_.resize(base);
  }
  remember(operation.code, f, 0, result);
  return result;
}

template <class Operation>
Ref Manager::apply(Operation&& operation, Ref f, Ref g) {
  const bool leaf_f = is_terminal(f), leaf_g = is_terminal(g);
  if (leaf_f && leaf_g) return terminal(operation(id(f), id(g)));
  Ref a = f, b = g;
  if (operation.commutes && a > b) std::swap(a, b);
  if (const Ref hit = lookup(operation.code, a, b); hit != no_ref) return hit;
  Ref result = operation.shortcut(f, g);
  if (result == no_ref) {
    const std::uint32_t top = std::min(level(f), level(g)), count = arity(top);
    const std::size_t base = stack_.size();
    for (std::uint32_t v = 0; v < count; ++v) {
      const Ref one = apply(operation, cofactor(f, top, v), cofactor(g, top, v));
      stack_.push_back(one);
    }
    result = node(top, {stack_.data() + base, count});
    stack_.resize(base);
  }
  remember(operation.code, a, b, result);
  return result;
}

}  // namespace roundoff::analyzer::diagrams
