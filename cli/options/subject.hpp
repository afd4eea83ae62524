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
#include "constructions/construction.hpp"
#include "constructions/tasks/task.hpp"
#include "sim/files/model_file.hpp"
#include "sim/model/model.hpp"
#include "sim/model/policy.hpp"

namespace roundoff::cli {

/// As typed. What is absent keeps the default of TaskSize, of the model file, or of the construction.
struct SubjectOptions {
  std::string name;  ///< of a construction, or a model file's path
  std::string task;  ///< of a model file that names none
  std::optional<int> p, n, k, l, c;
  bool ragged = false;
  std::string format;  ///< a family
  std::string softmax, order, policy;
  bool fma = false;
  bool exact_dot = false;
  bool round_weights = false;
  std::vector<std::string> settings;  ///< knob=value
};

/// NAME|MODEL.json, the size, the format, the semantics.
void declare_subject(Arguments& arguments, SubjectOptions& options);
/// The same without the name: for commands that take several.
void declare_size(Arguments& arguments, SubjectOptions& options);
/// --format, --set, --softmax, --order, --fma, --exact-dot.
void declare_arithmetic(Arguments& arguments, SubjectOptions& options);

struct Subject {
  std::string name;
  const Construction* construction = nullptr;  ///< null for a model file
  std::unique_ptr<Task> task;
  Policy policy;
  std::string format;  ///< the instantiated notation; for a policy by role "weights=..., ..."
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
/// "window=3" into {window: 3}.
Settings parse_settings(const std::vector<std::string>& settings);
/// What --softmax, --order, --fma and --exact-dot choose.
Choices resolve_semantics(const SubjectOptions& options);
/// The policy of --format (or the construction's family), of --policy laid over it, and of the options.
Policy resolve_policy(const SubjectOptions& options, const Construction& construction,
                      const Bindings& bindings);
/// Of a model file: its own formats (`standard` where it names none) and options; what the command line says
/// as well, the command line decides.
Policy file_policy(const SubjectOptions& options, const ModelFile& file, const Bindings& bindings,
                   const std::string& standard = "");
/// What is asked of the subject, under its own policy or another.
Question question_of(const Subject& subject, const Policy& policy, const VerifyOptions& options);
/// One notation, or each role's where they differ.
std::string notation(const Policy& policy);

/// The `roundoff run ...` that repeats one input under exactly this model, format and semantics.
std::string replay_line(const Subject& subject, const std::string& input);

/// n and k as the input shows them ("0123+0456=" has 4 digits and 2 operands), where the options leave them
/// open.
void infer_size(SubjectOptions& options, std::string_view input);

}  // namespace roundoff::cli
