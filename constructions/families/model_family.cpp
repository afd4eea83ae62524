// See model_family.hpp.
#include "constructions/families/model_family.hpp"

#include <filesystem>
#include <memory>
#include <mutex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "formats/error.hpp"
#include "sim/files/model_file.hpp"

namespace roundoff::constructions {
namespace {

constexpr std::string_view placeholders[] = {"{n}", "{k}", "{p}", "{l}", "{c}", "{format}"};

std::string path_at(std::string_view pattern, const TaskSize& size, const std::string& format) {
  std::string path(pattern);
  const std::string values[] = {std::to_string(size.n), std::to_string(size.k),
                                std::to_string(size.p), std::to_string(size.l == 0 ? 2 * size.n : size.l),
                                std::to_string(size.c), format};
  for (std::size_t i = 0; i < std::size(placeholders); ++i)
    for (std::size_t at; (at = path.find(placeholders[i])) != std::string::npos;)
      path.replace(at, placeholders[i].size(), values[i]);
  return path;
}

/// A record, and what its views point into.
class Family {
 public:
  explicit Family(std::string_view pattern) : pattern_(pattern) {
    const ModelFile file = first_file();
    const nlohmann::json task =
        file.task.empty() ? nlohmann::json::object() : nlohmann::json::parse(file.task, nullptr, false);
    if (!task.is_object() || !task.contains("name") || !task["name"].is_string())
      throw UsageError(fmt::format(
          "{}: the file of the smallest size names no task: \"task\": {{\"name\": ...}}", pattern_));
    task_ = task["name"].get<std::string>();
    find_task(task_);
    const std::string* format = file.policy.find("format");
    if (!format) throw UsageError(fmt::format("{}: the file of the smallest size names no format", pattern_));
    family_ = *format;
    for (const auto& [key, word] : file.policy.entries())
      if (key != "format")
        throw UsageError(fmt::format(
            "{}: the files say {} = {}; of a family of files the command line says it (leave it out of them)",
            pattern_, key, word));
    record_.name = pattern_;
    record_.task = task_;
    record_.theorem = "model files";
    record_.regime = Regime::logarithmic;
    record_.family = family_;
    record_.summary = "a family of model files";
    record_.refuses = [this](const TaskSize& size, const Policy& policy, const Settings&) -> std::string {
      const std::string path = path_at(pattern_, size, formats::notation(policy[Role::weights]));
      return std::filesystem::exists(path) ? "" : fmt::format("there is no file {}", path);
    };
    record_.build = [this](const Task& task_here, const Policy& policy, const Settings&) {
      const std::string path = path_at(pattern_, task_here.size(), formats::notation(policy[Role::weights]));
      Model model = load_model(path).model;
      if (model.vocabulary != task_here.vocabulary())
        throw UsageError(fmt::format("{}: its vocabulary is not the task's, which is {}", path,
                                     fmt::join(task_here.vocabulary(), " ")));
      return model;
    };
  }
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;
  const Construction& record() const { return record_; }

 private:
  ModelFile first_file() const {
    TaskSize size;
    for (size.n = 1; size.n <= 64; ++size.n) {
      const std::string path = path_at(pattern_, size, "");
      if (std::filesystem::exists(path)) return load_model(path);
    }
    throw UsageError(fmt::format("{}: there is no such file for n = 1 to 64", pattern_));
  }

  std::string pattern_, task_, family_;
  Construction record_{};
};

}  // namespace

bool is_model_family(std::string_view name) {
  for (const std::string_view placeholder : placeholders)
    if (name.find(placeholder) != std::string_view::npos) return true;
  return false;
}

const Construction& model_family(std::string_view pattern) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<Family>, std::less<>> families;
  const std::lock_guard lock(mutex);
  std::unique_ptr<Family>& family = families[std::string(pattern)];
  if (!family) family = std::make_unique<Family>(pattern);
  return family->record();
}

}  // namespace roundoff::constructions
