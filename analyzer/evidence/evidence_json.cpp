// Results as canonical JSON. nlohmann::json sorts the keys of objects and prints doubles shortest-first, so
// that equal values give equal bytes.
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzer/evidence/evidence.hpp"
#include "formats/error.hpp"
#include "sim/files/whole_number.hpp"

namespace roundoff::analyzer {
namespace {

using Object = nlohmann::json;

Object to_object(const Counterexample& counterexample) {
  Object operands = Object::array();
  for (const Digits& digits : counterexample.instance.operands)
    operands.push_back(Object(std::vector<int>(digits.begin(), digits.end())));
  return {{"operands", operands},
          {"input", counterexample.input},
          {"got", counterexample.got},
          {"want", counterexample.want}};
}

std::uint64_t natural_at(const Object& object, const char* field) {
  if (object.at(field).is_number_unsigned()) return object.at(field).get<std::uint64_t>();
  throw FileError(fmt::format("a stored answer cannot be read: {} is no natural number", field));
}

Counterexample counterexample_from(const Object& object) {
  Counterexample counterexample;
  for (const Object& operand : object.at("operands")) {
    Digits& digits = counterexample.instance.operands.emplace_back();
    for (const Object& digit : operand) {
      const auto number = whole_number(digit, 0, 255);
      if (!number)
        throw FileError("a stored answer cannot be read: an operand's digit is none from 0 to 255");
      digits.push_back(static_cast<std::uint8_t>(*number));
    }
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

/// Version 1 of the semantics wrote the method as a sentence: "exhaustive", "certify", "adversarial 3000",
/// "adderboard 10010", "100000 samples (seed 1)", "adversarial 3000 + 100000 samples (seed 1)". What else it
/// said in `note` had no fields, and is left where it stands.
void read_method_of_version_1(std::string_view words, Result& result) {
  const auto number = [&](std::uint64_t& into) {
    const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), into);
    if (error != std::errc()) throw FileError(fmt::format("'{}' is no method of version 1", words));
    words.remove_prefix(static_cast<std::size_t>(end - words.data()));
  };
  const auto skip = [&](std::string_view part) {
    const bool there = words.starts_with(part);
    if (there) words.remove_prefix(part.size());
    return there;
  };
  if (words == "exhaustive" || words == "certify") {
    result.method = parse_method(words);
    return;
  }
  for (const Method method : {Method::adversarial, Method::adderboard}) {
    if (!skip(fmt::format("{} ", name(method)))) continue;
    result.method = method;
    number(result.listed);
    if (words.empty()) return;
    skip(" + ");
  }
  result.method = Method::sample;
  number(result.samples);
  if (skip(" samples (seed ")) number(result.seed);
}

}  // namespace

std::string text(const Result& result) {
  Object object{{"verdict", name(result.verdict)},
                {"covered", result.covered},
                {"of", result.of},
                {"failing", result.failing}};
  if (result.method) object["method"] = name(*result.method);
  if (result.listed > 0) object["listed"] = result.listed;
  if (result.samples > 0) object["samples"] = {{"count", result.samples}, {"seed", result.seed}};
  if (!result.of_exactly.empty())
    object["exactly"] = {{"failing", result.failing_exactly}, {"of", result.of_exactly}};
  if (result.counterexample) object["counterexample"] = to_object(*result.counterexample);
  if (result.failing_fraction) object["failing_fraction"] = *result.failing_fraction;
  if (result.fraction_bound) object["fraction_bound"] = *result.fraction_bound;
  if (result.cut != diagrams::Cut::none) object["cut"] = name(result.cut);
  if (result.obstacle.reason != Reason::none)
    object["obstacle"] = {{"reason", name(result.obstacle.reason)}, {"limit", result.obstacle.limit}};
  return object.dump();
}

Result result_from(std::string_view text) {
  try {
    const Object object = Object::parse(text);
    Result result;
    result.verdict = verdict_from(object.at("verdict"));
    result.covered = object.at("covered");
    result.of = object.at("of");
    result.failing = object.at("failing");
    if (object.contains("note"))
      read_method_of_version_1(object.at("method").get<std::string>(), result);
    else if (object.contains("method"))
      result.method = parse_method(object.at("method").get<std::string>());
    if (object.contains("listed")) result.listed = natural_at(object, "listed");
    if (object.contains("samples")) {
      result.samples = natural_at(object.at("samples"), "count");
      result.seed = natural_at(object.at("samples"), "seed");
    }
    if (object.contains("exactly")) {
      result.failing_exactly = object.at("exactly").at("failing");
      result.of_exactly = object.at("exactly").at("of");
    }
    if (object.contains("counterexample"))
      result.counterexample = counterexample_from(object.at("counterexample"));
    if (object.contains("failing_fraction"))
      result.failing_fraction = object.at("failing_fraction").get<double>();
    if (object.contains("fraction_bound")) result.fraction_bound = object.at("fraction_bound").get<double>();
    if (object.contains("cut")) result.cut = diagrams::parse_cut(object.at("cut").get<std::string>());
    if (object.contains("obstacle")) {
      result.obstacle.reason = parse_reason(object.at("obstacle").at("reason").get<std::string>());
      result.obstacle.limit = object.at("obstacle").at("limit");
    }
    return result;
  } catch (const nlohmann::json::exception& error) {
    throw FileError(fmt::format("a stored answer cannot be read: {}", error.what()));
  } catch (const UsageError& error) {
    throw FileError(fmt::format("a stored answer cannot be read: {}", error.what()));
  }
}

}  // namespace roundoff::analyzer
