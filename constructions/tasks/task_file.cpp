// See task_file.hpp.
#include "constructions/tasks/task_file.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <mutex>

#include <fmt/format.h>

#include "constructions/automata/regex.hpp"
#include "constructions/programs/run_program.hpp"
#include "constructions/tasks/automaton_task.hpp"
#include "constructions/tasks/cases_task.hpp"
#include "constructions/tasks/expression_task.hpp"
#include "constructions/tasks/padded_task.hpp"
#include "constructions/tasks/parameters.hpp"
#include "constructions/tasks/program_task.hpp"
#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"
#include "sim/files/text_file.hpp"
#include "sim/files/toml.hpp"
#include "sim/program/flat_table.hpp"

namespace roundoff::constructions {
namespace {

/// 128 bits over text, as hexadecimal digits.
std::string hashed(std::string_view text) {
  std::uint64_t low = 1, high = 2;
  for (const char c : text) {
    low = mixed(low, static_cast<unsigned char>(c));
    high = mixed(high + low, static_cast<unsigned char>(c));
  }
  return fmt::format("{:016x}{:016x}", high, low);
}

constexpr int most_parameter = 1'000'000'000;

/// A file, and what its record's views point into.
class TaskFile {
 public:
  explicit TaskFile(const std::string& path) : path_(path) {
    const std::string text = read_text_file(path);
    digest_ = hashed(text);
    page_ = parse_toml(text, path);
    only(page_, {"task", "parameters", "adversarial"});
    const toml::table* task = page_["task"].as_table();
    if (!task) throw FileError(path + ": there is no [task] in it");
    task_ = task;
    name_ = text_of(*task, "name", std::filesystem::path(path).stem().string());
    kind_ = text_of(*task, "kind", "");
    if (const toml::node* words = page_["adversarial"]["words"].node()) words_ = texts(*words, "words");
    if (const toml::table* extra = page_["adversarial"].as_table()) only(*extra, {"words"});
    if (const toml::table* parameters = page_["parameters"].as_table())
      for (const auto& [key, node] : *parameters) {
        const auto value = node.value_exact<std::int64_t>();
        if (!value || *value < -most_parameter || *value > most_parameter)
          fail(node, fmt::format("the parameter {} must be a whole number from {} to {}", key.str(),
                                 -most_parameter, most_parameter));
        parameters_.emplace_back(std::string(key.str()), std::to_string(*value));
      }
    entry_.name = name_;
    for (const auto& [key, value] : parameters_) entry_.parameters.push_back({key, value, "of the file"});
    entry_.standard = {{.n = 3}};
    entry_.base = false;
    describe();
    pad();
    entry_.sizes = sizes_;
  }
  TaskFile(const TaskFile&) = delete;
  TaskFile& operator=(const TaskFile&) = delete;

  const TaskEntry& entry() const { return entry_; }

 private:
  [[noreturn]] void fail(const toml::node& node, const std::string& message) const {
    throw FileError(fmt::format("{}:{}: {}", path_, node.source().begin.line, message));
  }
  void only(const toml::table& table, std::vector<std::string_view> known) const {
    for (const auto& [key, node] : table)
      if (std::find(known.begin(), known.end(), key.str()) == known.end())
        fail(node, fmt::format("unknown key '{}'{}", key.str(), did_you_mean(key.str(), known)));
  }
  std::string text_of(const toml::table& table, std::string_view key,
                      const std::optional<std::string>& standard) const {
    const toml::node* node = table.get(key);
    if (!node) {
      if (standard) return *standard;
      throw FileError(fmt::format("{}: [task] lacks '{}'", path_, key));
    }
    if (const auto number = node->value_exact<std::int64_t>()) return std::to_string(*number);
    const auto text = node->value_exact<std::string>();
    if (!text) fail(*node, fmt::format("{} must be a string", key));
    return *text;
  }
  std::vector<std::string> texts(const toml::node& node, std::string_view key) const {
    const toml::array* array = node.as_array();
    std::vector<std::string> result;
    for (std::size_t i = 0; array && i < array->size(); ++i) {
      const auto text = array->get(i)->value_exact<std::string>();
      if (!text) array = nullptr;
      if (text) result.push_back(*text);
    }
    if (!array) fail(node, fmt::format("{} must be a list of strings", key));
    return result;
  }
  /// An expression of the file: the sizes that it names are sizes of the task.
  std::string sized(std::string expression) {
    for (std::size_t i = 0; i < expression.size();) {
      std::size_t end = i;
      while (end < expression.size() &&
             (std::isalnum(static_cast<unsigned char>(expression[end])) != 0 || expression[end] == '_'))
        ++end;
      if (end == i + 1) use(expression[i]);
      i = std::max(end, i + 1);
    }
    return expression;
  }
  void use(char letter) {
    if (letter == 'p') entry_.base = true;
    if (std::string_view("nkl").find(letter) != std::string_view::npos && !entry_.uses(letter))
      sizes_ += letter;
    entry_.sizes = sizes_;
  }
  const toml::node& required(std::string_view key) const {
    const toml::node* node = task_->get(key);
    if (!node) throw FileError(fmt::format("{}: a task of kind {} needs '{}'", path_, kind_, key));
    return *node;
  }
  std::string spec(const Parameters& parameters) const {
    TaskEntry named = entry_;
    named.name = path_;
    return spec_of(named, parameters);
  }
  Names names(const TaskSize& size, const Parameters& parameters) const {
    Names names = size_names(size);
    for (const auto& [key, value] : parameters)
      names[key] = whole(parameters, key, -most_parameter, most_parameter);
    return names;
  }
  bool least(std::string_view key) const {
    const std::string text = text_of(*task_, key, "most");
    if (text != "most" && text != "least")
      fail(*task_->get(key), fmt::format("{} is \"most\" or \"least\", not \"{}\"", key, text));
    return text == "least";
  }

  void describe() {
    constexpr std::string_view kinds[] = {"expression", "automaton", "cases", "program"};
    if (kind_ == "expression") return expression();
    if (kind_ == "automaton") return automaton();
    if (kind_ == "cases") return cases();
    if (kind_ == "program") return program();
    throw FileError(fmt::format("{}: kind is expression, automaton, cases or program, not '{}'{}", path_,
                                kind_, did_you_mean(kind_, kinds)));
  }

  /// padding = { count = "n", token = "." }, of every kind.
  void pad() {
    const toml::node* node = task_->get("padding");
    if (!node) return;
    const toml::table* padding = node->as_table();
    if (!padding) fail(*node, "padding is { count = \"n\", token = \".\" }");
    only(*padding, {"count", "token"});
    const std::string count = sized(text_of(*padding, "count", std::nullopt)),
                      token = text_of(*padding, "token", ".");
    const auto make = entry_.make;
    entry_.make = [make, count, token, this](const TaskSize& size, const Parameters& parameters) {
      return padded_task(make(size, parameters), evaluate_size(count, names(size, parameters), 0, 65536),
                         token);
    };
  }

  void expression() {
    only(*task_,
         {"name", "kind", "base", "operands", "answer", "answer_digits", "first", "answer_first", "padding"});
    const std::string answer = sized(text_of(*task_, "answer", std::nullopt));
    summary_ = answer;
    entry_.summary = summary_;
    entry_.form = "expression";
    entry_.families = {"stated words", "extreme operands, each with each",
                       "operands that are equal but for one digit"};
    entry_.make = of_operands(answer, sized(text_of(*task_, "answer_digits", std::nullopt)));
  }

  /// A task on the operands that the file names.
  decltype(TaskEntry::make) of_operands(const std::string& answer, const std::string& answer_digits) {
    const toml::table* operands = task_->get("operands") ? task_->get("operands")->as_table() : nullptr;
    if (!operands)
      throw FileError(fmt::format("{}: {} needs operands = {{ count = 2, digits = \"n\", ... }}", path_,
                                  kind_ == "program" ? "a program without an alphabet" : "an expression"));
    only(*operands, {"count", "digits", "separator", "end"});
    const std::string count = sized(text_of(*operands, "count", "2")),
                      digits = sized(text_of(*operands, "digits", "n")),
                      base = sized(text_of(*task_, "base", "p"));
    const std::string separator = text_of(*operands, "separator", "+"), end = text_of(*operands, "end", "=");
    const bool first = least("first"), answer_first = least("answer_first");
    return [=, this](const TaskSize& given, const Parameters& parameters) {
      TaskSize size = given;
      size.p = evaluate_size(base, names(size, parameters), 2, 256);
      const Names known = names(size, parameters);
      if (evaluate_size(base, known, 2, 256) != size.p)
        throw UsageError(fmt::format("{}: base is p or a number, not '{}'", path_, base));
      check_size(size);
      ExpressionForm form;
      form.name = name_;
      form.spec = spec(parameters);
      form.digest = digest_;
      form.words = words_;
      form.sequence.operands = evaluate_size(count, known, 1, 4096);
      form.sequence.separator = form.sequence.operands == 1 ? "" : separator;
      form.sequence.end = end;
      form.sequence.digits = evaluate_size(digits, known, 1, 4096);
      form.sequence.answer_digits = evaluate_size(answer_digits, known, 1, 65536);
      form.sequence.least_first = first;
      form.sequence.answer_least_first = answer_first;
      form.answer = parse_integer_expression(answer, form.sequence.operands, known);
      return expression_task(size, std::move(form));
    };
  }

  void automaton() {
    only(*task_, {"name", "kind", "alphabet", "states", "start", "transitions", "output", "end", "each",
                  "inputs", "padding"});
    AutomatonForm form;
    form.name = name_;
    form.digest = digest_;
    form.words = words_;
    form.alphabet = texts(required("alphabet"), "alphabet");
    form.end = text_of(*task_, "end", "=");
    if (const toml::node* each = task_->get("each")) {
      const auto flag = each->value_exact<bool>();
      if (!flag) fail(*each, "each is true or false");
      form.each = *flag;
      if (form.each && task_->get("end"))
        fail(*task_->get("end"), "where each = true there is no end symbol");
    }
    const std::vector<std::string> states = texts(required("states"), "states");
    const auto state = [&](const toml::node& node, const std::string& text) {
      const auto found = std::find(states.begin(), states.end(), text);
      if (found == states.end())
        fail(node,
             fmt::format("there is no state '{}'{}", text,
                         did_you_mean(text, std::vector<std::string_view>(states.begin(), states.end()))));
      return static_cast<int>(found - states.begin());
    };
    const auto distinct = [&](std::vector<std::string> list, std::string_view what) {
      std::sort(list.begin(), list.end());
      if (list.empty() || std::adjacent_find(list.begin(), list.end()) != list.end())
        fail(required(what), fmt::format("{} must be distinct, and at least one", what));
    };
    distinct(form.alphabet, "alphabet");
    distinct(states, "states");
    Automaton& made = form.automaton;
    made.symbols = static_cast<int>(form.alphabet.size());
    made.start = state(required("start"), text_of(*task_, "start", std::nullopt));
    made.next.assign(states.size(), std::vector<int>(form.alphabet.size(), -1));
    const toml::array* transitions = required("transitions").as_array();
    for (std::size_t i = 0; transitions && i < transitions->size(); ++i) {
      const toml::node& node = *transitions->get(i);
      const std::vector<std::string> edge = texts(node, "a transition");
      if (edge.size() != 3) fail(node, "a transition is [from, symbol, to]");
      const auto symbol = std::find(form.alphabet.begin(), form.alphabet.end(), edge[1]);
      if (symbol == form.alphabet.end()) fail(node, fmt::format("the alphabet has no '{}'", edge[1]));
      int& to = made.next[static_cast<std::size_t>(state(node, edge[0]))]
                         [static_cast<std::size_t>(symbol - form.alphabet.begin())];
      if (to >= 0) fail(node, fmt::format("a second transition from {} by {}", edge[0], edge[1]));
      to = state(node, edge[2]);
    }
    for (std::size_t s = 0; s < states.size(); ++s)
      for (std::size_t a = 0; a < form.alphabet.size(); ++a)
        if (made.next[s][a] < 0)
          fail(required("transitions"),
               fmt::format("there is no transition from {} by {}", states[s], form.alphabet[a]));
    const toml::table* output = required("output").as_table();
    if (!output) fail(required("output"), "output is a table: { state = \"token\", ... }");
    for (const auto& [key, node] : *output) state(node, std::string(key.str()));
    for (const std::string& each : states) {
      if (!output->get(each)) fail(*output, fmt::format("the state {} has no output", each));
      const std::string token = text_of(*output, each, std::nullopt);
      const auto known = std::find(form.outputs.begin(), form.outputs.end(), token);
      made.output.push_back(static_cast<int>(known - form.outputs.begin()));
      if (known == form.outputs.end()) form.outputs.push_back(token);
    }
    if (task_->get("inputs")) {
      try {
        form.inputs = regular_language(text_of(*task_, "inputs", ""), form.alphabet);
      } catch (const UsageError& error) {
        fail(*task_->get("inputs"), error.what());
      }
    }
    summary_ = fmt::format("the output of an automaton with {} states {}", states.size(),
                           form.each ? "behind each of n symbols" : "after a word of n symbols");
    entry_.summary = summary_;
    entry_.form = "automaton";
    use('n');
    entry_.families = word_entry("", "", "", {}).families;
    entry_.make = [form, this](const TaskSize& size, const Parameters& parameters) {
      AutomatonForm chosen = form;
      chosen.spec = spec(parameters);
      return automaton_task(size, std::move(chosen));
    };
  }

  void cases() {
    only(*task_, {"name", "kind", "vocabulary", "file", "padding"});
    const std::string file =
        (std::filesystem::path(path_).parent_path() / text_of(*task_, "file", std::nullopt)).string();
    CasesForm form;
    form.name = name_;
    form.vocabulary = texts(required("vocabulary"), "vocabulary");
    try {
      const std::string text = read_text_file(file);
      form.digest = hashed(digest_ + text);
      form.cases = read_cases(file, text, form.vocabulary);
    } catch (const FileError& error) {  // either file may be the wrong one
      throw FileError(fmt::format("{}: {}", path_, error.what()));
    }
    summary_ = fmt::format("{} listed prompts and answers", form.cases.size());
    entry_.summary = summary_;
    entry_.form = "cases";
    use('n');
    entry_.families = {"all cases"};
    entry_.make = [form, this](const TaskSize& size, const Parameters& parameters) {
      CasesForm chosen = form;
      chosen.spec = spec(parameters);
      return cases_task(size, std::move(chosen));
    };
  }

  void program() {
    only(*task_, {"name", "kind", "command", "alphabet", "length", "end", "base", "operands", "first",
                  "answers", "timeout", "padding"});
    ProgramForm form;
    form.name = name_;
    const toml::node& command = required("command");
    form.command = command.is_array() ? texts(command, "command")
                                      : command_words(text_of(*task_, "command", std::nullopt));
    if (form.command.empty()) fail(command, "the command has no words");
    const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
    form.folder = folder.string();
    std::string named = digest_;
    for (const std::string& word : form.command)
      if (std::filesystem::is_regular_file(folder / word))
        named += hashed(read_text_file((folder / word).string()));
    form.digest = hashed(named);
    if (const toml::node* answers = task_->get("answers")) form.answers = texts(*answers, "answers");
    if (const toml::node* seconds = task_->get("timeout")) {
      const auto limit = seconds->value<double>();
      if (!limit || *limit <= 0) fail(*seconds, "timeout is a number of seconds");
      form.seconds = *limit;
    }
    const bool words = task_->get("alphabet") != nullptr;
    if (words && task_->get("operands")) fail(*task_->get("operands"), "give an alphabet, or operands");
    decltype(TaskEntry::make) inputs;
    if (words) {
      AutomatonForm all;
      all.name = all.spec = name_;
      all.words = words_;
      all.alphabet = texts(required("alphabet"), "alphabet");
      if (all.alphabet.empty()) fail(required("alphabet"), "the alphabet has no symbols");
      all.end = text_of(*task_, "end", "=");
      all.outputs = {all.alphabet.front()};
      all.automaton = {
          static_cast<int>(all.alphabet.size()), 0, {std::vector<int>(all.alphabet.size(), 0)}, {0}};
      const std::string length = sized(text_of(*task_, "length", "n"));
      inputs = [all, length, this](const TaskSize& given, const Parameters& parameters) {
        TaskSize size = given;
        size.n = evaluate_size(length, names(given, parameters), 1, 4096);
        return automaton_task(size, all);
      };
    } else {
      inputs = of_operands("0", "1");
    }
    summary_ = fmt::format("what {} answers", fmt::join(form.command, " "));
    entry_.summary = summary_;
    entry_.form = "program";
    entry_.families = {"stated words", words ? "words of one symbol, and words that differ in one symbol"
                                             : "extreme operands, and operands that differ in one digit"};
    entry_.make = [form, inputs, this](const TaskSize& size, const Parameters& parameters) {
      ProgramForm chosen = form;
      chosen.spec = spec(parameters);
      return program_task(inputs(size, parameters), std::move(chosen));
    };
  }

  std::string path_, digest_, name_, kind_, summary_, sizes_;
  toml::table page_;
  const toml::table* task_ = nullptr;
  std::vector<std::string> words_;
  std::vector<std::pair<std::string, std::string>> parameters_;
  TaskEntry entry_;
};

}  // namespace

std::string task_beside(const std::string& spec, const std::string& model_file) {
  const std::size_t end = spec.find(".toml");
  if (end == std::string::npos) return spec;
  const std::filesystem::path beside =
      std::filesystem::path(model_file).parent_path() / spec.substr(0, end + 5);
  return std::filesystem::exists(beside) ? beside.string() + spec.substr(end + 5) : spec;
}

const TaskEntry& task_of_file(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<TaskFile>> files;
  const std::lock_guard lock(mutex);
  std::unique_ptr<TaskFile>& file = files[path];
  if (!file) file = std::make_unique<TaskFile>(path);
  return file->entry();
}

}  // namespace roundoff::constructions
