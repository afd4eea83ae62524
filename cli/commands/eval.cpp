// roundoff eval: one operation in one format, or a stream of them. The value, its code, and what the rounding
// signalled; on a terminal the exact result and its neighbours beside it.
#include <iostream>
#include <unordered_map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/blocks.hpp"
#include "cli/views/evaluation.hpp"
#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "formats/rounding/rounding.hpp"
#include "sim/model/policy_codec.hpp"

namespace roundoff::cli {
namespace {

struct EvalArguments {
  std::string format, op;
  std::vector<std::string> operands;
  bool from_stdin = false;
  PolicyLayer semantics;
  bool explain = false;
  std::string tensor_scale;
};

void declare_eval(Arguments& arguments, EvalArguments& options) {
  arguments.positional("FORMAT", options.format, "Any notation of roundoff formats", false);
  arguments.positional("OP", options.op, "round, add, exp, sum, quantise, ...: see below", false);
  arguments.positionals("X", options.operands, "Operands; of dot first all X, then all Y");
  arguments.flag("--stdin", options.from_stdin,
                 "Answer lines FORMAT OP X [Y [Z]] from standard input, a line each; # starts a comment");
  arguments.flag("--explain", options.explain, "The exact result on the number line between its neighbours");
  arguments.group("Sums");
  PolicyLayer& semantics = options.semantics;
  for (const std::string_view key : {"order", "dot", "softmax"}) {
    const PolicyField& field = policy_field(key);
    arguments.take(option_of(field), field.words, field.summary,
                   [&semantics, &field](const std::string& word) { semantics.set(field.key, word); });
  }
  arguments.group("Block formats");
  arguments.text("--tensor-scale", options.tensor_scale, "NUMBER",
                 "Of nvfp4: the scale of all numbers [largest / 2688]");
}

using Operands = std::vector<std::string_view>;

void expect(std::string_view op, std::size_t given, std::size_t count) {
  if (given == count) return;
  throw UsageError(
      fmt::format("eval: {} takes {} operand{}, not {}", op, count, count == 1 ? "" : "s", given));
}

using Binary = Rounded (*)(const Value&, const Value&, const Format&, Draw);

Binary binary(std::string_view op) {
  if (op == "add") return add;
  if (op == "sub") return sub;
  if (op == "mul") return mul;
  if (op == "div") return div;
  return nullptr;
}

Function function_of(std::string_view op) {
  try {
    return parse_function(op);
  } catch (const UsageError&) {
    std::vector<std::string> known = {"round", "add", "sub", "mul",     "div",
                                      "fma",   "sum", "dot", "softmax", "quantise"};
    for (int f = 0; f <= static_cast<int>(Function::step); ++f)
      known.emplace_back(name(static_cast<Function>(f)));
    throw UsageError("eval: " + unknown("operation", op, known));
  }
}

/// One question: operands are first rounded to the format (but of `round`); the operation's own rounding is what the
/// flags tell of.
class AskedOperation {
 public:
  AskedOperation(const Format& format, std::string_view op, Operands operands, const Policy& semantics)
      : format_(format), op_(op), operands_(std::move(operands)), semantics_(semantics) {
    if (op == "round") {
      expect(op, operands_.size(), 1);
      return;
    }
    x_.reserve(operands_.size());
    const std::size_t wanted = binary(op) != nullptr ? 2 : op == "fma" ? 3 : is_reduction() ? 0 : 1;
    if (wanted == 1) function_ = function_of(op);
    if (wanted > 0) expect(op, operands_.size(), wanted);
    if (operands_.empty()) throw UsageError(fmt::format("eval: {} needs at least one operand", op));
    if (op == "dot" && operands_.size() % 2 != 0) {
      throw UsageError(fmt::format("eval: dot takes as many Y as X, an even number of operands, not {}",
                                   operands_.size()));
    }
    for (const std::string_view operand : operands_) x_.push_back(parse_number(operand, format).value);
  }

  bool is_reduction() const { return op_ == "sum" || op_ == "dot" || op_ == "softmax"; }

  std::vector<Rounded> answers() const {
    if (op_ != "softmax") return {answer(format_)};
    return softmax_with_flags(x_, semantics_.softmax, semantics_.order, format_);
  }

  /// With what stands around the answers.
  std::vector<Evaluation> evaluations() const {
    const std::vector<Rounded> rounded = answers();
    const std::vector<Real> exact = exact_results();
    std::vector<Evaluation> result;
    for (std::size_t i = 0; i < rounded.size(); ++i) {
      Evaluation evaluation{format_, rounded[i], {}, {}};
      if (i < exact.size()) evaluation.exact = exact[i];
      if (op_ != "softmax")
        evaluation.around = neighbours(format_, [&](const Format& variant) { return rounded_once(variant); });
      result.push_back(std::move(evaluation));
    }
    return result;
  }

  /// Of sum and dot: what happened on the way.
  std::optional<formats::Reduction> steps() const {
    if (op_ == "sum") return sum_in_steps(x_, semantics_.order, format_);
    if (op_ == "dot")
      return dot_in_steps(first_half(), second_half(), semantics_.order, semantics_.dot, format_);
    return std::nullopt;
  }

 private:
  std::span<const Value> first_half() const { return std::span(x_).first(x_.size() / 2); }
  std::span<const Value> second_half() const { return std::span(x_).last(x_.size() / 2); }

  Rounded answer(const Format& format) const {
    if (op_ == "round") return parse_number(operands_[0], format);
    if (const Binary operation = binary(op_)) return operation(x_[0], x_[1], format, {});
    if (op_ == "fma") return fma(x_[0], x_[1], x_[2], format);
    if (op_ == "sum") return sum(x_, semantics_.order, format);
    if (op_ == "dot") return dot(first_half(), second_half(), semantics_.order, semantics_.dot, format);
    return apply(function_, x_[0], format);
  }

  /// The exact result rounded once, sums too.
  Rounded rounded_once(const Format& format) const {
    static const SumOrder exact = parse_order("exact");
    if (op_ == "sum") return sum(x_, exact, format);
    if (op_ == "dot") return dot(first_half(), second_half(), {}, DotMode::exact_dot, format);
    return answer(format);
  }

  std::vector<Real> exact_results() const {
    const auto real = [&](std::size_t i) { return Real::of(taken(x_[i], format_)); };
    if (op_ == "round") {
      if (operands_[0].starts_with('#')) return {Real::of(parse_code(operands_[0], format_))};
      return {Real::read(operands_[0])};
    }
    if (op_ == "add") return {real(0) + real(1)};
    if (op_ == "sub") return {real(0) - real(1)};
    if (op_ == "mul") return {real(0) * real(1)};
    if (op_ == "div") return {real(0) / real(1)};
    if (op_ == "fma") return {real(0) * real(1) + real(2)};
    if (op_ == "sum" || op_ == "dot") {
      const std::size_t terms = op_ == "sum" ? x_.size() : x_.size() / 2;
      Real total = Real::of(Value::zero());
      for (std::size_t i = 0; i < terms; ++i)
        total = total + (op_ == "sum" ? real(i) : real(i) * real(i + terms));
      return {total};
    }
    if (op_ == "softmax") return exact_softmax();
    return {real_of(function_, taken(x_[0], format_))};
  }

  std::vector<Real> exact_softmax() const {
    constexpr int bits = 256;
    std::optional<Value> largest;
    for (const Value& x : x_)
      if (!largest || compare(*largest, x) < 0) largest = x;
    std::vector<Enclosure> exponentials;
    for (const Value& x : x_)
      exponentials.push_back(apply(Function::exp, Enclosure(x, bits) - Enclosure(*largest, bits)));
    Enclosure total = exponentials[0];
    for (std::size_t i = 1; i < exponentials.size(); ++i) total = total + exponentials[i];
    std::vector<Real> result;
    for (const Enclosure& e : exponentials) result.push_back(Real::of(e / total));
    return result;
  }

  const Format& format_;
  std::string_view op_;
  Operands operands_;
  const Policy& semantics_;
  std::vector<Value> x_;
  Function function_ = Function::identity;
};

void append_line(std::string& out, const Rounded& result, const Format& format) {
  out += hex(result.value);
  out += '\t';
  out += code_of(result.value, format);
  out += '\t';
  out += describe(result.flags);
  out += '\n';
}

/// The words of a line before its comment: a `#` that stands alone, or at the start of the line.
Operands split(std::string_view line) {
  Operands words;
  // with tabs, a word may hold blanks
  const std::string_view blank = line.find('\t') == std::string_view::npos ? " \r" : "\t\r";
  for (std::size_t at = 0; at < line.size();) {
    at = line.find_first_not_of(blank, at);
    if (at == std::string_view::npos) break;
    const std::size_t end = std::min(line.find_first_of(blank, at), line.size());
    const std::string_view word = line.substr(at, end - at);
    if (word == "#" || (words.empty() && word[0] == '#')) break;
    words.push_back(word);
    at = end;
  }
  return words;
}

/// How answers to a stream are written: a line each as text or CSV, or a list in one JSON document.
class Writer {
 public:
  explicit Writer(const Session& session) : session_(session) {
    if (session.json) out_ = "{\n\"schema\": \"" + schema("eval") + "\",\n\"results\": [";
    if (session.csv) out_ = "line,format,op,value,code,flags,decimal,error\n";
  }

  void nothing() {
    if (!session_.json && !session_.csv) out_ += '\n';
  }

  void answer(std::size_t line, const Operands& words, const AskedOperation& question, const Format& format) {
    if (session_.json) {
      Json list = Json::array();
      for (const Evaluation& evaluation : question.evaluations()) list.push_back(as_json(evaluation));
      Json json = {{"line", line}, {"format", words[0]}, {"op", words[1]}};
      if (list.size() == 1)
        json.update(list[0]);
      else
        json["results"] = std::move(list);
      return entry(json);
    }
    const std::vector<Rounded> results = question.answers();
    if (session_.csv) {
      for (const Rounded& result : results)
        row(line, words,
            {hex(result.value), code_of(result.value, format), describe(result.flags),
             shortest_decimal(result.value, format), ""});
      return;
    }
    const std::size_t start = out_.size();
    for (const Rounded& result : results) append_line(out_, result, format);
    for (char& c : std::span(out_).subspan(start, out_.size() - start - 1))
      if (c == '\n') c = '\t';  // a softmax: still one line
  }

  void failure(std::size_t line, const Operands& words, std::string_view kind, const std::string& why) {
    if (session_.json) {
      Json json = {{"line", line}};
      if (words.size() > 1) json.update({{"format", words[0]}, {"op", words[1]}});
      json[std::string(kind)] = why;
      return entry(json);
    }
    if (session_.csv) return row(line, words, {"", "", std::string(kind), "", why});
    out_ += kind;
    out_ += '\t';
    out_ += why;
    out_ += '\n';
  }

  void flush(std::size_t limit) {
    if (out_.size() <= limit) return;
    std::cout.write(out_.data(), static_cast<std::streamsize>(out_.size()));
    out_.clear();
  }

  void finish() {
    if (session_.json) {
      Json rest = {{"provenance", provenance(session_)}};
      out_ += "\n],\n" + rest.dump(2).substr(2) + '\n';
    }
    flush(0);
    std::cout.flush();
  }

 private:
  void entry(const Json& json) {
    out_ += some_ ? ",\n" : "\n";
    some_ = true;
    out_ += json.dump();
  }
  void row(std::size_t line, const Operands& words, const std::vector<std::string>& cells) {
    std::vector<std::string> all = {std::to_string(line), words.empty() ? "" : std::string(words[0]),
                                    words.size() < 2 ? "" : std::string(words[1])};
    all.insert(all.end(), cells.begin(), cells.end());
    Table one;
    one.columns.resize(all.size());
    one.rows.push_back(std::move(all));
    const std::string csv = as_csv(one);
    out_ += csv.substr(csv.find('\n') + 1);
  }

  const Session& session_;
  std::string out_;
  bool some_ = false;
};

/// A line that cannot be answered is answered with `error<TAB>why`, a trap with `trap<TAB>why`, so that line
/// i of the output always belongs to line i of the input. Wrong lines make the exit code 2 at the end.
int stream(const Policy& semantics, const Session& session) {
  std::unordered_map<std::string, Format> formats;
  std::string line, first_error;
  std::size_t number = 0, wrong = 0;
  Writer writer(session);
  while (std::getline(std::cin, line)) {
    ++number;
    const Operands words = split(line);
    if (words.empty()) {
      writer.nothing();
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
      writer.answer(number, words,
                    AskedOperation(found->second, words[1], {words.begin() + 2, words.end()}, semantics),
                    found->second);
    } catch (const Trap& trap) {
      writer.failure(number, words, "trap", trap.what());
    } catch (const UsageError& error) {
      writer.failure(number, words, "error", error.what());
      if (wrong++ == 0) first_error = fmt::format("line {}: {}", number, error.what());
    }
    writer.flush(1U << 16);
  }
  writer.finish();
  if (wrong > 0)
    throw UsageError(
        fmt::format("eval --stdin: {} of {} lines are wrong, the first is {}", wrong, number, first_error));
  return exit_done;
}

int quantise_command(const EvalArguments& options, Session& session) {
  QuantiseOptions how;
  std::vector<Value> numbers;
  const BlockFormat format = parse_block_format(options.format);
  static const Format widest = parse_format("float(19,113)");
  for (const std::string& operand : options.operands) numbers.push_back(parse_number(operand, widest).value);
  if (!options.tensor_scale.empty()) {
    if (format.rule != BlockRule::two_levels)
      throw UsageError("eval: --tensor-scale is nvfp4's; " + format.name +
                       " has no scale of the whole vector");
    how.tensor_scale = parse_number(options.tensor_scale, parse_format("binary32")).value;
  }
  const Blocks blocks = quantise(numbers, format, how);
  print(session, blocks_text(blocks, format), blocks_table(blocks, format), blocks_json(blocks, format),
        "quantise");
  return exit_done;
}

int run_eval(const EvalArguments& options, Session& session) {
  const Policy semantics = laid({}, options.semantics, {});
  if (options.from_stdin) {
    if (!options.format.empty())
      throw UsageError("eval: with --stdin the operations come from standard input; leave '" +
                       options.format + "' out");
    if (options.explain) throw UsageError("eval: --explain is about one operation; leave --stdin out");
    return stream(semantics, session);
  }
  if (options.operands.empty())
    throw UsageError(
        "eval: a format, an operation and its operands are needed, e.g. roundoff eval 'fixed(1,1)' mul 0.5 "
        "1.5");
  if (options.op == "quantise" || options.op == "quantize") return quantise_command(options, session);
  if (!options.tensor_scale.empty()) throw UsageError("eval: --tensor-scale goes with nvfp4 quantise only");
  const Format format = parse_format(options.format);
  const AskedOperation question(format, options.op, {options.operands.begin(), options.operands.end()},
                                semantics);
  const bool terminal = isatty(STDOUT_FILENO) != 0 || options.explain;
  if (!session.json && !session.csv && !terminal) {
    std::string text;
    for (const Rounded& result : question.answers()) append_line(text, result, format);
    std::cout << text;
    return exit_done;
  }
  const std::vector<Evaluation> evaluations = question.evaluations();
  const std::optional<formats::Reduction> steps = question.steps();
  std::string text;
  if (steps) text += as_lines(*steps);
  Table table{{{"value", "value", false},
               {"code", "code", false},
               {"flags", "flags", false},
               {"decimal", "decimal", true},
               {"exact_decimal", "exact decimal", true},
               {"exact", "exact", true},
               {"below", "below", false},
               {"above", "above", false}},
              {}};
  Json list = Json::array();
  for (const Evaluation& evaluation : evaluations) {
    text += as_lines(evaluation);
    if (options.explain) text += number_line(evaluation);
    const Json json = as_json(evaluation);
    std::vector<std::string> row;
    for (const Column& column : table.columns) {
      const Json& cell = json.at(column.name);
      row.push_back(cell.is_null() ? "" : cell.get<std::string>());
    }
    table.rows.push_back(std::move(row));
    list.push_back(json);
  }
  Json document = {{"format", notation(format)}, {"op", options.op}};
  if (list.size() == 1)
    document.update(list[0]);
  else
    document["results"] = std::move(list);
  if (steps) document.update(as_json(*steps));
  print(session, text, table, document);
  return exit_done;
}

}  // namespace

Command eval_command() {
  return make_command<EvalArguments, declare_eval, run_eval>(
      "eval", "One operation in a format: value, code, flags; --stdin for many",
      "OP: round add sub mul div fma sqrt rsqrt reciprocal exp log erf tanh gelu gelu_tanh silu sigmoid relu "
      "sin cos sum dot softmax; quantise of block formats\n"
      "Numbers: -0.375, 1e-3, 1/3, 0x1.8p-2, inf, nan, -0, a code of the format: '#x3f', or of another: "
      "'#binary32:x3f8ccccd'\n\n"
      "Examples:\n"
      "  roundoff eval 'fixed(1,1):rnz' mul 0.5 1.5\n"
      "  roundoff eval e4m3 exp 3.5 --explain     # the number line\n"
      "  roundoff eval 'fixed(1,0)' sum --order tree 1 1 -1 -1\n"
      "  roundoff eval mxfp4 quantise 7.5 -1 0.25 # scale and elements of a block format\n"
      "  printf 'binary16 add 1 1/3\\ne5m2 div 1 3\\n' | roundoff eval --stdin\n");
}

}  // namespace roundoff::cli
