// roundoff train: a transformer trained with every operation rounded, from a page of TOML; interrupted, it goes on to the same
// bits.
#include <chrono>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzer/report/chart.hpp"
#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/shell/progress.hpp"
#include "cli/views/plot.hpp"
#include "cli/views/task_json.hpp"
#include "cli/views/training_view.hpp"
#include "constructions/programs/run_program.hpp"
#include "formats/error.hpp"
#include "sim/files/text_file.hpp"
#include "sim/files/write_file.hpp"
#include "training/run.hpp"

namespace roundoff::cli {
namespace {

namespace fs = std::filesystem;
using training::TrainResult;
using training::TrainSpec;

struct TrainArguments {
  std::string spec, output;
  bool fresh = false, allow_programs = false;
};

void declare_train(Arguments& arguments, TrainArguments& options) {
  arguments.positional("SPEC.toml", options.spec, "The model, the data, the formats", true);
  arguments.group("Train");
  arguments.text("-o,--output", options.output, "DIR", "Where everything goes, in place of the page's `out`");
  arguments.flag("--fresh", options.fresh, "Begin anew, whatever is in the folder");
  arguments.flag("--allow-programs", options.allow_programs, "Run the program that a task file names");
}

/// The model with its task and its policy, as run, verify, forward and diff read it.
ModelFile file_of(const training::Training& training) {
  ModelFile file{training.model(), layer_of(training.spec().policy.model), ""};
  const training::DataSpec& data = training.spec().data;
  if (!data.task.empty()) file.task = as_json(*make_task(data.task, data.sizes.back())).dump();
  return file;
}

int run_train(const TrainArguments& options, Session& session) {
  if (options.allow_programs) constructions::allow_programs();
  TrainSpec spec = training::load_train_spec(options.spec);
  if (!options.output.empty()) spec.out = options.output;
  if (spec.out.empty()) throw UsageError("train: where to? Say out = \"DIR\" in the page, or -o DIR");
  std::error_code error;
  fs::create_directories(spec.out, error);
  if (error) throw FileError(spec.out + " cannot be made: " + error.message());
  const auto path = [&](const char* name) { return (fs::path(spec.out) / name).string(); };
  const std::string checkpoint = path("checkpoint.safetensors");

  training::Training training(spec);
  if (!options.fresh && fs::exists(checkpoint)) training.restore(read_text_file(checkpoint), checkpoint);
  ProgressLine progress(session);
  const auto began = std::chrono::steady_clock::now();
  training::RunOptions how;
  how.threads = session.threads;
  std::uint64_t first = 0;
  how.progress = [&, stop = interruption(session)](std::uint64_t step, std::uint64_t steps, double loss) {
    if (first == 0) first = step;
    progress.overall(fmt::format("train, loss {:.4f}", loss), static_cast<double>(step), static_cast<double>(steps));
    return stop();
  };
  how.save = [&](const std::string& bytes) { write_file(checkpoint, bytes); };
  const TrainResult result = training.run(how);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (first != 0 && result.progress.step >= first)
    progress.note(fmt::format("{:.3g} tokens a second",
                              static_cast<double>(result.tokens) / static_cast<double>(result.progress.step) *
                                  static_cast<double>(result.progress.step - first + 1) / seconds));
  if (result.interrupted)
    throw Interrupted(fmt::format("interrupted at step {} of {}; the same command goes on from there", result.progress.step,
                                  result.steps));
  const Chart chart = loss_chart(spec, result);
  write_file(path("curve.csv"), curve_csv(result));
  write_file(path("curve.svg"), as_svg(chart));
  write_file(path("runs.csv"), runs_csv(spec, result));
  save_model(file_of(training), path("model.safetensors"));
  Json document = as_json(spec, result);
  document["out"] = spec.out;
  const Table table = training_table(result);
  print(session, training_text(spec, result) + as_text(table), table, document);
  return result.progress.ended.empty() ? exit_done : exit_unknown;
}

}  // namespace

Command train_command() {
  return make_command<TrainArguments, declare_train, run_train>(
      "train", "Train a transformer with every operation rounded in its role's format",
      "The page's keys stand in theory-notes/training.md, with every rounding of a step. The folder gets model.safetensors,\n"
      "the loss by step (curve.csv, curve.svg), a row for `scaling fit` (runs.csv), and a checkpoint that an interrupted\n"
      "training goes on from, to the same bits.\n\n"
      "Examples:\n"
      "  roundoff train examples/training/add.toml -o trained\n");
}

}  // namespace roundoff::cli
