// See machine.hpp.
#include "analyzer/automata/machine.hpp"

#include <chrono>

#include "analyzer/automata/interner.hpp"
#include "constructions/automata/automaton.hpp"
#include "sim/program/program.hpp"

namespace roundoff::analyzer::automata {
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Grant::Grant(const Limits& limits, std::function<bool()> interrupted)
    : limits_(limits), interrupted_(std::move(interrupted)), end_(seconds_now() + limits.seconds) {}

void Grant::state(std::size_t states) const {
  if (states > limits_.states)
    throw diagrams::Exhausted{{Reason::states, static_cast<double>(limits_.states)}};
}

void Grant::step() {
  if ((++steps_ & 0xfff) != 0) return;
  if (interrupted_ && interrupted_()) throw Stopped();
  if (seconds_now() > end_) throw diagrams::Exhausted{{Reason::time, limits_.seconds}};
}

// By Moore's machine whose output is the row of what a state writes: a state that has stopped writes nothing.
Machine minimal(const Machine& machine) {
  Interner<std::vector<int>> rows;
  rows.number({});
  Automaton automaton;
  automaton.symbols = machine.symbols;
  const int stopped = machine.states();
  for (int state = 0; state < machine.states(); ++state) {
    std::vector<int> next, row;
    for (int symbol = 0; symbol < machine.symbols; ++symbol) {
      const int to = machine.next[machine.at(state, symbol)];
      next.push_back(to == Machine::stop ? stopped : to);
      row.push_back(machine.written[machine.at(state, symbol)]);
    }
    automaton.next.push_back(std::move(next));
    automaton.output.push_back(rows.number(row));
  }
  automaton.next.emplace_back(static_cast<std::size_t>(machine.symbols), stopped);
  automaton.output.push_back(0);
  const Automaton least = constructions::minimal(automaton);
  // State 0 is the start, since states are numbered breadth first; the stopped one is left out again.
  std::vector<int> number;
  int count = 0;
  for (int state = 0; state < least.states(); ++state)
    number.push_back(least.out(state) == 0 ? Machine::stop : count++);
  Machine result;
  result.symbols = machine.symbols;
  for (int state = 0; state < least.states(); ++state) {
    if (least.out(state) == 0) continue;
    const std::vector<int>& row = rows[least.out(state)];
    result.written.insert(result.written.end(), row.begin(), row.end());
    for (int symbol = 0; symbol < machine.symbols; ++symbol)
      result.next.push_back(number[static_cast<std::size_t>(least.after(state, symbol))]);
  }
  return result;
}

Machine rewritten(Machine machine, const std::function<int(int state, int symbol, int written)>& of) {
  for (int state = 0; state < machine.states(); ++state)
    for (int symbol = 0; symbol < machine.symbols; ++symbol) {
      int& written = machine.written[machine.at(state, symbol)];
      written = of(state, symbol, written);
    }
  return minimal(machine);
}

}  // namespace roundoff::analyzer::automata
