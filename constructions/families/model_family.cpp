// See model_family.hpp.
#include "constructions/families/model_family.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "constructions/programs/run_program.hpp"
#include "constructions/tasks/task_file.hpp"
#include "formats/error.hpp"
#include "sim/files/model_file.hpp"
#include "sim/model/repeat.hpp"

namespace roundoff::constructions {
namespace {

constexpr std::string_view placeholders[] = {"{n}", "{k}", "{p}", "{l}", "{c}", "{format}"};
constexpr std::string_view generator_mark = "generator:";
constexpr double most_seconds = 600;  // of a generator

std::string filled(std::string_view pattern, const TaskSize& size, const std::string& format) {
  std::string text(pattern);
  const std::string values[] = {std::to_string(size.n), std::to_string(size.k),
                                std::to_string(size.p), std::to_string(size.l == 0 ? 2 * size.n : size.l),
                                std::to_string(size.c), format};
  for (std::size_t i = 0; i < std::size(placeholders); ++i)
    for (std::size_t at; (at = text.find(placeholders[i])) != std::string::npos;)
      text.replace(at, placeholders[i].size(), values[i]);
  return text;
}

/// A record, and what its views point into.
class Family {
 public:
  explicit Family(std::string_view pattern) : pattern_(pattern), generated_(is_generated_family(pattern)) {
    if (generated_) command_ = command_words(pattern.substr(generator_mark.size()));
    const ModelFile file = first_model();
    const nlohmann::json task =
        file.task.empty() ? nlohmann::json::object() : nlohmann::json::parse(file.task, nullptr, false);
    if (!task.is_object() || !task.contains("name") || !task["name"].is_string())
      throw UsageError(fmt::format(
          "{}: the model of the smallest size names no task: \"task\": {{\"name\": ...}}", pattern_));
    task_ = task["name"].get<std::string>();
    if (!generated_) task_ = task_beside(task_, pattern_);
    find_task(task_);
    const std::string* format = file.policy.find("format");
    if (!format)
      throw UsageError(fmt::format("{}: the model of the smallest size names no format", pattern_));
    family_ = *format;
    for (const auto& [key, word] : file.policy.entries())
      if (key != "format")
        throw UsageError(
            fmt::format("{}: the models say {} = {}; of a family of models the command line says it (leave "
                        "it out of them)",
                        pattern_, key, word));
    record_.name = pattern_;
    record_.task = task_;
    record_.theorem = "model files";
    record_.regime = Regime::logarithmic;
    record_.family = family_;
    record_.summary = "a family of models";
    record_.refuses = [this](const TaskSize& size, const Policy& policy, const Settings&) -> std::string {
      if (generated_) return "";
      const std::string path = filled(pattern_, size, formats::notation(policy[Role::weights]));
      return std::filesystem::exists(path) ? "" : fmt::format("there is no file {}", path);
    };
    record_.build = [this](const Task& task_here, const Policy& policy, const Settings&) {
      const std::string number_format = formats::notation(policy[Role::weights]);
      Model model = unrolled(model_at(task_here.size(), number_format).model, task_here.bindings());
      if (model.vocabulary != task_here.vocabulary())
        throw UsageError(fmt::format("{}: its vocabulary is not the task's, which is {}",
                                     filled(pattern_, task_here.size(), number_format),
                                     fmt::join(task_here.vocabulary(), " ")));
      return model;
    };
  }
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;
  const Construction& record() const { return record_; }

 private:
  ModelFile first_model() const {
    TaskSize size;
    if (generated_) {
      std::optional<FileError> first;
      for (size.n = 1; size.n <= 4; ++size.n) try {
          return model_at(size, "fixed(8,8)");
        } catch (const FileError& error) {
          if (!first) first = error;
        }
      throw *first;
    }
    for (size.n = 1; size.n <= 64; ++size.n) {
      const std::string path = filled(pattern_, size, "");
      if (std::filesystem::exists(path)) return load_model(path);
    }
    throw UsageError(fmt::format("{}: there is no such file for n = 1 to 64", pattern_));
  }

  ModelFile model_at(const TaskSize& size, const std::string& format) const {
    if (!generated_) return load_model(filled(pattern_, size, format));
    std::vector<std::string> words;
    for (const std::string& word : command_) words.push_back(filled(word, size, format));
    const std::string line = fmt::format("{}", fmt::join(words, " "));
    const std::lock_guard lock(mutex_);
    const auto known = written_.find(line);
    if (known != written_.end()) return known->second;
    constexpr std::size_t most_kept = 256;
    if (written_.size() >= most_kept) written_.clear();
    const ModelFile file = read_model(run_program(words, "", "", most_seconds, "--generator"), line);
    written_[line] = file;
    return file;
  }

  std::string pattern_, task_, family_;
  bool generated_;
  std::vector<std::string> command_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, ModelFile> written_;  ///< by command line
  Construction record_{};
};

}  // namespace

std::string generated_family(std::string_view command) {
  return fmt::format("{}{}", generator_mark, command);
}

bool is_generated_family(std::string_view name) { return name.starts_with(generator_mark); }

bool is_model_family(std::string_view name) {
  if (is_generated_family(name)) return true;
  for (const std::string_view placeholder : placeholders)
    if (name.find(placeholder) != std::string_view::npos) return true;
  return false;
}

bool depends_on(std::string_view name, char letter) {
  return name.find(std::string{'{', letter, '}'}) != std::string_view::npos;
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
