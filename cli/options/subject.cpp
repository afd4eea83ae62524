#include "cli/options/subject.hpp"

#include <charconv>

#include <fmt/format.h>

#include "analyzer/evidence/replay.hpp"
#include "cli/shell/session.hpp"
#include "cli/views/task_json.hpp"
#include "constructions/families/model_family.hpp"
#include "constructions/programs/run_program.hpp"
#include "formats/error.hpp"
#include "sim/files/model_file.hpp"
#include "sim/model/repeat.hpp"
#include "sim/model/weights.hpp"
#include "sim/program/record.hpp"

namespace roundoff::cli {
namespace {

/// Weights are rounded once, when a model is loaded, and a format one bit short of them is the interesting
/// case: it runs, so that an input can refute it. A format that is shorter still is a mistake: it is refused,
/// and a construction's reason is better than a wrong answer.
void refuse_far_too_small(const Subject& subject) {
  Policy wider = subject.policy;
  Format& weights = wider[Role::weights];
  weights = one_bit_wider(formats::unnamed(weights)).value_or(weights);
  if (inexact_weight(subject.model, wider).empty()) return;
  throw UsageError(
      fmt::format("{} at this size has a weight that the format lacks by far: {}; take a wider format (its "
                  "own is {}), or --round-weights",
                  subject.name, subject.inexact, subject.construction->family));
}

Subject from_construction(const SubjectOptions& options) {
  Subject subject;
  subject.construction = &find_construction(options.name);
  const Construction& construction = *subject.construction;
  subject.name = construction.name;
  refuse_unused_sizes(options, find_task(construction.task), construction.name);
  const TaskSize size = task_size(options);
  if (!options.task.empty())
    throw UsageError(fmt::format("--task {}: {} has a task of its own, {}; leave --task out", options.task,
                                 construction.name, construction.task));
  subject.task = make_task(construction.task, size);
  subject.settings = complete(construction, size, parse_settings(options.settings));
  subject.policy = construction_policy(options.policy.layer(), construction, subject.task->bindings());
  subject.implied = policy_for(construction, subject.policy[Role::weights]);
  subject.model = build(construction, *subject.task, subject.policy, subject.settings);
  return subject;
}

Subject from_file(const SubjectOptions& options) {
  if (!options.settings.empty())
    throw UsageError("--set sets a knob of a construction; " + options.name + " is a model file");
  ModelFile file = load_model(options.name);
  Subject subject;
  subject.name = file.model.name.empty() ? options.name : file.model.name;
  subject.task = read_task(file.task, options, file.model.vocabulary);
  const auto refuse = [&](const std::string& what) { throw FileError(options.name + ": " + what); };
  if (!file.model.has_positions(subject.task->positions()))
    refuse(fmt::format("the task needs {} positions but the model has only {}", subject.task->positions(),
                       file.model.position_embedding.rows()));
  const Bindings bindings = subject.task->bindings();
  try {
    file.model = unrolled(file.model, bindings);
  } catch (const UsageError& error) {
    refuse(error.what());
  }
  subject.policy = file_policy(options.policy.layer(), file, options.name, bindings);
  PolicyLayer format;
  format.set("format", formats::notation(subject.policy[Role::weights]));
  subject.implied = file_policy(format, file, options.name, bindings);
  subject.model = std::move(file.model);
  return subject;
}

}  // namespace

bool is_model_file(std::string_view name) {
  if (is_model_family(name)) return false;  // a construction
  return name.ends_with(".json") || name.ends_with(".safetensors") ||
         name.find('/') != std::string_view::npos;
}

void declare_size(Arguments& arguments, SubjectOptions& options) {
  arguments.group("Size");
  arguments.number("--p", options.p, 2, 1000, "Base [2]");
  arguments.number("--n", options.n, 1, 100000, "Digits per operand [4]");
  arguments.number("--k", options.k, 1, 100000, "Operands [2]");
  arguments.number("--l", options.l, 1, 200000, "Low digits of a product [2n]");
  arguments.number("--c", options.c, 1, 16, "Digits per token [1]");
  arguments.flag("--ragged", options.ragged, "Operands of 1 to n digits");
  arguments.flag("--allow-programs", options.allow_programs, "Run the program that a task file names");
}

void declare_knobs(Arguments& arguments, SubjectOptions& options) {
  arguments.texts("--set", options.settings, "KNOB=N", "A knob of the construction; may be repeated");
}

namespace {

void declare_named(Arguments& arguments, SubjectOptions& options, bool required) {
  arguments.positional("NAME", options.name, "A construction (roundoff constructions), or a model file",
                       required);
  declare_size(arguments, options);
  arguments.text("--task", options.task, "TASK",
                 "Of a model file that names none: a NAME (roundoff tasks), or a FILE.toml");
  declare_knobs(arguments, options);
  declare_policy(arguments, options.policy);
  arguments.flag("--round-weights", options.round_weights,
                 "Round weights that the format lacks by far, instead of refusing");
}

}  // namespace

void declare_subject(Arguments& arguments, SubjectOptions& options) {
  declare_named(arguments, options, true);
}

void declare_family(Arguments& arguments, SubjectOptions& options) {
  declare_named(arguments, options, false);
  declare_generator(arguments, options);
}

void declare_generator(Arguments& arguments, SubjectOptions& options) {
  arguments.text(
      "--generator", options.generator, "COMMAND",
      "Instead of NAME: a program that writes the model of a size, as 'python3 gen.py {n} {format}'");
}

std::vector<std::string> with_generator(const SubjectOptions& options, std::vector<std::string> names) {
  if (options.allow_programs || !options.generator.empty()) constructions::allow_programs();
  if (!options.generator.empty()) names.push_back(constructions::generated_family(options.generator));
  return names;
}

void refuse_unused_sizes(const SubjectOptions& options, const TaskEntry& task, std::string_view family) {
  const auto refuse_unless = [&](char letter, bool given) {
    if (!given || task.uses(letter) || constructions::depends_on(family, letter)) return;
    std::string sizes;
    for (const char other : task.sizes) sizes += fmt::format("{}--{}", sizes.empty() ? "" : " and ", other);
    throw UsageError(fmt::format("--{} does not apply to {}, whose questions {} have {}{}; leave it out",
                                 letter, task.name, task.form, sizes.empty() ? "no such size" : "the size ",
                                 sizes));
  };
  refuse_unless('p', options.p.has_value());
  refuse_unless('n', options.n.has_value());
  refuse_unless('k', options.k.has_value());
  refuse_unless('l', options.l.has_value());
}

TaskSize task_size(const SubjectOptions& options) {
  TaskSize size;
  size.p = options.p.value_or(size.p);
  size.n = options.n.value_or(options.shown_n.value_or(size.n));
  size.k = options.k.value_or(options.shown_k.value_or(size.k));
  size.l = options.l.value_or(size.l);
  size.c = options.c.value_or(size.c);
  size.ragged = options.ragged;
  return size;
}

Settings parse_settings(const std::vector<std::string>& settings) {
  Settings result;
  for (const std::string& text : settings) {
    const auto equals = text.find('=');
    int number = 0;
    const char* begin = text.data() + std::min(equals, text.size() - 1) + 1;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(begin, end, number);
    if (equals == std::string::npos || equals == 0 || begin == end || error != std::errc{} || stop != end)
      throw UsageError("--set '" + text + "' is no setting; write knob=number");
    result[text.substr(0, equals)] = number;
  }
  return result;
}

Question question_of(const Subject& subject, const Policy& policy, const VerifyOptions& options) {
  if (subject.construction == nullptr)
    return analyzer::question_of(subject.model, *subject.task, policy, options);
  return analyzer::question_of(*subject.construction, subject.settings, subject.model, *subject.task, policy,
                               options);
}

Subject resolve(const SubjectOptions& given) {
  SubjectOptions options = given;
  const std::vector<std::string> names =
      with_generator(options, options.name.empty() ? std::vector<std::string>{} : std::vector{options.name});
  if (names.size() != 1)
    throw UsageError(names.empty()
                         ? "NAME is missing; name a construction (roundoff constructions), a model file, or "
                           "a --generator (see --help)"
                         : fmt::format("give {} or --generator, not both", options.name));
  options.name = names[0];
  Subject subject = is_model_file(options.name) ? from_file(options) : from_construction(options);
  subject.format = notation(subject.policy);
  subject.note = outside_the_theorem(subject.policy);
  subject.inexact = inexact_weight(subject.model, subject.policy);
  if (subject.construction != nullptr && !subject.inexact.empty() && !options.round_weights)
    refuse_far_too_small(subject);
  subject.asked = options;
  return subject;
}

std::string replay_line(const Subject& subject, const Counterexample& found) {
  const SubjectOptions& asked = subject.asked;
  TaskSize size = subject.task->size();
  // A word may have another length than was asked for (Method::automaton).
  if (subject.task->words()) size.n = static_cast<int>(found.instance.operands[0].size());
  std::string line = replay_command(asked.name, find_task(subject.task->spec()), size, subject.settings,
                                    subject.policy, subject.implied, found.input);
  if (!asked.task.empty()) line += " --task " + shell_quoted(asked.task);
  if (asked.round_weights) line += " --round-weights";
  if (asked.allow_programs && asked.generator.empty()) line += " --allow-programs";
  return line;
}

Instance parse_input(const Subject& subject, std::string_view input) {
  try {
    return subject.task->parse(input);
  } catch (const UsageError& error) {
    if (subject.construction != nullptr) throw;
    throw UsageError(fmt::format("{} is made for {}: {}", subject.asked.name,
                                 constructions::describe(subject.task->size()), error.what()));
  }
}

void infer_size(SubjectOptions& options, std::string_view input) {
  if (options.ragged) return;
  std::size_t digits = 0, length = 0;
  int operands = 0;
  for (std::size_t i = 0; i <= input.size(); ++i) {
    const char c = i < input.size() ? input[i] : '=';
    if (c == '+' || c == '*' || c == '=') {
      if (digits == 0 || (length != 0 && digits != length)) return;
      length = digits;
      digits = 0;
      ++operands;
      if (c == '=') break;
    } else if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) {
      ++digits;
    } else {
      return;
    }
  }
  options.shown_n = static_cast<int>(length);
  options.shown_k = operands;
}

}  // namespace roundoff::cli
