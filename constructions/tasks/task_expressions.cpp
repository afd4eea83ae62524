// Tasks of the registry that are one integer expression: copying and reversing a number (the bound for any depth
// holds for both), comparing two, their maximum, and addition modulo a constant.
#include "constructions/tasks/digits.hpp"
#include "constructions/tasks/expression_task.hpp"
#include "constructions/tasks/parameters.hpp"

namespace roundoff::constructions {

namespace {

TaskEntry entry(std::string_view name, std::string_view form, std::string_view summary,
                std::string_view answer, ArithmeticForm sequence, bool one_digit = false) {
  return {.name = name,
          .form = form,
          .summary = summary,
          .make =
              [=](const TaskSize& size, const Parameters&) {
                ExpressionForm made;
                made.name = made.spec = name;
                made.sequence = sequence;
                made.sequence.answer_digits = one_digit ? 1 : size.n;
                made.answer = parse_integer_expression(answer, sequence.operands, size_names(size));
                return expression_task(size, std::move(made));
              },
          .sizes = "n",
          .families = {"zero, one, p^(n-1), all p-1, one less, every other digit p-1: each with each",
                       "operands that are equal but for one digit"},
          .standard = {{.p = 2, .n = 4}, {.p = 3, .n = 2}}};
}

std::unique_ptr<Task> make_modadd(const TaskSize& size, const Parameters& parameters) {
  const int modulus = whole(parameters, "modulus", 1, 1'000'000);
  Names names = size_names(size);
  names["modulus"] = modulus;
  ExpressionForm form;
  form.name = "modadd";
  form.spec = spec_of(find_task("modadd"), parameters);
  form.sequence.answer_digits = std::max(1, ceil_log(size.p, static_cast<std::uint64_t>(modulus)));
  form.answer = parse_integer_expression("(x1 + x2) % modulus", 2, names);
  return expression_task(size, std::move(form));
}

}  // namespace

TaskEntry copy_task() {
  return entry("copy", "a=", "the n digits of a number", "x1", {.operands = 1, .separator = ""});
}

TaskEntry reverse_task() {
  return entry("reverse", "a=", "the n digits of a number, the last one first", "x1",
               {.operands = 1, .separator = "", .answer_least_first = true});
}

TaskEntry equal_task() {
  return entry("equal", "a:b=", "whether two n-digit numbers are equal", "x1 == x2", {.separator = ":"},
               true);
}

TaskEntry less_task() {
  return entry("less", "a<b=", "whether the first of two n-digit numbers is less", "x1 < x2",
               {.separator = "<"}, true);
}

TaskEntry max_task() {
  return entry("max", "a<b=", "the greater of two n-digit numbers", "max(x1, x2)", {.separator = "<"});
}

TaskEntry modadd_task() {
  TaskEntry modadd = entry("modadd", "a+b=", "the sum of two n-digit numbers modulo `modulus`", "0", {});
  modadd.make = make_modadd;
  modadd.parameters = {{"modulus", "7", "what the sum is taken modulo"}};
  return modadd;
}

}  // namespace roundoff::constructions
