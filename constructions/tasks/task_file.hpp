// Tasks as data: a TOML file makes the same record as a file of the registry does.
//
//   [task]
//   name = "max"
//   kind = "expression"                # expression | automaton | cases
//   base = "p"                         # every size is an expression in p, n, k, l, c and the [parameters]
//   operands = { count = 2, digits = "n", separator = "<", end = "=" }
//   answer = "max(x1, x2)"             # expressions/integer_expression.hpp
//   answer_digits = "n"
//   first = "most"                     # or "least" significant digit first; answer_first likewise
//   [parameters]
//   modulus = 7                        # --task FILE:modulus=5 sets it
//   [adversarial]
//   words = ["0000<0001="]             # beside the derived families
//
// An automaton has alphabet, states, start, transitions = [[from, symbol, to], ...], output = { state = token },
// end, and inputs = "a regular expression over the whole word" where not all words are inputs. Cases have a
// vocabulary and a file of lines: prompt tokens, a tab, answer tokens, separated by blanks; n selects the prompts of
// n tokens.
#pragma once

#include <string>

#include "constructions/tasks/task.hpp"

namespace roundoff::constructions {

/// The record of a task file, read once. FileError that names the file and the line.
const TaskEntry& task_of_file(const std::string& path);

}  // namespace roundoff::constructions
