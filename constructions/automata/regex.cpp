// Thompson's construction (1968), then subsets, then minimal.
#include "constructions/automata/regex.hpp"

#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff::constructions {
namespace {

constexpr std::size_t most_states = 100'000;

/// A nondeterministic automaton: a state has one edge for a set of symbols, or up to two without one.
struct State {
  std::vector<bool> symbols;  ///< empty: no edge
  int to = -1;
  std::vector<int> free;
};
struct RegexPiece {
  int begin, end;
};

class Pattern {
 public:
  Pattern(std::string_view text, std::span<const std::string> alphabet) : text_(text), alphabet_(alphabet) {
    spaced_ =
        std::any_of(alphabet.begin(), alphabet.end(), [](const std::string& t) { return t.size() > 1; });
    if (text_.starts_with('^')) at_ = 1;
    whole_ = either(0);
    if (take('$') && peek() != 0) fail("$ stands at the end only, for the whole word is matched");
    if (peek() == ')') fail("there is no '(' for this ')'");
    if (peek() != 0) fail("nothing is expected here");
  }

  Automaton automaton() const {
    const std::size_t symbols = alphabet_.size();
    std::map<std::vector<int>, int> number;
    std::vector<std::vector<int>> sets;
    const auto add = [&](std::vector<int> set) {
      const auto [found, fresh] = number.try_emplace(set, static_cast<int>(sets.size()));
      if (fresh) sets.push_back(std::move(set));
      if (sets.size() > most_states)
        throw UsageError(fmt::format("the pattern '{}' has more than {} states", text_, most_states));
      return found->second;
    };
    Automaton result;
    result.symbols = static_cast<int>(symbols);
    result.start = add(closure({whole_.begin}));
    for (std::size_t i = 0; i < sets.size(); ++i) {
      const std::vector<int> set = sets[i];
      result.output.push_back(std::binary_search(set.begin(), set.end(), whole_.end) ? 1 : 0);
      std::vector<int> row;
      for (std::size_t symbol = 0; symbol < symbols; ++symbol) {
        std::vector<int> to;
        for (const int state : set) {
          const State& from = states_[static_cast<std::size_t>(state)];
          if (!from.symbols.empty() && from.symbols[symbol]) to.push_back(from.to);
        }
        row.push_back(add(closure(std::move(to))));
      }
      result.next.push_back(std::move(row));
    }
    return minimal(result);
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw UsageError(fmt::format("the pattern '{}', character {}: {}", text_, at_ + 1, why));
  }
  char peek() {
    if (spaced_)
      while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c || c == '\0') return false;
    ++at_;
    return true;
  }
  int fresh() {
    if (states_.size() > most_states) fail("the pattern is too large");
    states_.emplace_back();
    return static_cast<int>(states_.size()) - 1;
  }
  void link(int from, int to) { states_[static_cast<std::size_t>(from)].free.push_back(to); }
  RegexPiece nothing() {
    const int state = fresh();
    return {state, state};
  }
  RegexPiece one_of(std::vector<bool> symbols) {
    const int begin = fresh(), end = fresh();
    states_[static_cast<std::size_t>(begin)].symbols = std::move(symbols);
    states_[static_cast<std::size_t>(begin)].to = end;
    return {begin, end};
  }

  RegexPiece either(int depth) {
    if (depth > 200) fail("nested too deeply");
    RegexPiece left = sequence(depth);
    while (take('|')) {
      const RegexPiece right = sequence(depth);
      const int begin = fresh(), end = fresh();
      for (const RegexPiece& part : {left, right}) {
        link(begin, part.begin);
        link(part.end, end);
      }
      left = {begin, end};
    }
    return left;
  }
  RegexPiece sequence(int depth) {
    RegexPiece all = nothing();
    for (char c = peek(); c != 0 && c != '|' && c != ')' && c != '$'; c = peek()) {
      const RegexPiece part = repeated(depth);
      link(all.end, part.begin);
      all.end = part.end;
    }
    return all;
  }

  // A part is read once for every copy of it.
  RegexPiece repeated(int depth) {
    peek();
    const std::size_t start = at_;
    RegexPiece part = atom(depth);
    int least = 1, most = 1;  // most -1: any number
    if (take('*'))
      least = 0, most = -1;
    else if (take('+'))
      most = -1;
    else if (take('?'))
      least = 0;
    else if (take('{'))
      bounds(least, most);
    else
      return part;
    const std::size_t behind = at_;
    if (peek() == '+' || peek() == '*' || peek() == '{')
      fail("one repetition stands on another; put the first in parentheses");
    take('?');  // a lazy repetition matches the same words
    const std::size_t end = std::max(at_, behind);
    const auto copy = [&] {
      at_ = start;
      return atom(depth);
    };
    RegexPiece all = nothing();
    for (int i = 0; i < least; ++i) append(all, i == 0 ? part : copy());
    if (most < 0) {
      const RegexPiece loop = least == 0 ? part : copy();
      const int hub = fresh();
      link(hub, loop.begin);
      link(loop.end, hub);
      append(all, {hub, hub});
    }
    const int out = fresh();
    for (int i = least; i < most; ++i) {
      link(all.end, out);
      append(all, i == 0 ? part : copy());
    }
    link(all.end, out);
    all.end = out;
    at_ = end;
    return all;
  }
  void append(RegexPiece& all, RegexPiece part) {
    link(all.end, part.begin);
    all.end = part.end;
  }
  void bounds(int& least, int& most) {
    const auto number = [&]() -> int {
      int value = -1;
      while (std::isdigit(static_cast<unsigned char>(peek())) != 0) {
        value = std::max(value, 0) * 10 + (text_[at_++] - '0');
        if (value > 10000) fail("at most 10000 repetitions");
      }
      return value;
    };
    least = number();
    most = least;
    if (take(',')) most = number();
    if (least < 0 || (most >= 0 && most < least) || !take('}'))
      fail("repetitions are {m}, {m,} or {m,n}, m <= n");
  }

  RegexPiece atom(int depth) {
    if (take('(')) {
      if (take('?') && !take(':')) fail("(? is not regular or not known; groups are (...) and (?:...)");
      const RegexPiece inner = either(depth + 1);
      if (!take(')')) fail("')' is missing here");
      return inner;
    }
    if (take('[')) return one_of(one_class());
    if (take('.')) return one_of(std::vector<bool>(alphabet_.size(), true));
    const char c = peek();
    if (c == '*' || c == '+' || c == '?' || c == '{') fail("there is nothing to repeat");
    if (c == '^') fail("^ stands at the beginning only, for the whole word is matched");
    std::vector<bool> symbols(alphabet_.size());
    symbols[literal("|()*+?{}[].^$")] = true;
    return one_of(std::move(symbols));
  }

  /// The symbol that is written here. `ends`: characters that end a token of several.
  std::size_t literal(std::string_view ends) {
    std::string token;
    const auto next = [&] {
      if (text_[at_] == '\\') {
        if (++at_ == text_.size()) fail("a character is missing behind \\");
        if (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0)
          fail("\\ with a letter or a digit is not known here; write the tokens");
      }
      token += text_[at_++];
    };
    next();
    if (spaced_)
      while (at_ < text_.size() && text_[at_] != ' ' && ends.find(text_[at_]) == std::string_view::npos)
        next();
    const auto found = std::find(alphabet_.begin(), alphabet_.end(), token);
    if (found == alphabet_.end()) fail(fmt::format("the alphabet has no '{}'", token));
    return static_cast<std::size_t>(found - alphabet_.begin());
  }

  std::vector<bool> one_class() {
    std::vector<bool> symbols(alphabet_.size());
    const bool complement = take('^');
    bool first = true;
    while (first || peek() != ']') {
      if (peek() == 0) fail("']' is missing here");
      first = false;
      const std::size_t from = literal("]");
      std::size_t to = from;
      if (!spaced_ && peek() == '-' && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
        ++at_;
        to = literal("]");
      }
      if (to == from) symbols[from] = true;
      for (std::size_t s = 0; to != from && s < alphabet_.size(); ++s)
        if (alphabet_[s] >= alphabet_[from] && alphabet_[s] <= alphabet_[to]) symbols[s] = true;
    }
    ++at_;
    if (complement) symbols.flip();
    return symbols;
  }

  /// All states that free edges lead to, ascending.
  std::vector<int> closure(std::vector<int> set) const {
    std::vector<bool> in(states_.size());
    for (const int state : set) in[static_cast<std::size_t>(state)] = true;
    for (std::size_t i = 0; i < set.size(); ++i)
      for (const int to : states_[static_cast<std::size_t>(set[i])].free) {
        if (in[static_cast<std::size_t>(to)]) continue;
        in[static_cast<std::size_t>(to)] = true;
        set.push_back(to);
      }
    std::sort(set.begin(), set.end());
    set.erase(std::unique(set.begin(), set.end()), set.end());
    return set;
  }

  std::string_view text_;
  std::span<const std::string> alphabet_;
  bool spaced_ = false;
  std::size_t at_ = 0;
  std::vector<State> states_;
  RegexPiece whole_{};
};

}  // namespace

Automaton regular_language(std::string_view pattern, std::span<const std::string> alphabet) {
  return Pattern(pattern, alphabet).automaton();
}

}  // namespace roundoff::constructions
