// Writing Model JSON, and files on disk.
#include "sim/files/model_file.hpp"

#include <cmath>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "sim/files/checkpoint.hpp"
#include "sim/files/model_json.hpp"
#include "sim/files/policy_document.hpp"
#include "sim/files/text_file.hpp"
#include "sim/files/write_file.hpp"

namespace roundoff::sim {

namespace {

Json number(const Value& value) {
  const double d = to_double(value);
  if (value.is_finite() && std::isfinite(d) && Value::of(d) == value) {
    if (value.is_zero() && value.negative) return "-0";
    if (std::abs(d) < 1e15 && d == std::floor(d)) return static_cast<std::int64_t>(d);
    return d;
  }
  return hex(value);
}

Json matrix(const Matrix& m) {
  Json rows = Json::array();
  for (int r = 0; r < m.rows(); ++r) {
    Json row(std::vector<Json>(static_cast<std::size_t>(m.columns()), Json(0)));
    for (const auto& entry : m.row(r)) row[entry.column] = number(entry.value);
    rows.push_back(std::move(row));
  }
  return rows;
}

Json vector(const Vector& v) {
  Json list = Json::array();
  for (const Value& x : v) list.push_back(number(x));
  return list;
}

void put(Json& into, const std::string& suffix, const Linear& linear) {
  into["W_" + suffix] = matrix(linear.weight);
  if (linear.factor) into["A_" + suffix] = matrix(*linear.factor);
  if (linear.bias) into["b_" + suffix] = vector(*linear.bias);
}

void put(Json& into, const std::string& field, const std::optional<Norm>& norm) {
  if (!norm) return;
  Json entry = Json::object();
  entry["kind"] = norm->kind == Norm::rms ? "rmsnorm" : "layernorm";
  if (!norm->epsilon.is_zero()) entry["eps"] = number(norm->epsilon);
  if (norm->weight) entry["weight"] = vector(*norm->weight);
  if (norm->bias) entry["bias"] = vector(*norm->bias);
  if (norm->one_plus) entry["one_plus"] = true;
  into[field] = std::move(entry);
}

void put(Json& into, const Rotary& rotary) {
  Json entry = Json::object();
  entry["pairing"] = rotary_pairings[rotary.interleaved ? 1 : 0];
  entry[rotary.periodic ? "period" : "frequency"] = vector(rotary.rate);
  if (!rotary.phase.empty()) entry["phase"] = vector(rotary.phase);
  if (rotary.amplitude) entry["amplitude"] = number(*rotary.amplitude);
  if (const auto& dynamic = rotary.dynamic)
    entry["dynamic"] = {
        {"base", number(dynamic->base)}, {"factor", number(dynamic->factor)}, {"positions", dynamic->positions}};
  into["rope"] = std::move(entry);
}

}  // namespace

Json to_json(const ModelFile& file) {
  const Model& model = file.model;
  Json json;
  json["schema"] = model_schema;
  json["name"] = model.name;
  write_policy(file.policy, json);
  if (model.arg_min) json["choice"] = choice_names[1];
  if (model.candidates != 0) json["candidates"] = model.candidates;
  if (model.embedding_scale) json["emb_scale"] = number(*model.embedding_scale);
  if (model.logit_cap) json["logit_cap"] = number(*model.logit_cap);
  if (!file.task.empty()) json["task"] = Json::parse(file.task);
  json["vocab"] = model.vocabulary;
  if (!model.registers.empty()) json["registers"] = model.registers;
  json["tok_emb"] = matrix(model.token_embedding);
  if (model.periodic_positions)
    json["pos_emb"]["periodic"] = matrix(model.position_embedding);
  else
    json["pos_emb"] = matrix(model.position_embedding);
  json["layers"] = Json::array();
  auto repetition = model.repeated.begin();
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    const Layer& layer = model.layers[l];
    if (repetition != model.repeated.end() && l == repetition->first) {
      json["layers"].push_back({{"repeat", repetition->times}, {"layers", Json::array()}});
    }
    Json entry = Json::object();
    if (layer.projection) put(entry, "P", *layer.projection);
    if (const auto& attention = layer.attention) {
      entry["n_heads"] = attention->heads;
      put(entry, "Q", attention->query);
      put(entry, "K", attention->key);
      put(entry, "V", attention->value);
      put(entry, "O", attention->output);
      if (attention->key_heads != 0) entry["n_kv_heads"] = attention->key_heads;
      if (attention->scale) entry[attention->divides ? "divisor" : "scale"] = number(*attention->scale);
      if (attention->cap) entry["cap"] = number(*attention->cap);
      if (attention->window != 0) entry["window"] = attention->window;
      if (attention->whole_norms) entry["whole_norms"] = true;
      if (attention->slopes) entry["alibi"] = vector(*attention->slopes);
      if (attention->rotary) put(entry, *attention->rotary);
      for (const Matrix& mask : attention->mask) entry["mask"].push_back(matrix(mask));
      put(entry, "norm_q", attention->query_norm);
      put(entry, "norm_k", attention->key_norm);
      if (attention->weighting != Weighting::softmax)
        entry["weighting"] = weighting_names[static_cast<std::size_t>(attention->weighting)];
    }
    if (const auto& ff = layer.feed_forward) {
      put(entry, "1", ff->in);
      put(entry, "2", ff->out);
      if (ff->gate) put(entry, "G", *ff->gate);
      entry["act"] = activation_names[static_cast<std::size_t>(ff->activation)];
    }
    put(entry, "norm_before_attention", layer.before_attention);
    put(entry, "norm_after_attention", layer.after_attention);
    put(entry, "norm_before_ff", layer.before_feed_forward);
    put(entry, "norm_after_ff", layer.after_feed_forward);
    put(entry, "norm_of_attention", layer.of_attention);
    put(entry, "norm_of_ff", layer.of_feed_forward);
    if (layer.parallel) entry["parallel"] = true;
    if (layer.keep) entry["keep"] = number(*layer.keep);
    if (layer.add) entry["add"] = number(*layer.add);
    const bool inside = repetition != model.repeated.end() && l >= repetition->first;
    (inside ? json["layers"].back()["layers"] : json["layers"]).push_back(std::move(entry));
    if (inside && l + 1 == repetition->first + repetition->count) ++repetition;
  }
  put(json, "norm_final", model.final_norm);
  if (model.tied) {
    json["tied"] = true;
    if (model.unembedding.bias) json["b_U"] = vector(*model.unembedding.bias);
  } else {
    put(json, "U", model.unembedding);
  }
  return json;
}

std::string write_model(const ModelFile& file) { return to_json(file).dump() + "\n"; }

namespace {

bool is_safetensors(const std::string& path) { return path.ends_with(".safetensors"); }

}  // namespace

ModelFile load_model(const std::string& path) {
  if (is_checkpoint(path)) return load_checkpoint(path);
  const std::string bytes = read_text_file(path);
  return is_safetensors(path) ? read_safetensors(bytes, path) : read_model(bytes, path);
}

void save_model(const ModelFile& file, const std::string& path) {
  write_file(path, is_safetensors(path) ? write_safetensors(file) : write_model(file));
}

}  // namespace roundoff::sim
