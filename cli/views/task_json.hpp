// The "task" of a model file: {"name": "add", "p": 10, "n": 8, "k": 2, "l": 16, "c": 1, "ragged": false}, and
// for a model from outside "template": {...} (constructions/tasks/template_task.hpp); and what answers say of their
// subject.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "cli/names.hpp"
#include "cli/options/subject.hpp"
#include "cli/views/answer.hpp"
#include "constructions/tasks/task.hpp"

namespace roundoff::cli {

Json as_json(const Task& task);
/// Every field of a policy, as model files and stores write it.
Json as_json(const Policy& policy);
/// Where a policy came from, in so far as it was named: stack, policy_file.
void add_sources(Json& document, const PolicyOptions& options);
/// name, format, task, settings, policy and its sources, inexact_weight, outside_the_theorem.
Json as_json(const Subject& subject);

/// The file's task, with what the options say laid over it. UsageError where neither names a task.
std::unique_ptr<Task> read_task(const std::string& json, const SubjectOptions& options,
                                std::span<const std::string> vocabulary);

}  // namespace roundoff::cli
