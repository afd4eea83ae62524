// The commands of the registry: what there is, and an answer of one in every form it has.
#include "python/src/call.hpp"
#include "python/src/json.hpp"
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <pybind11/stl.h>

#include "cli/shell/command.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/plot.hpp"

namespace roundoff::python {
namespace {

py::dict facts(const cli::OptionFacts& option) {
  py::dict made;
  made["names"] = option.names;
  made["placeholder"] = option.placeholder;
  made["allowed"] = option.allowed;
  made["help"] = option.help;
  made["group"] = option.group;
  made["positional"] = option.positional;
  made["required"] = option.required;
  made["repeatable"] = option.repeatable;
  return made;
}

py::list commands() {
  py::list made;
  for (const cli::Command& command : cli::commands()) {
    py::dict facts_of_one;
    facts_of_one["name"] = command.name;
    facts_of_one["summary"] = command.summary;
    facts_of_one["examples"] = command.examples;
    py::list options;
    for (const cli::OptionFacts& option : cli::options_of(command)) options.append(facts(option));
    facts_of_one["options"] = options;
    made.append(facts_of_one);
  }
  return made;
}

py::dict run(const std::vector<std::string>& words, const py::object& show) {
  py::dict made;
  int code = 0;
  made["text"] = "";
  made["document"] = py::none();
  made["columns"] = py::list();
  made["rows"] = py::list();
  call([&](cli::Listener& listener) { code = cli::dispatch(words, &listener); }, show,
       [&](const std::string& text, const cli::Table& table, const nlohmann::ordered_json& document) {
         made["text"] = to_python(text);
         made["document"] = to_python(document);
         py::list columns, rows;
         for (const cli::Column& column : table.columns) columns.append(to_python(column.name));
         for (const auto& row : table.rows) rows.append(to_python(row));
         made["columns"] = columns;
         made["rows"] = rows;
       });
  made["code"] = code;
  return made;
}

int program(const std::vector<std::string>& words) {
  std::vector<const char*> arguments = {"roundoff"};
  for (const std::string& word : words) arguments.push_back(word.c_str());
  const py::gil_scoped_release free;
  return cli::main_program(static_cast<int>(arguments.size()), arguments.data());
}

std::string chart(const std::string& name, const std::string& x_label, const std::string& y_label,
                  const std::string& caption, const std::vector<std::pair<double, double>>& points) {
  Chart made{
      .id = "chart", .title = "", .x_label = x_label, .y_label = y_label, .caption = caption, .series = {}};
  ChartSeries series{.kind = ChartSeries::measured, .name = name, .note = "", .points = {}};
  for (const auto& [x, y] : points) series.points.push_back({x, y, fmt::format("{} {}: {}", x_label, x, y)});
  made.series.push_back(std::move(series));
  return cli::as_svg(made);
}

}  // namespace

void bind_commands(py::module_& module) {
  module.def("chart", chart);
  module.def("commands", commands);
  module.def("run", run, py::arg("words"), py::arg("show"));
  module.def("program", program, py::arg("words"));
}

}  // namespace roundoff::python
