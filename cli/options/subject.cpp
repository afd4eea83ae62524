#include "cli/options/subject.hpp"

#include <charconv>

#include <fmt/format.h>

#include "analyzer/evidence/replay.hpp"
#include "cli/options/policy_file.hpp"
#include "cli/shell/session.hpp"
#include "cli/views/task_json.hpp"
#include "formats/error.hpp"
#include "sim/files/model_file.hpp"
#include "sim/program/record.hpp"

namespace roundoff::cli {
namespace {

/// Lays the choices of the command line over a policy; it has the last word.
void lay_semantics(const SubjectOptions& options, Policy& policy) {
  const Choices choices = resolve_semantics(options);
  policy.softmax = choices.softmax.value_or(policy.softmax);
  policy.order = choices.order.value_or(policy.order);
  policy.dot = choices.dot.value_or(policy.dot);
  if (policy.dot == DotMode::fused && policy.order.kind != SumOrder::sequential)
    throw UsageError("--fma adds in sequential order only; leave --order out");
}

/// Weights are rounded once, when a model is loaded, and a format one bit short of them is the interesting
/// case: it runs, so that an input can refute it. A format that is shorter still is a mistake: it is refused,
/// and a construction's reason is better than a wrong answer.
void refuse_far_too_small(const Subject& subject) {
  Policy wider = subject.policy;
  Format& weights = wider.formats[static_cast<std::size_t>(Role::weights)];
  weights = one_bit_wider(weights).value_or(weights);
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
  const TaskSize size = task_size(options);
  subject.task = make_task(construction.task, size);
  subject.settings = complete(construction, size, parse_settings(options.settings));
  subject.policy = resolve_policy(options, construction, subject.task->bindings());
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
  subject.policy = file_policy(options, file, subject.task->bindings());
  subject.model = std::move(file.model);
  return subject;
}

}  // namespace

bool is_model_file(std::string_view name) {
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
}

void declare_arithmetic(Arguments& arguments, SubjectOptions& options) {
  arguments.group("Arithmetic");
  arguments.text("--format", options.format, "FAMILY",
                 "Number format, may be a function of n, k, p, l, N [the construction's own]");
  arguments.texts("--set", options.settings, "KNOB=N", "A knob of the construction; may be repeated");
  arguments.text("--softmax", options.softmax, "stable|plain",
                 "Whether the maximum is subtracted first [stable]");
  arguments.text("--order", options.order, "ORDER",
                 "Of sums: sequential, tree, exact, wide:FORMAT, blocked:B [sequential]");
  arguments.flag("--fma", options.fma, "Dot products by s = rnd(s + x*y)");
  arguments.flag("--exact-dot", options.exact_dot, "Dot products rounded once, at the end");
}

void declare_subject(Arguments& arguments, SubjectOptions& options) {
  arguments.positional("NAME", options.name, "A construction (roundoff constructions), or a model file",
                       true);
  declare_size(arguments, options);
  arguments.text("--task", options.task, "TASK", "Of a model file that names none: add, iteradd, mul, ...");
  declare_arithmetic(arguments, options);
  arguments.text("--policy", options.policy, "FILE", "Formats by role and options, from a TOML file");
  arguments.flag("--round-weights", options.round_weights,
                 "Round weights that the format lacks by far, instead of refusing");
}

TaskSize task_size(const SubjectOptions& options) {
  TaskSize size;
  size.p = options.p.value_or(size.p);
  size.n = options.n.value_or(size.n);
  size.k = options.k.value_or(size.k);
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

Choices resolve_semantics(const SubjectOptions& options) {
  Choices choices;
  if (!options.softmax.empty()) {
    if (options.softmax != "stable" && options.softmax != "plain")
      throw UsageError(unknown("--softmax", options.softmax, {"stable", "plain"}));
    choices.softmax = options.softmax == "plain" ? Softmax::plain : Softmax::stable;
  }
  if (!options.order.empty()) choices.order = parse_order(options.order);
  if (options.fma && options.exact_dot)
    throw UsageError("--fma and --exact-dot exclude each other; take one");
  if (options.fma) {
    choices.dot = DotMode::fused;
    if (options.order.empty() && options.policy.empty()) choices.order = SumOrder{};  // it implies the order
  }
  if (options.exact_dot) choices.dot = DotMode::exact_dot;
  return choices;
}

Policy resolve_policy(const SubjectOptions& options, const Construction& construction,
                      const Bindings& bindings) {
  const FormatFamily family(options.format.empty() ? std::string(construction.family) : options.format);
  Policy policy = policy_for(construction, family.at(bindings));
  if (!options.policy.empty()) apply_policy_file(options.policy, bindings, policy);
  lay_semantics(options, policy);
  return policy;
}

Policy file_policy(const SubjectOptions& options, const ModelFile& file, const Bindings& bindings,
                   const std::string& standard) {
  Policy policy;
  policy.softmax = file.softmax;
  policy.order = file.order;
  policy.dot = file.dot;
  const std::string& own = file.format.empty() ? standard : file.format;
  const std::string& family = options.format.empty() ? own : options.format;
  if (family.empty() && options.policy.empty())
    throw UsageError(options.name + " names no format; give one with --format, e.g. --format binary32");
  if (!family.empty()) policy.formats.fill(FormatFamily(family).at(bindings));
  if (options.format.empty()) {
    for (const auto& [role, format] : file.roles)
      policy.formats[static_cast<std::size_t>(role)] = parse_format(format);
  }
  if (!options.policy.empty()) apply_policy_file(options.policy, bindings, policy);
  lay_semantics(options, policy);
  return policy;
}

Question question_of(const Subject& subject, const Policy& policy, const VerifyOptions& options) {
  if (subject.construction == nullptr)
    return analyzer::question_of(subject.model, *subject.task, policy, options);
  return analyzer::question_of(*subject.construction, subject.settings, subject.model, *subject.task, policy,
                               options);
}

std::string notation(const Policy& policy) {
  if (policy.is_uniform()) return formats::notation(policy[Role::weights]);
  std::string text;
  for (int r = 0; r < role_count; ++r) {
    const auto role = static_cast<Role>(r);
    text += fmt::format("{}{}={}", r == 0 ? "" : " ", name(role), formats::notation(policy[role]));
  }
  const auto quantiser = [&](const char* role, const std::string& by) {
    if (!by.empty()) text += fmt::format(" quantise.{}={}", role, by);
  };
  quantiser("weights", policy.quantisers.weights);
  quantiser("activations", policy.quantisers.activations);
  quantiser("cache", policy.quantisers.cache);
  return text;
}

Subject resolve(const SubjectOptions& options) {
  Subject subject = is_model_file(options.name) ? from_file(options) : from_construction(options);
  subject.format = notation(subject.policy);
  subject.note = outside_the_theorem(subject.policy);
  subject.inexact = inexact_weight(subject.model, subject.policy);
  if (subject.construction != nullptr && !subject.inexact.empty() && !options.round_weights)
    refuse_far_too_small(subject);
  subject.asked = options;
  return subject;
}

std::string replay_line(const Subject& subject, const std::string& input) {
  const SubjectOptions& asked = subject.asked;
  std::string line =
      replay_command(asked.name, subject.task->size(), subject.settings, subject.policy, input);
  if (!asked.task.empty()) line += " --task " + shell_quoted(asked.task);
  if (!asked.policy.empty() && !subject.policy.is_uniform())
    line += " --policy " + shell_quoted(asked.policy);
  if (asked.round_weights) line += " --round-weights";
  return line;
}

void infer_size(SubjectOptions& options, std::string_view input) {
  if (options.ragged || (options.n && options.k)) return;
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
  if (!options.n) options.n = static_cast<int>(length);
  if (!options.k) options.k = operands;
}

}  // namespace roundoff::cli
