// The diagram package against plain tables: every function of a few variables is also an array over all
// assignments.
#include "analyzer/diagrams/manager.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include <doctest/doctest.h>

#include "analyzer/diagrams/count.hpp"

using namespace roundoff::analyzer::diagrams;

namespace {

const std::vector<std::uint16_t> arities{3, 2, 4, 1, 2, 5};

std::size_t table_size() {
  std::size_t size = 1;
  for (const auto arity : arities) size *= arity;
  return size;
}

std::vector<std::uint16_t> assignment(std::size_t index) {
  std::vector<std::uint16_t> values(arities.size());
  for (std::size_t v = arities.size(); v-- > 0; index /= arities[v])
    values[v] = static_cast<std::uint16_t>(index % arities[v]);
  return values;
}

using Table = std::vector<Id>;

Ref build(Manager& manager, const Table& table, std::uint32_t level = 0, std::size_t offset = 0) {
  if (level == arities.size()) return manager.terminal(table[offset]);
  std::size_t stride = 1;
  for (std::size_t v = level + 1; v < arities.size(); ++v) stride *= arities[v];
  std::vector<Ref> children;
  for (std::uint32_t v = 0; v < arities[level]; ++v)
    children.push_back(build(manager, table, level + 1, offset + v * stride));
  return manager.node(level, children);
}

// A function of a random subset of the variables with few values, so that sharing and skipped levels occur.
Table random_table(std::mt19937& random) {
  const std::uint32_t subset = random() & 63u;
  const auto values = static_cast<Id>(2 + random() % 4);
  std::vector<Id> dense(table_size());
  for (Id& id : dense) id = static_cast<Id>(random() % values);
  Table table(table_size());
  for (std::size_t i = 0; i < table.size(); ++i) {
    auto at = assignment(i);
    std::size_t index = 0;
    for (std::size_t v = 0; v < arities.size(); ++v)
      index = index * arities[v] + (subset >> v & 1 ? at[v] : 0u);
    table[i] = dense[index];
  }
  return table;
}

struct Plus {  // not symmetric on purpose
  std::uint32_t code = 7;
  bool commutes = false;
  Id operator()(Id a) const { return a * a + 1; }
  Id operator()(Id a, Id b) const { return 2 * a + b; }
  Ref shortcut(Ref) const { return no_ref; }
  Ref shortcut(Ref, Ref) const { return no_ref; }
};

void check_table(const Manager& manager, Ref f, const Table& table) {
  bool equal = true;
  Id least = table[0], greatest = table[0];
  for (std::size_t i = 0; i < table.size(); ++i) {
    equal = equal && manager.evaluate(f, assignment(i)) == table[i];
    least = std::min(least, table[i]);
    greatest = std::max(greatest, table[i]);
  }
  CHECK(equal);
  CHECK(manager.least(f) == least);
  CHECK(manager.greatest(f) == greatest);
}

}  // namespace

TEST_CASE("diagrams: equal functions are the same node, and application agrees with tables") {
  Manager manager(arities, std::less<Id>());
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const Table f = random_table(random), g = random_table(random);
    const Ref rf = build(manager, f), rg = build(manager, g);
    check_table(manager, rf, f);
    CHECK((rf == rg) == (f == g));
    Table combined(f.size()), mapped(f.size());
    for (std::size_t i = 0; i < f.size(); ++i) combined[i] = Plus{}(f[i], g[i]), mapped[i] = Plus{}(f[i]);
    CHECK(manager.apply(Plus{}, rf, rg) == build(manager, combined));
    CHECK(manager.apply(Plus{8}, rf) == build(manager, mapped));
    const auto distinct = manager.terminals(rf);
    CHECK(std::set<Id>(distinct.begin(), distinct.end()) == std::set<Id>(f.begin(), f.end()));
  }
}

TEST_CASE("diagrams: counts, first assignments, restrictions and supports agree with enumeration") {
  Manager manager(arities, std::less<Id>());
  std::mt19937 random(2);
  CHECK(assignments(manager) == table_size());
  for (int round = 0; round < 100; ++round) {
    const Table table = random_table(random);
    const Ref f = build(manager, table);
    for (Id wanted = 0; wanted < 6; ++wanted) {
      const auto chosen = [&](Id id) { return id == wanted; };
      const auto found = std::find(table.begin(), table.end(), wanted);
      CHECK(count(manager, f, chosen) == std::count(table.begin(), table.end(), wanted));
      const auto one = first(manager, f, chosen);
      REQUIRE(one.has_value() == (found != table.end()));
      if (one) CHECK(*one == assignment(static_cast<std::size_t>(found - table.begin())));
    }
    std::vector<int> fixed(arities.size(), -1);
    for (std::size_t v = 0; v < arities.size(); ++v)
      if (random() % 2) fixed[v] = static_cast<int>(random() % arities[v]);
    Table restricted(table.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
      auto at = assignment(i);
      for (std::size_t v = 0; v < arities.size(); ++v)
        if (fixed[v] >= 0) at[v] = static_cast<std::uint16_t>(fixed[v]);
      restricted[i] = manager.evaluate(f, at);
    }
    CHECK(manager.restrict(f, fixed) == build(manager, restricted));
    const auto support = manager.support(f);
    for (std::size_t v = 0; v < arities.size(); ++v) {
      bool depends = false;
      for (std::size_t i = 0; i < table.size(); ++i) {
        auto at = assignment(i);
        at[v] = 0;
        depends = depends || manager.evaluate(f, at) != table[i];
      }
      CHECK(support[v] == depends);
    }
  }
}

TEST_CASE("diagrams: a collection keeps what roots lead to, and nothing else") {
  Manager manager(arities, std::less<Id>());
  std::mt19937 random(3);
  Roots kept(manager);
  std::vector<Table> tables;
  for (int round = 0; round < 40; ++round) {
    tables.push_back(random_table(random));
    kept.refs.push_back(build(manager, tables.back()));
    kept.refs.push_back(no_ref);
    for (int garbage = 0; garbage < 5; ++garbage) build(manager, random_table(random));
    const std::size_t before = manager.nodes();
    manager.collect();
    CHECK(manager.nodes() < before);
    for (std::size_t i = 0; i < tables.size(); ++i) check_table(manager, kept[2 * i], tables[i]);
    for (std::size_t i = 0; i < tables.size(); ++i) CHECK(build(manager, tables[i]) == kept[2 * i]);
    const Ref sum = manager.apply(Plus{}, kept[0], kept[2 * tables.size() - 2]);
    Table expected(tables[0].size());
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = Plus{}(tables[0][i], tables.back()[i]);
    CHECK(sum == build(manager, expected));
  }
  std::set<Ref> alive;
  for (const Ref ref : kept.refs)
    if (ref != no_ref)
      for (const Ref node : manager.postorder(ref)) alive.insert(node);
  manager.collect();
  CHECK(manager.nodes() <= alive.size() + 64);  // terminals stay
}

TEST_CASE("diagrams: budgets stop the work, bounds only the operation") {
  Manager manager(std::vector<std::uint16_t>(16, 2), std::less<Id>(), {.nodes = 500});
  const auto grow = [&] {  // the 16-bit number: 2^16 terminals
    Ref f = manager.terminal(0);
    for (std::uint32_t level = 16; level-- > 0;) {
      const Ref bits[] = {manager.terminal(0), manager.terminal(1)};
      f = manager.apply(Plus{}, f, manager.node(level, bits));
    }
  };
  {
    Manager::Bound bound(manager, 100);
    CHECK_THROWS_AS(grow(), TooLarge);
  }
  CHECK_THROWS_AS(grow(), Exhausted);
  Manager late(std::vector<std::uint16_t>(16, 2), std::less<Id>(), {},
               {.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1)});
  CHECK_THROWS_AS(late.check_budget(), Exhausted);
}

TEST_CASE("diagrams: counts are exact beyond 2^64 and ratios are rounded once") {
  Manager manager(std::vector<std::uint16_t>(400, 10), std::less<Id>());
  Ref f = manager.terminal(1);  // every variable is 9
  for (std::uint32_t level = 400; level-- > 0;) {
    std::vector<Ref> children(10, manager.terminal(0));
    children[9] = f;
    f = manager.node(level, children);
  }
  const Integer all = assignments(manager);
  CHECK(all == boost::multiprecision::pow(Integer(10), 400));
  CHECK(count(manager, f, [](Id id) { return id == 1; }) == 1);
  CHECK(count(manager, f, [](Id id) { return id == 0; }) == all - 1);
  CHECK(ratio(Integer(1), boost::multiprecision::pow(Integer(10), 128)) == 1e-128);
  CHECK(ratio(Integer(1), Integer(3)) == 1.0 / 3);
  CHECK(ratio(Integer(2), Integer(3)) == 2.0 / 3);
  CHECK(ratio((Integer(1) << 53) + 1, Integer(1)) == std::ldexp(1.0, 53));
  CHECK(ratio((Integer(1) << 54) + 3, Integer(1)) == std::ldexp(1.0, 54) + 4);
  CHECK(ratio(all, all) == 1);
}
