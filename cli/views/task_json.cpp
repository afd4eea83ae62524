#include "cli/views/task_json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "constructions/tasks/task_file.hpp"
#include "constructions/tasks/template_task.hpp"
#include "formats/error.hpp"
#include "sim/files/policy_document.hpp"
#include "sim/files/whole_number.hpp"

namespace roundoff::cli {

Json as_json(const Task& task) {
  const TaskSize& size = task.size();
  Json json = {{"name", task.name()}, {"p", size.p}, {"n", size.n},          {"k", size.k},
               {"l", size.l},         {"c", size.c}, {"ragged", size.ragged}};
  if (const std::string layout = task.layout(); !layout.empty()) {
    Json form = Json::parse(layout);
    form.erase("vocab");  // the model's own
    if (!form.empty()) json["template"] = std::move(form);
  }
  return json;
}

Json as_json(const Policy& policy) {
  Json json = Json::object();
  write_policy(layer_of(policy), json);
  return json;
}

void add_sources(Json& document, const PolicyOptions& options) {
  if (!options.stack.empty()) document["stack"] = options.stack;
  if (!options.file.empty()) document["policy_file"] = options.file;
}

Json as_json(const Subject& subject) {
  Json json = {{"name", subject.name},
               {"format", subject.format},
               {"task", as_json(*subject.task)},
               {"settings", subject.settings},
               {"policy", as_json(subject.policy)},
               {"inexact_weight", subject.inexact},
               {"outside_the_theorem", subject.note}};
  add_sources(json, subject.asked.policy);
  return json;
}

std::unique_ptr<Task> read_task(const std::string& json, const SubjectOptions& options,
                                std::span<const std::string> vocabulary) {
  std::string task = options.task, layout;
  TaskSize size;
  const Json file = json.empty() ? Json::object() : Json::parse(json);
  if (!json.empty()) {
    if (!file.is_object()) throw FileError(options.name + ": task must be an object");
    // The file's size stands: an option may repeat it, and says it where the file does not.
    const auto whole = [&](const std::string& field, int& target, const std::optional<int>& option) {
      if (!file.contains(field)) return;
      constexpr std::int64_t most = 200000;
      const auto number = whole_number(file[field], 0, most);
      if (!number)
        throw FileError(fmt::format("{}: task.{} must be a whole number from 0 to {}", options.name, field, most));
      target = static_cast<int>(*number);
      if (option && *option != target)
        throw UsageError(fmt::format("{} is made for {} = {}; leave --{} {} out, or export it anew",
                                     options.name, field, target, field, *option));
    };
    for (const auto& [field, value] : file.items()) {
      const std::vector<std::string> known = {"name", "p", "n", "k", "l", "c", "ragged", "template"};
      if (std::find(known.begin(), known.end(), field) == known.end())
        throw FileError(options.name + ": " + unknown("field of task", field, known));
    }
    if (file.contains("name")) {
      if (!file["name"].is_string()) throw FileError(options.name + ": task.name must be a string");
      const auto own = file["name"].get<std::string>();
      if (!task.empty() && task != own)
        throw UsageError(
            fmt::format("{} is made for the task {}; leave --task {} out", options.name, own, task));
      task = task_beside(own, options.name);
    }
    if (file.contains("template")) {
      try {
        layout = complete_layout(file["template"].dump(), vocabulary);
      } catch (const UsageError& error) {
        throw FileError(fmt::format("{}: {}", options.name, error.what()));
      }
    }
    whole("p", size.p, options.p);
    whole("n", size.n, options.n);
    whole("k", size.k, options.k);
    whole("l", size.l, options.l);
    whole("c", size.c, options.c);
    if (file.contains("ragged")) {
      if (!file["ragged"].is_boolean()) throw FileError(options.name + ": task.ragged must be true or false");
      size.ragged = file["ragged"].get<bool>();
      if (options.ragged && !size.ragged)
        throw UsageError(options.name + " is made for operands of full length; leave --ragged out");
    }
  }
  if (task.empty())
    throw UsageError(options.name + " names no task; give one with --task, e.g. --task add --p 10 --n 4");
  const auto open = [&](const std::string& field) { return !file.contains(field); };
  SubjectOptions unsaid = options;  // what the file says, too, is in it
  if (!open("p")) unsaid.p.reset();
  if (!open("n")) unsaid.n.reset();
  if (!open("k")) unsaid.k.reset();
  if (!open("l")) unsaid.l.reset();
  const TaskSize asked = task_size(options);
  if (open("p")) size.p = asked.p;
  if (open("n")) size.n = asked.n;
  if (open("k")) size.k = asked.k;
  if (open("l")) size.l = asked.l;
  if (open("c")) size.c = asked.c;
  if (open("ragged")) size.ragged = asked.ragged;
  const auto of_file = [&](const auto& work) {  // what the file says is the file's fault
    try {
      return work();
    } catch (const UsageError& error) {
      if (file.empty()) throw;
      throw FileError(fmt::format("{}: {}", options.name, error.what()));
    }
  };
  refuse_unused_sizes(unsaid, *of_file([&] { return &find_task(task); }));
  return of_file([&] {
    return layout.empty() ? renamed_task(make_task(task, size), vocabulary)
                          : template_task(task, size, layout);
  });
}

}  // namespace roundoff::cli
