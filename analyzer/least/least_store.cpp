#include "analyzer/least/least_store.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "formats/error.hpp"
#include "sim/files/model_file.hpp"

namespace roundoff::analyzer {

std::string split_key(const Task& task, const WidthSplit& split, const Format& format) {
  return digest(fmt::format("least {} {} {} {} {} {}: {} {} {} {} {}", semantics_version, task.spec(),
                            task.digest(), describe(task.size()), notation(format), task.families(),
                            split.layers, split.d_model, split.heads, split.d_head, split.d_ff));
}

void keep_split(Store& store, const Task& task, const Format& format, const SplitAnswer& answer) {
  if (answer.satisfiable == Satisfiable::unknown) return;
  nlohmann::json document = {{"satisfiable", answer.satisfiable == Satisfiable::yes},
                             {"variables", answer.variables},
                             {"clauses", answer.clauses},
                             {"proof_steps", answer.proof_steps}};
  if (answer.model) {
    ModelFile file;
    file.model = *answer.model;
    document["model"] = write_model(file);
  }
  store.keep_finding(split_key(task, answer.split, format), document.dump());
}

std::optional<SplitAnswer> known_split(const Store& store, const Task& task, const WidthSplit& split,
                                       const Format& format) {
  const std::optional<std::string> text = store.finding(split_key(task, split, format));
  if (!text) return std::nullopt;
  try {
    const nlohmann::json document = nlohmann::json::parse(*text);
    SplitAnswer answer;
    answer.split = split;
    answer.satisfiable = document.at("satisfiable").get<bool>() ? Satisfiable::yes : Satisfiable::no;
    answer.variables = document.at("variables").get<std::size_t>();
    answer.clauses = document.at("clauses").get<std::size_t>();
    answer.proof_steps = document.at("proof_steps").get<std::size_t>();
    if (answer.satisfiable == Satisfiable::yes) {
      answer.model = read_model(document.at("model").get<std::string>(), "the store").model;
      if (!solves(*answer.model, task, format)) return std::nullopt;
    }
    return answer;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  } catch (const FileError&) {
    return std::nullopt;
  }
}

}  // namespace roundoff::analyzer
