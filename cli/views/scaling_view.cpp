#include "cli/views/scaling_view.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "formats/error.hpp"

namespace roundoff::cli {

namespace {

Json constant_json(const FittedConstant& constant) {
  return {{"name", constant.name},
          {"value", constant.value},
          {"low", constant.low},
          {"high", constant.high},
          {"identified", constant.identified}};
}

std::string figure(double value) { return fmt::format("{:.4g}", value); }

/// A number of the document; null where it may be absent.
std::optional<double> read_number(const Json& from, const char* key, const std::string& path) {
  const auto found = from.find(key);
  if (found == from.end() || found->is_null()) return {};
  if (!found->is_number()) throw FileError(fmt::format("{}: the constant {} is no number", path, key));
  return found->get<double>();
}
double needed_number(const Json& from, const char* key, const std::string& path) {
  const auto number = read_number(from, key, path);
  if (!number) throw FileError(fmt::format("{}: the constant {} is missing", path, key));
  return *number;
}
double positive_number(const Json& from, const char* key, const std::string& path) {
  const double number = needed_number(from, key, path);
  if (number <= 0)
    throw FileError(fmt::format("{}: the constant {} is {:g}, and must be above 0", path, key, number));
  return number;
}

/// 25 points of a curve, evenly spaced in log x.
template <class Value>
ChartSeries curve(std::string name, double from, double to, const Value& value) {
  ChartSeries series{.kind = ChartSeries::law, .name = std::move(name), .note = "", .points = {}};
  constexpr int points = 25;
  for (int i = 0; i < points; ++i) {
    const double x = from * std::pow(to / from, i / (points - 1.0)), y = value(x);
    if (std::isfinite(y) && y > 0) series.points.push_back({x, y, fmt::format("{:.3g}: {:.4g}", x, y), {}});
  }
  return series;
}

bool full_precision(const ScalingSetting& setting) {
  return std::none_of(setting.bits.begin(), setting.bits.end(),
                      [](const auto& bits) { return bits.has_value(); });
}

/// The points of the runs for which `y` has a value, by x.
template <class Y>
ChartSeries measured(std::string name, const std::vector<ScalingRun>& runs, const Y& y) {
  ChartSeries series{.kind = ChartSeries::measured, .name = std::move(name), .note = "", .points = {}};
  for (const ScalingRun& run : runs)
    if (const std::optional<ChartSeries::Point> point = y(run)) series.points.push_back(*point);
  std::sort(series.points.begin(), series.points.end(),
            [](const auto& a, const auto& b) { return a.x < b.x; });
  return series;
}

void add(Chart& chart, ChartSeries series) {
  if (!series.points.empty()) chart.series.push_back(std::move(series));
}

}  // namespace

Table constants_table(const ScalingFit& fit) {
  Table table{{{"constant", "constant", false},
               {"value", "value", true},
               {"low", "95 % from", true},
               {"high", "to", true},
               {"identified", "", false}},
              {}};
  const auto row = [&](const FittedConstant& constant) {
    table.rows.push_back({constant.name, figure(constant.value), figure(constant.low), figure(constant.high),
                          constant.identified ? "" : "not identified"});
  };
  for (const FittedConstant& constant : fit.constants) row(constant);
  if (!fit.best_bits.name.empty()) row(fit.best_bits);
  return table;
}

std::string not_identified_text(const ScalingFit& fit) {
  std::vector<std::string> names;
  for (const FittedConstant& constant : fit.constants)
    if (!constant.identified) names.push_back(constant.name);
  if (names.empty()) return "";
  return fmt::format(
      "these runs do not tell {}: the interval is wider than the value, or reaches the end of the search\n",
      fmt::join(names, ", "));
}

Json as_json(const PrecisionLaw& law) {
  Json document = {
      {"A", std::exp(law.log_a)}, {"B", std::exp(law.log_b)}, {"E", law.floor}, {"alpha", law.alpha}};
  for (std::size_t r = 0; r < scaling_roles.size(); ++r) {
    const std::string role(scaling_roles[r]);
    document["g_" + role] = law.roles[r].g;
    document["n_" + role] = law.roles[r].n;
    if (law.roles[r].c) document["C_" + role] = *law.roles[r].c;
  }
  if (law.post)
    document.update(Json{{"C_T", std::exp(law.post->log_c)},
                         {"g_D", law.post->tokens},
                         {"g_N", law.post->parameters},
                         {"g_post", law.post->g},
                         {"b", law.post->b}});
  return document;
}

PrecisionLaw law_of_json(const Json& document, const std::string& path) {
  if (!document.is_object())
    throw FileError(path + ": constants are an object, as scaling fit --json writes it");
  const Json& from = document.contains("law") ? document.at("law") : document;
  if (!from.is_object()) throw FileError(path + ": \"law\" is no object");
  static const std::set<std::string> known = {"A",    "B",   "E",   "alpha", "g_w",    "n_w",
                                              "C_w",  "g_a", "n_a", "C_a",   "g_kv",   "n_kv",
                                              "C_kv", "C_T", "g_D", "g_N",   "g_post", "b"};
  for (const auto& [key, value] : from.items())
    if (!known.contains(key)) throw FileError(fmt::format("{}: '{}' is no constant of the law", path, key));
  PrecisionLaw law{.log_a = std::log(positive_number(from, "A", path)),
                   .log_b = std::log(positive_number(from, "B", path)),
                   .floor = needed_number(from, "E", path),
                   .alpha = positive_number(from, "alpha", path)};
  for (std::size_t r = 0; r < scaling_roles.size(); ++r) {
    const std::string role(scaling_roles[r]);
    law.roles[r] = {positive_number(from, ("g_" + role).c_str(), path),
                    needed_number(from, ("n_" + role).c_str(), path),
                    read_number(from, ("C_" + role).c_str(), path)};
  }
  if (from.contains("C_T"))
    law.post = {.log_c = std::log(positive_number(from, "C_T", path)),
                .tokens = needed_number(from, "g_D", path),
                .parameters = needed_number(from, "g_N", path),
                .g = positive_number(from, "g_post", path),
                .b = read_number(from, "b", path).value_or(0)};
  return law;
}

Json as_json(const ScalingFit& fit) {
  Json constants = Json::array();
  for (const FittedConstant& constant : fit.constants) constants.push_back(constant_json(constant));
  Json document = {{"constants", std::move(constants)},
                   {"r_squared", fit.r_squared},
                   {"rms_log", fit.rms_log},
                   {"reached", fit.reached},
                   {"law", as_json(fit.law)}};
  if (!fit.best_bits.name.empty()) document["best_bits"] = constant_json(fit.best_bits);
  return document;
}

Table prediction_table(const Prediction& prediction) {
  Table table{{{"quantity", "quantity", false}, {"value", "value", true}, {"meaning", "", false}}, {}};
  const auto row = [&](const std::string& name, double value, const std::string& meaning) {
    table.rows.push_back({name, figure(value), meaning});
  };
  const PrecisionLaw& law = prediction.law;
  const ScalingSetting& setting = prediction.setting;
  if (prediction.best_bits)
    row("P*", *prediction.best_bits, "bits in training that use a fixed compute best, N and D free");
  if (prediction.best_bits_without_offsets)
    row("P* without offsets", *prediction.best_bits_without_offsets,
        "the law as its authors' main text prints it");
  if (setting.parameters > 0) {
    if (prediction.chosen_bits)
      row("P", *prediction.chosen_bits, "bits in training that are best for this compute");
    row("N", setting.parameters, "parameters");
    row("D", setting.tokens, "tokens");
    for (std::size_t r = 0; r < scaling_roles.size(); ++r)
      if (setting.bits[r])
        row(fmt::format("share of {}", scaling_roles[r]), role_share(law, r, setting.bits[r]),
            fmt::format("1 - exp(n - P/g) at P_{} = {:g}", scaling_roles[r], *setting.bits[r]));
    row("N_eff", setting.parameters * effective_share(law, setting), "parameters that count");
    const double trained = training_loss(law, setting);
    row("loss", trained, "nats a token, after training");
    if (setting.post) {
      const double added = post_training_loss(law, setting);
      row("dPTQ", added, fmt::format("what quantising to {:g} bits adds", *setting.post));
      row("loss then", trained + added, "");
      if (full_precision(setting))
        row("D_crit", critical_tokens(law, setting.parameters, *setting.post),
            "tokens beyond which training makes this worse");
    }
  }
  return table;
}

Json as_json(const Prediction& prediction) {
  Json document = Json::object();
  const PrecisionLaw& law = prediction.law;
  const ScalingSetting& setting = prediction.setting;
  if (prediction.best_bits) document["best_bits"] = *prediction.best_bits;
  if (prediction.best_bits_without_offsets)
    document["best_bits_without_offsets"] = *prediction.best_bits_without_offsets;
  if (setting.parameters > 0) {
    if (prediction.chosen_bits) document["bits"] = *prediction.chosen_bits;
    document["N"] = setting.parameters;
    document["D"] = setting.tokens;
    document["N_eff"] = setting.parameters * effective_share(law, setting);
    const auto finite = [](double value) { return std::isfinite(value) ? Json(value) : Json(); };
    document["loss"] = finite(training_loss(law, setting));
    if (setting.post) {
      document["dPTQ"] = finite(post_training_loss(law, setting));
      if (full_precision(setting))
        document["D_crit"] = critical_tokens(law, setting.parameters, *setting.post);
    }
  }
  document["law"] = as_json(law);
  return document;
}

std::vector<Chart> scaling_charts(const PrecisionLaw& law, const std::vector<ScalingRun>& runs) {
  double least = 1.5e9, most = 26e9, parameters = 30e6;  // the paper's own grid, where there are no runs
  if (!runs.empty()) {
    least = most = runs.front().setting.tokens;
    parameters = runs.front().setting.parameters;
    for (const ScalingRun& run : runs) {
      least = std::min(least, run.setting.tokens);
      most = std::max(most, run.setting.tokens);
      parameters = std::min(parameters, run.setting.parameters);
    }
  }
  std::vector<Chart> charts;
  std::set<double> post_bits = {3, 4, 5, 6};
  for (const ScalingRun& run : runs)
    if (run.setting.post) post_bits.insert(*run.setting.post);
  const auto at = [&](double tokens, std::optional<double> post) {
    return ScalingSetting{.parameters = parameters, .tokens = tokens, .bits = {}, .post = post};
  };
  const auto unquantised = [&](const ScalingSetting& setting) -> std::optional<double> {
    for (const ScalingRun& run : runs)
      if (!run.setting.post && full_precision(run.setting) && run.setting.parameters == setting.parameters &&
          run.setting.tokens == setting.tokens)
        return run.loss;
    return {};
  };
  if (law.post) {
    Chart loss{.id = "loss-after-quantisation",
               .title = fmt::format("Loss after quantising, N = {:.3g}", parameters),
               .x_label = "tokens D",
               .y_label = "loss",
               .log_x = true,
               .caption = "",
               .series = {}};
    Chart added{.id = "added-by-quantisation",
                .title = fmt::format("What quantising adds, N = {:.3g}", parameters),
                .x_label = "tokens D",
                .y_label = "dPTQ",
                .log_x = true,
                .log_y = true,
                .caption = "",
                .series = {}};
    for (const double bits : post_bits) {
      const std::string name = fmt::format("{:g} bits", bits);
      const auto ours = [&](const ScalingRun& run) {
        return run.setting.post == bits && full_precision(run.setting) &&
               run.setting.parameters == parameters;
      };
      add(loss, measured(name, runs, [&](const ScalingRun& run) -> std::optional<ChartSeries::Point> {
            if (!ours(run)) return {};
            return ChartSeries::Point{run.setting.tokens,
                                      run.loss,
                                      fmt::format("{:.3g} tokens: {:.4g}", run.setting.tokens, run.loss),
                                      {}};
          }));
      add(loss, curve(name + ", law", least, most, [&](double tokens) {
            return training_loss(law, at(tokens, {})) + post_training_loss(law, at(tokens, bits));
          }));
      add(added, measured(name, runs, [&](const ScalingRun& run) -> std::optional<ChartSeries::Point> {
            const auto before = ours(run) ? unquantised(run.setting) : std::nullopt;
            if (!before || run.loss <= *before) return {};
            return ChartSeries::Point{
                run.setting.tokens,
                run.loss - *before,
                fmt::format("{:.3g} tokens: {:.4g}", run.setting.tokens, run.loss - *before),
                {}};
          }));
      add(added, curve(name + ", law", least, most,
                       [&](double tokens) { return post_training_loss(law, at(tokens, bits)); }));
    }
    charts.push_back(std::move(loss));
    charts.push_back(std::move(added));
  }
  Chart share{.id = "effective-parameters",
              .title = "Parameters that count, by role and bits",
              .x_label = "bits in training",
              .y_label = "N_eff / N",
              .caption = "",
              .series = {}};
  for (std::size_t r = 0; r < scaling_roles.size(); ++r)
    add(share, curve(fmt::format("P_{}, law", scaling_roles[r]), 2, 16,
                     [&](double bits) { return role_share(law, r, bits); }));
  charts.push_back(std::move(share));
  return charts;
}

}  // namespace roundoff::cli
