// roundoff scaling: what precision costs a language model by the law of Kumar et al. (arXiv 2411.04330): fitted to runs,
// or asked with the constants that they published.
#include <algorithm>
#include <filesystem>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzer/scaling/fit.hpp"
#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/shell/progress.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/plot.hpp"
#include "cli/views/scaling_view.hpp"
#include "formats/error.hpp"
#include "sim/files/model_json.hpp"
#include "sim/files/text_file.hpp"
#include "sim/files/write_file.hpp"

namespace roundoff::cli {
namespace {

struct ScalingArguments {
  std::vector<std::string> words;
  std::optional<double> parameters, tokens, w, a, kv, post, compute;
  std::string constants, output;  ///< empty: published
  bool optimal = false;
  std::optional<int> starts, resamples;
};

void declare_scaling(Arguments& arguments, ScalingArguments& options) {
  arguments.positionals(
      "fit|predict|plot [RUNS.csv]", options.words,
      "fit RUNS.csv: the law's constants, with intervals. predict: loss and bits by the law. "
      "plot [RUNS.csv]: the law's figures as SVG, runs beside it");
  arguments.group("Predict");
  arguments.number("--N", options.parameters, "N", "Parameters of the model");
  arguments.number("--D", options.tokens, "D", "Tokens that it is trained on");
  arguments.number("--P_w", options.w, "BITS",
                   "Of weights in training; without it full precision, as for the next two");
  arguments.number("--P_a", options.a, "BITS", "Of activations in training");
  arguments.number("--P_kv", options.kv, "BITS", "Of the cache in training");
  arguments.number("--P_post", options.post, "BITS", "Of weights after training");
  arguments.number("--compute", options.compute, "C",
                   "(6/16) N D P in place of N and D, which are then the best ones for it");
  arguments.flag("--optimal", options.optimal, "The bits at which a fixed compute is used best");
  arguments.text("--constants", options.constants, "FILE.json|published",
                 "Of the law: `scaling fit --json` writes such a file [published]");
  arguments.group("Fit");
  arguments.number("--starts", options.starts, 1, 10000,
                   fmt::format("Searches from different points [{}]", ScalingFitOptions{}.starts));
  arguments.number(
      "--resamples", options.resamples, 0, 100000,
      fmt::format("Of the bootstrap over runs, for the intervals [{}]", ScalingFitOptions{}.resamples));
  arguments.group("Plot");
  arguments.text("-o,--output", options.output, "DIR", "Where the figures go");
}

PrecisionLaw constants_of(const std::string& name) {
  return name.empty() || name == "published" ? published_law()
                                             : law_of_json(parse_json(read_text_file(name), name), name);
}

std::vector<ScalingRun> read_runs(const std::string& path) { return parse_runs(read_text_file(path), path); }

/// What a verb has no use for is refused, with the verb that it belongs to.
void refuse_unused(const ScalingArguments& options, std::string_view verb) {
  const bool model = options.parameters || options.tokens || options.w || options.a || options.kv ||
                     options.post || options.compute || options.optimal;
  for (const auto& [given, owner, words] :
       {std::tuple{model, "predict", "--N, --D, --P_w, --P_a, --P_kv, --P_post, --compute and --optimal are"},
        {options.starts.has_value() || options.resamples.has_value(), "fit", "--starts and --resamples are"},
        {!options.output.empty(), "plot", "-o is"}})
    if (given && verb != owner)
      throw UsageError(fmt::format("scaling {}: {} for scaling {}; leave out", verb, words, owner));
  if (!options.constants.empty() && verb == "fit")
    throw UsageError("scaling fit: --constants are for predict and plot; a fit finds them");
}

// ---- fit ----

int fit(const ScalingArguments& options, Session& session) {
  if (options.words.size() != 2)
    throw UsageError("scaling fit: RUNS.csv is missing, or there is more than one");
  const std::vector<ScalingRun> runs = read_runs(options.words[1]);
  ProgressLine progress(session);
  ScalingFitOptions how{.seed = session.seed};
  how.starts = options.starts.value_or(how.starts);
  how.resamples = options.resamples.value_or(how.resamples);
  how.progress = [&, stop = interruption(session)](double done) {
    progress.overall("fit", done, 1);
    return stop();
  };
  const ScalingFit found = fit_scaling(runs, how);
  if (found.interrupted) throw Interrupted("interrupted; a fit begins anew");
  const Table table = constants_table(found);
  std::string text = as_text(table);
  text += fmt::format(
      "{} runs; R^2 {:.4f}, root mean square of log loss {:.3g}; {} of {} starts reach this minimum\n",
      runs.size(), found.r_squared, found.rms_log, found.reached, how.starts);
  if (how.resamples == 0) text += "no intervals: they take --resamples\n";
  const std::string open = not_identified_text(found);
  if (!open.empty()) text += open;
  Json document = as_json(found);
  document["runs"] = runs.size();
  document["starts"] = how.starts;
  document["resamples"] = how.resamples;
  print(session, text, table, document, "scaling-fit");
  return exit_done;
}

// ---- predict ----

int predict(const ScalingArguments& options, Session& session) {
  if (options.words.size() > 1)
    throw UsageError("scaling predict: '" + options.words[1] + "' is one word too many");
  const PrecisionLaw law = constants_of(options.constants);
  ScalingSetting setting;
  setting.bits = {options.w, options.a, options.kv};
  setting.post = options.post;
  for (const auto& [name, value] : {std::pair{"N", options.parameters},
                                    {"D", options.tokens},
                                    {"P_w", options.w},
                                    {"P_a", options.a},
                                    {"P_kv", options.kv},
                                    {"P_post", options.post},
                                    {"compute", options.compute}})
    if (value && *value <= 0)
      throw UsageError(fmt::format("scaling predict: --{} is {:g}, and must be above 0", name, *value));
  Prediction prediction{.law = law};
  if (options.optimal) {
    prediction.best_bits = best_bits(law);
    prediction.best_bits_without_offsets = best_bits(without_offsets(law));
  }
  if (options.compute) {
    if (options.tokens) throw UsageError("scaling predict: --compute stands in place of --D; leave one out");
    if (options.w || options.a || options.kv)
      throw UsageError(
          "scaling predict: --compute chooses the bits of all roles; leave --P_w, --P_a, --P_kv out");
    const double bits =
        options.parameters ? best_bits_at(law, *options.parameters, *options.compute) : best_bits(law);
    setting.parameters = options.parameters.value_or(0);
    setting.tokens = options.parameters ? 16 * *options.compute / (6 * *options.parameters * bits) : 0;
    if (!options.parameters) setting = best_split(law, *options.compute, bits);
    setting.bits = {bits, bits, bits};
    setting.post = options.post;
    prediction.chosen_bits = bits;
  } else if (options.parameters || options.tokens) {
    if (!options.parameters || !options.tokens)
      throw UsageError("scaling predict: --N and --D go together; or give --compute");
    setting.parameters = *options.parameters;
    setting.tokens = *options.tokens;
  } else if (!options.optimal) {
    throw UsageError("scaling predict: of what? Give --N and --D, or --compute, or --optimal");
  }
  prediction.setting = setting;
  const Table table = prediction_table(prediction);
  print(session, as_text(table), table, as_json(prediction), "scaling-predict");
  return exit_done;
}

// ---- plot ----

int plot(const ScalingArguments& options, Session& session) {
  if (options.output.empty()) throw UsageError("scaling plot: where to? Name a folder with -o DIR");
  if (options.words.size() > 2)
    throw UsageError("scaling plot: '" + options.words[2] + "' is one word too many");
  const PrecisionLaw law = constants_of(options.constants);
  const std::vector<ScalingRun> runs =
      options.words.size() == 2 ? read_runs(options.words[1]) : std::vector<ScalingRun>();
  std::error_code error;
  std::filesystem::create_directories(options.output, error);
  if (error) throw FileError(options.output + " cannot be made: " + error.message());
  Table table{{{"file", "file", false}}, {}};
  std::vector<std::string> files;
  for (const Chart& chart : scaling_charts(law, runs))
    for (const auto& [extension, bytes] : {std::pair{"svg", as_svg(chart)}, {"csv", as_csv(chart)}}) {
      files.push_back(fmt::format("{}.{}", chart.id, extension));
      write_file((std::filesystem::path(options.output) / files.back()).string(), bytes);
      table.rows.push_back({files.back()});
    }
  print(session, as_text(table), table, {{"files", files}}, "scaling-plot");
  return exit_done;
}

int run_scaling(const ScalingArguments& options, Session& session) {
  const std::vector<std::string> verbs = {"fit", "predict", "plot"};
  if (options.words.empty()) throw UsageError("scaling: say fit RUNS.csv, predict or plot");
  const std::string& verb = options.words[0];
  if (std::find(verbs.begin(), verbs.end(), verb) != verbs.end()) refuse_unused(options, verb);
  if (verb == "fit") return fit(options, session);
  if (verb == "predict") return predict(options, session);
  if (verb == "plot") return plot(options, session);
  throw UsageError("scaling: " + unknown("verb", verb, verbs));
}

}  // namespace

Command scaling_command() {
  return make_command<ScalingArguments, declare_scaling, run_scaling>(
      "scaling", "What few bits cost a language model: the precision-aware scaling law, fitted or asked",
      "The law, its offsets and what its authors print are in theory-notes/scaling.md.\n\n"
      "Examples:\n"
      "  roundoff scaling predict --optimal\n"
      "  roundoff scaling predict --N 30e6 --D 26e9 --P_post 4\n"
      "  roundoff scaling predict --compute 1e21\n"
      "  roundoff scaling fit examples/scaling/runs.csv\n"
      "  roundoff scaling plot examples/scaling/runs.csv -o figures\n");
}

}  // namespace roundoff::cli
