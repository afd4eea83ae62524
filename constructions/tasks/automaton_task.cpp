// See automaton_task.hpp. The words that are inputs are numbered in the order of symbols: the j-th is found by
// counting, state by state, how many words lead on to an input.
#include "constructions/tasks/automaton_task.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "constructions/tasks/draws.hpp"
#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::constructions {
namespace {

/// Counts that are compared and drawn below: exact to 2^53, and in ratio beyond.
using Count = double;

class AutomatonTask final : public Task {
 public:
  AutomatonTask(const TaskSize& size, AutomatonForm form)
      : Task(size, {}), form_(std::move(form)), inputs_(form_.inputs.value_or(all_words(form_.automaton))) {
    if (size.c != 1) throw UsageError(fmt::format("{}: symbols are single tokens; leave c out", form_.name));
    if (size.ragged)
      throw UsageError(fmt::format("{}: words have n symbols; leave --ragged out", form_.name));
    base_ = static_cast<int>(form_.alphabet.size());
    vocabulary_ = form_.alphabet;
    for (const std::string& output : form_.outputs) outputs_.push_back(add(output));
    if (!form_.each) {
      end_ = add(form_.end);
      vocabulary_.emplace_back("<eos>");
    }
    const auto n = static_cast<std::size_t>(size.n);
    ways_.assign(n + 1, std::vector<Count>(static_cast<std::size_t>(inputs_.states())));
    for (int state = 0; state < inputs_.states(); ++state) ways(0, state) = inputs_.out(state);
    for (std::size_t left = 1; left <= n; ++left)
      for (int state = 0; state < inputs_.states(); ++state)
        for (int symbol = 0; symbol < inputs_.symbols; ++symbol)
          ways(left, state) += ways(left - 1, inputs_.after(state, symbol));
    if (form_.inputs && !std::isfinite(input_count()))
      throw UsageError(
          fmt::format("{}: too many words of {} symbols to count; take a smaller --n", form_.name, size.n));
  }

  std::string_view name() const override { return form_.name; }
  std::string spec() const override { return form_.spec; }
  std::string digest() const override { return form_.digest; }
  std::string_view joiner() const override { return ""; }
  int positions() const override { return form_.each ? size_.n : size_.n + 2; }
  bool one_pass() const override { return form_.each; }
  Token eos() const override { return form_.each ? static_cast<Token>(vocabulary_.size()) : Task::eos(); }

  std::vector<Token> question(const Instance& instance) const override {
    std::vector<Token> tokens(instance.operands[0].begin(), instance.operands[0].end());
    if (!form_.each) tokens.push_back(end_);
    return tokens;
  }
  std::vector<Token> answer(const Instance& instance) const override {
    std::vector<Token> tokens;
    int state = form_.automaton.start;
    for (const std::uint8_t symbol : instance.operands[0]) {
      state = form_.automaton.after(state, symbol);
      if (form_.each) tokens.push_back(output(state));
    }
    if (!form_.each) tokens = {output(state), eos()};
    return tokens;
  }
  Instance read(std::span<const Token> question, const Instance&) const override {
    if (!form_.each) question = question.first(question.size() - 1);
    return {{Digits(question.begin(), question.end())}};
  }
  bool admits(const Instance& instance) const override {
    int state = inputs_.start;
    for (const std::uint8_t symbol : instance.operands[0]) state = inputs_.after(state, symbol);
    return inputs_.out(state) != 0;
  }

  SequenceShape shape(const Instance& instance) const override {
    const auto n = static_cast<int>(instance.operands[0].size());
    SequenceShape shape;
    shape.vocabulary = static_cast<int>(vocabulary_.size());
    std::vector<Token> symbols;
    for (int symbol = 0; symbol < base_; ++symbol) symbols.push_back(static_cast<Token>(symbol));
    for (int i = 0; i < n; ++i) shape.tokens.push_back(symbols);
    shape.one_pass = form_.each;
    if (form_.each) return shape;
    shape.first_output = n;
    shape.tokens.push_back({end_});
    std::vector<Token> answers = outputs_;
    std::sort(answers.begin(), answers.end());
    answers.erase(std::unique(answers.begin(), answers.end()), answers.end());
    shape.tokens.push_back(answers);
    return shape;
  }

  double input_count() const override { return ways_.back()[static_cast<std::size_t>(inputs_.start)]; }
  Instance instance(std::uint64_t j) const override { return word(static_cast<Count>(j)); }

  Instance sample(std::uint64_t seed, std::uint64_t index) const override {
    Draws draws(seed, index);
    Digits word;
    if (!form_.inputs || input_count() == 0) {
      for (int i = 0; i < size_.n; ++i)
        word.push_back(static_cast<std::uint8_t>(draws.below(static_cast<std::uint64_t>(base_))));
      return {{word}};
    }
    int state = inputs_.start;
    for (std::size_t left = static_cast<std::size_t>(size_.n); left-- > 0;) {
      // Up to 2^53 the counts are exact, and so is the draw; beyond, to 53 bits.
      const Count total = ways(left + 1, state);
      Count draw = total < 0x1p53 ? static_cast<Count>(draws.below(static_cast<std::uint64_t>(total)))
                                  : static_cast<Count>(draws.bits() >> 11) * 0x1p-53 * total;
      int symbol = 0, last = 0;
      for (; symbol < base_; ++symbol) {
        const Count here = ways(left, inputs_.after(state, symbol));
        if (here > 0) last = symbol;
        if (draw < here) break;
        draw -= here;
      }
      if (symbol == base_) symbol = last;
      word.push_back(static_cast<std::uint8_t>(symbol));
      state = inputs_.after(state, symbol);
    }
    return {{word}};
  }

  std::vector<Term> specification(Integers& integers, std::span<const Number> operands) const override {
    if (form_.each) return {};  // Method::automaton decides all lengths
    const Term state = last_state(integers, operands, form_.automaton);
    return {integers.map(state, [this](std::int64_t s) {
      return std::int64_t{outputs_[static_cast<std::size_t>(form_.automaton.out(static_cast<int>(s)))]};
    })};
  }
  std::optional<Term> admitted(Integers& integers, std::span<const Number> operands) const override {
    if (!form_.inputs) return std::nullopt;
    return integers.map(last_state(integers, operands, inputs_), [this](std::int64_t s) {
      return std::int64_t{inputs_.out(static_cast<int>(s)) != 0};
    });
  }

  std::optional<WordTask> words() const override {
    WordTask words;
    for (int symbol = 0; symbol < base_; ++symbol) words.alphabet.push_back(static_cast<Token>(symbol));
    if (!form_.each) words.end = end_;
    words.automaton = form_.automaton;
    for (int& token : words.automaton.output)
      token = static_cast<int>(outputs_[static_cast<std::size_t>(token)]);
    words.inputs = form_.inputs;
    return words;
  }
  Instance instance_of(std::span<const int> word) const override {
    return {{Digits(word.begin(), word.end())}};
  }

  std::vector<Instance> adversarial(std::size_t limit) const override {
    std::vector<Instance> found;
    std::set<Digits> seen;
    const auto offer = [&](const Digits& word) {
      if (found.size() >= limit || static_cast<int>(word.size()) != size_.n) return;
      Instance instance{{word}};
      if (admits(instance) && seen.insert(word).second) found.push_back(std::move(instance));
    };
    for (const std::string& word : form_.words) found.push_back(parse(word));
    for (int symbol = 0; symbol < base_; ++symbol)
      offer(Digits(static_cast<std::size_t>(size_.n), static_cast<std::uint8_t>(symbol)));
    edges(offer);
    pairs(offer);
    single_changes(offer, limit);
    return found;
  }

  Instance parse(std::string_view text) const override {
    std::vector<std::string> tokens;
    for (std::size_t i = 0; i < text.size();) {
      if (std::isspace(static_cast<unsigned char>(text[i])) != 0) {
        ++i;
        continue;
      }
      std::size_t end = i + 1;
      while (spaced() && end < text.size() && std::isspace(static_cast<unsigned char>(text[end])) == 0) ++end;
      tokens.emplace_back(text.substr(i, end - i));
      i = end;
    }
    if (!form_.each && !tokens.empty() && tokens.back() == form_.end) tokens.pop_back();
    Digits word;
    for (const std::string& token : tokens) {
      const auto at = std::find(form_.alphabet.begin(), form_.alphabet.end(), token);
      if (at == form_.alphabet.end())
        throw UsageError(fmt::format("'{}' in \"{}\" is no symbol of {}; its alphabet is {}", token, text,
                                     form_.name, fmt::join(form_.alphabet, " ")));
      word.push_back(static_cast<std::uint8_t>(at - form_.alphabet.begin()));
    }
    if (static_cast<int>(word.size()) != size_.n)
      throw UsageError(fmt::format("\"{}\" has {} symbols: {} takes {} (set --n)", text, word.size(),
                                   form_.name, size_.n));
    Instance instance{{word}};
    if (!admits(instance)) throw UsageError(fmt::format("\"{}\" is no input of {}", text, form_.name));
    return instance;
  }
  std::string text(const Instance& instance) const override { return text(question(instance)); }
  std::string text(std::span<const Token> tokens) const override {
    std::string text;
    for (const Token token : tokens) {
      if (spaced() && !text.empty()) text += ' ';
      text += vocabulary_[token];
    }
    return text;
  }

 private:
  static Automaton all_words(const Automaton& like) {
    return {like.symbols, 0, {std::vector<int>(static_cast<std::size_t>(like.symbols), 0)}, {1}};
  }
  Token output(int state) const { return outputs_[static_cast<std::size_t>(form_.automaton.out(state))]; }
  /// Words are written with blanks between symbols.
  bool spaced() const {
    const auto long_one = [](const std::string& token) { return token.size() > 1; };
    return (!form_.each && long_one(form_.end)) ||
           std::any_of(form_.alphabet.begin(), form_.alphabet.end(), long_one);
  }
  Token add(const std::string& token) {
    const auto found = std::find(vocabulary_.begin(), vocabulary_.end(), token);
    if (found != vocabulary_.end()) return static_cast<Token>(found - vocabulary_.begin());
    vocabulary_.push_back(token);
    return static_cast<Token>(vocabulary_.size() - 1);
  }
  Count& ways(std::size_t left, int state) { return ways_[left][static_cast<std::size_t>(state)]; }
  Count ways(std::size_t left, int state) const { return ways_[left][static_cast<std::size_t>(state)]; }

  Instance word(Count j) const {
    Digits word;
    int state = inputs_.start;
    for (std::size_t left = static_cast<std::size_t>(size_.n); left-- > 0;) {
      int symbol = 0;
      for (; symbol + 1 < base_; ++symbol) {
        const Count here = ways(left, inputs_.after(state, symbol));
        if (j < here) break;
        j -= here;
      }
      word.push_back(static_cast<std::uint8_t>(symbol));
      state = inputs_.after(state, symbol);
    }
    return {{word}};
  }

  /// The state after the whole word, first symbol first (it is the root of diagrams).
  static Term last_state(Integers& integers, std::span<const Number> operands, const Automaton& automaton) {
    const Number& word = operands[0];
    Term state = integers.constant(automaton.start);
    for (std::size_t i = word.size(); i-- > 0;)
      state = integers.map(state, word[i], [&automaton](std::int64_t from, std::int64_t symbol) {
        return std::int64_t{automaton.after(static_cast<int>(from), static_cast<int>(symbol))};
      });
    return state;
  }

  /// A word of `length` symbols to each state, by rows of lengths; -1: there is none.
  struct Ways {
    std::vector<std::vector<std::pair<int, int>>> from;  ///< [length][state]: state before, symbol
    std::optional<Digits> to(int length, int state) const {
      Digits word;
      for (int at = length; at > 0; --at) {
        const auto [before, symbol] = from[static_cast<std::size_t>(at)][static_cast<std::size_t>(state)];
        if (before < 0) return std::nullopt;
        word.push_back(static_cast<std::uint8_t>(symbol));
        state = before;
      }
      std::reverse(word.begin(), word.end());
      return word;
    }
  };
  Ways ways_to() const {
    const Automaton& a = form_.automaton;
    Ways ways;
    std::vector<bool> here(static_cast<std::size_t>(a.states()));
    here[static_cast<std::size_t>(a.start)] = true;
    ways.from.emplace_back(static_cast<std::size_t>(a.states()), std::pair(-1, -1));
    for (int length = 1; length <= size_.n; ++length) {
      auto& row = ways.from.emplace_back(static_cast<std::size_t>(a.states()), std::pair(-1, -1));
      std::vector<bool> next(here.size());
      for (int state = 0; state < a.states(); ++state) {
        if (!here[static_cast<std::size_t>(state)]) continue;
        for (int symbol = 0; symbol < base_; ++symbol) {
          const auto to = static_cast<std::size_t>(a.after(state, symbol));
          if (!next[to]) row[to] = {state, symbol};
          next[to] = true;
        }
      }
      here = std::move(next);
    }
    return ways;
  }

  template <class Offer>
  void edges(Offer&& offer) const {
    const Automaton& a = form_.automaton;
    const Ways ways = ways_to();
    for (int state = 0; state < a.states(); ++state) {
      std::vector<int> lengths;
      for (int length = 0; length < size_.n; ++length)
        if (length == 0 ? state == a.start : ways.to(length, state).has_value()) lengths.push_back(length);
      if (lengths.empty()) continue;
      for (const int length : {lengths.front(), lengths[lengths.size() / 2], lengths.back()})
        for (int symbol = 0; symbol < base_; ++symbol)
          for (int rest = 0; rest < base_; ++rest) {
            Digits word = *ways.to(length, state);
            word.push_back(static_cast<std::uint8_t>(symbol));
            word.resize(static_cast<std::size_t>(size_.n), static_cast<std::uint8_t>(rest));
            offer(word);
          }
    }
  }

  template <class Offer>
  void pairs(Offer&& offer) const {
    const Automaton& a = form_.automaton;
    constexpr int most = 64;  // states, beyond which pairs are too many
    if (a.states() > most) return;
    const Ways ways = ways_to();
    for (int x = 0; x < a.states(); ++x)
      for (int y = x + 1; y < a.states(); ++y) {
        Automaton from_x = a, from_y = a;
        from_x.start = x;
        from_y.start = y;
        const std::optional<std::vector<int>> apart = difference(from_x, from_y);
        if (!apart || static_cast<int>(apart->size()) > size_.n) continue;
        const int length = size_.n - static_cast<int>(apart->size());
        for (const int state : {x, y}) {
          std::optional<Digits> word;
          if (length > 0)
            word = ways.to(length, state);
          else if (state == a.start)
            word = Digits{};
          if (!word) continue;
          for (const int symbol : *apart) word->push_back(static_cast<std::uint8_t>(symbol));
          offer(*word);
        }
      }
  }

  // Of words that are drawn: one symbol another.
  template <class Offer>
  void single_changes(Offer&& offer, std::size_t limit) const {
    for (std::uint64_t draw = 0; draw < limit / static_cast<std::size_t>(size_.n * base_) + 1; ++draw) {
      const Digits word = sample(0x5eed, draw).operands[0];
      offer(word);
      for (std::size_t i = 0; i < word.size(); ++i)
        for (int symbol = 0; symbol < base_; ++symbol) {
          Digits changed = word;
          changed[i] = static_cast<std::uint8_t>(symbol);
          offer(changed);
        }
    }
  }

  AutomatonForm form_;
  Automaton inputs_;
  std::vector<Token> outputs_;
  Token end_ = 0;
  std::vector<std::vector<Count>> ways_;  ///< [symbols left][state of inputs_]: words that lead to an input
};

}  // namespace

std::unique_ptr<Task> automaton_task(const TaskSize& size, AutomatonForm form) {
  if (form.alphabet.empty() || form.alphabet.size() > 256)
    throw UsageError(fmt::format("{}: an alphabet has 1 to 256 symbols", form.name));
  return std::make_unique<AutomatonTask>(size, std::move(form));
}

TaskEntry word_entry(std::string_view name, std::string_view form, std::string_view summary,
                     decltype(TaskEntry::make) make) {
  return {.name = name,
          .form = form,
          .summary = summary,
          .make = std::move(make),
          .sizes = "n",
          .families = {"words of one symbol",
                       "words that take every edge of the automaton early, midway and last",
                       "pairs of words to two states that go on alike", "words that differ in one symbol"},
          .standard = {{.n = 5}, {.n = 6}},
          .base = false};
}

}  // namespace roundoff::constructions
