// Questions and results as canonical JSON. nlohmann::json sorts the keys of objects and prints doubles
// shortest-first, so that equal values give equal bytes.
#include "analyzer/store/question.hpp"

#include <climits>
#include <cstdint>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "formats/error.hpp"
#include "sim/files/policy_document.hpp"
#include "sim/files/whole_number.hpp"

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

/// FileError for a field that is no integer from `least` to `most`.
std::int64_t integer_at(const Object& object, const char* field, std::int64_t least, std::int64_t most) {
  if (const auto number = whole_number(object.at(field), least, most)) return *number;
  throw FileError(fmt::format("a stored question cannot be read: {} is no whole number from {} to {}", field,
                              least, most));
}

int int_at(const Object& object, const char* field, int least = 0) {
  return static_cast<int>(integer_at(object, field, least, INT_MAX));
}

std::uint64_t natural_at(const Object& object, const char* field, std::uint64_t absent) {
  if (!object.contains(field)) return absent;
  if (!object.at(field).is_number_unsigned())
    throw FileError(fmt::format("a stored question cannot be read: {} is no natural number", field));
  return object.at(field).get<std::uint64_t>();
}

TaskSize size_from(const Object& object) {
  return {int_at(object, "p"), int_at(object, "n"), int_at(object, "k"),
          int_at(object, "l"), int_at(object, "c"), object.at("ragged")};
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
  shape.d_model = int_at(object, "d_model");
  shape.heads = int_at(object, "heads");
  shape.d_k = int_at(object, "d_k");
  shape.d_v = int_at(object, "d_v");
  shape.d_ff = int_at(object, "d_ff");
  shape.layers = int_at(object, "layers");
  shape.head_width = int_at(object, "head_width");
  shape.width = int_at(object, "width");
  shape.parameters = integer_at(object, "parameters", 0, INT64_MAX);
  shape.nonzero = integer_at(object, "nonzero", 0, INT64_MAX);
  shape.position_table = integer_at(object, "position_table", 0, INT64_MAX);
  return shape;
}

/// What the answer of a method depends on, and nothing else.
Object to_object(const VerifyOptions& options) {
  Object object{{"name", name(options.method)}, {"first_only", options.first_only}};
  const bool automatic = options.method == Method::automatic;
  if (automatic || options.method == Method::adversarial) object["adversarial"] = options.adversarial;
  if (automatic) {
    object["at_once"] = options.at_once;
    object["certify"] = options.limits.seconds > 0;
    object["exhaustive_limit"] = options.exhaustive_limit;
  }
  const bool proves = automatic || options.method == Method::certify;
  if (proves && options.limits.steps > 0) object["certify_steps"] = options.limits.steps;
  if (automatic || options.method == Method::sample) object["count"] = options.count;
  if (proves || options.method == Method::sample) object["seed"] = options.seed;
  return object;
}

VerifyOptions options_from(const Object& object) {
  VerifyOptions options;
  options.method = parse_method(object.at("name").get<std::string>());
  options.first_only = object.at("first_only");
  options.adversarial = natural_at(object, "adversarial", options.adversarial);
  options.at_once = object.value("at_once", options.at_once);
  if (!object.value("certify", true)) options.limits.seconds = 0;
  options.limits.steps = object.value("certify_steps", options.limits.steps);
  options.exhaustive_limit = object.value("exhaustive_limit", options.exhaustive_limit);
  options.count = natural_at(object, "count", options.count);
  options.seed = natural_at(object, "seed", options.seed);
  return options;
}

}  // namespace

Question question_of(const Model& model, const Task& task, const Policy& policy,
                     const VerifyOptions& options) {
  Question question;
  question.model = fingerprint(model);
  question.shape = shape(model);
  question.task = task.spec();
  question.task_digest = task.digest();
  question.families = task.families();
  question.size = task.size();
  question.policy = policy;
  question.options = options;
  question.layout = task.layout();
  return question;
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

bool asks_families(const Question& question) {
  const Method method = question.options.method;
  return method == Method::automatic || method == Method::adversarial || method == Method::certify;
}

std::string text(const Question& question) {
  Object settings = Object::object();
  for (const auto& [knob, value] : question.settings) settings[knob] = value;
  Object object{{"semantics", question.semantics},
                {"model", question.model},
                {"shape", to_object(question.shape)},
                {"construction", question.construction},
                {"settings", settings},
                {"task", question.task},
                {"size", to_object(question.size)},
                {"policy", to_object(question.policy)},
                {"method", to_object(question.options)}};
  if (question.semantics > 1 && asks_families(question)) object["method"]["families"] = question.families;
  if (!question.layout.empty()) object["layout"] = question.layout;
  if (!question.task_digest.empty()) object["task_digest"] = question.task_digest;
  return object.dump();
}

Question question_from(std::string_view text) {
  try {
    const Object object = Object::parse(text);
    Question question;
    question.semantics = int_at(object, "semantics");
    if (question.semantics < 1 || question.semantics > semantics_version)
      throw FileError(fmt::format(
          "a stored question is under version {} of the semantics, and this program knows 1 to {}",
          question.semantics, semantics_version));
    question.model = object.at("model");
    question.shape = shape_from(object.at("shape"));
    question.construction = object.at("construction");
    for (const auto& [knob, unused] : object.at("settings").items())
      question.settings[knob] = int_at(object.at("settings"), knob.c_str(), INT_MIN);
    question.task = object.at("task");
    question.size = size_from(object.at("size"));
    question.policy = policy_of(object.at("policy"));
    question.options = options_from(object.at("method"));
    if (object.at("method").contains("families")) question.families = int_at(object.at("method"), "families");
    if (object.contains("layout")) question.layout = object.at("layout");
    question.task_digest = object.value("task_digest", "");
    return question;
  } catch (const nlohmann::json::exception& error) {
    throw FileError(fmt::format("a stored question cannot be read: {}", error.what()));
  } catch (const UsageError& error) {
    throw FileError(fmt::format("a stored question cannot be read: {}", error.what()));
  }
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

}  // namespace roundoff::analyzer
