#include "cli/views/minimisation.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzer/evidence/replay.hpp"
#include "cli/options/subject.hpp"
#include "cli/views/evidence.hpp"
#include "cli/views/task_json.hpp"
#include "formats/error.hpp"
#include "sim/files/policy_document.hpp"

namespace roundoff::cli {

const Attempt* most_telling(const std::vector<const Attempt*>& attempts) {
  const Attempt* best = nullptr;
  for (const Attempt* each : attempts) {
    const bool better = best == nullptr || (each->refusal.empty() && !best->refusal.empty()) ||
                        (each->refusal.empty() == best->refusal.empty() && each->value > best->value);
    if (better) best = each;
  }
  return best;
}

std::vector<const Attempt*> pointers(const std::vector<Attempt>& attempts) {
  std::vector<const Attempt*> result;
  for (const Attempt& each : attempts) result.push_back(&each);
  return result;
}

std::string settings_text(const Settings& settings) {
  std::string text;
  for (const auto& [knob, value] : settings)
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", knob, value);
  return text;
}

std::string failure_text(const Attempt& attempt) {
  if (!attempt.refusal.empty()) return "refused: " + attempt.refusal;
  if (!attempt.result.counterexample) return std::string(name(attempt.result.verdict));
  const Counterexample& found = *attempt.result.counterexample;
  return fmt::format("{} gives {}, right is {}", found.input, found.got, found.want);
}

void set_policy(PolicyLayer layer, MinimiseOptions& options) {
  if (const std::string* family = layer.find("format")) options.format = FormatFamily(*family);
  layer.erase("format");
  if (layer.names_all_formats())
    throw UsageError("the policy gives every role a format of its own, and leaves none to search");
  options.policy = std::move(layer);
}

Json held_json(const MinimiseOptions& options) {
  Json policy = Json::object();
  write_policy(options.policy, policy);
  return {{"format", options.format ? Json(options.format->text()) : Json()},
          {"policy", std::move(policy)},
          {"settings", options.settings},
          {"asked", asked_json(options.verify)}};
}

Json as_json(const Attempt& attempt, const TaskSize& size) {
  Json document = {{"construction", attempt.construction},
                   {"settings", attempt.settings},
                   {"format", attempt.format},
                   {"policy", cli::as_json(attempt.policy)},
                   {"value", attempt.value},
                   {"bits", attempt.bits},
                   {"width", attempt.shape.width},
                   {"d_model", attempt.shape.d_model},
                   {"d_ff", attempt.shape.d_ff},
                   {"layers", attempt.shape.layers}};
  if (!attempt.refusal.empty()) {
    document["refusal"] = attempt.refusal;
    return document;
  }
  if (!attempt.inexact.empty()) document["inexact_weight"] = attempt.inexact;
  document["evidence"] = cli::as_json(attempt.result, outside_the_theorem(attempt.policy));
  if (const std::string replay = replay_line(attempt, size); !replay.empty()) document["replay"] = replay;
  return document;
}

Json as_json(const GrowthLaw& law) {
  Json fits = Json::array();
  for (const LawFit& fit : law.fits)
    fits.push_back({{"law", name(fit.kind)},
                    {"formula", formula(fit, law.variable)},
                    {"a", fit.a},
                    {"b", fit.b},
                    {"c", fit.c},
                    {"rms", fit.rms},
                    {"weight", fit.weight}});
  Json document = {{"statement", law.statement}, {"variable", law.variable}, {"decided", law.decided}};
  if (!law.fits.empty()) {
    document["law"] = name(law.fits.front().kind);
    document["class"] = name(law.best_class);
    document["class_decided"] = law.class_decided;
  }
  document["fits"] = std::move(fits);
  return document;
}

std::string law_text(const GrowthLaw& law) {
  if (law.points.empty()) return "-";
  if (law.fits.empty() || law.points.size() < 5) return "too few points";
  const LawFit& best = law.fits.front();
  std::string text = fmt::format("{}: {}", name(best.kind), formula(best, law.variable));
  if (!law.decided && law.class_decided) text += fmt::format(" ({}; law undecided)", name(law.best_class));
  if (!law.class_decided) text += " (the data cannot tell)";
  return text;
}

std::string below_text(const std::vector<const Attempt*>& below, const Attempt& best) {
  const Attempt* failing = most_telling(below);
  if (failing == nullptr) return "-";
  std::string what = failing->format != best.format ? failing->format : settings_text(failing->settings);
  if (failing->construction != best.construction) what = failing->construction + " " + what;
  return fmt::format("{}: {}", what, failure_text(*failing));
}

std::string last_text(const std::vector<Scan>& scans) {
  for (auto scan = scans.rbegin(); scan != scans.rend(); ++scan)
    if (!scan->attempts.empty()) {
      const Attempt& last = scan->attempts.back();
      return fmt::format("{}: {}", last.format, failure_text(last));
    }
  return "-";
}

std::string replay_line(const Attempt& attempt, const TaskSize& size) {
  if (!attempt.refusal.empty() || !attempt.result.counterexample) return "";
  return replay_command(attempt.construction, find_task(attempt.task), size, attempt.settings, attempt.policy,
                        attempt.implied, attempt.result.counterexample->input) +
         (attempt.inexact.empty() ? "" : " --round-weights");
}

Table as_table(const Minimisation& found) {
  const std::string quantity(name(found.quantity));
  const bool digits = find_task(found.task).uses('n');
  Table table{{{"k", "k", true},
               {"N", "N", true},
               {quantity == "bits" || quantity == "width" ? quantity : "value", "least " + quantity, true},
               {"format", "format", false},
               {quantity == "bits" ? "width" : "bits", quantity == "bits" ? "width" : "bits", true},
               {"construction", "construction", false},
               {"settings", "knobs", false},
               {"evidence", "evidence", false},
               {"below", "one step below", false}},
              {}};
  if (digits) table.columns.insert(table.columns.begin(), {"n", "n", true});
  for (const Minimum& minimum : found.minima) {
    std::vector<std::string> row = {std::to_string(minimum.size.k), count_text(minimum.N)};
    if (digits) row.insert(row.begin(), std::to_string(minimum.size.n));
    if (minimum.value) {
      const Attempt& best = minimum.best();
      const std::string other =
          std::to_string(found.quantity == Quantity::bits ? best.shape.width : best.bits);
      row.insert(row.end(), {std::to_string(*minimum.value), best.format, other, best.construction,
                             settings_text(best.settings), evidence_text(best.result),
                             below_text(minimum.below(), best)});
    } else {
      row.insert(row.end(), {"-", "-", "-", "-", "", minimum.note, last_text(minimum.scans)});
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// Whether minima rest on something that proves nothing for all inputs: then they may be too small.
std::string weakest_text(const Minimisation& found) {
  std::string sizes;
  for (const Minimum& minimum : found.minima)
    if (minimum.value && !proves_all(minimum.best().result))
      sizes += fmt::format("{}{}", sizes.empty() ? "" : ", ", describe(minimum.size));
  if (sizes.empty()) return "";
  return fmt::format(
      "not a proof: the minimum at {} rests on adversarial inputs and samples alone, and may be too small\n",
      sizes);
}

std::string size_text(const Minimisation& found, const TaskSize& size) {
  return find_task(found.task).uses('n') ? fmt::format("n={}", size.n) : fmt::format("k={}", size.k);
}

std::string as_text(const Minimisation& found) {
  std::string text = as_text(as_table(found));
  for (const Minimum& minimum : found.minima) {
    for (const Scan& scan : minimum.scans)
      for (const std::size_t i : scan.exceptions)
        text += fmt::format("not monotone: {} {}: {} fails above the first success at {}: {}\n",
                            size_text(found, minimum.size), scan.label, scan.attempts[i].value,
                            scan.attempts[*scan.first].value, failure_text(scan.attempts[i]));
    if (const Attempt* below = minimum.value ? most_telling(minimum.below()) : nullptr) {
      const std::string replay = replay_line(*below, minimum.size);
      if (!replay.empty()) text += fmt::format("replay {}: {}\n", size_text(found, minimum.size), replay);
    }
  }
  text += weakest_text(found);
  if (!found.law.statement.empty()) text += "law: " + found.law.statement + '\n';
  return text;
}

Json as_json(const Minimisation& found) {
  Json minima = Json::array();
  for (const Minimum& minimum : found.minima) {
    const TaskSize& size = minimum.size;
    Json one = {{"p", size.p},
                {"n", size.n},
                {"k", size.k},
                {"l", size.l},
                {"c", size.c},
                {"ragged", size.ragged},
                {"N", count_json(minimum.N)}};
    one["value"] = minimum.value ? Json(*minimum.value) : Json();
    if (minimum.value) one["best"] = as_json(minimum.best(), size);
    if (minimum.value) one["proved"] = proves_all(minimum.best().result);
    Json below = Json::array(), exceptions = Json::array(), scans = Json::array();
    for (const Attempt* each : minimum.below()) below.push_back(as_json(*each, size));
    for (const Scan& scan : minimum.scans) {
      for (const std::size_t i : scan.exceptions) exceptions.push_back(as_json(scan.attempts[i], size));
      scans.push_back(
          {{"label", scan.label},
           {"tried", scan.attempts.size()},
           {"first_success", scan.first ? Json(scan.attempts[*scan.first].value) : Json()},
           {"all_above_from", scan.stable_from ? Json(scan.attempts[*scan.stable_from].value) : Json()}});
    }
    one["below"] = std::move(below);
    one["exceptions"] = std::move(exceptions);
    one["scans"] = std::move(scans);
    if (!minimum.note.empty()) one["note"] = minimum.note;
    if (!minimum.value) one["last"] = last_text(minimum.scans);
    minima.push_back(std::move(one));
  }
  return {{"quantity", name(found.quantity)},
          {"constructions", found.constructions},
          {"minima", std::move(minima)},
          {"law", as_json(found.law)},
          {"interrupted", found.interrupted}};
}

}  // namespace roundoff::cli
