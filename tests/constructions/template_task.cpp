// Tasks as models from outside put them.
#include "constructions/tasks/template_task.hpp"

#include <doctest/doctest.h>

#include "formats/error.hpp"

using namespace roundoff::constructions;

namespace {

std::string spelled(const Task& task, std::span<const Token> tokens) {
  std::string text;
  for (const Token token : tokens) text += task.vocabulary()[token];
  return text;
}

}  // namespace

TEST_CASE(
    "a template lays digits out: order, padding, separators, another vocabulary, an end token or none") {
  const TaskSize size{.p = 10, .n = 3};
  const auto task = template_task(
      "add", size,
      R"({"prompt":["^","{1:reversed:5}","+","{2}","="],"answer":["{answer:reversed}"],"stop":"$","pad":"_",
          "vocab":["$","9","8","7","6","5","4","3","2","1","0","+","=","^","_"]})");
  const Instance instance = task->parse("019+985=");
  CHECK(spelled(*task, task->question(instance)) == "^910__+985=");
  CHECK(spelled(*task, task->answer(instance)) == "4001$");
  CHECK(task->text(instance) == "019+985=");
  CHECK(task->eos() == 0);
  CHECK(task->positions() == 15);
  const SequenceShape shape = task->shape(instance);
  REQUIRE(shape.positions() == 15);
  CHECK(shape.first_output == 10);
  CHECK(shape.tokens[0] == std::vector<Token>{13});
  CHECK(shape.tokens[1].size() == 10);
  CHECK(shape.tokens[4] == std::vector<Token>{14});
  CHECK(shape.tokens[14] == std::vector<Token>{9, 10});  // the leading digit of a sum is 0 or 1
  // Every instance's tokens are among those that its shape allows, and without "stop" the last is not read.
  const auto plain = template_task("add", size,
                                   R"({"prompt":["{2}","{1}"],"answer":["{answer}"],
                                       "vocab":["0","1","2","3","4","5","6","7","8","9"]})");
  CHECK(plain->eos() >= plain->vocabulary().size());
  CHECK(plain->positions() == 9);
  for (const Instance& each : plain->adversarial(50)) {
    std::vector<Token> tokens = plain->question(each);
    const std::vector<Token> answer = plain->answer(each);
    tokens.insert(tokens.end(), answer.begin(), answer.end() - 1);
    const SequenceShape of = plain->shape(each);
    REQUIRE(of.tokens.size() == tokens.size());
    for (std::size_t i = 0; i < tokens.size(); ++i)
      CHECK(std::find(of.tokens[i].begin(), of.tokens[i].end(), tokens[i]) != of.tokens[i].end());
  }
}

TEST_CASE("a template that cannot be is refused, and the piece is named") {
  const auto says = [](const char* layout, const char* part) {
    CHECK_THROWS_WITH_AS(template_task("add", {.p = 2, .n = 3}, layout), doctest::Contains(part), UsageError);
  };
  says(R"({"prompt":["{3}"],"answer":["{answer}"],"vocab":["0","1"]})", "{3}");
  says(R"({"prompt":["{1:2}"],"answer":["{answer}"],"vocab":["0","1"]})", "no room");
  says(R"({"prompt":["{1:backwards}"],"answer":["{answer}"],"vocab":["0","1"]})", "{1:backwards}");
  says(R"({"prompt":["{1}","plus"],"answer":["{answer}"],"vocab":["0","1","plsu"]})", "plsu");
  says(R"({"prompt":["{1}"],"answer":["{answer}"],"vocab":["0","2"]})", "\"1\"");
  says(R"({"prompt":["{1}"],"answer":[],"vocab":["0","1"]})", "{answer}");
  says(R"({"prompt":["{answer}"],"answer":["{answer}"],"vocab":["0","1"]})", "may not");
  says(R"({"promt":["{1}"],"answer":["{answer}"],"vocab":["0","1"]})", "prompt");
  says(R"({"prompt":["{1}"],"answer":["{answer}"],"vocab":["0","1"],"end":"0"})", "end");
}
