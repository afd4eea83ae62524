#include "cli/views/steps.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "formats/notation/text.hpp"

namespace roundoff::cli {
namespace {

constexpr std::size_t line_width = 80, before_label = 14, before_words = 23;
constexpr std::size_t most_shown = 4;  // keys of a head, logits of a choice

/// Values of one site at one position: of heads, by key; else by index.
using Entries = std::map<std::pair<int, int>, Value>;

class Steps {
 public:
  Steps(const Model& model, const Program& program, const Reference& reference,
        const std::vector<std::string>& tokens, const std::vector<std::string>& vocabulary)
      : model_(model), tokens_(tokens), vocabulary_(vocabulary), first_output_(program.shape.first_output) {
    for (NodeId node = 0; node < reference.done(); ++node) {
      const Site& site = program.sites[node];
      if (site.name == SiteName::none || site.inner) continue;
      values_[{site.layer, site.position, site.name}][{site.head, site.key >= 0 ? site.key : site.index}] =
          reference.value(node);
    }
  }

  std::string text() {
    title("Embedding: token and position");
    each_position([&](int position) { stream(position, at(-1, position, SiteName::emb)); });
    for (std::size_t l = 0; l < model_.layers.size(); ++l) {
      const int layer = static_cast<int>(l);
      title(fmt::format("Layer {}", l + 1));
      each_position([&](int position) { position_in(layer, position); });
    }
    title("Choice");
    each_position([&](int position) {
      if (position >= first_output_) choice(position);
    });
    return text_;
  }

 private:
  const Entries& at(int layer, int position, SiteName name) const {
    static const Entries none;
    const auto found = values_.find({layer, position, name});
    return found == values_.end() ? none : found->second;
  }
  std::string token(int position) const {
    return position < static_cast<int>(tokens_.size()) ? tokens_[static_cast<std::size_t>(position)] : "?";
  }
  void title(const std::string& words) { text_ += (text_.empty() ? "" : "\n") + words + '\n'; }
  template <class Work>
  void each_position(const Work& work) {
    for (int position = 0; position < static_cast<int>(tokens_.size()); ++position)
      if (values_.contains({-1, position, SiteName::emb})) {
        head_ = fmt::format("  {:>3} {:<8}", position, token(position));
        work(position);
      }
  }
  /// "  label  words, words", wrapped; the position stands before the first line.
  void line(std::string_view label, const std::vector<std::string>& words) {
    std::string row = fmt::format("{:<{}}{:<{}}", head_, before_label, label, before_words - before_label);
    head_.clear();
    bool first = true;
    for (const std::string& word : words) {
      if (!first) row += ',';
      if (row.size() + word.size() + 2 > line_width && !first) {
        text_ += row + '\n';
        row = std::string(before_words, ' ');
      } else if (!first) {
        row += ' ';
      }
      row += word;
      first = false;
    }
    text_ += row + '\n';
  }

  void stream(int, const Entries& entries) {
    std::vector<std::string> words;
    for (const auto& [place, value] : entries)
      if (!value.is_zero())
        words.push_back(fmt::format("{} = {}", register_name(model_, place.second), decimal(value)));
    if (words.empty()) words.emplace_back("all registers 0");
    line("carries", words);
  }

  void position_in(int layer, int position) {
    const Layer& from = model_.layers[static_cast<std::size_t>(layer)];
    if (from.attention)
      for (int head = 0; head < from.attention->heads; ++head) looks(layer, position, head);
    const Entries& units = at(layer, position, SiteName::act);
    if (!units.empty()) {
      std::vector<std::string> on;
      for (const auto& [place, value] : units)
        if (!value.is_zero()) on.push_back(fmt::format("{} = {}", place.second + 1, decimal(value)));
      const std::size_t count = on.size();
      if (count > 2 * most_shown) on.resize(2 * most_shown), on.emplace_back("...");
      on.insert(on.begin(), fmt::format("{} of {} on", count, units.size()));
      line("units", on);
    }
    for (const SiteName last : {SiteName::norm_out, SiteName::out, SiteName::norm_mid, SiteName::mid})
      if (const Entries& entries = at(layer, position, last); !entries.empty()) {
        stream(position, entries);
        return;
      }
  }

  // Where a head looks, by weight, and what it finds.
  void looks(int layer, int position, int head) {
    const Attention& attention = *model_.layers[static_cast<std::size_t>(layer)].attention;
    std::vector<std::pair<Value, int>> keys;
    std::size_t seen = 0;
    // Under divide = last there are exponentials and no weights.
    const Entries* weights = &at(layer, position, SiteName::weight);
    const bool divided = !weights->empty();
    if (!divided) weights = &at(layer, position, SiteName::exp);
    for (const auto& [place, value] : *weights) {
      if (place.first != head) continue;
      ++seen;
      if (!value.is_zero()) keys.emplace_back(value, place.second);
    }
    std::stable_sort(keys.begin(), keys.end(),
                     [](const auto& a, const auto& b) { return compare(a.first, b.first) > 0; });
    std::vector<std::string> words;
    const bool alike = keys.size() > most_shown && compare(keys.front().first, keys.back().first) == 0;
    if (seen == 0)
      words.emplace_back("at nothing");
    else if (keys.empty())
      words.push_back(fmt::format("at none of {}: every weight is 0", seen));
    else if (alike)
      words.push_back(fmt::format("at {} of {} alike, weight {}", keys.size(), seen, decimal(keys[0].first)));
    for (std::size_t i = 0; i < keys.size() && !alike; ++i) {
      if (i == most_shown) {
        words.push_back(fmt::format("{} more", keys.size() - i));
        break;
      }
      words.push_back(fmt::format("{}{} {} x {}", i == 0 ? "at " : "", keys[i].second, token(keys[i].second),
                                  decimal(keys[i].first)));
    }
    const int d_v = attention.value.weight.rows() / attention.groups();
    std::string found;
    for (int t = 0; t < d_v; ++t) {
      const auto value = at(layer, position, SiteName::head).find({-1, head * d_v + t});
      if (value != at(layer, position, SiteName::head).end())
        found += (found.empty() ? "" : " ") + decimal(value->second);
    }
    if (!found.empty() && seen > 0) words.push_back("finds " + found);
    line(attention.heads > 1 ? fmt::format("head {}", head + 1) : "looks", words);
  }

  void choice(int position) {
    std::vector<std::pair<Value, int>> logits;
    for (const auto& [place, value] : at(-1, position, SiteName::logits))
      logits.emplace_back(value, place.second);
    if (logits.empty()) return;
    std::stable_sort(logits.begin(), logits.end(), [&](const auto& a, const auto& b) {
      return model_.arg_min ? compare(a.first, b.first) < 0 : compare(a.first, b.first) > 0;
    });
    std::vector<std::string> words;
    const Entries& next = at(-1, position, SiteName::next);
    if (!next.empty())
      words.push_back("writes " + vocabulary_[static_cast<std::size_t>(to_double(next.begin()->second))]);
    for (std::size_t i = 0; i < std::min(most_shown, logits.size()); ++i)
      words.push_back(fmt::format("{}{} = {}", i == 0 ? "by " : "",
                                  vocabulary_[static_cast<std::size_t>(logits[i].second)],
                                  decimal(logits[i].first)));
    line("", words);
  }

  const Model& model_;
  const std::vector<std::string>&tokens_, &vocabulary_;
  int first_output_;
  std::map<std::tuple<int, int, SiteName>, Entries> values_;
  std::string text_, head_;
};

}  // namespace

std::string register_name(const Model& model, int index) {
  const auto at = static_cast<std::size_t>(index);
  return at < model.registers.size() ? model.registers[at] : fmt::format("x{}", index);
}

std::string walk_text(const Model& model, const Program& program, const Reference& reference,
                      const std::vector<std::string>& tokens, const std::vector<std::string>& vocabulary) {
  return Steps(model, program, reference, tokens, vocabulary).text();
}

}  // namespace roundoff::cli
