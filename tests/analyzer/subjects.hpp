// Small subjects for the analyzer's tests: a construction at a size in a format, ready to be verified.
#pragma once

#include <memory>
#include <string>

#include "analyzer/evidence/verify.hpp"
#include "analyzer/store/question.hpp"
#include "constructions/construction.hpp"

namespace roundoff::analyzer::test {

struct Example {
  std::unique_ptr<Task> task;
  const Construction* construction;
  Settings settings;
  Policy policy;
  Model model;

  Result verify(const VerifyOptions& options) const {
    return roundoff::analyzer::verify(model, policy, *task, options);
  }
  Question question(const VerifyOptions& options) const {
    return question_of(*construction, settings, model, *task, policy, options);
  }
};

/// `format` "" is the construction's own family.
inline Example example(std::string_view name, const TaskSize& size, std::string_view format = "",
                       const Settings& settings = {}) {
  const Construction& construction = find_construction(name);
  std::unique_ptr<Task> task = make_task(construction.task, size);
  const Policy policy = policy_for(
      construction, FormatFamily(format.empty() ? construction.family : format).at(task->bindings()));
  const Settings all = complete(construction, size, settings);
  Model model = build(construction, *task, policy, all);
  return {std::move(task), &construction, all, policy, std::move(model)};
}

inline VerifyOptions by(Method method) {
  VerifyOptions options;
  options.method = method;
  return options;
}

}  // namespace roundoff::analyzer::test
