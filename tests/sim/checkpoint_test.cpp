// Checkpoints by name: what a small one becomes, and what is said of one that does not fit. (Their logits are
// compared with NumPy's by examples/checkpoint.)
#include "sim/files/checkpoint.hpp"

#include <map>

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "sim/files/model_json.hpp"

using namespace roundoff::sim;

namespace {

using Shapes = std::map<std::string, std::vector<int>>;

/// F32 tensors whose elements count up from 1/16 in steps of 1/16.
std::string safetensors(const Shapes& shapes) {
  Json header = Json::object();
  std::string data;
  int count = 0;
  for (const auto& [name, shape] : shapes) {
    const std::size_t begin = data.size();
    int size = 1;
    for (const int dimension : shape) size *= dimension;
    for (int i = 0; i < size; ++i) {
      const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(++count % 64) / 16);
      for (int byte = 0; byte < 4; ++byte) data.push_back(static_cast<char>(bits >> (8 * byte) & 0xff));
    }
    header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, data.size()}}};
  }
  const std::string text = header.dump();
  std::string bytes;
  for (int byte = 0; byte < 8; ++byte)
    bytes.push_back(static_cast<char>(static_cast<std::uint64_t>(text.size()) >> (8 * byte) & 0xff));
  return bytes + text + data;
}

const char* const gpt2_config =
    R"({"model_type":"gpt2","n_embd":4,"n_layer":1,"n_head":2,"n_positions":8,"vocab_size":5})";

Shapes gpt2_shapes() {
  return {{"wte.weight", {5, 4}},
          {"wpe.weight", {8, 4}},
          {"h.0.ln_1.weight", {4}},
          {"h.0.ln_1.bias", {4}},
          {"h.0.attn.c_attn.weight", {4, 12}},
          {"h.0.attn.c_attn.bias", {12}},
          {"h.0.attn.c_proj.weight", {4, 4}},
          {"h.0.attn.c_proj.bias", {4}},
          {"h.0.ln_2.weight", {4}},
          {"h.0.ln_2.bias", {4}},
          {"h.0.mlp.c_fc.weight", {4, 16}},
          {"h.0.mlp.c_fc.bias", {16}},
          {"h.0.mlp.c_proj.weight", {16, 4}},
          {"h.0.mlp.c_proj.bias", {4}},
          {"ln_f.weight", {4}},
          {"ln_f.bias", {4}}};
}

const char* const llama_config =
    R"({"model_type":"llama","hidden_size":4,"num_hidden_layers":1,"num_attention_heads":2,"num_key_value_heads":1,
        "intermediate_size":6,"max_position_embeddings":8,"vocab_size":5,"rope_scaling":null})";

Shapes llama_shapes() {
  const std::string at = "model.layers.0.";
  return {{"model.embed_tokens.weight", {5, 4}},
          {at + "input_layernorm.weight", {4}},
          {at + "self_attn.q_proj.weight", {4, 4}},
          {at + "self_attn.k_proj.weight", {2, 4}},
          {at + "self_attn.v_proj.weight", {2, 4}},
          {at + "self_attn.o_proj.weight", {4, 4}},
          {at + "post_attention_layernorm.weight", {4}},
          {at + "mlp.gate_proj.weight", {6, 4}},
          {at + "mlp.up_proj.weight", {6, 4}},
          {at + "mlp.down_proj.weight", {4, 6}},
          {"model.norm.weight", {4}},
          {"lm_head.weight", {5, 4}}};
}

void refuses(const std::string& config, const Shapes& shapes, const char* part) {
  CHECK_THROWS_WITH_AS(read_checkpoint(config, safetensors(shapes), "ckpt"), doctest::Contains(part),
                       FileError);
}

}  // namespace

TEST_CASE("a GPT-2 checkpoint loads by the names of its tensors, matrices transposed") {
  const ModelFile file = read_checkpoint(gpt2_config, safetensors(gpt2_shapes()), "ckpt");
  const Model& model = file.model;
  CHECK(model.tied);
  CHECK(shape(model).parameters == 5 * 4 + 8 * 4 + 4 * 4 + 12 * 4 + 12 + 16 + 4 + 2 * 64 + 20 + 2 * 4);
  REQUIRE(model.layers.size() == 1);
  const Attention& attention = *model.layers[0].attention;
  CHECK(attention.heads == 2);
  // c_attn.weight is the third tensor by name: [4 x 12], and the key's first row is its column 4.
  const Linear& key = attention.key;
  const double step = to_double(key.weight.at(0, 1)) - to_double(key.weight.at(0, 0));
  CHECK(std::fmod(step + 4, 4) == 12.0 / 16);
  CHECK(to_double(*attention.scale) == 0.70710678118654752);
  CHECK(model.layers[0].feed_forward->activation == Activation::gelu_tanh);
  CHECK(file.model.vocabulary.back() == "4");
  // The same with the prefix that the full model's files have.
  Shapes prefixed;
  for (const auto& [name, shape] : gpt2_shapes()) prefixed["transformer." + name] = shape;
  CHECK(read_checkpoint(gpt2_config, safetensors(prefixed), "ckpt") == file);
}

TEST_CASE("a Llama checkpoint loads by the names of its tensors, with rotary positions and grouped queries") {
  const Model model = read_checkpoint(llama_config, safetensors(llama_shapes()), "ckpt").model;
  const Attention& attention = *model.layers[0].attention;
  CHECK(attention.groups() == 1);
  REQUIRE(attention.rotary);
  CHECK(attention.rotary->rate == Vector{Value::integer(1)});
  CHECK(model.layers[0].feed_forward->gate);
  CHECK(!model.tied);
  Shapes tied = llama_shapes();
  tied.erase("lm_head.weight");
  CHECK(read_checkpoint(llama_config, safetensors(tied), "ckpt").model.tied);
}

TEST_CASE("a checkpoint that does not fit its config is one line that names the tensor or the option") {
  Shapes shapes = gpt2_shapes();
  shapes.erase("h.0.mlp.c_fc.weight");
  refuses(gpt2_config, shapes, "lacks the tensor h.0.mlp.c_fc.weight");
  shapes = gpt2_shapes();
  shapes["wte.weight"] = {4, 4};
  refuses(gpt2_config, shapes, "wte.weight of shape [4, 4]");
  shapes = gpt2_shapes();
  shapes["h.1.ln_1.weight"] = {4};
  refuses(gpt2_config, shapes, "h.1.ln_1.weight");
  shapes = gpt2_shapes();
  shapes["transformer.wte.weight"] = {5, 4};
  refuses(gpt2_config, shapes, "twice");
  refuses("{", gpt2_shapes(), "not JSON");
  refuses("[]", gpt2_shapes(), "not an object");
  refuses(R"({"model_type":"gtp2","vocab_size":5})", gpt2_shapes(), "gpt2");
  refuses(R"({"model_type":"gpt2","vocab_size":4294967301,"n_embd":4})", gpt2_shapes(), "vocab_size");
  refuses(R"({"model_type":"gpt2","vocab_size":5,"n_embd":4,"n_layer":1,"n_head":3,"n_positions":8})",
          gpt2_shapes(), "do not divide");
  refuses(R"({"model_type":"gpt2","vocab_size":5,"n_embd":4,"n_layer":1000000,"n_head":2,"n_positions":8})",
          gpt2_shapes(), "lacks the tensor h.1.ln_1.weight");
  std::string scaled = llama_config;
  scaled.replace(scaled.find("null"), 4, R"({"type":"linear"})");
  refuses(scaled, llama_shapes(), "rope_scaling");
  CHECK_THROWS_WITH_AS(load_checkpoint("/nowhere/config.json"), doctest::Contains("/nowhere"), FileError);
}
