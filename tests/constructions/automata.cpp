// Automata and regular expressions against matching and minimising written the obvious way.
#include <functional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "constructions/automata/automaton.hpp"
#include "constructions/automata/regex.hpp"
#include "constructions/tasks/draws.hpp"
#include "formats/error.hpp"

using namespace roundoff::constructions;
using roundoff::formats::UsageError;

namespace {

int output(const Automaton& automaton, const std::vector<int>& word) {
  int state = automaton.start;
  for (const int symbol : word) state = automaton.after(state, symbol);
  return automaton.out(state);
}

/// Calls `use` on all words of at most `longest` symbols.
void for_each_word(int symbols, int longest, const std::function<void(const std::vector<int>&)>& use) {
  std::vector<std::vector<int>> words = {{}};
  for (std::size_t i = 0; i < words.size(); ++i) {
    use(words[i]);
    if (static_cast<int>(words[i].size()) == longest) continue;
    for (int symbol = 0; symbol < symbols; ++symbol) {
      std::vector<int> longer = words[i];
      longer.push_back(symbol);
      words.push_back(std::move(longer));
    }
  }
}

Automaton random_automaton(std::uint64_t index) {
  Draws draws(3, index);
  Automaton result;
  result.symbols = 1 + static_cast<int>(draws.below(3));
  const std::uint64_t states = 1 + draws.below(9);
  result.start = static_cast<int>(draws.below(states));
  for (std::uint64_t s = 0; s < states; ++s) {
    result.output.push_back(static_cast<int>(draws.below(2)));
    std::vector<int>& row = result.next.emplace_back();
    for (int symbol = 0; symbol < result.symbols; ++symbol)
      row.push_back(static_cast<int>(draws.below(states)));
  }
  return result;
}

/// Moore's way: states apart after k symbols, for growing k. How many classes the reachable states fall into.
std::size_t classes(const Automaton& a) {
  std::vector<int> reached = {a.start};
  for (std::size_t i = 0; i < reached.size(); ++i)
    for (int symbol = 0; symbol < a.symbols; ++symbol) {
      const int to = a.after(reached[i], symbol);
      if (std::find(reached.begin(), reached.end(), to) == reached.end()) reached.push_back(to);
    }
  std::vector<int> label(a.output);
  for (int round = 0; round < a.states(); ++round) {
    std::vector<std::vector<int>> keys;
    for (int state = 0; state < a.states(); ++state) {
      std::vector<int> key = {label[static_cast<std::size_t>(state)]};
      for (int symbol = 0; symbol < a.symbols; ++symbol)
        key.push_back(label[static_cast<std::size_t>(a.after(state, symbol))]);
      keys.push_back(key);
    }
    const std::set<std::vector<int>> distinct(keys.begin(), keys.end());
    for (int state = 0; state < a.states(); ++state)
      label[static_cast<std::size_t>(state)] = static_cast<int>(
          std::distance(distinct.begin(), distinct.find(keys[static_cast<std::size_t>(state)])));
  }
  std::set<int> found;
  for (const int state : reached) found.insert(label[static_cast<std::size_t>(state)]);
  return found.size();
}

}  // namespace

TEST_CASE("minimal automata have as many states as there are classes, the same outputs, and one form") {
  int smaller = 0;
  for (std::uint64_t index = 0; index < 300; ++index) {
    const Automaton given = random_automaton(index), least = minimal(given);
    CAPTURE(index);
    REQUIRE(static_cast<std::size_t>(least.states()) == classes(given));
    CHECK(least.start == 0);
    CHECK(minimal(least) == least);
    CHECK_FALSE(difference(given, least).has_value());
    for_each_word(given.symbols, 4,
                  [&](const std::vector<int>& word) { REQUIRE(output(given, word) == output(least, word)); });
    smaller += least.states() < given.states();
  }
  CHECK(smaller > 50);
}

TEST_CASE("the difference of two automata is a shortest word that tells them apart") {
  int apart = 0;
  for (std::uint64_t index = 0; index < 200; ++index) {
    const Automaton a = random_automaton(2 * index);
    Automaton b = random_automaton(2 * index + 1);
    if (a.symbols != b.symbols) continue;
    for (const int least : {0, 2}) {
      const auto found = difference(a, b, least);
      int shortest = -1;
      for_each_word(a.symbols, 6, [&](const std::vector<int>& word) {
        if (shortest < 0 && static_cast<int>(word.size()) >= least && output(a, word) != output(b, word))
          shortest = static_cast<int>(word.size());
      });
      if (shortest >= 0) {
        REQUIRE(found.has_value());
        CHECK(static_cast<int>(found->size()) == shortest);
        CHECK(output(a, *found) != output(b, *found));
        ++apart;
      } else if (found) {
        CHECK(found->size() > 6);
      }
    }
  }
  CHECK(apart > 50);
}

TEST_CASE("regular expressions match what std::regex matches") {
  const std::vector<std::string> alphabet = {"a", "b", "c"};
  const char* patterns[] = {
      "a*",       "(ab)*",    "a|b",        "(a|b)*abb", "[ab]+c?",       "[^a]*",     "a{2}", "a{1,3}b",
      "(ab){2,}", "a?b?c?",   ".*a.",       "(a|bc)*",   "((a|b)c){0,2}", "(?:ab|c)+", "a+?b", "^ab*$",
      "[a-c]{3}", "(a*b*)*c", "(aa|bb|c)*", "b{0}a",     "(a{2}b?){2}",   "[b-c]a*"};
  for (const char* pattern : patterns) {
    CAPTURE(pattern);
    const Automaton automaton = regular_language(pattern, alphabet);
    const std::regex reference(pattern);
    int matched = 0;
    for_each_word(3, 6, [&](const std::vector<int>& word) {
      std::string text;
      for (const int symbol : word) text += alphabet[static_cast<std::size_t>(symbol)];
      const bool right = std::regex_match(text, reference);
      REQUIRE((output(automaton, word) == 1) == right);
      matched += right;
    });
    CHECK(matched > 0);
  }
  CHECK(regular_language("\\(*", std::vector<std::string>{"(", ")"}).states() == 2);
  const std::vector<std::string> words = {"up", "down"};
  const Automaton spaced = regular_language("(up down)* [up]", words);
  CHECK(output(spaced, {0, 1, 0}) == 1);
  CHECK(output(spaced, {0, 1}) == 0);
  for (const char* wrong :
       {"(a", "a)", "[ab", "*a", "a**", "d", "(?=a)b", "a\\1", "a{3,2}", "a^b", "$a", "a|*"})
    CHECK_THROWS_AS(regular_language(wrong, alphabet), UsageError);
}
