// Machines that write while they read (Mealy 1955): what a model is, layer by layer. Symbols are 0 .. symbols-1; at
// every symbol a machine writes a number and goes on, or stops for ever.
//
// A machine is made larger by a component that reads what the machine writes, and then minimal again: what has
// been minimised never holds more states than the minimal machine that writes all of what was asked for, however
// many components there are.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "analyzer/diagrams/limits.hpp"
#include "analyzer/names.hpp"

namespace roundoff::analyzer::automata {

struct Machine {
  static constexpr int stop = -1;  ///< as the next state

  int symbols = 0;
  std::vector<int> next, written;  ///< [state * symbols + symbol]; state 0 is where it starts

  int states() const { return symbols == 0 ? 0 : static_cast<int>(next.size()) / symbols; }
  std::size_t at(int state, int symbol) const { return static_cast<std::size_t>(state * symbols + symbol); }
};

/// The fewest states that write the same on all words.
Machine minimal(const Machine& machine);
/// What is written, replaced; then minimal.
Machine rewritten(Machine machine, const std::function<int(int state, int symbol, int written)>& of);

/// Counts states and time; one for the whole of an extraction. Throws Exhausted where a machine has more states than
/// was granted, or all takes longer, and Stopped.
class Grant {
 public:
  /// `interrupted` may be empty.
  Grant(const Limits& limits, std::function<bool()> interrupted);
  void state(std::size_t states) const;
  void step();

 private:
  Limits limits_;
  std::function<bool()> interrupted_;
  double end_;
  std::uint32_t steps_ = 0;
};

struct Stepped {
  int state, written;
};
/// The machine beside a component with states numbered by whoever makes it: `step(state, written)` gives the state
/// after what the machine wrote, and what is written instead; a negative state stops. Minimal.
template <class Step>
Machine extended(const Machine& machine, int start, Step&& step, Grant& grant) {
  Machine result;
  result.symbols = machine.symbols;
  std::unordered_map<std::uint64_t, int> numbers;
  std::vector<std::pair<int, int>> states;
  const auto number = [&](int state, int component) {
    const std::uint64_t both =
        static_cast<std::uint64_t>(state) << 32 | static_cast<std::uint32_t>(component);
    const auto [found, fresh] = numbers.try_emplace(both, static_cast<int>(states.size()));
    if (fresh) {
      states.emplace_back(state, component);
      grant.state(states.size());
    }
    return found->second;
  };
  number(0, start);
  for (std::size_t i = 0; i < states.size(); ++i) {
    const auto [state, component] = states[i];
    for (int symbol = 0; symbol < machine.symbols; ++symbol) {
      grant.step();
      const Stepped to = step(component, machine.written[machine.at(state, symbol)]);
      const int next = machine.next[machine.at(state, symbol)];
      result.written.push_back(to.written);
      result.next.push_back(next == Machine::stop || to.state < 0 ? Machine::stop : number(next, to.state));
    }
  }
  return minimal(result);
}

}  // namespace roundoff::analyzer::automata
