#include "cli/views/task_json.hpp"

#include <nlohmann/json.hpp>

#include "constructions/tasks/template_task.hpp"
#include "formats/error.hpp"

namespace roundoff::cli {

Json as_json(const Task& task) {
  const TaskSize& size = task.size();
  Json json = {{"name", task.name()}, {"p", size.p}, {"n", size.n},          {"k", size.k},
               {"l", size.l},         {"c", size.c}, {"ragged", size.ragged}};
  if (const std::string layout = task.layout(); !layout.empty()) {
    json["template"] = Json::parse(layout);
    json["template"].erase("vocab");  // the model's own
  }
  return json;
}

Json as_json(const Subject& subject) {
  return {{"name", subject.name},
          {"format", subject.format},
          {"task", as_json(*subject.task)},
          {"settings", subject.settings},
          {"inexact_weight", subject.inexact},
          {"outside_the_theorem", subject.note}};
}

std::unique_ptr<Task> read_task(const std::string& json, const SubjectOptions& options,
                                std::span<const std::string> vocabulary) {
  std::string task = options.task, layout;
  TaskSize size;
  if (!json.empty()) {
    const Json file = Json::parse(json);
    const auto whole = [&](const std::string& field, int& target) {
      if (!file.contains(field)) return;
      if (!file[field].is_number_integer())
        throw FileError(options.name + ": task." + field + " must be a whole number");
      target = file[field].get<int>();
    };
    for (const auto& [field, value] : file.items()) {
      const std::vector<std::string> known = {"name", "p", "n", "k", "l", "c", "ragged", "template"};
      if (std::find(known.begin(), known.end(), field) == known.end())
        throw FileError(options.name + ": " + unknown("field of task", field, known));
    }
    if (task.empty() && file.contains("name") && file["name"].is_string())
      task = file["name"].get<std::string>();
    if (file.contains("template")) layout = complete_layout(file["template"].dump(), vocabulary);
    whole("p", size.p);
    whole("n", size.n);
    whole("k", size.k);
    whole("l", size.l);
    whole("c", size.c);
    if (file.contains("ragged") && file["ragged"].is_boolean()) size.ragged = file["ragged"].get<bool>();
  }
  if (task.empty())
    throw UsageError(options.name + " names no task; give one with --task, e.g. --task add --p 10 --n 4");
  size.p = options.p.value_or(size.p);
  size.n = options.n.value_or(size.n);
  size.k = options.k.value_or(size.k);
  size.l = options.l.value_or(size.l);
  size.c = options.c.value_or(size.c);
  size.ragged = size.ragged || options.ragged;
  return layout.empty() ? make_task(task, size) : template_task(task, size, layout);
}

}  // namespace roundoff::cli
