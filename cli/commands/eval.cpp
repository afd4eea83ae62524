// roundoff eval: one operation in one format, or a stream of them. The value, its code, and what the rounding
// signalled.
#include <iostream>
#include <unordered_map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/shell/command.hpp"
#include "cli/views/answer.hpp"
#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "formats/rounding/arithmetic.hpp"
#include "sim/model/policy_codec.hpp"

namespace roundoff::cli {
namespace {

struct EvalArguments {
  std::string format, op;
  std::vector<std::string> operands;
  bool from_stdin = false;
  PolicyLayer semantics;
};

void declare_eval(Arguments& arguments, EvalArguments& options) {
  arguments.positional("FORMAT", options.format, "Any notation of roundoff formats", false);
  arguments.positional("OP", options.op, "round, add, exp, sum, ...: see below", false);
  arguments.positionals("X", options.operands, "Operands; of dot first all X, then all Y");
  arguments.flag("--stdin", options.from_stdin,
                 "Answer lines FORMAT OP X [Y [Z]] from standard input, a line each");
  arguments.group("Sums");
  PolicyLayer& semantics = options.semantics;
  for (const std::string_view key : {"order", "dot", "softmax"}) {
    const PolicyField& field = policy_field(key);
    arguments.take(option_of(field), field.words, field.summary,
                   [&semantics, &field](const std::string& word) { semantics.set(field.key, word); });
  }
}

using Operands = std::vector<std::string_view>;

void expect(std::string_view op, const Operands& operands, std::size_t count) {
  if (operands.size() == count) return;
  throw UsageError(
      fmt::format("eval: {} takes {} operand{}, not {}", op, count, count == 1 ? "" : "s", operands.size()));
}

std::vector<Value> members(std::span<const std::string_view> operands, const Format& format) {
  std::vector<Value> values;
  values.reserve(operands.size());
  for (const std::string_view operand : operands) values.push_back(parse_number(operand, format).value);
  return values;
}

using Binary = Rounded (*)(const Value&, const Value&, const Format&, Draw);

Binary binary(std::string_view op) {
  if (op == "add") return add;
  if (op == "sub") return sub;
  if (op == "mul") return mul;
  if (op == "div") return div;
  return nullptr;
}

/// Operands are first rounded to the format; the operation's own rounding is what the flags tell of.
std::vector<Rounded> evaluate(const Format& format, std::string_view op, const Operands& operands,
                              const Policy& semantics) {
  if (op == "round") {
    expect(op, operands, 1);
    return {parse_number(operands[0], format)};
  }
  const auto needs_some = [&] {
    if (operands.empty()) throw UsageError(fmt::format("eval: {} needs at least one operand", op));
  };
  if (const Binary operation = binary(op)) {
    expect(op, operands, 2);
    const auto x = members(operands, format);
    return {operation(x[0], x[1], format, {})};
  }
  if (op == "fma") {
    expect(op, operands, 3);
    const auto x = members(operands, format);
    return {fma(x[0], x[1], x[2], format)};
  }
  if (op == "sum") {
    needs_some();
    return {sum(members(operands, format), semantics.order, format)};
  }
  if (op == "dot") {
    needs_some();
    if (operands.size() % 2 != 0)
      throw UsageError(
          fmt::format("eval: dot takes as many Y as X, an even number of operands, not {}", operands.size()));
    const auto x = members(operands, format);
    const std::span<const Value> all(x);
    return {dot(all.first(x.size() / 2), all.last(x.size() / 2), semantics.order, semantics.dot, format)};
  }
  if (op == "softmax") {
    needs_some();
    std::vector<Rounded> weights;
    for (const Value& weight : softmax(members(operands, format), semantics.softmax, semantics.order, format))
      weights.push_back({weight, 0});
    return weights;
  }
  Function function{};
  try {
    function = parse_function(op);
  } catch (const UsageError&) {
    std::vector<std::string> known = {"round", "add", "sub", "mul", "div", "fma", "sum", "dot", "softmax"};
    for (int f = 0; f <= static_cast<int>(Function::step); ++f)
      known.emplace_back(name(static_cast<Function>(f)));
    throw UsageError("eval: " + unknown("operation", op, known));
  }
  expect(op, operands, 1);
  return {apply(function, parse_number(operands[0], format).value, format)};
}

std::string code_of(const Value& value, const Format& format) {
  const auto code = encode(value, format);
  return code ? code_text(*code, format) : "-";
}

void append_line(std::string& out, const Rounded& result, const Format& format) {
  out += hex(result.value);
  out += '\t';
  out += code_of(result.value, format);
  out += '\t';
  out += describe(result.flags);
  out += '\n';
}

Operands split(std::string_view line) {
  Operands words;
  // with tabs, a word may hold blanks
  const std::string_view blank = line.find('\t') == std::string_view::npos ? " \r" : "\t\r";
  for (std::size_t at = 0; at < line.size();) {
    at = line.find_first_not_of(blank, at);
    if (at == std::string_view::npos) break;
    const std::size_t end = std::min(line.find_first_of(blank, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

/// A line that cannot be answered is answered with `error<TAB>why`, a trap with `trap<TAB>why`, so that line
/// i of the output always belongs to line i of the input. Wrong lines make the exit code 2 at the end.
int stream(const Policy& semantics) {
  std::unordered_map<std::string, Format> formats;
  std::string line, out, first_error;
  std::size_t number = 0, wrong = 0;
  while (std::getline(std::cin, line)) {
    ++number;
    const Operands words = split(line);
    if (words.empty()) {
      out += '\n';
      continue;
    }
    try {
      if (words.size() < 3) throw UsageError("eval: a line is FORMAT OP X [Y [Z]], not '" + line + "'");
      std::string text(words[0]);
      auto found = formats.find(text);
      if (found == formats.end()) {
        Format parsed = parse_format(text);
        found = formats.emplace(std::move(text), std::move(parsed)).first;
      }
      const auto results = evaluate(found->second, words[1], {words.begin() + 2, words.end()}, semantics);
      std::string answer;
      for (const Rounded& result : results) append_line(answer, result, found->second);
      for (char& c : std::span(answer).first(answer.size() - 1))
        if (c == '\n') c = '\t';  // a softmax: still one line
      out += answer;
    } catch (const Trap& trap) {
      out += std::string("trap\t") + trap.what() + '\n';
    } catch (const UsageError& error) {
      out += std::string("error\t") + error.what() + '\n';
      if (wrong++ == 0) first_error = fmt::format("line {}: {}", number, error.what());
    }
    if (out.size() > (1U << 16)) {
      std::cout.write(out.data(), static_cast<std::streamsize>(out.size()));
      out.clear();
    }
  }
  std::cout << out;
  if (wrong > 0)
    throw UsageError(
        fmt::format("eval --stdin: {} of {} lines are wrong, the first is {}", wrong, number, first_error));
  return exit_done;
}

int run_eval(const EvalArguments& options, Session& session) {
  const Policy semantics = laid({}, options.semantics, {});
  if (options.from_stdin) {
    if (!options.format.empty())
      throw UsageError("eval: with --stdin the operations come from standard input; leave '" +
                       options.format + "' out");
    if (session.json || session.csv)
      throw UsageError("eval: --stdin answers in lines of value, code, flags; leave --json and --csv out");
    return stream(semantics);
  }
  if (options.operands.empty())
    throw UsageError(
        "eval: a format, an operation and its operands are needed, e.g. roundoff eval 'fixed(1,1)' mul 0.5 "
        "1.5");
  const Format format = parse_format(options.format);
  const auto results =
      evaluate(format, options.op, {options.operands.begin(), options.operands.end()}, semantics);
  std::string text;
  Table table{{{"value", "value", false},
               {"code", "code", false},
               {"flags", "flags", false},
               {"decimal", "decimal", true}},
              {}};
  Json list = Json::array();
  for (const Rounded& result : results) {
    append_line(text, result, format);
    const std::string code = code_of(result.value, format);
    table.rows.push_back({hex(result.value), code, describe(result.flags), decimal(result.value)});
    list.push_back({{"value", hex(result.value)},
                    {"code", code == "-" ? Json() : Json(code)},
                    {"flags", describe(result.flags)},
                    {"decimal", decimal(result.value)}});
  }
  Json document = {{"format", notation(format)}, {"op", options.op}};
  if (list.size() == 1)
    document.update(list[0]);
  else
    document["results"] = std::move(list);
  print(session, text, table, document);
  return exit_done;
}

}  // namespace

Command eval_command() {
  return make_command<EvalArguments, declare_eval, run_eval>(
      "eval", "One operation in a format: value, code, flags; --stdin for many",
      "OP: round add sub mul div fma sqrt rsqrt reciprocal exp log erf tanh gelu gelu_tanh silu sigmoid relu "
      "sin cos sum dot softmax\n"
      "Numbers: -0.375, 1e-3, 1/3, 0x1.8p-2, inf, nan, -0, or a code of the format: '#x3f'\n\n"
      "Examples:\n"
      "  roundoff eval 'fixed(1,1):rnz' mul 0.5 1.5\n"
      "  roundoff eval e4m3 exp 3.5\n"
      "  roundoff eval 'fixed(1,0)' sum --order tree 1 1 -1 -1\n"
      "  printf 'binary16 add 1 1/3\\ne5m2 div 1 3\\n' | roundoff eval --stdin\n");
}

}  // namespace roundoff::cli
