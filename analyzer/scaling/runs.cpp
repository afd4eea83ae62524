// Cells are numbers, so that no quotes are needed: a quote is an error like any other word.
#include "analyzer/scaling/runs.hpp"

#include <charconv>
#include <cmath>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff::analyzer {

namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line + ',');
  for (std::string cell; std::getline(in, cell, ',');) {
    const std::size_t begin = cell.find_first_not_of(" \t\r");
    cells.push_back(
        begin == std::string::npos ? "" : cell.substr(begin, cell.find_last_not_of(" \t\r") - begin + 1));
  }
  return cells;
}

class RunsReader {
 public:
  RunsReader(const std::string& path, const std::vector<std::string>& header) : path_(path) {
    for (std::size_t c = 0; c < header.size(); ++c)
      if (!column_.emplace(header[c], c).second)
        throw FileError(fmt::format("{}: column {} stands twice", path, header[c]));
    for (const char* name : {"N", "D", "loss"})
      if (!column_.contains(name))
        throw FileError(
            fmt::format("{}: no column {}; the first line names N, D, loss, and P_w, P_a, P_kv, P_post where "
                        "there are any",
                        path, name));
  }

  ScalingRun read(const std::vector<std::string>& cells, std::size_t line) const {
    if (cells.size() > column_.size())
      throw FileError(
          fmt::format("{}, line {}: {} cells, and {} columns", path_, line, cells.size(), column_.size()));
    ScalingRun run;
    run.setting.parameters = needed("N", cells, line);
    run.setting.tokens = needed("D", cells, line);
    run.loss = needed("loss", cells, line);
    for (std::size_t role = 0; role < scaling_roles.size(); ++role)
      run.setting.bits[role] = number(fmt::format("P_{}", scaling_roles[role]), cells, line);
    run.setting.post = number("P_post", cells, line);
    return run;
  }

 private:
  std::optional<double> number(const std::string& name, const std::vector<std::string>& cells,
                               std::size_t line) const {
    const auto found = column_.find(name);
    if (found == column_.end() || found->second >= cells.size()) return {};
    const std::string& cell = cells[found->second];
    if (cell.empty()) return {};
    double value = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (error != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value) || value <= 0)
      throw FileError(
          fmt::format("{}, line {}: {} is '{}', and must be a number above 0", path_, line, name, cell));
    return value;
  }
  double needed(const std::string& name, const std::vector<std::string>& cells, std::size_t line) const {
    const auto value = number(name, cells, line);
    if (!value) throw FileError(fmt::format("{}, line {}: {} is missing", path_, line, name));
    return *value;
  }

  const std::string& path_;
  std::map<std::string, std::size_t> column_;
};

}  // namespace

std::vector<ScalingRun> parse_runs(const std::string& text, const std::string& path) {
  std::istringstream lines(text);
  std::string line;
  if (!std::getline(lines, line))
    throw FileError(path + " is empty; its first line names the columns: N,D,loss,P_w,...");
  const RunsReader reader(path, cells_of(line));
  std::vector<ScalingRun> runs;
  for (std::size_t number = 2; std::getline(lines, line); ++number)
    if (line.find_first_not_of(" \t\r,") != std::string::npos)
      runs.push_back(reader.read(cells_of(line), number));
  return runs;
}

}  // namespace roundoff::analyzer
