// Reading and writing Model JSON. Every field that is read is struck off a list, so that an unknown field is
// an error.
#include "sim/model_file.hpp"

#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/suggest.hpp"
#include "formats/text.hpp"
#include "sim/model_json.hpp"

namespace roundoff {

namespace {

constexpr std::string_view weighting_names[] = {"softmax", "softmax_one", "exp"};
constexpr std::string_view activation_names[] = {"relu", "gelu", "gelu_tanh", "silu", "identity"};

// ---- writing ----

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
  if (linear.bias) into["b_" + suffix] = vector(*linear.bias);
}

void put(Json& into, const std::string& field, const std::optional<Norm>& norm) {
  if (!norm) return;
  Json entry = Json::object();
  entry["kind"] = norm->kind == Norm::rms ? "rmsnorm" : "layernorm";
  if (!norm->epsilon.is_zero()) entry["eps"] = number(norm->epsilon);
  if (norm->weight) entry["weight"] = vector(*norm->weight);
  if (norm->bias) entry["bias"] = vector(*norm->bias);
  into[field] = std::move(entry);
}

// ---- reading ----

class Reader {
 public:
  explicit Reader(std::string_view source) : source_(source) {}

  [[noreturn]] void fail(const std::string& where, const std::string& what) const {
    throw FileError(fmt::format("{}: {}: {}", source_, where, what));
  }

  // An object of which each field is asked for once; `done` reports the ones nobody asked for.
  class Object {
   public:
    Object(const Reader& reader, const Json& json, std::string where)
        : reader_(reader), json_(json), where_(std::move(where)) {
      if (!json.is_object()) reader.fail(where_, "must be an object");
    }
    const Json* find(std::string_view field) {
      known_.emplace_back(field);
      const auto found = json_.find(std::string(field));
      return found == json_.end() ? nullptr : &*found;
    }
    const Json& need(std::string_view field) {
      if (const Json* found = find(field)) return *found;
      reader_.fail(where_, fmt::format("lacks the field \"{}\"", field));
    }
    std::string path(const std::string& field) const { return where_.empty() ? field : where_ + "." + field; }
    void done() const {
      for (const auto& [field, unused] : json_.items())
        if (std::find(known_.begin(), known_.end(), field) == known_.end())
          reader_.fail(
              where_.empty() ? "the model" : where_,
              fmt::format("unknown field \"{}\"{}", field,
                          did_you_mean(field, std::vector<std::string_view>(known_.begin(), known_.end()))));
    }

   private:
    const Reader& reader_;
    const Json& json_;
    std::string where_;
    std::vector<std::string> known_;
  };

  Value weight(const Json& json, const std::string& where) const {
    if (json.is_number_integer()) return Value::integer(json.get<std::int64_t>());
    if (json.is_number_float()) return Value::of(json.get<double>());
    if (json.is_string()) {
      try {
        const Value value = parse_exact(json.get<std::string>());
        if (!value.is_finite())
          fail(where, fmt::format("the weight \"{}\" is not a finite number", json.get<std::string>()));
        return value;
      } catch (const UsageError& error) {
        fail(where, error.what());
      }
    }
    fail(where, "a weight must be a number, or a string in the number notation");
  }

  Matrix matrix(const Json& json, const std::string& where) const {
    if (!json.is_array()) fail(where, "must be an array of rows");
    const int rows = static_cast<int>(json.size());
    const int columns = rows && json[0].is_array() ? static_cast<int>(json[0].size()) : 0;
    Matrix m(rows, columns);
    for (int r = 0; r < rows; ++r) {
      const Json& row = json[static_cast<std::size_t>(r)];
      const std::string at = fmt::format("{}[{}]", where, r);
      if (!row.is_array()) fail(at, "must be an array of numbers");
      if (static_cast<int>(row.size()) != columns)
        fail(at, fmt::format("has {} numbers but row 0 has {}", row.size(), columns));
      for (int c = 0; c < columns; ++c)
        m.set(r, c, weight(row[static_cast<std::size_t>(c)], fmt::format("{}[{}]", at, c)));
    }
    return m;
  }

  Linear linear(Object& object, const std::string& suffix) const {
    Linear result;
    result.weight = matrix(object.need("W_" + suffix), object.path("W_" + suffix));
    if (const Json* bias = object.find("b_" + suffix))
      result.bias = vector(*bias, object.path("b_" + suffix));
    return result;
  }

  std::string text(const Json& json, const std::string& where) const {
    if (!json.is_string()) fail(where, "must be a string");
    return json.get<std::string>();
  }

  Vector vector(const Json& json, const std::string& where) const {
    if (!json.is_array()) fail(where, "must be an array of numbers");
    Vector result;
    for (std::size_t r = 0; r < json.size(); ++r)
      result.push_back(weight(json[r], fmt::format("{}[{}]", where, r)));
    return result;
  }

  // The index of a word in a list of known words.
  std::size_t choice(const Json& json, const std::string& where,
                     std::span<const std::string_view> known) const {
    const std::string wanted = text(json, where);
    const auto found = std::find(known.begin(), known.end(), wanted);
    if (found == known.end())
      fail(where, fmt::format("unknown choice \"{}\"{}", wanted, did_you_mean(wanted, known)));
    return static_cast<std::size_t>(found - known.begin());
  }

  int count(const Json& json, const std::string& where) const {
    if (!json.is_number_integer() || json.get<std::int64_t>() < 1 || json.get<std::int64_t>() > 1 << 20)
      fail(where, "must be a positive integer");
    return json.get<int>();
  }

  std::optional<Norm> norm(Object& parent, const std::string& field) const {
    const Json* json = parent.find(field);
    if (!json) return std::nullopt;
    constexpr std::string_view kinds[] = {"rmsnorm", "layernorm"};
    Object object(*this, *json, parent.path(field));
    Norm result;
    result.kind = static_cast<Norm::Kind>(choice(object.need("kind"), object.path("kind"), kinds));
    if (const Json* epsilon = object.find("eps")) result.epsilon = weight(*epsilon, object.path("eps"));
    if (const Json* w = object.find("weight")) result.weight = vector(*w, object.path("weight"));
    if (const Json* b = object.find("bias")) result.bias = vector(*b, object.path("bias"));
    object.done();
    return result;
  }

  Attention attention(Object& object) const {
    Attention result;
    result.heads = count(object.need("n_heads"), object.path("n_heads"));
    if (const Json* groups = object.find("n_kv_heads"))
      result.key_heads = count(*groups, object.path("n_kv_heads"));
    result.query = linear(object, "Q");
    result.key = linear(object, "K");
    result.value = linear(object, "V");
    result.output = linear(object, "O");
    if (const Json* scale = object.find("scale")) result.scale = weight(*scale, object.path("scale"));
    if (const Json* slopes = object.find("alibi")) result.slopes = vector(*slopes, object.path("alibi"));
    if (const Json* mask = object.find("mask")) {
      if (!mask->is_array()) fail(object.path("mask"), "must be an array with one matrix a head");
      for (std::size_t h = 0; h < mask->size(); ++h)
        result.mask.push_back(matrix((*mask)[h], fmt::format("{}[{}]", object.path("mask"), h)));
    }
    result.query_norm = norm(object, "norm_q");
    result.key_norm = norm(object, "norm_k");
    if (const Json* weighting = object.find("weighting"))
      result.weighting =
          static_cast<Weighting>(choice(*weighting, object.path("weighting"), weighting_names));
    return result;
  }

  FeedForward feed_forward(Object& object) const {
    FeedForward result;
    result.in = linear(object, "1");
    result.out = linear(object, "2");
    if (object.find("W_G")) result.gate = linear(object, "G");
    if (const Json* act = object.find("act"))
      result.activation = static_cast<Activation>(choice(*act, object.path("act"), activation_names));
    return result;
  }

  Layer layer(const Json& json, const std::string& where) const {
    Object object(*this, json, where);
    Layer result;
    if (object.find("W_Q")) result.attention = attention(object);
    if (object.find("W_1")) result.feed_forward = feed_forward(object);
    result.before_attention = norm(object, "norm_before_attention");
    result.after_attention = norm(object, "norm_after_attention");
    result.before_feed_forward = norm(object, "norm_before_ff");
    result.after_feed_forward = norm(object, "norm_after_ff");
    object.done();
    return result;
  }

 private:
  std::string source_;
};

}  // namespace

Json to_json(const ModelFile& file) {
  const Model& model = file.model;
  Json json;
  json["name"] = model.name;
  if (!file.format.empty()) json["format"] = file.format;
  for (const auto& [role, format] : file.roles) json["formats"][std::string(name(role))] = format;
  json["softmax"] = file.softmax == Softmax::stable ? "stable" : "plain";
  json["sum"] = file.order.kind == SumOrder::sequential ? "seq" : notation(file.order);
  json["fma"] = file.dot == DotMode::fused;
  if (file.dot == DotMode::exact_dot) json["exact_dot"] = true;
  if (!file.task.empty()) json["task"] = Json::parse(file.task);
  json["vocab"] = model.vocabulary;
  if (!model.registers.empty()) json["registers"] = model.registers;
  json["tok_emb"] = matrix(model.token_embedding);
  json["pos_emb"] = matrix(model.position_embedding);
  json["layers"] = Json::array();
  for (const Layer& layer : model.layers) {
    Json entry = Json::object();
    if (const auto& attention = layer.attention) {
      entry["n_heads"] = attention->heads;
      put(entry, "Q", attention->query);
      put(entry, "K", attention->key);
      put(entry, "V", attention->value);
      put(entry, "O", attention->output);
      if (attention->key_heads != 0) entry["n_kv_heads"] = attention->key_heads;
      if (attention->scale) entry["scale"] = number(*attention->scale);
      if (attention->slopes) entry["alibi"] = vector(*attention->slopes);
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
    json["layers"].push_back(std::move(entry));
  }
  put(json, "norm_final", model.final_norm);
  put(json, "U", model.unembedding);
  return json;
}

ModelFile from_json(const Json& json, std::string_view source) {
  const Reader reader(source);
  Reader::Object object(reader, json, "");
  ModelFile file;
  Model& model = file.model;
  try {
    if (const Json* name = object.find("name")) model.name = reader.text(*name, "name");
    if (const Json* format = object.find("format")) file.format = reader.text(*format, "format");
    if (const Json* formats = object.find("formats")) {
      Reader::Object roles(reader, *formats, "formats");
      for (int r = 0; r < role_count; ++r) {
        const auto role = static_cast<Role>(r);
        const std::string field(name(role));
        if (const Json* format = roles.find(field))
          file.roles.emplace_back(role, notation(parse_format(reader.text(*format, field))));
      }
      roles.done();
    }
    if (const Json* softmax = object.find("softmax")) {
      const std::string kind = reader.text(*softmax, "softmax");
      if (kind != "stable" && kind != "plain") reader.fail("softmax", "must be \"stable\" or \"plain\"");
      file.softmax = kind == "stable" ? Softmax::stable : Softmax::plain;
    }
    if (const Json* order = object.find("sum")) {
      const std::string wanted = reader.text(*order, "sum");
      file.order = parse_order(wanted == "seq" ? "sequential" : wanted);
    }
    const auto flag = [&](const char* field) {
      const Json* value = object.find(field);
      if (!value) return false;
      if (!value->is_boolean()) reader.fail(field, "must be true or false");
      return value->get<bool>();
    };
    if (flag("fma")) file.dot = DotMode::fused;
    if (flag("exact_dot")) file.dot = DotMode::exact_dot;
    if (const Json* task = object.find("task")) file.task = task->dump();
    const auto strings = [&](const Json& list, const char* field) {
      if (!list.is_array()) reader.fail(field, "must be an array of strings");
      std::vector<std::string> result;
      for (const Json& entry : list) result.push_back(reader.text(entry, field));
      return result;
    };
    model.vocabulary = strings(object.need("vocab"), "vocab");
    if (const Json* registers = object.find("registers")) model.registers = strings(*registers, "registers");
    model.token_embedding = reader.matrix(object.need("tok_emb"), "tok_emb");
    if (const Json* positions = object.find("pos_emb"))
      model.position_embedding = reader.matrix(*positions, "pos_emb");
    const Json& layers = object.need("layers");
    if (!layers.is_array()) reader.fail("layers", "must be an array");
    for (std::size_t l = 0; l < layers.size(); ++l)
      model.layers.push_back(reader.layer(layers[l], fmt::format("layers[{}]", l)));
    model.final_norm = reader.norm(object, "norm_final");
    model.unembedding = reader.linear(object, "U");
    object.done();
    validate(model);
  } catch (const UsageError& error) {
    throw FileError(fmt::format("{}: {}", source, error.what()));
  }
  return file;
}

std::string write_model(const ModelFile& file) { return to_json(file).dump() + "\n"; }

ModelFile read_model(std::string_view text, std::string_view source) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw FileError(
        fmt::format("{}: not JSON (byte {}); write it with `roundoff export`", source, error.byte));
  }
  return from_json(json, source);
}

namespace {

bool is_safetensors(const std::string& path) { return path.ends_with(".safetensors"); }

}  // namespace

ModelFile load_model(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw FileError(
        fmt::format("cannot open {}; check the path, or write a model with `roundoff export`", path));
  std::ostringstream text;
  text << in.rdbuf();
  return is_safetensors(path) ? read_safetensors(text.str(), path) : read_model(text.str(), path);
}

void save_model(const ModelFile& file, const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  out << (is_safetensors(path) ? write_safetensors(file) : write_model(file));
  if (!out.flush()) throw FileError(fmt::format("cannot write {}; check that its folder exists", path));
}

}  // namespace roundoff
