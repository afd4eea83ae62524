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
inline constexpr int semantics_version = 1;

struct Question {
  std::string model;         ///< fingerprint of the model
  Shape shape;               ///< of the model, so that reports need not build it
  std::string construction;  ///< how to build it again; "" for a model that came from a file or was pruned
  Settings settings;         ///< complete
  std::string task;
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

/// One line of JSON with sorted keys. `question_from` reads it back; FileError for what it cannot read.
std::string text(const Question& question);
Question question_from(std::string_view text);
/// 128 bits over any text, as 32 hexadecimal digits.
std::string digest(std::string_view text);
/// The digest of a question's text.
std::string key(const Question& question);

/// A result as one line of JSON with sorted keys, and back. FileError for what cannot be read.
std::string text(const Result& result);
Result result_from(std::string_view text);

/// Whether two answers to one question cannot both be true: one passes and the other is refuted, or one
/// method gave two answers. (`automatic` may be decided by another method on a slower machine; that is no
/// contradiction.)
bool contradict(const Result& a, const Result& b);
/// The one that says more: a certificate before an enumeration before samples; of equals the lesser text.
const Result& stronger(const Result& a, const Result& b);

/// Who was asked, for tables: "add-match D=2", "model 1f0e2d3c" of a model that no construction builds.
std::string name_of(const Question& question);
/// In what: one notation, and the roles and quantisers that differ from it.
std::string format_of(const Question& question);
/// "p=2 n=8 k=3": what differs from the standard size, and always p and n.
std::string describe(const TaskSize& size);

}  // namespace roundoff::analyzer
