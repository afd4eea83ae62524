// A task as a model from outside puts it: another vocabulary, order of digits, padding, separators and prefix
// tokens, with or without an end token. Declared in the model file as "template" of its "task":
//
//   {"prompt": ["<bos>", "{1:reversed:12}", "+", "{2}", "="], "answer": ["{answer:reversed}"],
//    "stop": "<eos>", "pad": " ", "digits": ["zero", "one", ...]}
//
// A piece in braces stands for the digits of operand 1, 2, ... or of the answer: most significant first, or
// `reversed`; a number pads them to that many with the token "pad" (the digit 0 where it is absent), on the
// side of the most significant digit. Any other piece is one token of the model's vocabulary. Without "stop"
// the model writes the answer and nothing more. Digit tokens are named 0 to 9, a to z, unless "digits" does.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "constructions/tasks/task.hpp"

namespace roundoff::constructions {

/// A task with the vocabulary of a model, token by token by name; the task itself where that is its own.
/// UsageError for a token that the vocabulary lacks or has twice.
std::unique_ptr<Task> renamed_task(std::unique_ptr<Task> task, std::span<const std::string> vocabulary);

/// The task called `name`, put as `layout` says: the template as JSON, with the model's vocabulary as
/// "vocab" (alone: renamed_task). Its inputs, right answers and adversarial families are the task's own. UsageError that names the
/// piece.
std::unique_ptr<Task> template_task(std::string_view name, const TaskSize& size, std::string_view layout);

/// The template of a model file with the model's vocabulary laid in: what template_task reads.
std::string complete_layout(std::string_view template_json, std::span<const std::string> vocabulary);

}  // namespace roundoff::constructions
