// What a command is about: a construction at a size, or a model file, under a format and options. The options
// are declared here once, and resolved here once: names, families, policies and knobs into values.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/store/question.hpp"
#include "cli/names.hpp"
#include "cli/options/arguments.hpp"
#include "cli/options/policy_options.hpp"
#include "constructions/construction.hpp"
#include "constructions/tasks/task.hpp"
#include "sim/files/model_file.hpp"
#include "sim/model/model.hpp"

namespace roundoff::cli {

/// As typed. What is absent keeps the default of TaskSize, of the model file, or of the construction.
struct SubjectOptions {
  std::string name;  ///< of a construction, or a model file's path
  std::string task;  ///< of a model file that names none
  std::optional<int> p, n, k, l, c;
  std::optional<int> shown_n, shown_k;  ///< as an input shows them; they stand where nothing else says them
  bool ragged = false;
  PolicyOptions policy;
  std::string generator;        ///< a command that writes the model of a size, in place of a name
  bool allow_programs = false;  ///< that task files name
  bool round_weights = false;
  std::vector<std::string> settings;  ///< knob=value
};

/// NAME|MODEL.json, the size, the knobs, the policy.
void declare_subject(Arguments& arguments, SubjectOptions& options);
/// The same, for commands that ask a family of models: a --generator may stand in place of the NAME.
void declare_family(Arguments& arguments, SubjectOptions& options);
/// --generator.
void declare_generator(Arguments& arguments, SubjectOptions& options);
/// What --generator and --allow-programs say of programs; the names, with that of a generator among them.
std::vector<std::string> with_generator(const SubjectOptions& options, std::vector<std::string> names);
/// The same without the name: for commands that take several.
void declare_size(Arguments& arguments, SubjectOptions& options);
/// --set.
void declare_knobs(Arguments& arguments, SubjectOptions& options);

struct Subject {
  std::string name;
  const Construction* construction = nullptr;  ///< null for a model file
  std::unique_ptr<Task> task;
  Policy policy;
  Policy implied;      ///< what its name and --format alone lead to
  std::string format;  ///< the instantiated notation; of a policy by role also what differs from it
  Settings settings;
  Model model;
  std::string note;     ///< outside the theorem and why, or ""
  std::string inexact;  ///< the first weight that the format rounds, or ""
  SubjectOptions asked;
};

/// Everything resolved and built. UsageError or FileError with the remedy.
Subject resolve(const SubjectOptions& options);

/// Whether a NAME is a path to a model file.
bool is_model_file(std::string_view name);

TaskSize task_size(const SubjectOptions& options);
/// UsageError for a size that is asked for and that neither the task has nor a family of models (named so) depends on.
void refuse_unused_sizes(const SubjectOptions& options, const TaskEntry& task, std::string_view family = {});
/// "window=3" into {window: 3}.
Settings parse_settings(const std::vector<std::string>& settings);
/// What is asked of the subject, under its own policy or another.
Question question_of(const Subject& subject, const Policy& policy, const VerifyOptions& options);
/// The `roundoff run ...` that repeats one input under exactly this model, format and semantics.
std::string replay_line(const Subject& subject, const Counterexample& found);

/// An input of the subject's task. UsageError, of a model file with its name.
Instance parse_input(const Subject& subject, std::string_view input);

/// Notes n and k as the input shows them: "0123+0456=" has 4 digits and 2 operands.
void infer_size(SubjectOptions& options, std::string_view input);

}  // namespace roundoff::cli
