// Sources: RoFormer (Su et al. 2021) for the rates base^(-2t/d); linear: kaiokendev and Chen et al. 2023; dynamic: NTK
// scaling by the length of the sequence (emozilla 2023), sim/model/repeat.cpp; llama3: Llama 3.1's reference code; yarn:
// Peng et al. 2023. Names and defaults are those of transformers' modeling_rope_utils. What it computes in binary32 is
// here in binary64, with a logarithm that is correctly rounded.
#include "sim/hub/rope.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "formats/notation/suggest.hpp"
#include "formats/notation/text.hpp"
#include "formats/rounding/arithmetic.hpp"
#include "sim/model/sinusoids.hpp"

namespace roundoff::sim {

namespace {

double log_of(double x) {
  return to_double(formats::apply(Function::log, Value::of(x), parse_format("binary64")).value);
}

/// One object of parameters, whose every field must be known.
class RopeObject {
 public:
  RopeObject(const Config& config, const Json& json, std::string name)
      : config_(config), json_(json), name_(std::move(name)) {
    if (!json_.is_object()) config_.fail(fmt::format("has \"{}\" that are not an object", name_));
  }
  bool has(const std::string& field) {
    asked_.insert(field);
    return json_.contains(field) && !json_[field].is_null();
  }
  double real(const std::string& field, std::optional<double> absent = {}) {
    if (!has(field)) {
      if (absent) return *absent;
      fail(fmt::format("lacks \"{}\"", field));
    }
    const double value = json_[field].is_number() ? json_[field].get<double>() : std::nan("");
    if (!std::isfinite(value) || value < 0)
      fail(fmt::format("has a \"{}\" that is no number from 0 up", field));
    return value;
  }
  std::vector<double> reals(const std::string& field) {
    std::vector<double> made;
    if (has(field) && json_[field].is_array())
      for (const Json& one : json_[field]) {
        made.push_back(one.is_number() ? one.get<double>() : 0);
        if (!(made.back() > 0)) fail(fmt::format("has \"{}\" that are not all positive", field));
      }
    return made;
  }
  bool flag(const std::string& field, bool absent) {
    if (!has(field)) return absent;
    if (!json_[field].is_boolean()) fail(fmt::format("has a \"{}\" that is not true or false", field));
    return json_[field].get<bool>();
  }
  std::string type() {
    for (const char* field : {"rope_type", "type"})
      if (has(field) && json_[field].is_string()) {
        asked_.insert("type");
        return json_[field].get<std::string>();
      }
    return "default";
  }
  void done() const {
    for (const auto& [field, value] : json_.items())
      if (!value.is_null() && !asked_.contains(field))
        fail(fmt::format("sets \"{}\" to {}, which is not supported with this type", field, value.dump()));
  }
  [[noreturn]] void fail(const std::string& what) const {
    config_.fail(fmt::format("has \"{}\" that {}", name_, what));
  }

 private:
  const Config& config_;
  const Json& json_;
  std::string name_;
  std::set<std::string, std::less<>> asked_;
};

double positive(RopeObject& object, const std::string& field, std::optional<double> absent = {}) {
  const double value = object.real(field, absent);
  if (value <= 0) object.fail(fmt::format("has a \"{}\" that is not positive", field));
  return value;
}

using Rates = std::vector<double>;

void llama3(RopeObject& object, Rates& rates) {
  const double factor = positive(object, "factor"), low = positive(object, "low_freq_factor"),
               high = positive(object, "high_freq_factor"),
               original = positive(object, "original_max_position_embeddings");
  if (high <= low) object.fail("has a \"high_freq_factor\" that is not above \"low_freq_factor\"");
  for (double& rate : rates) {
    const double wave = 2 * std::numbers::pi / rate;
    if (wave > original / low) {
      rate /= factor;
    } else if (wave >= original / high) {
      const double smooth = (original / wave - low) / (high - low);
      rate = (1 - smooth) * rate / factor + smooth * rate;
    }
  }
}

/// As GGUF files keep them (rope_freqs).
void divide(RopeObject& object, Rates& rates) {
  const std::vector<double> divisors = object.reals("divisors");
  if (divisors.size() != rates.size())
    object.fail(fmt::format("has {} divisors for {} rates", divisors.size(), rates.size()));
  for (std::size_t t = 0; t < rates.size(); ++t) rates[t] /= divisors[t];
}

/// Returns the amplitude.
double yarn(RopeObject& object, Rates& rates, double base, double positions) {
  const double factor = positive(object, "factor"),
               original = positive(object, "original_max_position_embeddings", positions),
               fast = positive(object, "beta_fast", 32), slow = positive(object, "beta_slow", 1);
  const auto d = static_cast<double>(2 * rates.size());
  const auto dimension = [&](double turns) {
    return d * log_of(original / (turns * 2 * std::numbers::pi)) / (2 * log_of(base));
  };
  double low = dimension(fast), high = dimension(slow);
  if (object.flag("truncate", true)) low = std::floor(low), high = std::ceil(high);
  low = std::max(low, 0.0), high = std::min(high, d - 1);
  if (low == high) high += 0.001;
  for (std::size_t t = 0; t < rates.size(); ++t) {
    const double ramp = std::clamp((static_cast<double>(t) - low) / (high - low), 0.0, 1.0);
    rates[t] = rates[t] / factor * ramp + rates[t] * (1 - ramp);
  }
  const auto scale = [&](double weight) { return factor <= 1 ? 1 : 0.1 * weight * log_of(factor) + 1; };
  const double weight = object.real("mscale", 0), whole = object.real("mscale_all_dim", 0);
  const double usual = weight != 0 && whole != 0 ? scale(weight) / scale(whole) : scale(1);
  return object.real("attention_factor", usual);
}

}  // namespace

Rotary rotary_of(const Config& config, int d_k, const RopeAsked& asked) {
  const bool both = config.has("rope_parameters"), scaled = config.has("rope_scaling");
  if (both && scaled && !asked.fixed && config["rope_scaling"] != config["rope_parameters"])
    config.fail("has \"rope_scaling\" beside \"rope_parameters\"; leave one out");
  const Json none = Json::object();
  const Json* json = &none;
  std::string name = both ? "rope_parameters" : "rope_scaling";
  if (both) json = &config["rope_parameters"];
  if (both && json->is_object() && !asked.part.empty() && json->contains(asked.part)) {
    json = &(*json)[asked.part];
    name += "." + asked.part;
  } else if (!both && scaled && !asked.fixed) {
    json = &config["rope_scaling"];
  } else if (asked.fixed) {
    json = &none;
  }
  RopeObject object(config, *json, name);
  const double outside = asked.fixed ? *asked.fixed : config.real("rope_theta", asked.theta);
  const double theta = object.real("rope_theta", outside);
  if (config.has("rope_theta") && !asked.fixed && asked.part.empty() && theta != outside)
    config.fail("has a \"rope_theta\" and another one in \"rope_parameters\"");
  if (theta <= 0) config.fail("has a \"rope_theta\" that is not positive");
  const double turned =
      object.real("partial_rotary_factor", config.real("partial_rotary_factor", asked.turned));
  constexpr int widest = 1 << 14;
  if (turned > 1 || d_k > widest)
    config.fail(
        fmt::format("turns {} of heads of {} entries; at most all of {} can be turned", turned, d_k, widest));
  const int pairs = static_cast<int>(turned * d_k) / 2;
  if (pairs < 1 || static_cast<int>(turned * d_k) % 2 != 0)
    config.fail(fmt::format("turns {} of the {} entries of a head, which rotary positions cannot pair",
                            static_cast<int>(turned * d_k), d_k));
  Rates rates;
  const Value base = Value::of(theta);
  for (int t = 0; t < pairs; ++t) rates.push_back(to_double(geometric(base, t, pairs)));
  Rotary rotary;
  const std::string type = object.type();
  const double positions = config.count("max_position_embeddings", 2048);
  if (type == "linear") {
    const double factor = positive(object, "factor");
    for (double& rate : rates) rate /= factor;
  } else if (type == "dynamic") {
    const double start = positive(object, "original_max_position_embeddings", positions);
    if (start > 1 << 24) object.fail("starts to stretch beyond 2^24 positions");
    rotary.dynamic.emplace(
        Rotary::Dynamic{base, Value::of(positive(object, "factor")), static_cast<int>(start)});
  } else if (type == "llama3") {
    llama3(object, rates);
  } else if (type == "yarn") {
    const double amplitude = yarn(object, rates, theta, positions);
    if (amplitude != 1) rotary.amplitude = Value::of(amplitude);
  } else if (type == "divisors") {
    divide(object, rates);
  } else if (type != "default") {
    constexpr std::string_view known[] = {"default", "linear", "dynamic", "llama3", "yarn"};
    config.fail(fmt::format("has a \"{}\" of type \"{}\"{}", name, type, did_you_mean(type, known)));
  }
  if (type == "default" && scaled && object.has("factor"))
    object.fail("has a \"factor\" and no \"rope_type\"; give linear, dynamic, llama3 or yarn");
  // (Written by transformers with every type.)
  for (const char* field : {"original_max_position_embeddings", "attention_factor"})
    if (type == "default" || type == "linear") static_cast<void>(object.has(field));
  object.done();
  for (const double rate : rates) rotary.rate.push_back(Value::of(rate));
  return rotary;
}

}  // namespace roundoff::sim
