// Tasks as data: a TOML file makes the same record as a file of the registry does.
//
//   [task]
//   name = "max"
//   kind = "expression"                # expression | automaton | cases | program
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
// n tokens. A program has a command, which runs in the file's folder, and an alphabet with a length, or operands; it
// reads prompts, a line each, and writes as many lines of answers (answers = [tokens] that no prompt has).
//
// Every kind may have padding = { count = "n", token = "." }: so many tokens behind the question.
#pragma once

#include <string>

#include "constructions/tasks/task.hpp"

namespace roundoff::constructions {

/// The record of a task file, read once. FileError that names the file and the line.
const TaskEntry& task_of_file(const std::string& path);

/// A task as a model file names it: the path of a task file is looked for beside the model file, then as it stands.
std::string task_beside(const std::string& spec, const std::string& model_file);

}  // namespace roundoff::constructions
