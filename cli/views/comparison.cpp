#include "cli/views/comparison.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/shell/printable.hpp"
#include "cli/views/tensor_view.hpp"
#include "formats/notation/text.hpp"
#include "sim/model/policy_codec.hpp"

namespace roundoff::cli {

std::string figure_text(double figure) { return fmt::format("{:.6g}", figure); }

std::string estimate_text(const Estimate& estimate) {
  return estimate.error == 0 ? figure_text(estimate.mean)
                             : fmt::format("{:.6g} +- {:.2g}", estimate.mean, estimate.error);
}

Json estimate_json(const Estimate& estimate) {
  return {{"mean", number_json(estimate.mean)}, {"error", number_json(estimate.error)}};
}

std::string policy_text(const Policy& policy) {
  Policy usual = Policy::uniform(policy[Role::weights]);
  usual.nan = NanRule::propagate;
  std::string text = notation(policy);
  for (const PolicyField& field : policy_fields())
    if (const std::string word = field.get(policy, field.role);
        field.table().empty() && field.key != "format" && word != field.get(usual, field.role))
      text += fmt::format(" {}={}", field.key, word);
  return text;
}

namespace {

/// Its number, and its name where that says more.
std::string token_text(Token token, const std::vector<std::string>& vocabulary) {
  const std::string number = std::to_string(token);
  const std::string& name = vocabulary[token];
  return name == number ? number : fmt::format("{} '{}'", number, printable_line(name));
}

/// Layers are counted from 1; before them is the embedding.
std::string layer_text(const Drift& drift) {
  return drift.layer < 0 ? "embedding" : std::to_string(drift.layer + 1);
}

}  // namespace

std::string comparison_text(const Comparison& c, const Sides& sides,
                            const std::vector<std::string>& vocabulary) {
  const auto& [a, b] = sides;
  const std::size_t wide = std::max(a.size(), b.size());
  std::string text;
  text += fmt::format("{} positions, {} of them with a next token\n", c.tokens, c.targets);
  if (c.lost_a + c.lost_b > 0)
    text += fmt::format("no distribution (NaN or infinite logits) at {} positions under {}, {} under {}\n",
                        c.lost_a, a, c.lost_b, b);
  text += fmt::format("perplexity  {:<{}} {:.6g}\n            {:<{}} {:.6g}\n", a, wide, c.perplexity_a, b,
                      wide, c.perplexity_b);
  text += fmt::format("loss        {:<{}} {}\n            {:<{}} {}\n            {} more: {}\n", a, wide,
                      estimate_text(c.loss_a), b, wide, estimate_text(c.loss_b), b,
                      estimate_text(c.loss_difference));
  text += fmt::format("KL          ({} || {}) mean {}\n            worst {:.6g} at block {}, position {}\n",
                      a, b, estimate_text(c.divergence), c.worst_divergence, c.worst_block, c.worst_position);
  text += fmt::format("choices     {} of {} flipped; exact ties at {} positions under {}, {} under {}\n",
                      c.flips, c.tokens, c.ties_a, a, c.ties_b, b);
  for (std::size_t i = 0; i < std::min<std::size_t>(5, c.first_flips.size()); ++i) {
    const Flip& flip = c.first_flips[i];
    text += fmt::format("            block {}, position {}: {} (margin {:.4g}) became {} (margin {:.4g})\n",
                        flip.block, flip.position, token_text(flip.a, vocabulary), flip.margin_a,
                        token_text(flip.b, vocabulary), flip.margin_b);
  }
  return text;
}

Json comparison_json(const Comparison& c, const Sides& sides) {
  const auto& [a, b] = sides;
  Json flips = Json::array(), drift = Json::array(), by_position = Json::array();
  for (const Flip& flip : c.first_flips)
    flips.push_back({{"block", flip.block},
                     {"position", flip.position},
                     {a, flip.a},
                     {b, flip.b},
                     {"margin_" + a, number_json(flip.margin_a)},
                     {"margin_" + b, number_json(flip.margin_b)}});
  for (const Drift& one : c.drift)
    drift.push_back(
        {{"layer", one.layer}, {"relative", number_json(one.relative)}, {"worst", number_json(one.worst)}});
  for (const double kl : c.divergence_by_position) by_position.push_back(number_json(kl));
  Json made = {{"tokens", c.tokens},
               {"targets", c.targets},
               {"lost", {{a, c.lost_a}, {b, c.lost_b}}},
               {"perplexity", {{a, number_json(c.perplexity_a)}, {b, number_json(c.perplexity_b)}}},
               {"loss",
                {{a, estimate_json(c.loss_a)},
                 {b, estimate_json(c.loss_b)},
                 {"difference", estimate_json(c.loss_difference)}}},
               {"kl", estimate_json(c.divergence)},
               {"flips", {{"count", c.flips}, {"first", flips}}},
               {"ties", {{a, c.ties_a}, {b, c.ties_b}}},
               {"kl_by_position", by_position},
               {"drift", drift}};
  made["kl"]["worst"] = number_json(c.worst_divergence);
  made["kl"]["block"] = c.worst_block, made["kl"]["position"] = c.worst_position;
  return made;
}

Table drift_table(const Comparison& comparison) {
  Table table{{{"layer", "layer", true}, {"relative", "drift", true}, {"worst", "worst position", true}}, {}};
  for (const Drift& one : comparison.drift)
    table.rows.push_back({layer_text(one), figure_text(one.relative), figure_text(one.worst)});
  return table;
}

void add_to(html::Page& page, const Comparison& c, const Sides& sides) {
  const auto& [a, b] = sides;
  page.paragraph(fmt::format(
      "Perplexity {:.6g} under {} and {:.6g} under {}; KL({} || {}) {} a position; {} of {} choices flipped.",
      c.perplexity_a, a, c.perplexity_b, b, a, b, estimate_text(c.divergence), c.flips, c.tokens));
  page.open_figures();
  if (!c.drift.empty()) {
    Chart chart{
        .id = "drift",
        .title = "Drift by layer",
        .x_label = "layer",
        .y_label = "relative difference",
        .log_x = false,
        .log_y = false,
        .caption =
            "How far the residual stream is from what it was, as it leaves each layer; 0 is the embedding.",
        .series = {}};
    ChartSeries series{ChartSeries::measured, "drift", "", {}};
    for (const Drift& one : c.drift)
      series.points.push_back({static_cast<double>(one.layer + 1), one.relative, ""});
    chart.series.push_back(std::move(series));
    page.figure(chart);
  }
  Chart chart{.id = "divergence",
              .title = "KL by position",
              .x_label = "position",
              .y_label = "KL, nats",
              .log_x = false,
              .log_y = false,
              .caption = "Mean over blocks.",
              .series = {}};
  ChartSeries series{ChartSeries::measured, "KL", "", {}};
  for (std::size_t i = 0; i < c.divergence_by_position.size(); ++i)
    series.points.push_back({static_cast<double>(i), c.divergence_by_position[i], ""});
  chart.series.push_back(std::move(series));
  page.figure(chart);
  page.close_figures();
  if (!c.drift.empty()) page.table(drift_table(c), "Drift by layer", "drift");
}

Table ablation_table(const Ablation& ablation) {
  Table table{{{"part", "part", false},
               {"kl_alone", "KL alone", true},
               {"loss_alone", "loss alone", true},
               {"flips_alone", "flips", true},
               {"kl_left_out", "KL left out", true},
               {"loss_left_out", "loss left out", true},
               {"flips_left_out", "flips", true}},
              {}};
  for (const Ablation::Row& row : ablation.rows)
    table.rows.push_back({row.part, estimate_text(row.alone.divergence),
                          estimate_text(row.alone.loss_difference), std::to_string(row.alone.flips),
                          estimate_text(row.left_out.divergence), estimate_text(row.left_out.loss_difference),
                          std::to_string(row.left_out.flips)});
  return table;
}

namespace {

/// Of one part of a policy, or of all of it.
const Sides moved = {"from", "to"};

}  // namespace

Json ablation_json(const Ablation& ablation) {
  Json rows = Json::array();
  for (const Ablation::Row& row : ablation.rows)
    rows.push_back({{"part", row.part},
                    {"alone", comparison_json(row.alone, moved)},
                    {"left_out", comparison_json(row.left_out, moved)}});
  return {{"all", comparison_json(ablation.all, moved)}, {"parts", rows}};
}

void add_to(html::Page& page, const Ablation& ablation) {
  Chart chart{
      .id = "cost",
      .title = "Cost by part",
      .x_label = "rank",
      .y_label = "KL, nats",
      .log_x = false,
      .log_y = false,
      .caption = "Each part moved alone, and everything moved but the part. The tooltip names the part.",
      .series = {}};
  ChartSeries alone{ChartSeries::measured, "alone", "", {}}, left{ChartSeries::bound, "left out", "", {}};
  for (std::size_t i = 0; i < ablation.rows.size(); ++i) {
    const auto x = static_cast<double>(i + 1);
    alone.points.push_back({x, ablation.rows[i].alone.divergence.mean, ablation.rows[i].part});
    left.points.push_back({x, ablation.rows[i].left_out.divergence.mean, ablation.rows[i].part});
  }
  chart.series = {alone, left};
  page.figure(chart);
  page.table(ablation_table(ablation), "Cost by part", "cost");
}

Table bits_table(const BitsScan& scan) {
  Table table{{{"bits", "bits", true},
               {"format", "format", false, true},
               {"loss", "loss", true},
               {"kl", "KL", true},
               {"flips", "flips", true},
               {"enough", "enough", false}},
              {}};
  for (const BitsScan::Row& row : scan.rows)
    table.rows.push_back({std::to_string(row.bits), notation(row.format),
                          estimate_text(row.against.loss_difference), estimate_text(row.against.divergence),
                          std::to_string(row.against.flips), row.enough ? "yes" : "no"});
  return table;
}

Json bits_json(const BitsScan& scan) {
  Json rows = Json::array();
  for (const BitsScan::Row& row : scan.rows)
    rows.push_back({{"bits", row.bits},
                    {"format", notation(row.format)},
                    {"enough", row.enough},
                    {"against", comparison_json(row.against, moved)}});
  return {{"least", scan.least == 0 ? Json() : Json(scan.least)},
          {"fewer_by_themselves", scan.below},
          {"scan", rows}};
}

}  // namespace roundoff::cli
