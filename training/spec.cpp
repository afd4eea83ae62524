#include "training/spec.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"
#include "sim/files/policy_toml.hpp"
#include "sim/files/text_file.hpp"
#include "sim/model/policy_codec.hpp"

namespace roundoff::training {

namespace {

namespace fs = std::filesystem;

/// A table whose keys are all asked for, or refused.
class Section {
 public:
  Section(const toml::table* table, std::string name, std::string source)
      : table_(table), name_(std::move(name)), source_(std::move(source)) {}

  [[noreturn]] void fail(const toml::node& node, std::string_view what) const {
    throw FileError(fmt::format("{}:{}: {}", source_, node.source().begin.line, what));
  }
  const toml::node* find(std::string_view key) {
    known_.emplace_back(key);
    return table_ == nullptr ? nullptr : table_->get(key);
  }
  template <class Number>
  void whole(std::string_view key, Number& to, std::int64_t least, std::int64_t most = 1LL << 40) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto number = node->value_exact<std::int64_t>();
    if (!number || *number < least || *number > most)
      fail(*node, fmt::format("{} must be a whole number from {} to {}", key, least, most));
    to = static_cast<Number>(*number);
  }
  void text(std::string_view key, std::string& to) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto word = node->value_exact<std::string>();
    if (!word) fail(*node, fmt::format("{} must be a string", key));
    to = *word;
  }
  void flag(std::string_view key, bool& to) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto value = node->value_exact<bool>();
    if (!value) fail(*node, fmt::format("{} must be true or false", key));
    to = *value;
  }
  /// A number as the decimal that was written, or the shortest one that reads back to it.
  void decimal(std::string_view key, std::string& to, double least, double most) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto number = node->value<double>();
    if (!number || !(*number >= least) || !(*number <= most))
      fail(*node, fmt::format("{} must be a number from {:g} to {:g}", key, least, most));
    char digits[40];
    const auto end = std::to_chars(digits, digits + sizeof digits, *number).ptr;
    to.assign(digits, end);
  }
  template <class Choice>
  void choice(std::string_view key, Choice& to,
              const std::vector<std::pair<std::string_view, Choice>>& words) {
    std::string word;
    text(key, word);
    if (word.empty()) return;
    std::vector<std::string_view> names;
    for (const auto& [name, value] : words) {
      if (name == word) {
        to = value;
        return;
      }
      names.push_back(name);
    }
    fail(*table_->get(key), fmt::format("{} = \"{}\" is none of {}{}", key, word, fmt::join(names, ", "),
                                        did_you_mean(word, names)));
  }
  void done() const {
    if (table_ == nullptr) return;
    for (const auto& [key, node] : *table_)
      if (std::find(known_.begin(), known_.end(), key.str()) == known_.end())
        fail(node, fmt::format(
                       "unknown key '{}' in {}{}", key.str(), name_,
                       did_you_mean(key.str(), std::vector<std::string_view>(known_.begin(), known_.end()))));
  }

 private:
  const toml::table* table_;
  std::string name_, source_;
  std::vector<std::string> known_;
};

/// 4, [2, 3] or "2..4".
std::vector<int> sizes_of(Section& data, std::string_view key, int standard) {
  const toml::node* node = data.find(key);
  if (node == nullptr) return {standard};
  std::vector<int> made;
  const auto take = [&](const toml::node& one) {
    const auto number = one.value_exact<std::int64_t>();
    if (!number || *number < 1 || *number > 10000)
      data.fail(one, fmt::format("{} must be whole numbers from 1 to 10000", key));
    made.push_back(static_cast<int>(*number));
  };
  if (const toml::array* list = node->as_array()) {
    for (const toml::node& one : *list) take(one);
  } else if (const auto range = node->value_exact<std::string>()) {
    const std::size_t dots = range->find("..");
    int low = 0, high = -1;
    if (dots != std::string::npos) {
      std::from_chars(range->data(), range->data() + dots, low);
      std::from_chars(range->data() + dots + 2, range->data() + range->size(), high);
    }
    if (low < 1 || high < low || high - low > 1000)
      data.fail(*node, fmt::format("{} = \"{}\" is no range; write \"2..4\"", key, *range));
    for (int n = low; n <= high; ++n) made.push_back(n);
  } else {
    take(*node);
  }
  if (made.empty()) data.fail(*node, fmt::format("{} must not be empty", key));
  return made;
}

void read_data(Section& data, const fs::path& folder, DataSpec& to) {
  data.text("task", to.task);
  data.text("text", to.text);
  data.whole("grammar", to.grammar, 1000, 1LL << 28);
  const int given = (to.task.empty() ? 0 : 1) + (to.text.empty() ? 0 : 1) + (to.grammar == 0 ? 0 : 1);
  if (given != 1)
    throw FileError(
        "[data] names what is trained on: one of task = \"add\", text = \"FILE\", grammar = 2000000");
  if (!to.task.empty()) {
    const TaskSize standard;
    TaskSize size;
    data.whole("p", size.p, 2, 1000);
    data.whole("k", size.k, 1, 1000);
    data.whole("l", size.l, 0, 10000);
    data.whole("c", size.c, 1, 100);
    data.flag("ragged", size.ragged);
    for (const int n : sizes_of(data, "n", standard.n)) {
      size.n = n;
      to.sizes.push_back(size);
    }
    const std::string name = to.task.substr(0, to.task.find(':'));
    if (name.ends_with(".toml") && fs::path(to.task).is_relative()) to.task = (folder / to.task).string();
  } else {
    data.whole("context", to.context, 2, 1 << 16);
    std::string vocabulary = "characters";
    data.text("vocabulary", vocabulary);
    if (vocabulary.starts_with("characters:"))
      std::from_chars(vocabulary.data() + 11, vocabulary.data() + vocabulary.size(), to.most);
    if (vocabulary != "characters" && vocabulary != fmt::format("characters:{}", to.most))
      data.fail(*data.find("vocabulary"), "vocabulary must be \"characters\" or \"characters:64\"");
    if (to.most == 1)
      data.fail(*data.find("vocabulary"), "a vocabulary of one character has nothing to learn");
    if (!to.text.empty() && fs::path(to.text).is_relative()) to.text = (folder / to.text).string();
  }
}

void read_train(Section& train, TrainSpec& to) {
  OptimiserOptions& o = to.optimiser;
  train.whole("steps", to.steps, 1);
  train.whole("tokens", to.tokens, 1);
  if ((to.steps == 0) == (to.tokens == 0)) throw FileError("[train] says how long: one of steps and tokens");
  train.whole("batch", to.batch, 1, 1 << 20);
  train.decimal("lr", o.rate, 0, 1e6);
  train.whole("warmup", o.warmup, 0);
  train.decimal("final", o.final_share, 0, 1);
  train.choice<OptimiserOptions::Schedule>(
      "schedule", o.schedule,
      {{"cosine", OptimiserOptions::cosine}, {"constant", OptimiserOptions::constant}});
  train.choice<OptimiserOptions::Kind>("optimiser", o.kind,
                                       {{"adam", OptimiserOptions::adam}, {"sgd", OptimiserOptions::sgd}});
  train.decimal("beta1", o.beta1, 0, 0.999999999);
  train.decimal("beta2", o.beta2, 0, 0.999999999);
  train.decimal("epsilon", o.epsilon, 0, 1);
  train.decimal("momentum", o.momentum, 0, 1);
  train.decimal("loss_scale", o.loss_scale, 1e-9, 1e18);
  train.whole("seed", to.seed, 0);
  train.whole("checkpoint", to.checkpoint, 1);
  train.choice<Tier>("tier", to.tier, {{"exact", Tier::exact}, {"fast", Tier::fast}});
}

void read_formats(const toml::table& page, const std::string& source, const Bindings& bindings,
                  TrainSpec& to) {
  const auto fail = [&](const toml::node& node, std::string_view what) {
    throw FileError(fmt::format("{}:{}: {}", source, node.source().begin.line, what));
  };
  PolicyLayer layer;
  std::array<std::string, 4> own;
  for (const std::string_view key : policy_keys()) {
    const toml::node* node = page.get(key);
    if (node == nullptr) continue;
    const toml::table* table = node->as_table();
    if (key != "formats" || table == nullptr) {
      read_policy(layer, key, *node, fail);
      continue;
    }
    toml::table forward;
    for (const auto& [role, format] : *table) {
      const auto* found = std::find(training_role_names.begin(), training_role_names.end(), role.str());
      if (found == training_role_names.end()) {
        forward.insert(role, format);
        continue;
      }
      const auto word = format.value_exact<std::string>();
      if (!word) fail(format, fmt::format("formats.{} must be a string", role.str()));
      own[static_cast<std::size_t>(found - training_role_names.begin())] = *word;
    }
    read_policy(layer, key, forward, fail);
  }
  try {
    to.policy = TrainingPolicy::uniform(parse_format("binary32"));
    const std::string* all = layer.find("format");
    if (all != nullptr) to.policy = TrainingPolicy::uniform(FormatFamily(*all).at(bindings));
    to.policy.model = laid(to.policy.model, layer, bindings);
    for (std::size_t i = 0; i < own.size(); ++i)
      if (!own[i].empty()) to.policy.more[i] = FormatFamily(own[i]).at(bindings);
  } catch (const UsageError& error) {
    throw FileError(fmt::format("{}: {}", source, error.what()));
  }
}

}  // namespace

TrainSpec read_train_spec(std::string_view text, const std::string& source) {
  const toml::table page = parse_toml(text, source);
  const fs::path folder = fs::path(source).parent_path();
  TrainSpec made;
  Section top(&page, "the page", source);
  const auto section = [&](std::string_view name) {
    const toml::node* node = top.find(name);
    if (node != nullptr && node->as_table() == nullptr)
      top.fail(*node, fmt::format("[{}] must be a table", name));
    return Section(node == nullptr ? nullptr : node->as_table(), fmt::format("[{}]", name), source);
  };
  Section model = section("model"), data = section("data"), train = section("train"),
          evaluate = section("evaluate");
  top.text("out", made.out);
  for (const std::string_view key : policy_keys()) top.find(key);
  top.done();
  if (!made.out.empty() && fs::path(made.out).is_relative()) made.out = (folder / made.out).string();

  model.whole("layers", made.model.layers, 1, 1000);
  model.whole("d_model", made.model.d_model, 1, 1 << 16);
  model.whole("heads", made.model.heads, 1, 1 << 12);
  model.whole("d_ff", made.model.d_ff, 1, 1 << 18);
  model.choice<std::optional<Norm::Kind>>(
      "norm", made.model.norm, {{"rms", Norm::rms}, {"layer", Norm::layer}, {"none", std::nullopt}});
  model.choice<Activation>("activation", made.model.activation,
                           {{"relu", Activation::relu},
                            {"gelu", Activation::gelu},
                            {"gelu_tanh", Activation::gelu_tanh},
                            {"silu", Activation::silu},
                            {"identity", Activation::identity}});
  model.flag("gated", made.model.gated);
  model.flag("biases", made.model.biases);
  model.flag("tied", made.model.tied);
  model.done();
  try {
    read_data(data, folder, made.data);
    read_train(train, made);
  } catch (const FileError& error) {
    const std::string what = error.what();
    throw FileError(what.starts_with(source) ? what : fmt::format("{}: {}", source, what));
  }
  data.done();
  train.done();
  evaluate.whole("sequences", made.held_out, 1, 1 << 24);
  if (const toml::node* node = evaluate.find("post")) {
    const toml::array* list = node->as_array();
    if (list == nullptr) evaluate.fail(*node, "post must be a list of bits, as in post = [3, 4]");
    for (const toml::node& one : *list) {
      const auto bits = one.value_exact<std::int64_t>();
      if (!bits || *bits < 2 || *bits > 16) evaluate.fail(one, "post: bits from 2 to 16");
      made.post.push_back(static_cast<int>(*bits));
    }
  }
  evaluate.done();
  Bindings bindings;
  if (!made.data.task.empty()) bindings = make_task(made.data.task, made.data.sizes.back())->bindings();
  read_formats(page, source, bindings, made);
  return made;
}

TrainSpec load_train_spec(const std::string& path) { return read_train_spec(read_text_file(path), path); }

std::unique_ptr<Data> make_data(const DataSpec& spec, std::uint64_t seed) {
  if (!spec.task.empty()) {
    std::vector<std::unique_ptr<Task>> sizes;
    for (const TaskSize& size : spec.sizes) sizes.push_back(make_task(spec.task, size));
    return task_data(std::move(sizes), seed);
  }
  if (!spec.text.empty())
    return text_data(read_text_file(spec.text), spec.text, spec.most, spec.context, seed);
  return text_data(grammar_text(spec.grammar), "the made-up language", spec.most, spec.context, seed);
}

std::string describe(const TrainSpec& spec, const Data& data) {
  const ModelSpec& m = spec.model;
  const OptimiserOptions& o = spec.optimiser;
  std::string formats;
  for (const auto& [key, word] : layer_of(spec.policy.model).entries())
    formats += fmt::format(" {}={}", key, word);
  for (std::size_t i = 0; i < training_role_names.size(); ++i)
    formats += fmt::format(" {}={}", training_role_names[i], notation(spec.policy.more[i]));
  return fmt::format(
      "tier {}; layers {} d_model {} heads {} d_ff {} norm {} activation {} gated {} biases {} tied {}; data "
      "{}; steps {} tokens {} "
      "batch {} seed {}; optimiser {} lr {} betas {} {} epsilon {} momentum {} loss scale {} schedule {} "
      "warmup {} final {};{}",
      spec.tier == Tier::exact ? "exact" : "fast", m.layers, m.d_model, m.heads, m.d_ff,
      m.norm ? static_cast<int>(*m.norm) : -1, static_cast<int>(m.activation), m.gated, m.biases, m.tied,
      data.describe(), spec.steps, spec.tokens, spec.batch, spec.seed, static_cast<int>(o.kind), o.rate,
      o.beta1, o.beta2, o.epsilon, o.momentum, o.loss_scale, static_cast<int>(o.schedule), o.warmup,
      o.final_share, formats);
}

}  // namespace roundoff::training
