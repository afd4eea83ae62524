#include "sim/model/policy_codec.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"
#include "sim/model/quantise.hpp"

namespace roundoff::sim {
namespace {

constexpr std::array<std::string_view, 3> quantiser_roles = {"weights", "activations", "cache"};

std::string& quantiser(Quantisers& quantisers, int role) {
  return role == 0 ? quantisers.weights : role == 1 ? quantisers.activations : quantisers.cache;
}

// ---- fields that are one of a few words: the enumeration's names in its order ----

template <class Choice>
struct Words;
template <>
struct Words<Softmax> {
  static constexpr std::array<std::string_view, 2> list = {"stable", "plain"};
};
template <>
struct Words<DotMode> {
  static constexpr std::array<std::string_view, 3> list = {"rounded", "fused", "exact"};
};
template <>
struct Words<Divide> {
  static constexpr std::array<std::string_view, 2> list = {"first", "last"};
};
template <>
struct Words<NanRule> {
  static constexpr std::array<std::string_view, 2> list = {"trap", "propagate"};
};
template <>
struct Words<Mask> {
  static constexpr std::array<std::string_view, 3> list = {"causal", "strict", "none"};
};

template <>
struct Words<NormCast> {
  static constexpr std::array<std::string_view, 2> list = {"after", "before"};
};
template <>
struct Words<AttentionCast> {
  static constexpr std::array<std::string_view, 2> list = {"none", "activations"};
};

template <class Choice>
Choice parse_choice(std::string_view word) {
  constexpr auto& list = Words<Choice>::list;
  const auto found = std::find(list.begin(), list.end(), word);
  if (found != list.end()) return static_cast<Choice>(found - list.begin());
  throw UsageError(fmt::format("'{}' is unknown{}", word, did_you_mean(word, list)));
}

template <auto member>
PolicyField choice_field(std::string_view key, std::string_view summary) {
  using Choice = std::remove_cvref_t<decltype(std::declval<Policy>().*member)>;
  return {std::string(key), fmt::format("{}", fmt::join(Words<Choice>::list, "|")), std::string(summary),
          [](const Policy& policy, int) {
            return std::string(Words<Choice>::list[static_cast<std::size_t>(policy.*member)]);
          },
          [](Policy& policy, int, std::string_view word, const Bindings&) {
            policy.*member = parse_choice<Choice>(word);
          }};
}

std::vector<PolicyField> make_fields() {
  std::vector<PolicyField> fields;
  fields.push_back(
      {"format", "FAMILY", "Number format of every role, may be a function of n, k, p, l, N",
       [](const Policy& policy, int) { return formats::notation(policy[Role::weights]); },
       [](Policy& policy, int, std::string_view word, const Bindings& bindings) {
         policy.formats.fill(FormatFamily(word).at(bindings));
       },
       -1, true});
  for (int role = 0; role < role_count; ++role)
    fields.push_back({fmt::format("formats.{}", name(static_cast<Role>(role))), "FAMILY",
                      fmt::format("Number format of {}", name(static_cast<Role>(role))),
                      [](const Policy& policy, int r) {
                        return formats::notation(policy[static_cast<Role>(r)]);
                      },
                      [](Policy& policy, int r, std::string_view word, const Bindings& bindings) {
                        policy[static_cast<Role>(r)] = FormatFamily(word).at(bindings);
                      },
                      role, true});
  for (int role = 0; role < static_cast<int>(quantiser_roles.size()); ++role)
    fields.push_back({fmt::format("quantise.{}", quantiser_roles[static_cast<std::size_t>(role)]), "QUANTISER",
                      fmt::format("Quantiser of {}", quantiser_roles[static_cast<std::size_t>(role)]),
                      [](const Policy& policy, int r) {
                        Quantisers copy = policy.quantisers;
                        const std::string& word = quantiser(copy, r);
                        return word.empty() ? std::string(no_quantiser) : word;
                      },
                      [](Policy& policy, int r, std::string_view word, const Bindings&) {
                        const bool none = word == no_quantiser;
                        if (!none) static_cast<void>(parse_quantiser(word));
                        quantiser(policy.quantisers, r) = none ? std::string_view() : word;
                      },
                      role});
  fields.push_back(choice_field<&Policy::softmax>("softmax", "Whether the maximum is subtracted first"));
  fields.push_back({"order", "sequential|tree|exact|wide:FORMAT|blocked:B", "In which sums are formed",
                    [](const Policy& policy, int) { return formats::notation(policy.order); },
                    [](Policy& policy, int, std::string_view word, const Bindings&) {
                      policy.order = parse_order(word);
                    }});
  fields.push_back(choice_field<&Policy::dot>(
      "dot", "Products rounded before they are added, s = rnd(s + x*y), or one rounding at the end"));
  fields.push_back(choice_field<&Policy::divide>(
      "divide", "By the softmax's sum: each weight, or the weighted sum of values"));
  fields.push_back(choice_field<&Policy::nan>("nan", "What a NaN does at a maximum or an arg max"));
  fields.push_back(
      choice_field<&Policy::mask>("mask", "A position sees those up to it, those before it, or all"));
  fields.push_back(choice_field<&Policy::norm_cast>(
      "norm_cast", "RMS norms are rounded to what reads them after their weight, or before it"));
  fields.back().usual = "after";
  fields.push_back(choice_field<&Policy::attention_cast>(
      "attention_cast", "Whether attention's weights are rounded to activations before they weigh values"));
  fields.back().usual = "none";
  return fields;
}

// Fields that exclude each other.
void check(const Policy& policy) {
  if (policy.dot == DotMode::fused && policy.order.kind != SumOrder::sequential)
    throw UsageError(
        fmt::format("dot = fused adds in sequential order only, not {}; leave the order out, or take another dot",
                    notation(policy.order)));
}

}  // namespace

std::string_view PolicyField::table() const {
  const std::size_t dot = key.find('.');
  return dot == std::string::npos ? std::string_view() : std::string_view(key).substr(0, dot);
}

std::string_view PolicyField::name() const {
  const std::size_t dot = key.find('.');
  return dot == std::string::npos ? std::string_view(key) : std::string_view(key).substr(dot + 1);
}

std::span<const PolicyField> policy_fields() {
  static const std::vector<PolicyField> fields = make_fields();
  return fields;
}

const PolicyField& policy_field(std::string_view key) {
  const std::size_t dot = key.find('.');
  std::vector<std::string_view> known;
  for (const PolicyField& field : policy_fields()) {
    if (field.key == key) return field;
    if (dot == std::string_view::npos ? field.table().empty() : field.table() == key.substr(0, dot))
      known.push_back(field.name());
  }
  if (dot == std::string_view::npos || known.empty())
    throw UsageError(fmt::format("key '{}' is unknown{}", key, did_you_mean(key, policy_keys())));
  if (key.starts_with("formats.")) known.push_back("all");
  const std::string_view role = key.substr(dot + 1);
  throw UsageError(fmt::format("role '{}' is unknown{}", role, did_you_mean(role, known)));
}

std::span<const std::string_view> policy_keys() {
  static const std::vector<std::string_view> keys = [] {
    std::vector<std::string_view> list;
    for (const PolicyField& field : policy_fields()) {
      const std::string_view key = field.table().empty() ? std::string_view(field.key) : field.table();
      if (list.empty() || list.back() != key) list.push_back(key);
    }
    return list;
  }();
  return keys;
}

bool is_policy_table(std::string_view key) {
  for (const PolicyField& field : policy_fields()) {
    if (field.table() == key) return !key.empty();
    if (field.key == key) return false;
  }
  throw UsageError(fmt::format("key '{}' is unknown{}", key, did_you_mean(key, policy_keys())));
}

std::span<const std::string_view> quantised_roles() { return quantiser_roles; }

void PolicyLayer::set(std::string_view key, std::string_view word) {
  const PolicyField& field = policy_field(key == "formats.all" ? "format" : key);
  if (word.empty()) throw UsageError(fmt::format("{}: is empty; it takes {}", key, field.words));
  try {
    if (field.is_format) {
      const FormatFamily parsed(word);
    } else {
      Policy scratch;
      field.set(scratch, field.role, word, {});
    }
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", key, error.what()));
  }
  words_.insert_or_assign(field.key, std::string(word));
}

void PolicyLayer::set_role(std::string_view table, std::string_view assignment, std::string_view option) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == assignment.size())
    throw UsageError(fmt::format("{} '{}' says no role and word; write {}", option, assignment,
                                 table == "formats" ? "ROLE=FORMAT, e.g. accumulators=binary32"
                                                    : "ROLE=QUANTISER, e.g. weights=int4/32"));
  try {
    set(fmt::format("{}.{}", table, assignment.substr(0, equals)), assignment.substr(equals + 1));
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", option, error.what()));
  }
}

const std::string* PolicyLayer::find(std::string_view key) const {
  const auto found = words_.find(key);
  return found == words_.end() ? nullptr : &found->second;
}

void PolicyLayer::erase(std::string_view key) {
  if (const auto found = words_.find(key); found != words_.end()) words_.erase(found);
}

void PolicyLayer::erase_formats() {
  for (const PolicyField& field : policy_fields())
    if (field.is_format) erase(field.key);
}

void PolicyLayer::lay(const PolicyLayer& over) {
  for (const auto& [key, word] : over.words_) words_.insert_or_assign(key, word);
}

bool PolicyLayer::names_a_format() const {
  return std::any_of(words_.begin(), words_.end(),
                     [](const auto& entry) { return policy_field(entry.first).is_format; });
}

bool PolicyLayer::names_all_formats() const {
  return std::all_of(policy_fields().begin(), policy_fields().end(), [&](const PolicyField& field) {
    return field.table() != "formats" || field.key == "formats.rotary" || words_.contains(field.key);
  });
}

std::vector<std::pair<std::string, std::string>> PolicyLayer::entries() const {
  std::vector<std::pair<std::string, std::string>> list;
  for (const PolicyField& field : policy_fields())
    if (const std::string* word = find(field.key)) list.emplace_back(field.key, *word);
  return list;
}

Policy laid(Policy base, const PolicyLayer& layer, const Bindings& bindings) {
  for (const auto& [key, word] : layer.entries()) {
    const PolicyField& field = policy_field(key);
    try {
      field.set(base, field.role, word, bindings);
    } catch (const UsageError& error) {
      throw UsageError(fmt::format("{}: {}", key, error.what()));
    }
  }
  // Where every other role is named, tables are rounded as weights are.
  if (layer.names_all_formats() && layer.find("format") == nullptr && layer.find("formats.rotary") == nullptr)
    base[Role::rotary] = base[Role::weights];
  if (layer.find("dot") != nullptr && base.dot == DotMode::fused && layer.find("order") == nullptr)
    base.order = SumOrder{};
  check(base);
  return base;
}

PolicyLayer layer_of(const Policy& policy) {
  PolicyLayer layer;
  for (const PolicyField& field : policy_fields()) {
    const bool same = field.table() == "formats" && policy[static_cast<Role>(field.role)] == policy[Role::weights];
    const std::string word = field.get(policy, field.role);
    const bool absent = word == (field.table() == "quantise" ? no_quantiser : std::string_view(field.usual));
    if (!same && !absent) layer.set(field.key, word);
  }
  return layer;
}

PolicyLayer difference(const Policy& policy, const Policy& implied) {
  PolicyLayer layer;
  layer.set("format", formats::notation(policy[Role::weights]));
  for (const PolicyField& field : policy_fields())
    if (const std::string word = field.get(policy, field.role); word != field.get(implied, field.role))
      layer.set(field.key, word);
  return layer;
}

std::string notation(const Policy& policy) {
  std::string text;
  for (const auto& [key, word] : layer_of(policy).entries()) {
    const PolicyField& field = policy_field(key);
    if (key == "format")
      text = word;
    else if (field.table() == "formats")
      text += fmt::format(" {}={}", field.name(), word);
    else if (!field.table().empty())
      text += fmt::format(" {}={}", key, word);
  }
  return text;
}

namespace {

/// "--norm-cast" of "norm_cast".
std::string dashed(std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  return "--" + key;
}

}  // namespace

std::string option_of(const PolicyField& field) {
  return field.table() == "formats"    ? "--role"
         : field.table() == "quantise" ? "--quantise"
                                       : dashed(field.key);
}

std::vector<std::string> options_of(const PolicyLayer& layer) {
  std::vector<std::string> words;
  for (const auto& [key, word] : layer.entries()) {
    const PolicyField& field = policy_field(key);
    words.push_back(option_of(field));
    words.push_back(field.table().empty() ? word : fmt::format("{}={}", field.name(), word));
  }
  return words;
}

}  // namespace roundoff::sim
