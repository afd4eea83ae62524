// Tasks as data: files make tasks whose answers are Python's, and whose specifications over diagrams give the same
// answers on all inputs.
#include <algorithm>
#include <fstream>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "analyzer/diagrams/specification.hpp"
#include "analyzer/names.hpp"
#include "constructions/tasks/task_file.hpp"
#include "formats/error.hpp"
#include "tests/scratch.hpp"

using namespace roundoff::analyzer;
using namespace roundoff::analyzer::diagrams;

namespace {

/// Task files under names of their own (files are read once).
struct TaskFiles {
  std::string written(const std::string& text, const std::string& name = "") {
    const std::string path = scratch.path(name.empty() ? fmt::format("task-{}.toml", count++) : name);
    std::ofstream(path) << text;
    return path;
  }
  std::string expression(const std::string& answer, const std::string& digits, const std::string& more = "") {
    return written(
        "[task]\nname = \"it\"\nkind = \"expression\"\n"
        "operands = { count = 2, digits = \"n\", separator = \",\" }\nanswer = \"" +
        answer + "\"\nanswer_digits = \"" + digits + "\"\n" + more);
  }

  roundoff::test::Scratch scratch;
  int count = 0;
};

/// Compares the specification with the answers on all inputs: how many have one.
int compare(const Task& task) {
  const Variables vars = variables(task, task.shape(task.sample(1, 0)));
  Scalars scalars;
  Manager manager(vars.arities, [&](Id a, Id b) { return scalars.less(a, b); });
  Algebra algebra(manager, scalars);
  const std::vector<Ref> tokens = right_tokens(task, vars, algebra);
  REQUIRE_FALSE(tokens.empty());
  int answered = 0;
  for (std::uint64_t j = 0; j < static_cast<std::uint64_t>(task.input_count()); ++j) {
    const Instance input = task.instance(j);
    const std::vector<Token> question = task.question(input);
    REQUIRE(task.read(question, input) == input);
    REQUIRE(task.parse(task.text(input)) == input);
    std::vector<std::uint16_t> assignment;
    for (const int position : vars.position) {
      const auto& possible = vars.shape.tokens[static_cast<std::size_t>(position)];
      const auto at =
          std::find(possible.begin(), possible.end(), question[static_cast<std::size_t>(position)]);
      assignment.push_back(static_cast<std::uint16_t>(at - possible.begin()));
    }
    const auto said = [&](std::size_t i) {
      return scalars.to_integer(manager.evaluate(tokens[question.size() + i], assignment));
    };
    try {
      const std::vector<Token> answer = task.answer(input);
      for (std::size_t i = 0; i < answer.size(); ++i) REQUIRE(said(i) == std::int64_t{answer[i]});
      ++answered;
    } catch (const UsageError&) {
      REQUIRE(said(0) == -1);
    }
  }
  return answered;
}

}  // namespace

TEST_CASE_FIXTURE(TaskFiles,
                  "expressions of a task file are certified as they are evaluated, on all inputs") {
  struct Given {
    const char *answer, *digits;
    bool total;  ///< every input has an answer
  };
  const Given all[] = {{"max(x1, x2)", "n", true},
                       {"min(x)", "n", true},
                       {"x1 + x2", "n + 1", true},
                       {"x1 * x2", "2*n", true},
                       {"x1 - x2", "n", false},
                       {"abs(x1 - x2)", "n", true},
                       {"(x1 * x2 + 3) % 7", "3", true},
                       {"(x1 - x2) % 5", "3", true},
                       {"(x1 - x2) // 3 + p**n", "n + 1", true},
                       {"(x2 - x1) // (0 - 2) + p**n", "n + 1", true},
                       {"(x2 - x1) % (0 - 4) + 4", "3", true},
                       {"x1 // x2", "n", false},
                       {"x1 % x2", "n", false},
                       {"if(x2 == 0, 0, x1 // x2)", "n", true},
                       {"(x1 - x2) // (x2 + 1) + p**n", "n + 1", true},
                       {"(x1 - 3) % (x2 - 4) + 9", "n + 2", false},
                       {"x1 ** 2 % 11", "4", true},
                       {"x1 ** 2", "2*n", true},
                       {"x1 < x2 <= 5", "1", true},
                       {"x1 == x2 or x1 > 2 and not x2", "1", true},
                       {"(x1 and x2) + (x1 or 1)", "n + 1", true},
                       {"sum(x) // 2", "n", true},
                       {"x1", "n - 1", false}};
  for (const Given& given : all)
    for (const TaskSize& size :
         {TaskSize{.p = 2, .n = 3}, TaskSize{.p = 3, .n = 2}, TaskSize{.p = 2, .n = 3, .c = 2}}) {
      CAPTURE(std::string(given.answer));
      CAPTURE(describe(size));
      const auto task = make_task(expression(given.answer, given.digits), size);
      const int answered = compare(*task);
      CHECK(answered > 0);
      CHECK((answered == task->input_count()) == given.total);
    }
}

TEST_CASE_FIXTURE(TaskFiles, "digits may stand least significant first, and parameters are set by the name") {
  for (const char* more : {"first = \"least\"\n", "answer_first = \"least\"\n",
                           "first = \"least\"\nanswer_first = \"least\"\n"}) {
    CAPTURE(std::string(more));
    const auto task = make_task(expression("x1 + x2", "n + 1", more), {.p = 3, .n = 2});
    CHECK(compare(*task) == 81);
  }
  const std::string path = expression("(x1 + x2) % modulus", "3", "[parameters]\nmodulus = 7\n");
  const auto standard = make_task(path, {.p = 2, .n = 3}),
             five = make_task(path + ":modulus=5", {.p = 2, .n = 3});
  CHECK(standard->answer(standard->parse("101,001"))[0] == 1);
  CHECK(five->answer(five->parse("101,001"))[2] == 1);
  CHECK(five->spec() == path + ":modulus=5");
  CHECK(make_task(five->spec(), five->size())->digest() == five->digest());
  CHECK_THROWS_WITH_AS(make_task(path + ":modulo=5", {}), doctest::Contains("modulus"), UsageError);
}

TEST_CASE_FIXTURE(TaskFiles, "an automaton of a task file, with inputs of its own") {
  const std::string text =
      "[task]\nkind = \"automaton\"\nalphabet = [\"a\", \"b\"]\nstates = [\"even\", \"odd\"]\nstart = "
      "\"even\"\n"
      "transitions = [[\"even\", \"a\", \"odd\"], [\"odd\", \"a\", \"even\"], [\"even\", \"b\", \"even\"], "
      "[\"odd\", "
      "\"b\", \"odd\"]]\n"
      "output = { even = \"0\", odd = \"1\" }\n";
  const auto all = make_task(written(text), {.n = 5});
  CHECK(all->input_count() == 32);
  CHECK(compare(*all) == 32);
  const auto some = make_task(written(text + "inputs = \"(ab|b)*\"\n"), {.n = 5});
  CHECK(some->input_count() == 8);  // no two a in a row, none at the end: as many as Fibonacci says
  CHECK(compare(*some) == 8);
  for (std::uint64_t j = 0; j < 20; ++j) CHECK(some->admits(some->sample(1, j)));
  for (const Instance& hard : some->adversarial(100)) CHECK(some->admits(hard));
  CHECK(some->adversarial(100).size() >= 4);
  CHECK(make_task(written(text + "inputs = \"(aa)*\"\n"), {.n = 5})->input_count() == 0);
  CHECK_THROWS_WITH_AS(make_task(written(text + "inputs = \"c\"\n"), {}),
                       doctest::Contains("alphabet has no 'c'"), FileError);
  std::string partial = text;
  partial.replace(partial.find(", [\"odd\", \"b\", \"odd\"]"), 21, "");
  CHECK_THROWS_WITH_AS(make_task(written(partial), {}), doctest::Contains("no transition from odd by b"),
                       FileError);
}

TEST_CASE_FIXTURE(TaskFiles, "cases of a task file") {
  written("a b\tb\nb a\ta a\na\ta\n", "cases.txt");
  const std::string head = "[task]\nkind = \"cases\"\nvocabulary = [\"a\", \"b\"]\nfile = \"";
  const auto two = make_task(written(head + "cases.txt\"\n"), {.n = 2});
  CHECK(two->input_count() == 2);
  CHECK(two->text(two->answer(two->parse("b a"))) == "a a <eos>");
  CHECK(two->shape(two->instance(0)).positions() == 3);
  CHECK_FALSE(has_specification(*two));
  written("a\ta\na\tb\n", "twice.txt");
  CHECK_THROWS_WITH_AS(make_task(written(head + "twice.txt\"\n"), {}),
                       doctest::Contains(":2: this prompt has another answer"), FileError);
}

TEST_CASE_FIXTURE(TaskFiles, "mistakes in a task file are named with their line") {
  for (const auto& [text, part] : {std::pair{"[task]\nkind = \"expresion\"\n", "expression"},
                                   {"[task]\nknd = 1\n", ""},
                                   {"[task]\nkind = \"expression\"\noperands = { count = 2, digit = \"n\" "
                                    "}\nanswer = \"x1\"\nanswer_digits = 1\n",
                                    "digits"}}) {
    CAPTURE(std::string(text));
    CHECK_THROWS_WITH_AS(make_task(written(text), {}), doctest::Contains(part), FileError);
  }
  CHECK_THROWS_WITH_AS(make_task(expression("x1 + x3", "n"), {}), doctest::Contains("x1 to x2"), UsageError);
  CHECK_THROWS_WITH_AS(make_task(expression("x1 / x2", "n"), {}), doctest::Contains("//"), UsageError);
  CHECK_THROWS_AS(make_task("nowhere.toml", {}), FileError);
}
