// roundoff arithmetic: how often a model does sums and products right, by number of digits, under two policies.
#include "analyzer/precision/arithmetic.hpp"

#include <charconv>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/options/policy_options.hpp"
#include "cli/options/token_blocks.hpp"
#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/comparison.hpp"
#include "cli/views/task_json.hpp"
#include "cli/views/tensor_view.hpp"
#include "formats/error.hpp"
#include "sim/model/repeat.hpp"

namespace roundoff::cli {
namespace {

struct ArithmeticArguments {
  std::string model, against = "binary32", task = "mul", digits = "1..5", question;
  int count = 100;
  PolicyOptions policy;
};

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const ArithmeticKind& kind : arithmetic_kinds()) names.emplace_back(kind.name);
  return names;
}

void declare_arithmetic(Arguments& arguments, ArithmeticArguments& options) {
  arguments.positional("MODEL", options.model,
                       "A model file, or a folder with config.json and model.safetensors", true);
  arguments.choice("--task", options.task, kind_names(), "What is asked (mul)");
  arguments.text("--digits", options.digits, "A..B", "Digits of both operands (1..5)");
  arguments.number("--count", options.count, 1, 1 << 20, "Problems for each number of digits");
  arguments.text("--question", options.question, "TEXT",
                 "How it is asked, in the model's tokens: '{a} times {b} is'");
  declare_policy(arguments, options.policy);
  arguments.text("--against", options.against, "FILE|STACK|FORMAT", "What it is compared with (binary32)");
}

/// "3", "1..5".
std::pair<int, int> digits_of(const std::string& text, int most) {
  const std::size_t dots = text.find("..");
  const std::string first = text.substr(0, dots),
                    last = dots == std::string::npos ? first : text.substr(dots + 2);
  const auto number = [&](const std::string& word) {
    int value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size() || value < 1 || value > most)
      throw UsageError(
          fmt::format("arithmetic: --digits {} is no range of 1 to {} digits, such as 1..5", text, most));
    return value;
  };
  const std::pair range(number(first), number(last));
  if (range.first > range.second) throw UsageError(fmt::format("arithmetic: --digits {} is empty", text));
  return range;
}

int run_arithmetic(const ArithmeticArguments& options, Session& session) {
  ModelFile file = load_model(options.model);
  file.model = unrolled(file.model, {});
  const Policy against = policy_of_word(options.against, file, options.model);
  const Policy policy =
      file_policy(options.policy.layer(), file, options.model, Bindings{}, "binary32", NanRule::propagate);
  ArithmeticQuestion question;
  for (const ArithmeticKind& kind : arithmetic_kinds())
    if (kind.name == options.task) question.kind = &kind;
  question.question = options.question.empty() ? std::string(question.kind->question) : options.question;
  std::tie(question.digits_least, question.digits_most) =
      digits_of(options.digits, question.kind->most_digits);
  question.count = options.count, question.seed = session.seed;
  ProgressLine progress(session);
  const TensorOptions how = tensor_options({}, session, progress);
  try {
    const auto rows = arithmetic(
        file.model, against, policy, question,
        [&](std::string_view text) { return tokens_of_text(text, file.model); }, how);
    Table table{{{"digits", "digits", true},
                 {"problems", "problems", true},
                 {"right_against", "right against", true},
                 {"right_policy", "right under policy", true},
                 {"lost", "lost", true},
                 {"gained", "gained", true}},
                {}};
    Json list = Json::array();
    const auto share = [](int right, int count) {
      const Share part = share_of(right, count);
      return fmt::format("{:.4g} +- {:.2g}", part.share, part.error);
    };
    const auto share_json = [](int right, int count) {
      const Share part = share_of(right, count);
      return Json{{"count", right}, {"share", part.share}, {"error", part.error}};
    };
    for (const ArithmeticRow& row : rows) {
      table.rows.push_back({std::to_string(row.digits), std::to_string(row.count),
                            share(row.right_a, row.count), share(row.right_b, row.count),
                            std::to_string(row.lost), std::to_string(row.gained)});
      list.push_back({{"digits", row.digits},
                      {"problems", row.count},
                      {"against", share_json(row.right_a, row.count)},
                      {"policy", share_json(row.right_b, row.count)},
                      {"lost", row.lost},
                      {"gained", row.gained}});
    }
    Json document = {{"name", file.model.name},
                     {"task", options.task},
                     {"question", question.question},
                     {"policy", notation(policy)},
                     {"against", notation(against)},
                     {"policies", {{"policy", as_json(policy)}, {"against", as_json(against)}}},
                     {"asked",
                      {{"count", question.count},
                       {"digits", fmt::format("{}..{}", question.digits_least, question.digits_most)}}},
                     {"digits", list}};
    add_sources(document, options.policy);
    print(session,
          fmt::format("{}, {} as '{}'\nagainst: {}\npolicy:  {}\n", file.model.name, options.task,
                      question.question, policy_text(against), policy_text(policy)) +
              as_text(table),
          table, document);
  } catch (const Stopped&) {
    throw Interrupted("arithmetic: interrupted; nothing is kept of it, ask again");
  }
  return exit_done;
}

}  // namespace

Command arithmetic_command() {
  return make_command<ArithmeticArguments, declare_arithmetic, run_arithmetic>(
      "arithmetic", "How often a model does arithmetic right, by number of digits, under two policies",
      "Operands are drawn from --seed; answers are greedy, and right where the number is. Errors are "
      "standard errors of "
      "a share.\n\n"
      "Examples:\n"
      "  roundoff arithmetic examples/alibi_adder/alibi_adder.json --task add --digits 10 --count 20 "
      "--against binary16\n");
}

}  // namespace roundoff::cli
