// The node pool, the unique table, the memo of operations and the collector.
#include "analyzer/diagrams/manager.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <unordered_map>

namespace roundoff::analyzer::diagrams {

namespace {
constexpr std::uint32_t header = 3;  // level, least, greatest
constexpr std::size_t first_table = 1 << 12, first_memo = 1 << 12, most_memo = std::size_t{1} << 25;
}  // namespace

Roots::Roots(Manager& manager, std::vector<Ref> initial) : refs(std::move(initial)), manager_(&manager) {
  manager.roots_.push_back(this);
}

// Roots mostly live on the stack, so that the one that goes is near the end of the list.
Roots::~Roots() {
  auto& list = manager_->roots_;
  for (std::size_t i = list.size(); i-- > 0;)
    if (list[i] == this) {
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
}

Manager::Manager(std::vector<std::uint16_t> arities, Less less, const Limits& limits, const Stop& stop)
    : arities_(std::move(arities)),
      less_(std::move(less)),
      limits_(limits),
      stop_(stop),
      most_words_(std::min<std::size_t>(limits.megabytes * 250'000, no_ref)),
      table_(first_table, no_ref),
      due_words_(most_words_ / 2),
      ceiling_(2 * limits.nodes),
      memo_(first_memo),
      steps_end_(limits.steps) {
  for (const std::uint16_t arity : arities_)
    if (arity < 1) throw std::logic_error("a variable without values");
}

Ref Manager::terminal(Id id) {
  std::vector<Ref>& known = terminals_[id >> 31];
  const std::size_t index = id & 0x7fffffff;
  if (index >= known.size()) known.resize(std::max(index + 1, 2 * known.size()), no_ref);
  if (known[index] == no_ref) {
    known[index] = static_cast<Ref>(pool_.size());
    pool_.insert(pool_.end(), {levels(), id, id});
    ++nodes_;
  }
  return known[index];
}

std::uint64_t Manager::hash_record(const std::uint32_t* children, std::uint32_t count) const {
  std::uint64_t h = 0x243f6a8885a308d3ULL;
  for (std::uint32_t v = 0; v < count; ++v) h = (std::rotl(h, 23) ^ children[v]) * 0x9e3779b97f4a7c15ULL;
  return h ^ h >> 31;
}

Ref Manager::node(std::uint32_t level, std::span<const Ref> children) {
  const std::uint32_t count = arities_[level];
  bool same = true;
  for (std::uint32_t v = 1; v < count; ++v) same = same && children[v] == children[0];
  if (same) return children[0];

  const std::size_t mask = table_.size() - 1;
  std::size_t slot = (hash_record(children.data(), count) + level) & mask;
  for (; table_[slot] != no_ref; slot = (slot + 1) & mask) {
    const std::uint32_t* record = pool_.data() + table_[slot];
    if (record[0] == level && std::equal(children.begin(), children.begin() + count, record + header))
      return table_[slot];
  }
  if (nodes_ >= ceiling_) over_ceiling();
  if (pool_.size() + header + count > most_words_) throw out_of_memory();
  if ((++steps_ & 0xfff) == 0) check_budget();

  Id least_id = least(children[0]), greatest_id = greatest(children[0]);
  for (std::uint32_t v = 1; v < count; ++v) {
    if (less(least(children[v]), least_id)) least_id = least(children[v]);
    if (less(greatest_id, greatest(children[v]))) greatest_id = greatest(children[v]);
  }
  const Ref ref = static_cast<Ref>(pool_.size());
  pool_.insert(pool_.end(), {level, least_id, greatest_id});
  pool_.insert(pool_.end(), children.begin(), children.begin() + count);
  table_[slot] = ref;
  ++inner_;
  peak_ = std::max(peak_, ++nodes_);
  if (2 * inner_ > table_.size()) grow_table();
  return ref;
}

// The new table takes the old one's place when it is whole: a walk that is stopped changes nothing.
void Manager::grow_table() {
  std::vector<Ref> larger(2 * table_.size(), no_ref);
  const std::size_t mask = larger.size() - 1;
  std::size_t walked = 0;
  for (const Ref ref : table_) {
    tick(++walked);
    if (ref == no_ref) continue;
    const std::uint32_t* record = pool_.data() + ref;
    std::size_t slot = (hash_record(record + header, arities_[record[0]]) + record[0]) & mask;
    while (larger[slot] != no_ref) slot = (slot + 1) & mask;
    larger[slot] = ref;
  }
  table_ = std::move(larger);
}

void Manager::grow_memo() {
  misses_ = 0;
  if (memo_.size() >= most_memo) return;
  std::vector<Entry> old(4 * memo_.size());
  old.swap(memo_);
  for (const Entry& entry : old)
    if (entry.code != 0) memo_[slot(entry.code, entry.f, entry.g)] = entry;
}

Exhausted Manager::out_of_memory() const {
  return {{Reason::memory, static_cast<double>(limits_.megabytes)}};
}

Exhausted Manager::out_of_nodes() const { return {{Reason::nodes, static_cast<double>(limits_.nodes)}}; }

void Manager::over_ceiling() {
  if (bounded_) throw TooLarge{};
  throw out_of_nodes();
}

void Manager::check_budget() const {
  if (steps_end_ > 0 && static_cast<double>(steps_) > steps_end_)
    throw Exhausted{{Reason::steps, limits_.steps}};
  if (stop_.cancelled && stop_.cancelled->load(std::memory_order_relaxed))
    throw Exhausted{{Reason::cancelled}};
  check_interrupt();
  if (std::chrono::steady_clock::now() > stop_.deadline) throw Exhausted{{Reason::time, limits_.seconds}};
}

void Manager::check_interrupt() const {
  if (stop_.interrupted && stop_.interrupted()) throw Exhausted{{Reason::interrupted}};
}

Id Manager::evaluate(Ref f, std::span<const std::uint16_t> assignment) const {
  while (!is_terminal(f)) f = child(f, assignment[level(f)]);
  return id(f);
}

Ref Manager::restrict(Ref f, std::span<const int> values) {
  std::unordered_map<Ref, Ref> done;
  const std::function<Ref(Ref)> walk = [&](Ref g) -> Ref {
    if (is_terminal(g)) return g;
    if (const auto found = done.find(g); found != done.end()) return found->second;
    tick(done.size() + 1);
    const std::uint32_t at = level(g);
    Ref result;
    if (values[at] >= 0) {
      result = walk(child(g, static_cast<std::uint32_t>(values[at])));
    } else {
      std::vector<Ref> children(arity(at));
      for (std::uint32_t v = 0; v < arity(at); ++v) children[v] = walk(child(g, v));
      result = node(at, children);
    }
    done.emplace(g, result);
    return result;
  };
  return walk(f);
}

Ref Manager::copy(const Manager& from, Ref f, const std::function<Id(Id)>& map) {
  std::unordered_map<Ref, Ref> done;
  std::vector<Ref> children;
  for (const Ref g : from.postorder(f)) {
    tick(done.size() + 1);
    if (from.is_terminal(g)) {
      done.emplace(g, terminal(map(from.id(g))));
      continue;
    }
    children.clear();
    for (std::uint32_t v = 0; v < arity(from.level(g)); ++v) children.push_back(done.at(from.child(g, v)));
    done.emplace(g, node(from.level(g), children));
  }
  return done.at(f);
}

namespace {
// Offsets seen: a bit a pool word for large diagrams would cost the pool; a hash set costs the diagram.
class Seen {
 public:
  bool insert(Ref ref) {
    if (2 * ++count_ > slots_.size()) grow();
    return place(ref) || (--count_, false);
  }

 private:
  bool place(Ref ref) {
    std::size_t slot = (ref * 0x9e3779b97f4a7c15ULL >> 20) & (slots_.size() - 1);
    for (; slots_[slot] != no_ref; slot = (slot + 1) & (slots_.size() - 1))
      if (slots_[slot] == ref) return false;
    slots_[slot] = ref;
    return true;
  }
  void grow() {
    std::vector<Ref> old(2 * slots_.size(), no_ref);
    old.swap(slots_);
    for (const Ref ref : old)
      if (ref != no_ref) place(ref);
  }
  std::vector<Ref> slots_ = std::vector<Ref>(64, no_ref);
  std::size_t count_ = 0;
};
}  // namespace

std::vector<Ref> Manager::postorder(Ref f) const {
  Seen seen;
  std::vector<Ref> order, open{f};
  seen.insert(f);
  // Offsets of children are below their parents', so that sorting puts children first.
  while (!open.empty()) {
    const Ref g = open.back();
    open.pop_back();
    order.push_back(g);
    tick(order.size());
    if (is_terminal(g)) continue;
    for (std::uint32_t v = 0; v < arity(level(g)); ++v)
      if (seen.insert(child(g, v))) open.push_back(child(g, v));
  }
  std::sort(order.begin(), order.end());
  return order;
}

std::size_t Manager::size(Ref f) const { return postorder(f).size(); }

std::vector<Id> Manager::terminals(Ref f, std::size_t most) const {
  Seen seen;
  std::vector<Ref> open{f};
  std::vector<Id> found;
  std::size_t walked = 0;
  seen.insert(f);
  while (!open.empty()) {
    const Ref g = open.back();
    open.pop_back();
    tick(++walked);
    if (is_terminal(g)) {
      found.push_back(id(g));
      if (found.size() > most) throw TooLarge{};
      continue;
    }
    for (std::uint32_t v = 0; v < arity(level(g)); ++v)
      if (seen.insert(child(g, v))) open.push_back(child(g, v));
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<bool> Manager::support(Ref f) const {
  std::vector<bool> depends(levels());
  for (const Ref g : postorder(f))
    if (!is_terminal(g)) depends[level(g)] = true;
  return depends;
}

void Manager::collect_due() {
  check_interrupt();
  collect();
  if (nodes_ > limits_.nodes) throw out_of_nodes();
  if (pool_.size() > most_words_ / 4 * 3) throw out_of_memory();
  due_ = std::clamp<std::size_t>(2 * nodes_, 1 << 20, ceiling_);
  due_words_ = std::clamp(2 * pool_.size(), most_words_ / 2, most_words_ / 8 * 7);
}

// Mark from the roots (terminals always stay), then slide every marked record down to its rank: the number of
// marked words below it. Children lie below their parents, so their records have their final place when the
// parent moves.
void Manager::collect() {
  if (hook_) hook_();
  ++collections_;
  std::vector<std::uint64_t> marked(pool_.size() / 64 + 1);
  const auto mark = [&](Ref ref) {  // true when new
    const bool fresh = !(marked[ref / 64] >> (ref % 64) & 1);
    if (fresh) {
      const std::uint32_t words = header + (is_terminal(ref) ? 0u : arities_[pool_[ref]]);
      for (std::uint32_t w = ref; w < ref + words; ++w) marked[w / 64] |= std::uint64_t{1} << (w % 64);
    }
    return fresh;
  };
  std::vector<Ref> open;
  const auto visit = [&](Ref ref) {
    if (mark(ref) && !is_terminal(ref)) open.push_back(ref);
  };
  for (const auto& known : terminals_)
    for (const Ref ref : known)
      if (ref != no_ref) mark(ref);
  for (const Roots* roots : roots_)
    for (const Ref ref : roots->refs)
      if (ref != no_ref) visit(ref);
  while (!open.empty()) {
    const Ref ref = open.back();
    open.pop_back();
    for (std::uint32_t v = 0; v < arity(level(ref)); ++v) visit(child(ref, v));
  }

  std::vector<std::uint32_t> rank(marked.size() + 1);
  for (std::size_t i = 0; i < marked.size(); ++i)
    rank[i + 1] = rank[i] + static_cast<std::uint32_t>(std::popcount(marked[i]));
  const auto moved = [&](Ref ref) {
    const std::uint64_t below = marked[ref / 64] & ((std::uint64_t{1} << (ref % 64)) - 1);
    return rank[ref / 64] + static_cast<std::uint32_t>(std::popcount(below));
  };

  std::fill(table_.begin(), table_.end(), no_ref);
  std::fill(memo_.begin(), memo_.end(), Entry{});
  nodes_ = inner_ = 0;
  std::vector<Ref> inner;
  const std::size_t words = pool_.size();
  for (std::size_t from = 0; from < words;) {
    const bool leaf = pool_[from] == levels();
    const std::uint32_t count = leaf ? 0u : arities_[pool_[from]];
    const std::size_t next = from + header + count;
    if (marked[from / 64] >> (from % 64) & 1) {
      const Ref to = moved(static_cast<Ref>(from));
      for (std::uint32_t w = 0; w < header; ++w) pool_[to + w] = pool_[from + w];
      for (std::uint32_t v = 0; v < count; ++v) pool_[to + header + v] = moved(pool_[from + header + v]);
      ++nodes_;
      if (!leaf) inner.push_back(to), ++inner_;
    }
    from = next;
  }
  pool_.resize(rank.back());
  const std::size_t mask = table_.size() - 1;
  for (const Ref ref : inner) {
    const std::uint32_t* record = pool_.data() + ref;
    std::size_t slot = (hash_record(record + header, arities_[record[0]]) + record[0]) & mask;
    while (table_[slot] != no_ref) slot = (slot + 1) & mask;
    table_[slot] = ref;
  }
  for (auto& known : terminals_)
    for (Ref& ref : known)
      if (ref != no_ref) ref = moved(ref);
  for (Roots* roots : roots_)
    for (Ref& ref : roots->refs)
      if (ref != no_ref) ref = moved(ref);
}

}  // namespace roundoff::analyzer::diagrams
