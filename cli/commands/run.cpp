// roundoff run: greedy decoding of one input, by definition (the reference interpreter), and whether it is
// right.
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzer/search/minimise.hpp"
#include "cli/options/subject.hpp"
#include "cli/shell/command.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/lab_state.hpp"
#include "cli/views/steps.hpp"
#include "cli/views/task_json.hpp"
#include "cli/views/trace.hpp"
#include "formats/error.hpp"
#include "sim/model/weights.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"

namespace roundoff::cli {
namespace {

struct RunArguments {
  SubjectOptions subject;
  std::string input;
  InsideOptions inside;
  bool steps = false;
};

void declare_run(Arguments& arguments, RunArguments& options) {
  declare_subject(arguments, options.subject);
  arguments.positional("INPUT", options.input, "A question of the task: 0123+0456=", true);
  declare_inside(arguments, options.inside);
  arguments.flag("--steps", options.steps,
                 "Walk the run layer by layer: what positions carry, where heads look");
}

/// "00579" of the tokens that follow the question; a final <eos> is left out.
std::string answer_text(const Task& task, std::span<const Token> tokens) {
  if (!tokens.empty() && tokens.back() == task.eos()) tokens = tokens.first(tokens.size() - 1);
  return task.text(tokens);
}

int run_run(const RunArguments& options, Session& session) {
  options.inside.check(session);
  SubjectOptions asked = options.subject;
  infer_size(asked, options.input);
  const Subject subject = resolve(asked);
  const Task& task = *subject.task;
  const Instance instance = parse_input(subject, options.input);
  const std::vector<Token> question = task.question(instance), right_answer = task.answer(instance);
  // What shows the inside wants every operation; the answer alone is the same without the foreseeable ones.
  const bool inside = options.inside.any() || options.steps;
  // The foreseeable ones of a small run are done as well, so that it can say what saturates, overflows or is NaN.
  constexpr double most_operations = 2e7;
  const bool fold = !inside && operations(subject.model, task.positions()) > most_operations;
  Program program;
  std::optional<Reference> reference;
  Decoded decoded{question, {}, false};
  std::string trap;
  try {
    program = record(subject.model, subject.policy, task.shape(instance),
                     {.all_outputs = inside, .skip_zero_weights = !inside, .fold = fold});
    reference.emplace(program);
    decoded = decode(*reference, program, question, task.eos());
  } catch (const Trap& error) {
    trap = error.what();
  }
  const std::span<const Token> written = decoded.written;
  const bool right =
      trap.empty() && std::equal(written.begin(), written.end(), right_answer.begin(), right_answer.end());
  const std::string want = answer_text(task, right_answer);

  std::string text =
      task.text(decoded.tokens) + (task.one_pass() ? " gives " + task.text(written) : "") + '\n';
  if (!trap.empty())
    text += fmt::format("trap: {}\nright is {}\n", trap, want);
  else
    text += right ? "right\n" : fmt::format("wrong: right is {}\n", want);
  const std::string weight = overflowing_weight(subject.model, subject.policy);
  const std::string note = reference ? mishaps_text(program, *reference, weight) : "";
  text += note;
  std::vector<std::string> tokens;
  for (const Token token : decoded.tokens) tokens.push_back(task.vocabulary()[token]);
  if (options.steps && reference)
    text = walk_text(subject.model, program, *reference, tokens, task.vocabulary()) + '\n' + text;
  Json document = {{"input", task.text(question)},
                   {"tokens", tokens},
                   {"answer", answer_text(task, written)},
                   {"right", right},
                   {"want", want},
                   {"stopped", decoded.stopped},
                   {"bits", subject.policy[Role::activations].bits},
                   {"width", shape(subject.model).width}};
  document.update(as_json(subject));
  if (!trap.empty()) document["trap"] = trap;
  if (const std::string state = lab_state(subject, options.input); !state.empty()) document["lab"] = state;
  Table table;
  if (reference) {
    document["mishaps"] = mishaps_json(program, *reference);
    if (!weight.empty()) document["overflowing_weight"] = weight;
    table = show_inside(options.inside, program, *reference, subject.model, tokens, task.vocabulary(), text,
                        document);
  }
  print_beside(options.inside, session, text, note, table, document);
  return right ? exit_done : exit_refuted;
}

}  // namespace

Command run_command() {
  return make_command<RunArguments, declare_run, run_run>(
      "run", "Decode one input with a construction or a model file, and check the answer",
      "Exit code 0 when the answer is right, 1 when it is wrong. n and k are read off the input where --n "
      "and --k are absent.\n\n"
      "Examples:\n"
      "  roundoff run add-hinge --p 10 '0123+0456='\n"
      "  roundoff run add-match --format 'fixed(4,0)' --set D=1 --round-weights '01111111+00000001='\n"
      "  roundoff run add-hinge '01+11=' --steps\n"
      "  roundoff run add-hinge '0101+0011=' --trace trace.jsonl --stats\n");
}

}  // namespace roundoff::cli
