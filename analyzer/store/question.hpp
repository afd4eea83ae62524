// The whole question behind a verdict: model, semantics, task, size and method. Two questions with equal text
// have the same answer on bits, whatever machine, thread count or interpreter answers them; the hash of the
// text is a verdict's key in stores and certificates.
#pragma once

#include <string>
#include <string_view>

#include "analyzer/evidence/verify.hpp"
#include "analyzer/names.hpp"
#include "constructions/construction.hpp"

namespace roundoff::analyzer {

/// The version of the page of semantics (theory-notes) that verdicts are computed under.
inline constexpr int semantics_version = 2;

struct Question {
  int semantics = semantics_version;
  std::string model;         ///< fingerprint of the model
  Shape shape;               ///< of the model, so that reports need not build it
  std::string construction;  ///< how to build it again; "" for a model that came from a file or was pruned
  Settings settings;         ///< complete
  std::string task;         ///< as make_task reads it (Task::spec)
  std::string task_digest;  ///< of the files that a task from outside is made of, else ""
  int families = 1;  ///< version of the task's adversarial families (Task::families), where they are asked
  TaskSize size;
  Policy policy;
  /// Only what the answer depends on counts: method, count, seed, limits, first_only.
  VerifyOptions options;
  std::string layout;  ///< of a task that is put another way (Task::layout), else ""
};

Question question_of(const Construction& construction, const Settings& settings, const Model& model,
                     const Task& task, const Policy& policy, const VerifyOptions& options);
/// Of a model that no construction builds.
Question question_of(const Model& model, const Task& task, const Policy& policy,
                     const VerifyOptions& options);

/// One line of JSON with sorted keys. `question_from` reads it back, also what was asked under version 1;
/// FileError for what it cannot read.
std::string text(const Question& question);
Question question_from(std::string_view text);
/// 128 bits over any text, as 32 hexadecimal digits.
std::string digest(std::string_view text);
/// The digest of a question's text.
std::string key(const Question& question);

/// Who was asked, for tables: "add-match D=2", "model 1f0e2d3c" of a model that no construction builds.
std::string name_of(const Question& question);
/// In what: one notation, and the roles and quantisers that differ from it.
std::string format_of(const Question& question);

}  // namespace roundoff::analyzer
