// Regular expressions over tokens as automata: the part of PCRE's syntax that is regular, matched against the
// whole word.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "constructions/automata/automaton.hpp"

namespace roundoff::constructions {

/// The minimal automaton whose output is 1 after words that match, else 0. Literals, `.`, [classes], (groups),
/// (?:groups), |, *, +, ?, {m}, {m,}, {m,n}, \ before a character that is meant as such, ^ and $ at the ends. Where
/// a token of the alphabet is longer than one character, tokens in the pattern are separated by blanks. UsageError
/// for what is not regular (back references, look-around), unknown tokens, or more than 100 000 states.
Automaton regular_language(std::string_view pattern, std::span<const std::string> alphabet);

}  // namespace roundoff::constructions
