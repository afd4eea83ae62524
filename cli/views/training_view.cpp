#include "cli/views/training_view.hpp"

#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/views/task_json.hpp"
#include "sim/model/policy_codec.hpp"

namespace roundoff::cli {

namespace {

using training::TrainResult;
using training::TrainSpec;

double mean_of(const std::vector<double>& numbers) {
  return numbers.empty() ? 0 : std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

double held_out_loss(const TrainResult& result) {
  double loss = 0;
  for (const auto& part : result.held_out) loss += part.loss / static_cast<double>(result.held_out.size());
  return loss;
}

/// The bits of a quantiser "int4/32", or "" for none.
std::string bits_of(const std::string& quantiser) {
  if (quantiser.empty()) return "";
  std::string bits;
  for (const char digit : quantiser)
    if (digit >= '0' && digit <= '9')
      bits += digit;
    else if (!bits.empty())
      break;
  return bits;
}

constexpr const char* runs_header = "N,D,loss,P_w,P_a,P_kv,P_post,tier,seed\n";

}  // namespace

std::string_view name(training::Tier tier) { return tier == training::Tier::exact ? "exact" : "fast"; }

std::string training_text(const TrainSpec& spec, const TrainResult& result) {
  std::string text = fmt::format("tier {}, {} parameters, {} steps, {} tokens\n", name(spec.tier), result.parameters,
                                 result.progress.step, result.tokens);
  if (!result.progress.ended.empty()) text += fmt::format("ended early {}\n", result.progress.ended);
  if (result.progress.skipped > 0) text += fmt::format("{} steps skipped: a gradient was inf or NaN\n", result.progress.skipped);
  text += fmt::format("{:.1f} % of the updates that were not 0 changed no weight\n", 100 * mean_of(result.progress.lost));
  return text;
}

Table training_table(const TrainResult& result) {
  Table table{{{"part", "held out", false}, {"loss", "loss", true}, {"right", "right", true}, {"of", "of", true}}, {}};
  const auto row = [&](const std::string& part, double loss, const std::string& right, const std::string& of) {
    table.rows.push_back({part, fmt::format("{:.4f}", loss), right, of});
  };
  for (const auto& part : result.held_out)
    row(part.part, part.loss, part.part == "text" ? "" : std::to_string(part.right), std::to_string(part.sequences));
  for (const auto& [bits, loss] : result.post) row(fmt::format("int{} afterwards", bits), loss, "", "");
  return table;
}

Json as_json(const TrainSpec& spec, const TrainResult& result) {
  Json parts = Json::array(), post = Json::array();
  for (const auto& part : result.held_out)
    parts.push_back({{"part", part.part}, {"loss", part.loss}, {"right", part.right}, {"sequences", part.sequences}});
  for (const auto& [bits, loss] : result.post) post.push_back({{"bits", bits}, {"loss", loss}});
  Json policy = as_json(spec.policy.model);
  for (std::size_t i = 0; i < training::training_role_names.size(); ++i)
    policy["formats"][std::string(training::training_role_names[i])] = notation(spec.policy.more[i]);
  return {{"tier", name(spec.tier)},
          {"policy", std::move(policy)},
          {"parameters", result.parameters},
          {"steps", result.progress.step},
          {"of", result.steps},
          {"tokens", result.tokens},
          {"batch", spec.batch},
          {"model_seed", spec.seed},
          {"loss", result.progress.losses.empty() ? 0 : result.progress.losses.back()},
          {"lost_updates", mean_of(result.progress.lost)},
          {"skipped", result.progress.skipped},
          {"ended", result.progress.ended},
          {"held_out", std::move(parts)},
          {"post", std::move(post)}};
}

Chart loss_chart(const TrainSpec& spec, const TrainResult& result) {
  Chart chart;
  chart.id = "loss";
  chart.title = fmt::format("Loss in training ({} tier, {} parameters)", name(spec.tier), result.parameters);
  chart.x_label = "step";
  chart.y_label = "loss (nats a target)";
  ChartSeries& series = chart.series.emplace_back();
  series.kind = ChartSeries::bound;
  series.name = "loss of batches, smoothed";
  const std::vector<double>& losses = result.progress.losses;
  const std::size_t together = std::max<std::size_t>(1, losses.size() / 50);
  for (std::size_t first = 0; first < losses.size(); first += together) {
    const std::size_t last = std::min(losses.size(), first + together);
    series.points.push_back({static_cast<double>(last),
                             mean_of({losses.begin() + static_cast<std::ptrdiff_t>(first),
                                      losses.begin() + static_cast<std::ptrdiff_t>(last)}),
                             ""});
  }
  return chart;
}

std::string curve_csv(const TrainResult& result) {
  std::string text = "step,loss,lost\n";
  for (std::size_t i = 0; i < result.progress.losses.size(); ++i)
    text += fmt::format("{},{},{}\n", i + 1, result.progress.losses[i], result.progress.lost[i]);
  return text;
}

std::string runs_csv(const TrainSpec& spec, const TrainResult& result) {
  std::string text = runs_header;
  if (result.held_out.empty()) return text;
  const Quantisers& quantisers = spec.policy.model.quantisers;
  const auto row = [&](double loss, const std::string& post) {
    text += fmt::format("{},{},{},{},{},{},{},{},{}\n", result.parameters, result.tokens, loss, bits_of(quantisers.weights),
                        bits_of(quantisers.activations), bits_of(quantisers.cache), post, name(spec.tier), spec.seed);
  };
  row(held_out_loss(result), "");
  for (const auto& [bits, loss] : result.post) row(loss, std::to_string(bits));
  return text;
}

std::string runs_csv(const std::vector<std::string>& tables) {
  std::string text = runs_header;
  for (const std::string& table : tables) text += table.substr(table.find('\n') + 1);
  return text;
}

}  // namespace roundoff::cli
