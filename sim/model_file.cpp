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

void put(Json& into, const std::string& suffix, const Linear& linear) {
  into["W_" + suffix] = matrix(linear.weight);
  if (!linear.bias) return;
  Json bias = Json::array();
  for (const Value& b : *linear.bias) bias.push_back(number(b));
  into["b_" + suffix] = std::move(bias);
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
    if (const Json* bias = object.find("b_" + suffix)) {
      if (!bias->is_array()) fail(object.path("b_" + suffix), "must be an array of numbers");
      result.bias.emplace();
      for (std::size_t r = 0; r < bias->size(); ++r)
        result.bias->push_back(weight((*bias)[r], fmt::format("{}[{}]", object.path("b_" + suffix), r)));
    }
    return result;
  }

  std::string text(const Json& json, const std::string& where) const {
    if (!json.is_string()) fail(where, "must be a string");
    return json.get<std::string>();
  }

  Activation activation(const Json& json, const std::string& where) const {
    const std::string wanted = text(json, where);
    for (std::size_t a = 0; a < std::size(activation_names); ++a)
      if (activation_names[a] == wanted) return static_cast<Activation>(a);
    fail(where, fmt::format("unknown activation \"{}\"{}", wanted, did_you_mean(wanted, activation_names)));
  }

  Layer layer(const Json& json, const std::string& where) const {
    Object object(*this, json, where);
    Layer result;
    if (json.contains("W_Q")) {
      Attention attention;
      const Json& heads = object.need("n_heads");
      if (!heads.is_number_integer() || heads.get<std::int64_t>() < 1)
        fail(object.path("n_heads"), "must be a positive integer");
      attention.heads = heads.get<int>();
      attention.query = linear(object, "Q");
      attention.key = linear(object, "K");
      attention.value = linear(object, "V");
      attention.output = linear(object, "O");
      if (const Json* scale = object.find("scale")) attention.scale = weight(*scale, object.path("scale"));
      result.attention = std::move(attention);
    }
    if (json.contains("W_1")) {
      FeedForward ff;
      ff.in = linear(object, "1");
      ff.out = linear(object, "2");
      if (const Json* act = object.find("act")) ff.activation = activation(*act, object.path("act"));
      result.feed_forward = std::move(ff);
    }
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
      if (attention->scale) entry["scale"] = number(*attention->scale);
    }
    if (const auto& ff = layer.feed_forward) {
      put(entry, "1", ff->in);
      put(entry, "2", ff->out);
      entry["act"] = activation_names[static_cast<std::size_t>(ff->activation)];
    }
    json["layers"].push_back(std::move(entry));
  }
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
