// roundoff pairs: two inputs that a model cannot tell apart where it reads its answer, though their answers
// differ. No readout whatever can mend such a model.
#include "analyzer/blame/pairs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/options/subject.hpp"
#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/shell/progress.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/task_json.hpp"

namespace roundoff::cli {
namespace {

struct PairsArguments {
  SubjectOptions subject;
  std::uint64_t count = PairOptions{}.count;
  std::optional<int> layer;
};

void declare_pairs(Arguments& arguments, PairsArguments& options) {
  declare_subject(arguments, options.subject);
  arguments.group("Search");
  arguments.number("--count", options.count, "Samples beside the adversarial inputs");
  arguments.number("--layer", options.layer, 0, 100000,
                   "Compare the residual stream after this layer [the last]");
}

int run_pairs(const PairsArguments& options, Session& session) {
  const Subject subject = resolve(options.subject);
  PairOptions how;
  how.count = options.count;
  how.seed = session.seed;
  how.layer = options.layer.value_or(-1);
  ProgressLine progress(session);
  how.progress = [&progress](const Progress& at) { progress.show(at.what, at.done, at.of); };
  how.interrupted = interruption(session);
  std::optional<IndistinguishablePair> pair;
  try {
    pair = find_indistinguishable(subject.model, subject.policy, *subject.task, how);
  } catch (const Stopped&) {
    throw Interrupted("interrupted; no pair was found so far");
  }
  Json document = as_json(subject);
  document.update(Json{{"found", pair.has_value()}, {"count", options.count}, {"seed", session.seed}});
  document["layer"] = options.layer.value_or(static_cast<int>(subject.model.layers.size()) - 1);
  std::string text = fmt::format("{} in {}: ", subject.name, subject.format);
  if (!pair) {
    text += fmt::format("no indistinguishable pair among the adversarial inputs and {} samples (no proof)\n",
                        options.count);
  } else {
    const auto& vocabulary = subject.task->vocabulary();
    const std::string first = vocabulary[static_cast<std::size_t>(pair->first_next)],
                      second = vocabulary[static_cast<std::size_t>(pair->second_next)];
    text += fmt::format(
        "an indistinguishable pair, so that no readout can be right on both\n"
        "  {}  answer token {} must be {}\n  {}  answer token {} must be {}\n"
        "  the residual stream after layer {} is the same on bits where that token is read\n",
        pair->first_input, pair->output, first, pair->second_input, pair->output, second, pair->layer);
    document.update({{"inputs", {pair->first_input, pair->second_input}},
                     {"output", pair->output},
                     {"right", {first, second}}});
  }
  print(session, text, {}, document);
  return pair ? exit_refuted : exit_done;
}

}  // namespace

Command pairs_command() {
  return make_command<PairsArguments, declare_pairs, run_pairs>(
      "pairs", "Two inputs that a model cannot tell apart: proof that no readout can be right",
      "Exit code 1 when a pair is found. Nothing found proves nothing.\n\n"
      "Examples:\n"
      "  roundoff pairs add-hinge --n 8 --format 'fixed(4,0)' --layer 1\n");
}

}  // namespace roundoff::cli
