#include "cli/options/policy_file.hpp"

#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "cli/options/arguments.hpp"
#include "formats/error.hpp"
#include "sim/model/quantise.hpp"

namespace roundoff::cli {
namespace {

class Reader {
 public:
  Reader(const std::string& path, const Bindings& bindings) : path_(path), bindings_(bindings) {}

  [[noreturn]] void fail(const toml::node& node, const std::string& message) const {
    throw FileError(fmt::format("{}:{}: {}", path_, node.source().begin.line, message));
  }

  std::string text(const toml::key& key, const toml::node& node) const {
    const auto value = node.value<std::string>();
    if (!value)
      fail(node, fmt::format("{} must be a string, e.g. {} = \"fixed(8,8)\"", key.str(), key.str()));
    return *value;
  }

  template <class Parse>
  auto parsed(const toml::key& key, const toml::node& node, const Parse& parse) const {
    try {
      return parse(text(key, node));
    } catch (const UsageError& error) {
      fail(node, fmt::format("{}: {}", key.str(), error.what()));
    }
  }

  Format format(const toml::key& key, const toml::node& node) const {
    return parsed(key, node, [&](const std::string& word) { return FormatFamily(word).at(bindings_); });
  }

  void formats(const toml::table& table, Policy& policy) const {
    if (const toml::node* all = table.get("all")) policy.formats.fill(format(toml::key("all"), *all));
    for (const auto& [key, node] : table) {
      if (key.str() == "all") continue;
      std::vector<std::string> known = {"all"};
      bool found = false;
      for (int r = 0; r < role_count; ++r) {
        known.emplace_back(name(static_cast<Role>(r)));
        if (known.back() != key.str()) continue;
        policy.formats[static_cast<std::size_t>(r)] = format(key, node);
        found = true;
      }
      if (!found) fail(node, unknown("role", key.str(), known));
    }
  }

  void quantisers(const toml::table& table, Quantisers& quantisers) const {
    for (const auto& [key, node] : table) {
      std::string* role = key.str() == "weights"       ? &quantisers.weights
                          : key.str() == "activations" ? &quantisers.activations
                          : key.str() == "cache"       ? &quantisers.cache
                                                       : nullptr;
      if (role == nullptr) fail(node, unknown("role", key.str(), {"weights", "activations", "cache"}));
      *role = parsed(key, node, [](const std::string& word) {
        static_cast<void>(parse_quantiser(word));
        return word;
      });
    }
  }

 private:
  const std::string& path_;
  const Bindings& bindings_;
};

}  // namespace

void apply_policy_file(const std::string& path, const Bindings& bindings, Policy& policy) {
  toml::table file;
  try {
    file = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    throw FileError(fmt::format("{}:{}: {}", path, error.source().begin.line, error.description()));
  }
  const Reader reader(path, bindings);
  const auto one_of = [&](const toml::key& key, const toml::node& node,
                          const std::vector<std::string>& words) {
    const std::string word = reader.text(key, node);
    for (std::size_t i = 0; i < words.size(); ++i)
      if (words[i] == word) return i;
    reader.fail(node, unknown(key.str(), word, words));
  };
  for (const auto& [key, node] : file) {
    if (key.str() == "softmax") {
      policy.softmax = one_of(key, node, {"stable", "plain"}) == 1 ? Softmax::plain : Softmax::stable;
    } else if (key.str() == "order") {
      policy.order = reader.parsed(key, node, [](const std::string& word) { return parse_order(word); });
    } else if (key.str() == "dot") {
      policy.dot = static_cast<DotMode>(one_of(key, node, {"rounded", "fma", "exact"}));
    } else if (key.str() == "formats" && node.is_table()) {
      reader.formats(*node.as_table(), policy);
    } else if (key.str() == "quantise" && node.is_table()) {
      reader.quantisers(*node.as_table(), policy.quantisers);
    } else {
      reader.fail(node, unknown("key", key.str(), {"softmax", "order", "dot", "formats", "quantise"}));
    }
  }
}

}  // namespace roundoff::cli
