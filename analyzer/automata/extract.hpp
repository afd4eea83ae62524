// The machine of a model: which token it writes after every word, for words of all lengths. A causal transformer of
// fixed precision without positions, or with periodic ones, is a finite-state machine (theory-notes/automata.md).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "analyzer/automata/machine.hpp"
#include "constructions/automata/automaton.hpp"
#include "constructions/tasks/task.hpp"
#include "sim/model/model.hpp"
#include "sim/model/policy.hpp"

namespace roundoff::analyzer {

/// Words over an alphabet of tokens, and where their outputs are read: at the `end` symbol behind the word, or, where
/// there is none, at every symbol.
struct Reading {
  std::vector<Token> alphabet;
  std::optional<Token> end;
  /// Outputs at the end symbol that are fed back, to see what the model writes then.
  std::vector<Token> fed_back = {};
};
Reading reading_of(const WordTask& task);

/// Beside tokens.
inline constexpr int trapped = -1, nothing = -2;

/// What a word leads to.
struct Written {
  int first = nothing;  ///< a token, `trapped`, or `nothing` (of the empty word, read at symbols)
  int then = nothing;   ///< behind it, where it is fed back
  friend bool operator==(const Written&, const Written&) = default;
};

struct Extracted {
  /// Minimal and complete, from the empty word; a run that trapped within the word is trapped for ever. Outputs are
  /// places in `written`.
  Automaton automaton;
  std::vector<Written> written;
  /// Why there is none.
  Obstacle obstacle;

  /// By the first token alone: minimal, outputs are those of Written::first.
  Automaton by_first() const;
};

/// Never more than the limits grant: then the obstacle says so. Throws Stopped where interrupted.
Extracted extract(const Model& model, const Policy& policy, const Reading& reading, const Limits& limits,
                  std::function<bool()> interrupted = {});

}  // namespace roundoff::analyzer
