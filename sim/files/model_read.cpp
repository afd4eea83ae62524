// Reading Model JSON. Every field that is read is struck off a list, so that an unknown field is an error.
#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"
#include "formats/notation/text.hpp"
#include "sim/files/model_json.hpp"
#include "sim/files/policy_document.hpp"
#include "sim/files/whole_number.hpp"
#include "sim/model/sinusoids.hpp"

namespace roundoff::sim {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view source) : source_(source) {}

  [[noreturn]] void fail(const std::string& where, const std::string& what) const {
    throw FileError(fmt::format("{}: {}{}{}", source_, where, where.empty() ? "" : ": ", what));
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

  Value weight(const Json& json, const std::string& where, bool limitless = false) const {
    if (json.is_number_unsigned()) return Value::scaled(false, json.get<std::uint64_t>(), 0);
    if (json.is_number_integer()) return Value::integer(json.get<std::int64_t>());
    if (json.is_number_float()) return Value::of(json.get<double>());
    if (json.is_string()) {
      try {
        const Value value = parse_exact(json.get<std::string>());
        if (!value.is_finite() && !(limitless && value.is_infinite()))
          fail(where, fmt::format("the weight \"{}\" is not a finite number", json.get<std::string>()));
        return value;
      } catch (const UsageError& error) {
        fail(where, error.what());
      }
    }
    fail(where, "a weight must be a number, or a string in the number notation");
  }

  /// `limitless`: -inf and inf are entries, too, as masks have them.
  Matrix matrix(const Json& json, const std::string& where, bool limitless = false) const {
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
        m.set(r, c, weight(row[static_cast<std::size_t>(c)], fmt::format("{}[{}]", at, c), limitless));
    }
    return m;
  }

  Linear linear(Object& object, const std::string& suffix) const {
    Linear result;
    result.weight = matrix(object.need("W_" + suffix), object.path("W_" + suffix));
    if (const Json* factor = object.find("A_" + suffix)) result.factor = matrix(*factor, object.path("A_" + suffix));
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
    const auto number = whole_number(json, 1, 1 << 20);
    if (!number) fail(where, fmt::format("must be a whole number from 1 to {}", 1 << 20));
    return static_cast<int>(*number);
  }

  bool flag(const Json& json, const std::string& where) const {
    if (!json.is_boolean()) fail(where, "must be true or false");
    return json.get<bool>();
  }

  PolicyLayer policy(Object& object) const {
    PolicyLayer layer;
    const auto take = [&](std::string_view key) {
      if (const Json* value = object.find(key)) read_policy(layer, std::string(key), *value);
    };
    const Json* schema = object.find("schema");
    if (schema != nullptr) {
      if (text(*schema, "schema") != model_schema)
        fail("schema", fmt::format("is \"{}\"; this program reads \"{}\", and files without one",
                                   schema->get<std::string>(), model_schema));
      for (const std::string_view key : policy_keys()) take(key);
      return layer;
    }
    // Version 1 means what it meant.
    for (const char* key : {"format", "formats", "softmax"}) take(key);
    if (const Json* order = object.find("sum")) {
      const std::string word = text(*order, "sum");
      layer.set("order", word == "seq" ? "sequential" : word);
    }
    const auto on = [&](const char* field) {
      const Json* value = object.find(field);
      return value != nullptr && flag(*value, field);
    };
    const bool fused = on("fma"), exact = on("exact_dot");
    if (fused && exact) fail("exact_dot", "excludes \"fma\"");
    if (fused || exact) layer.set("dot", fused ? "fused" : "exact");
    return layer;
  }

  std::optional<Rotary> rotary(Object& parent) const {
    const Json* json = parent.find("rope");
    if (!json) return std::nullopt;
    Object object(*this, *json, parent.path("rope"));
    Rotary result;
    if (const Json* pairing = object.find("pairing"))
      result.interleaved = choice(*pairing, object.path("pairing"), rotary_pairings) == 1;
    const Json *frequency = object.find("frequency"), *period = object.find("period");
    if ((frequency != nullptr) == (period != nullptr))
      fail(parent.path("rope"),
           "needs one of \"frequency\" (radians a position) and \"period\" (positions a turn)");
    result.periodic = period != nullptr;
    const std::string field = result.periodic ? "period" : "frequency";
    result.rate = vector(result.periodic ? *period : *frequency, object.path(field));
    if (const Json* phase = object.find("phase")) result.phase = vector(*phase, object.path("phase"));
    result.amplitude = number(object, "amplitude");
    if (const Json* stretched = object.find("dynamic")) {
      Object dynamic(*this, *stretched, object.path("dynamic"));
      Rotary::Dynamic& made = result.dynamic.emplace();
      made.base = weight(dynamic.need("base"), dynamic.path("base"));
      made.factor = weight(dynamic.need("factor"), dynamic.path("factor"));
      made.positions = count(dynamic.need("positions"), dynamic.path("positions"));
      dynamic.done();
    }
    object.done();
    return result;
  }

  // A table, {"periodic": a table whose row i mod N is that of position i}, or {"sinusoidal": {"positions": N,
  // "base": 10000, "layout": "interleaved"}}.
  Matrix positions(const Json& json, int width, bool& periodic) const {
    if (!json.is_object()) return matrix(json, "pos_emb");
    Object object(*this, json, "pos_emb");
    if (const Json* rows = object.find("periodic")) {
      object.done();
      const Matrix table = matrix(*rows, "pos_emb.periodic");
      if (table.empty()) fail("pos_emb.periodic", "needs at least one row");
      periodic = true;
      return table;
    }
    Object waves(*this, object.need("sinusoidal"), "pos_emb.sinusoidal");
    object.done();
    Sinusoids table;
    table.positions = count(waves.need("positions"), waves.path("positions"));
    table.width = width;
    if (const Json* base = waves.find("base")) table.base = weight(*base, waves.path("base"));
    if (const Json* layout = waves.find("layout"))
      table.interleaved = choice(*layout, waves.path("layout"), rotary_pairings) == 1;
    waves.done();
    return sinusoids(table);
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
    if (const Json* one = object.find("one_plus")) result.one_plus = flag(*one, object.path("one_plus"));
    object.done();
    return result;
  }

  std::optional<Value> number(Object& object, const std::string& field) const {
    const Json* json = object.find(field);
    return json == nullptr ? std::nullopt : std::optional<Value>(weight(*json, object.path(field)));
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
    result.scale = number(object, "scale");
    if (const std::optional<Value> divisor = number(object, "divisor")) {
      if (result.scale) fail(object.path("divisor"), "excludes \"scale\"");
      result.scale = divisor;
      result.divides = true;
    }
    result.cap = number(object, "cap");
    if (const Json* window = object.find("window")) result.window = count(*window, object.path("window"));
    if (const Json* whole = object.find("whole_norms")) result.whole_norms = flag(*whole, object.path("whole_norms"));
    if (const Json* slopes = object.find("alibi")) result.slopes = vector(*slopes, object.path("alibi"));
    if (const Json* mask = object.find("mask")) {
      if (!mask->is_array()) fail(object.path("mask"), "must be an array with one matrix a head");
      for (std::size_t h = 0; h < mask->size(); ++h)
        result.mask.push_back(matrix((*mask)[h], fmt::format("{}[{}]", object.path("mask"), h), true));
    }
    result.rotary = rotary(object);
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

  // {"repeat": "n", "layers": [...]}, or a layer that has a "repeat" of its own.
  void repeated(const Json& json, const std::string& where, Model& model) const {
    const Json& times = json["repeat"];
    Repetition part{model.layers.size(), 1, ""};
    part.times = times.is_number_integer() ? std::to_string(count(times, where + ".repeat"))
                                           : text(times, where + ".repeat");
    if (json.contains("layers")) {
      Object object(*this, json, where);
      object.find("repeat");
      const Json& layers = object.need("layers");
      if (!layers.is_array() || layers.empty()) fail(where + ".layers", "must be an array of layers");
      for (std::size_t l = 0; l < layers.size(); ++l)
        model.layers.push_back(layer(layers[l], fmt::format("{}.layers[{}]", where, l)));
      object.done();
      part.count = layers.size();
    } else {
      Json alone = json;
      alone.erase("repeat");
      model.layers.push_back(layer(alone, where));
    }
    model.repeated.push_back(part);
  }

  Layer layer(const Json& json, const std::string& where) const {
    Object object(*this, json, where);
    Layer result;
    if (object.find("W_P")) result.projection = linear(object, "P");
    if (object.find("W_Q")) result.attention = attention(object);
    if (object.find("W_1")) result.feed_forward = feed_forward(object);
    result.before_attention = norm(object, "norm_before_attention");
    result.after_attention = norm(object, "norm_after_attention");
    result.before_feed_forward = norm(object, "norm_before_ff");
    result.after_feed_forward = norm(object, "norm_after_ff");
    result.of_attention = norm(object, "norm_of_attention");
    result.of_feed_forward = norm(object, "norm_of_ff");
    if (const Json* parallel = object.find("parallel")) result.parallel = flag(*parallel, object.path("parallel"));
    result.keep = number(object, "keep");
    result.add = number(object, "add");
    object.done();
    return result;
  }

 private:
  std::string source_;
};

}  // namespace

ModelFile from_json(const Json& json, std::string_view source) {
  const Reader reader(source);
  Reader::Object object(reader, json, "");
  ModelFile file;
  Model& model = file.model;
  try {
    if (const Json* name = object.find("name")) model.name = reader.text(*name, "name");
    file.policy = reader.policy(object);
    const auto flag = [&](const char* field) {
      const Json* value = object.find(field);
      return value != nullptr && reader.flag(*value, field);
    };
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
      model.position_embedding = reader.positions(*positions, model.d_model(), model.periodic_positions);
    if (const Json* offset = object.find("pos_offset")) {
      const int rows = model.position_embedding.rows();
      const int first = reader.count(*offset, "pos_offset");
      if (first >= rows || model.periodic_positions)
        reader.fail("pos_offset", fmt::format("position 0 would have row {} of {}; give a table with more rows", first, rows));
      model.position_embedding = model.position_embedding.part(first, rows - first);
    }
    model.embedding_scale = reader.number(object, "emb_scale");
    model.logit_cap = reader.number(object, "logit_cap");
    if (const Json* candidates = object.find("candidates"))
      model.candidates = reader.count(*candidates, "candidates");
    const Json& layers = object.need("layers");
    if (!layers.is_array()) reader.fail("layers", "must be an array");
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const std::string where = fmt::format("layers[{}]", l);
      if (!layers[l].is_object() || !layers[l].contains("repeat"))
        model.layers.push_back(reader.layer(layers[l], where));
      else
        reader.repeated(layers[l], where, model);
    }
    model.final_norm = reader.norm(object, "norm_final");
    model.tied = flag("tied");
    if (model.tied) {
      model.unembedding.weight = model.token_embedding;
      if (const Json* bias = object.find("b_U")) model.unembedding.bias = reader.vector(*bias, "b_U");
    } else {
      model.unembedding = reader.linear(object, "U");
    }
    if (const Json* choice = object.find("choice"))
      model.arg_min = reader.choice(*choice, "choice", choice_names) == 1;
    object.done();
    validate(model);
  } catch (const UsageError& error) {
    throw FileError(fmt::format("{}: {}", source, error.what()));
  }
  return file;
}

ModelFile read_model(std::string_view text, std::string_view source) {
  return from_json(parse_json(text, source), source);
}

}  // namespace roundoff::sim
