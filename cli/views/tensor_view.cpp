#include "cli/views/tensor_view.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "formats/notation/text.hpp"

namespace roundoff::cli {

namespace {

using SiteRow = std::pair<Statistics::Key, SiteFigures>;

std::vector<SiteRow> site_rows(const Statistics& statistics) {
  std::vector<SiteRow> rows(statistics.sites.begin(), statistics.sites.end());
  const auto last = [](const SiteRow& row) {
    return row.first.second == SiteName::norm_final || row.first.second == SiteName::logits ||
           row.first.second == SiteName::next;
  };
  std::stable_partition(rows.begin(), rows.end(), [&](const SiteRow& row) { return !last(row); });
  return rows;
}

std::string_view verb(Event::Kind kind) {
  constexpr std::string_view verbs[] = {"meets NaN", "meets an infinity", "overflows", "saturates"};
  return verbs[kind];
}

/// How many there are, where that is counted.
std::int64_t count_of(const Statistics& statistics, Event::Kind kind) {
  std::int64_t count = 0;
  for (const auto& [key, figures] : statistics.sites)
    count += kind == Event::nan ? figures.nans : kind == Event::infinity ? figures.infinities : 0;
  return count;
}

}  // namespace

Json number_json(double x) {
  if (std::isfinite(x)) return x;
  return x != x ? "nan" : x < 0 ? "-inf" : "inf";
}

Table as_table(const Statistics& statistics) {
  Table table{{{"layer", "layer", true},
               {"site", "site", false},
               {"values", "values", true},
               {"zeros", "zeros", true},
               {"least", "least", true},
               {"most", "most", true},
               {"at_limit", "at the limit", true},
               {"infinite", "infinite", true},
               {"nan", "NaN", true}},
              {}};
  for (const auto& [key, figures] : site_rows(statistics)) {
    const auto number = [&figures = figures](double x) {
      return figures.any_finite ? decimal(Value::of(x)) : "-";
    };
    table.rows.push_back({key.first < 0 ? "-" : std::to_string(key.first + 1), std::string(name(key.second)),
                          std::to_string(figures.values), std::to_string(figures.zeros),
                          number(figures.least), number(figures.most), std::to_string(figures.limits),
                          std::to_string(figures.infinities), std::to_string(figures.nans)});
  }
  return table;
}

Json as_json(const Statistics& statistics) {
  Json list = Json::array();
  for (const auto& [key, figures] : site_rows(statistics)) {
    Json row = {{"layer", key.first},     {"site", name(key.second)},   {"values", figures.values},
                {"zeros", figures.zeros}, {"at_limit", figures.limits}, {"infinite", figures.infinities},
                {"nan", figures.nans}};
    if (figures.any_finite) {
      row["least"] = hex(Value::of(figures.least));
      row["most"] = hex(Value::of(figures.most));
    }
    list.push_back(std::move(row));
  }
  return list;
}

std::string mishaps_text(const Statistics& statistics, bool prompts, const std::string& weight) {
  std::string text = weight.empty() ? "" : "note: " + weight;
  std::string_view between = "; ";  // after the weight, which is no verb
  for (int k = 0; k < event_kinds; ++k) {
    const std::optional<Event>& event = statistics.first[static_cast<std::size_t>(k)];
    if (!event) continue;
    const auto kind = static_cast<Event::Kind>(k);
    const std::int64_t count = count_of(statistics, kind);
    text += fmt::format("{}{} (first: {}{}: {}{})", text.empty() ? "note: " : between, verb(kind),
                        describe(event->site), prompts ? fmt::format(" of prompt {}", event->sequence) : "",
                        event->operands, count == 0 ? "" : fmt::format("; {} in all", count));
    between = ", ";
  }
  return text.empty() ? "" : text + '\n';
}

Json mishaps_json(const Statistics& statistics) {
  Json document = Json::object();
  for (int k = 0; k < event_kinds; ++k) {
    const std::optional<Event>& event = statistics.first[static_cast<std::size_t>(k)];
    if (!event) continue;
    const auto kind = static_cast<Event::Kind>(k);
    Json& entry = document[std::string(name(kind))];
    entry = {{"first", describe(event->site)}, {"layer", event->site.layer},
             {"site", name(event->site.name)}, {"prompt", event->sequence},
             {"pos", event->site.position},    {"value", hex(event->value)},
             {"operands", event->operands}};
    if (const std::int64_t count = count_of(statistics, kind); count != 0) entry["count"] = count;
  }
  return document;
}

}  // namespace roundoff::cli
