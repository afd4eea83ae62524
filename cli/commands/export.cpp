// roundoff export: a construction at a size, as a model file that run, verify and other programs read.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/options/subject.hpp"
#include "cli/shell/command.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/task_json.hpp"
#include "formats/error.hpp"
#include "sim/files/model_file.hpp"

namespace roundoff::cli {
namespace {

struct ExportArguments {
  SubjectOptions subject;
  std::string output;
};

void declare_export(Arguments& arguments, ExportArguments& options) {
  declare_subject(arguments, options.subject);
  arguments.group("Output and run");
  arguments.text("-o,--output", options.output, "MODEL.json", "The file to write: .json or .safetensors");
}

int run_export(const ExportArguments& options, Session& session) {
  if (options.output.empty()) throw UsageError("export: where to? Name a file with -o, e.g. -o model.json");
  if (!options.output.ends_with(".json") && !options.output.ends_with(".safetensors"))
    throw UsageError("export: '" + options.output + "' ends in neither .json nor .safetensors");
  Subject subject = resolve(options.subject);
  const Shape d = shape(subject.model);
  const ModelFile file{std::move(subject.model), layer_of(subject.policy), as_json(*subject.task).dump()};
  save_model(file, options.output);
  const std::string text = fmt::format("{}: {} in {}, width {}, {} parameters\n", options.output,
                                       subject.name, subject.format, d.width, d.parameters);
  print(session, text, {},
        {{"file", options.output},
         {"name", subject.name},
         {"format", subject.format},
         {"width", d.width},
         {"parameters", d.parameters}});
  return exit_done;
}

}  // namespace

Command export_command() {
  return make_command<ExportArguments, declare_export, run_export>(
      "export", "Write a construction as a model file",
      "Examples:\n"
      "  roundoff export add-hinge --p 10 --n 4 -o adder.json\n"
      "  roundoff run adder.json '0123+0456='\n"
      "  roundoff verify adder.json --method sample\n");
}

}  // namespace roundoff::cli
