// A sweep's page of TOML into units, in the order written: blocks, then constructions, settings, formats, p,
// n, k, l, c. (toml++ is slow to compile and stays in this file.)
#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "analyzer/search/ranges.hpp"
#include "analyzer/store/sweep.hpp"
#include "constructions/families/model_family.hpp"
#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"
#include "sim/files/policy_file.hpp"
#include "sim/files/policy_toml.hpp"
#include "sim/model/stacks.hpp"

namespace roundoff::analyzer {
namespace {

/// Beside the keys of a policy.
constexpr std::array<std::string_view, 18> own_keys = {
    "task",     "constructions", "regime", "p",     "n",    "k",           "l",                "c",     "ragged",
    "settings", "minimize",      "method", "count", "seed", "adversarial", "exhaustive_limit", "stack", "policy"};

std::vector<std::string_view> known_keys() {
  std::vector<std::string_view> keys(own_keys.begin(), own_keys.end());
  keys.insert(keys.end(), policy_keys().begin(), policy_keys().end());
  return keys;
}

class Block {
 public:
  Block(const toml::table& table, std::string_view source, std::size_t number)
      : table_(table), source_(source), where_(fmt::format("{}: [[sweep]] number {}", source, number)) {
    const std::vector<std::string_view> known = known_keys();
    for (const auto& [key, node] : table_) {
      if (std::find(known.begin(), known.end(), key.str()) == known.end())
        throw FileError(
            fmt::format("{}: unknown key '{}'{}", where_, key.str(), did_you_mean(key.str(), known)));
    }
  }

  void units(std::vector<SweepUnit>& out) const {
    try {
      expand(out);
    } catch (const UsageError& error) {
      throw FileError(fmt::format("{}: {}", where_, error.what()));
    }
  }

 private:
  void expand(std::vector<SweepUnit>& out) const {
    SweepUnit base;
    base.verify = verify();
    const PolicyLayer common = policy();
    if (const auto quantity = text("minimize")) base.minimise = parse_quantity(*quantity);
    for (const Construction* construction : chosen()) {
      refuse_unused_sizes(*construction);
      for (const Settings& settings : settings_list()) {
        for (PolicyLayer layer : formats()) {
          PolicyLayer roles = common;
          roles.lay(layer);
          const std::string* all = roles.find("format");
          const std::string family = all != nullptr ? *all : std::string(construction->family);
          roles.erase("format");
          for (const TaskSize& size : sizes()) {
            SweepUnit unit = base;
            unit.construction = construction;
            unit.settings = settings;
            unit.family = family;
            unit.policy = roles;
            unit.size = size;
            out.push_back(std::move(unit));
          }
        }
      }
    }
  }

  std::optional<std::string> text(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (!node) return std::nullopt;
    if (const auto value = node->value_exact<std::string>()) return value;
    throw FileError(fmt::format("{}: '{}' must be a string in quotes", where_, key));
  }

  std::optional<std::int64_t> number(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (!node) return std::nullopt;
    // value<> would take true for 1 and 2.0 for 2
    if (const auto value = node->value_exact<std::int64_t>(); value && *value >= 0) return value;
    throw FileError(fmt::format("{}: '{}' must be a whole number, at least 0", where_, key));
  }

  std::vector<std::string> texts(std::string_view key, std::vector<std::string> absent) const {
    const toml::node* node = table_.get(key);
    if (!node) return absent;
    std::vector<std::string> result;
    if (const toml::array* array = node->as_array()) {
      for (const toml::node& element : *array) {
        const auto value = element.value_exact<std::string>();
        if (!value) throw FileError(fmt::format("{}: '{}' must be a list of strings", where_, key));
        result.push_back(*value);
      }
      return result;
    }
    return {*text(key)};
  }

  /// Of a list: every element once, at least one.
  template <class Element>
  std::vector<int> listed(const toml::node& node, std::string_view key, Element&& element) const {
    std::vector<int> result;
    const auto add = [&](int value) {
      if (std::find(result.begin(), result.end(), value) == result.end()) result.push_back(value);
    };
    if (const toml::array* array = node.as_array()) {
      for (const toml::node& each : *array)
        for (const int value : element(each)) add(value);
    } else {
      for (const int value : element(node)) add(value);
    }
    if (result.empty()) throw FileError(fmt::format("{}: '{}' is empty", where_, key));
    return result;
  }

  /// Sizes: a number, a range as on the command line ("4..16", "2..64*2"), or a list of them.
  std::vector<int> numbers(std::string_view key, std::vector<int> absent) const {
    const toml::node* node = table_.get(key);
    if (!node) return absent;
    return listed(*node, key, [&](const toml::node& each) -> std::vector<int> {
      if (const auto value = each.value_exact<std::int64_t>()) return {checked_size(key, *value)};
      if (const auto range = each.value_exact<std::string>()) return parse_range(key, *range);
      throw FileError(fmt::format(
          "{}: '{}' must be a number, a list such as [4, 8], or a range such as \"4..16\"", where_, key));
    });
  }

  /// A knob's values, which the construction checks.
  std::vector<int> knob_values(const toml::node& node, std::string_view knob) const {
    return listed(node, knob, [&](const toml::node& each) -> std::vector<int> {
      const auto value = each.value_exact<std::int64_t>();
      if (value && *value >= INT_MIN && *value <= INT_MAX) return {static_cast<int>(*value)};
      if (const auto range = each.value_exact<std::string>()) return parse_range(knob, *range);
      throw FileError(fmt::format("{}: knob '{}' takes a whole number, a list or a range", where_, knob));
    });
  }

  std::vector<const Construction*> chosen() const {
    std::vector<const Construction*> result;
    for (const std::string& name : texts("constructions", {})) result.push_back(&find_construction(name));
    const auto task = text("task");
    if (!result.empty()) {
      for (const Construction* construction : result)
        if (task && construction->task != find_task(*task).name)
          throw FileError(fmt::format("{}: task = \"{}\", but {} solves {}; leave the task or the construction out",
                                      where_, *task, construction->name, construction->task));
      if (table_.contains("regime"))
        throw FileError(fmt::format("{}: 'regime' chooses among the constructions of a task, and here they are named",
                                    where_));
      return result;
    }
    if (!task) throw FileError(fmt::format("{}: say task = \"add\", or constructions = [...]", where_));
    std::optional<Regime> regime;
    if (const auto word = text("regime")) {
      if (*word != "constant" && *word != "logarithmic")
        throw FileError(
            fmt::format("{}: regime is \"constant\" or \"logarithmic\", not \"{}\"", where_, *word));
      regime = *word == "constant" ? Regime::constant : Regime::logarithmic;
    }
    result = constructions_of(*task, regime);
    if (result.empty())
      throw FileError(fmt::format(
          "{}: no construction solves '{}' there; `roundoff constructions` lists them", where_, *task));
    return result;
  }

  std::vector<Settings> settings_list() const {
    std::vector<Settings> result = {{}};
    const toml::node* node = table_.get("settings");
    if (!node) return result;
    const toml::table* knobs = node->as_table();
    if (!knobs)
      throw FileError(fmt::format("{}: 'settings' must be a table such as {{ D = [1, 2] }}", where_));
    for (const auto& [knob, values] : *knobs) {
      std::vector<Settings> wider;
      for (const Settings& settings : result) {
        for (int value : knob_values(values, knob.str())) {
          wider.push_back(settings);
          wider.back()[std::string(knob.str())] = value;
        }
      }
      result = std::move(wider);
    }
    return result;
  }

  /// A size that a task does not have is no part of a question about it.
  void refuse_unused_sizes(const Construction& construction) const {
    for (const char letter : {'p', 'n', 'k', 'l'})
      if (table_.contains(std::string_view(&letter, 1)) && !find_task(construction.task).uses(letter) &&
          !constructions::depends_on(construction.name, letter))
        throw FileError(fmt::format("{}: '{}' does not apply to {}, which solves {}; leave it out", where_, letter,
                                    construction.name, construction.task));
  }

  std::vector<TaskSize> sizes() const {
    const TaskSize standard;
    const toml::node* node = table_.get("ragged");
    if (node && !node->is_boolean()) throw FileError(fmt::format("{}: 'ragged' must be true or false", where_));
    const bool ragged = node && node->value_or(false);
    std::vector<TaskSize> result;
    const std::vector<int> bases = numbers("p", {standard.p});
    if (std::find(bases.begin(), bases.end(), 1) != bases.end())
      throw FileError(fmt::format("{}: p is a base, a whole number from 2", where_));
    for (int p : bases)
      for (int n : numbers("n", {standard.n}))
        for (int k : numbers("k", {standard.k}))
          for (int l : numbers("l", {standard.l}))
            for (int c : numbers("c", {standard.c})) result.push_back({p, n, k, l, c, ragged});
    return result;
  }

  VerifyOptions verify() const {
    VerifyOptions options;
    if (const auto method = text("method")) options.method = parse_method(*method);
    if (const auto count = number("count")) options.count = static_cast<std::uint64_t>(*count);
    if (const auto seed = number("seed")) options.seed = static_cast<std::uint64_t>(*seed);
    if (const auto limit = number("adversarial")) options.adversarial = static_cast<std::size_t>(*limit);
    if (const toml::node* limit = table_.get("exhaustive_limit")) {
      const auto inputs = limit->value<double>();
      if (!inputs || !std::isfinite(*inputs) || *inputs < 0)
        throw FileError(fmt::format("{}: 'exhaustive_limit' must be a number of inputs, at least 0", where_));
      options.exhaustive_limit = *inputs;
    }
    const auto refuse_unless = [&](std::string_view key, bool applies) {
      if (table_.contains(key) && !applies)
        throw FileError(fmt::format("{}: '{}' does not apply to method = \"{}\"; leave it out", where_, key,
                                    name(options.method)));
    };
    const bool automatic = options.method == Method::automatic;
    refuse_unless("count", automatic || options.method == Method::sample);
    refuse_unless("adversarial", automatic || options.method == Method::adversarial);
    refuse_unless("exhaustive_limit", automatic);
    return options;
  }

  [[noreturn]] void fail(const toml::node&, const std::string& message) const {
    throw FileError(fmt::format("{}: {}", where_, message));
  }
  void take(PolicyLayer& layer, std::string_view key, const toml::node& node) const {
    read_policy(layer, key, node, [&](const toml::node& at, const std::string& what) { fail(at, what); });
  }

  /// The policy's keys but `formats`, over the stack and the policy file.
  PolicyLayer policy() const {
    PolicyLayer layer;
    if (const auto name = text("stack")) layer.lay(find_stack(*name).policy);
    if (const auto file = text("policy"))
      layer.lay(load_policy_file((std::filesystem::path(source_).parent_path() / *file).string()));
    for (const std::string_view key : policy_keys())
      if (const toml::node* node = table_.get(key); node != nullptr && key != "formats") take(layer, key, *node);
    return layer;
  }

  /// One or a list of: a family, "own", or a table by role.
  std::vector<PolicyLayer> formats() const {
    std::vector<PolicyLayer> layers;
    const auto add = [&](const toml::node& node) {
      PolicyLayer& layer = layers.emplace_back();
      if (node.is_table())
        take(layer, "formats", node);
      else if (node.value_exact<std::string>() != "own")
        take(layer, "format", node);
    };
    const toml::node* node = table_.get("formats");
    if (node == nullptr) return {PolicyLayer{}};
    if (node->is_array()) {
      for (const toml::node& element : *node->as_array()) add(element);
      if (layers.empty()) throw FileError(fmt::format("{}: 'formats' is empty", where_));
    } else {
      add(*node);
    }
    return layers;
  }

  const toml::table& table_;
  std::string source_, where_;
};

}  // namespace

std::string SweepUnit::describe() const {
  std::string result = fmt::format("{} p={} n={}", construction->name, size.p, size.n);
  const TaskEntry& task = find_task(construction->task);
  if (task.uses('k')) result += fmt::format(" k={}", size.k);
  if (task.uses('l') && size.l != 0) result += fmt::format(" l={}", size.l);
  if (size.c != 1) result += fmt::format(" c={}", size.c);
  for (const auto& [knob, value] : settings) result += fmt::format(" {}={}", knob, value);
  result += family == construction->family ? " own format" : " " + family;
  for (const auto& [key, word] : policy.entries()) result += fmt::format(" {}={}", key, word);
  if (minimise) result += fmt::format(" {}", name(*minimise));
  return result;
}

std::vector<SweepUnit> plan_sweep(std::string_view toml_text, std::string_view source) {
  const toml::table page = parse_toml(toml_text, source);
  for (const auto& [key, node] : page) {
    if (key.str() != "sweep")
      throw FileError(
          fmt::format("{}: unknown key '{}'; questions stand under [[sweep]]", source, key.str()));
  }
  const toml::array* blocks = page["sweep"].as_array();
  if (!blocks || blocks->empty()) throw FileError(fmt::format("{}: there is no [[sweep]] in it", source));
  std::vector<SweepUnit> units;
  std::size_t number = 0;
  for (const toml::node& node : *blocks) {
    const toml::table* table = node.as_table();
    if (!table) throw FileError(fmt::format("{}: 'sweep' must be written as [[sweep]] tables", source));
    Block(*table, source, ++number).units(units);
  }
  return units;
}

}  // namespace roundoff::analyzer
