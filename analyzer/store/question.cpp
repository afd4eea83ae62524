// Questions and results as canonical JSON. nlohmann::json sorts the keys of objects and prints doubles
// shortest-first, so that equal values give equal bytes.
#include "analyzer/store/question.hpp"

#include <cstdint>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "formats/error.hpp"
#include "sim/files/policy_document.hpp"

namespace roundoff::analyzer {
namespace {

using Object = nlohmann::json;

Object to_object(const Policy& policy) {
  Object object;
  write_policy(layer_of(policy), object);
  return object;
}

Policy policy_of(Object object) {
  if (object.value("dot", "") == "exact_dot") object["dot"] = "exact";  // as version 1 of the semantics wrote it
  return laid({}, policy_from(object), {});
}

Object to_object(const TaskSize& size) {
  return {{"p", size.p}, {"n", size.n}, {"k", size.k}, {"l", size.l}, {"c", size.c}, {"ragged", size.ragged}};
}

TaskSize size_from(const Object& object) {
  return {object.at("p"), object.at("n"), object.at("k"),
          object.at("l"), object.at("c"), object.at("ragged")};
}

Object to_object(const Shape& shape) {
  return {{"d_model", shape.d_model},
          {"heads", shape.heads},
          {"d_k", shape.d_k},
          {"d_v", shape.d_v},
          {"d_ff", shape.d_ff},
          {"layers", shape.layers},
          {"head_width", shape.head_width},
          {"width", shape.width},
          {"parameters", shape.parameters},
          {"nonzero", shape.nonzero},
          {"position_table", shape.position_table}};
}

Shape shape_from(const Object& object) {
  Shape shape;
  shape.d_model = object.at("d_model");
  shape.heads = object.at("heads");
  shape.d_k = object.at("d_k");
  shape.d_v = object.at("d_v");
  shape.d_ff = object.at("d_ff");
  shape.layers = object.at("layers");
  shape.head_width = object.at("head_width");
  shape.width = object.at("width");
  shape.parameters = object.at("parameters");
  shape.nonzero = object.at("nonzero");
  shape.position_table = object.at("position_table");
  return shape;
}

/// What the answer of a method depends on, and nothing else.
Object to_object(const VerifyOptions& options) {
  Object object{{"name", name(options.method)}, {"first_only", options.first_only}};
  const bool automatic = options.method == Method::automatic;
  if (automatic || options.method == Method::adversarial) object["adversarial"] = options.adversarial;
  if (automatic) {
    object["at_once"] = options.at_once;
    object["certify"] = options.certify_seconds > 0;
    if (options.certify_steps > 0) object["certify_steps"] = options.certify_steps;
    object["exhaustive_limit"] = options.exhaustive_limit;
  }
  if (automatic || options.method == Method::sample) {
    object["count"] = options.count;
    object["seed"] = options.seed;
  }
  return object;
}

VerifyOptions options_from(const Object& object) {
  VerifyOptions options;
  options.method = parse_method(object.at("name").get<std::string>());
  options.first_only = object.at("first_only");
  options.adversarial = object.value("adversarial", options.adversarial);
  options.at_once = object.value("at_once", options.at_once);
  if (!object.value("certify", true)) options.certify_seconds = 0;
  options.certify_steps = object.value("certify_steps", options.certify_steps);
  options.exhaustive_limit = object.value("exhaustive_limit", options.exhaustive_limit);
  options.count = object.value("count", options.count);
  options.seed = object.value("seed", options.seed);
  return options;
}

Object to_object(const Counterexample& counterexample) {
  Object operands = Object::array();
  for (const Digits& digits : counterexample.instance.operands)
    operands.push_back(Object(std::vector<int>(digits.begin(), digits.end())));
  return {{"operands", operands},
          {"input", counterexample.input},
          {"got", counterexample.got},
          {"want", counterexample.want}};
}

Counterexample counterexample_from(const Object& object) {
  Counterexample counterexample;
  for (const Object& operand : object.at("operands")) {
    const auto digits = operand.get<std::vector<int>>();
    counterexample.instance.operands.emplace_back(digits.begin(), digits.end());
  }
  counterexample.input = object.at("input");
  counterexample.got = object.at("got");
  counterexample.want = object.at("want");
  return counterexample;
}

Verdict verdict_from(const std::string& text) {
  for (const Verdict verdict : {Verdict::holds, Verdict::certified, Verdict::refuted, Verdict::unknown})
    if (name(verdict) == text) return verdict;
  throw FileError(fmt::format("'{}' is no verdict", text));
}

template <typename Read>
auto reading(std::string_view what, std::string_view text, Read&& read) {
  try {
    return read(Object::parse(text));
  } catch (const nlohmann::json::exception& error) {
    throw FileError(fmt::format("stored {} cannot be read: {}", what, error.what()));
  }
}

}  // namespace

Question question_of(const Model& model, const Task& task, const Policy& policy,
                     const VerifyOptions& options) {
  return {fingerprint(model), shape(model), "",      {},           std::string(task.name()),
          task.size(),        policy,       options, task.layout()};
}

Question question_of(const Construction& construction, const Settings& settings, const Model& model,
                     const Task& task, const Policy& policy, const VerifyOptions& options) {
  Question question = question_of(model, task, policy, options);
  question.construction = construction.name;
  question.settings = complete(construction, task.size(), settings);
  return question;
}

std::string name_of(const Question& question) {
  if (question.construction.empty()) return "model " + question.model.substr(0, 8);
  std::string name = question.construction;
  for (const auto& [knob, value] : question.settings) name += fmt::format(" {}={}", knob, value);
  return name;
}

std::string format_of(const Question& question) {
  return notation(question.policy);
}

std::string describe(const TaskSize& size) {
  const TaskSize standard;
  std::string text = fmt::format("p={} n={}", size.p, size.n);
  if (size.k != standard.k) text += fmt::format(" k={}", size.k);
  if (size.l != standard.l) text += fmt::format(" l={}", size.l);
  if (size.c != standard.c) text += fmt::format(" c={}", size.c);
  if (size.ragged) text += " ragged";
  return text;
}

std::string text(const Question& question) {
  Object settings = Object::object();
  for (const auto& [knob, value] : question.settings) settings[knob] = value;
  Object object{{"semantics", semantics_version},
                {"model", question.model},
                {"shape", to_object(question.shape)},
                {"construction", question.construction},
                {"settings", settings},
                {"task", question.task},
                {"size", to_object(question.size)},
                {"policy", to_object(question.policy)},
                {"method", to_object(question.options)}};
  if (!question.layout.empty()) object["layout"] = question.layout;
  return object.dump();
}

Question question_from(std::string_view text) {
  return reading("question", text, [](const Object& object) {
    if (object.at("semantics") != semantics_version) {
      throw FileError(fmt::format(
          "a stored question is under version {} of the semantics, and this is version {}; ask it anew",
          object.at("semantics").dump(), semantics_version));
    }
    Question question;
    question.model = object.at("model");
    question.shape = shape_from(object.at("shape"));
    question.construction = object.at("construction");
    for (const auto& [knob, value] : object.at("settings").items())
      question.settings[knob] = value.get<int>();
    question.task = object.at("task");
    question.size = size_from(object.at("size"));
    question.policy = policy_of(object.at("policy"));
    question.options = options_from(object.at("method"));
    if (object.contains("layout")) question.layout = object.at("layout");
    return question;
  });
}

std::string digest(std::string_view text) {
  // FNV-1a (Fowler, Noll, Vo) with 128 bits; stores keep the whole text beside it, so that a collision cannot
  // pass unseen.
  constexpr u128 prime = (static_cast<u128>(1) << 88) + 0x13b;
  u128 hash = (static_cast<u128>(0x6c62272e07bb0142u) << 64) + 0x62b821756295c58du;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * prime;
  return fmt::format("{:016x}{:016x}", static_cast<std::uint64_t>(hash >> 64),
                     static_cast<std::uint64_t>(hash));
}

std::string key(const Question& question) { return digest(text(question)); }

std::string text(const Result& result) {
  Object object{{"verdict", name(result.verdict)}, {"method", result.method},
                {"covered", result.covered},       {"of", result.of},
                {"failing", result.failing},       {"note", result.note}};
  if (result.counterexample) object["counterexample"] = to_object(*result.counterexample);
  if (result.failing_fraction) object["failing_fraction"] = *result.failing_fraction;
  if (result.fraction_bound) object["fraction_bound"] = *result.fraction_bound;
  return object.dump();
}

Result result_from(std::string_view text) {
  return reading("result", text, [](const Object& object) {
    Result result;
    result.verdict = verdict_from(object.at("verdict"));
    result.method = object.at("method");
    result.covered = object.at("covered");
    result.of = object.at("of");
    result.failing = object.at("failing");
    result.note = object.at("note");
    if (object.contains("counterexample"))
      result.counterexample = counterexample_from(object.at("counterexample"));
    if (object.contains("failing_fraction"))
      result.failing_fraction = object.at("failing_fraction").get<double>();
    if (object.contains("fraction_bound")) result.fraction_bound = object.at("fraction_bound").get<double>();
    return result;
  });
}

bool contradict(const Result& a, const Result& b) {
  if (a.verdict == Verdict::unknown || b.verdict == Verdict::unknown) return false;
  if (passes(a.verdict) != passes(b.verdict)) return true;
  if (a.method != b.method) return false;
  Result plain_a = a, plain_b = b;  // a note may say what ran out on the way
  plain_a.note = plain_b.note = "";
  return text(plain_a) != text(plain_b);
}

const Result& stronger(const Result& a, const Result& b) {
  const auto rank = [](const Result& result) {
    if (result.verdict == Verdict::certified) return 3;
    return result.failing_fraction ? 2 : result.verdict == Verdict::unknown ? 0 : 1;
  };
  if (rank(a) != rank(b)) return rank(a) > rank(b) ? a : b;
  return text(b) < text(a) ? b : a;
}

}  // namespace roundoff::analyzer
