#include "sim/model/stacks.hpp"

#include <vector>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::sim {
namespace {

struct Setting {
  std::string_view key, word;
};

PolicyLayer layer(std::initializer_list<Setting> settings) {
  PolicyLayer made;
  made.set("nan", "propagate");
  for (const auto& [key, word] : settings) made.set(key, word);
  return made;
}

PolicyLayer torch_layer(std::string_view format) {
  return layer({{"format", format},
                {"formats.accumulators", "binary32"},
                {"formats.softmax", "binary32"},
                {"formats.norms", "binary32"},
                {"norm_cast", "before"},
                {"attention_cast", "activations"}});
}

PolicyLayer block_layer(std::string_view quantiser) {
  return layer({{"format", "bfloat16"},
                {"formats.accumulators", "binary32"},
                {"formats.softmax", "binary32"},
                {"formats.norms", "binary32"},
                {"formats.rotary", "binary32"},
                {"norm_cast", "before"},
                {"attention_cast", "activations"},
                {"quantise.weights", quantiser},
                {"quantise.activations", quantiser}});
}

/// (q8_0's scale, rounded to binary16, depends on the data in one operation: int8/32's rule with another scale.)
PolicyLayer llama_layer(std::string_view weights) {
  return layer({{"format", "binary32"},
                {"formats.cache", "binary16"},
                {"quantise.weights", weights},
                {"quantise.activations", "int8/32"}});
}

}  // namespace

std::span<const Stack> stacks() {
  static const std::vector<Stack> list = {
      {"ieee-binary32", "every operation rounded to binary32, sums and products one by one in index order",
       "IEEE 754-2019, as a plain loop of scalar operations computes",
       layer({{"format", "binary32"}, {"softmax", "stable"}, {"order", "sequential"}, {"dot", "rounded"}})},
      {"hf-bf16",
       "transformers' eager attention in bfloat16: products summed in binary32, softmax and RMS norms in binary32, "
       "norms cast before the weight, rotary tables cast to bfloat16",
       "LlamaForCausalLM and eager_attention_forward of transformers 4.x on PyTorch; the order in which a kernel sums "
       "cannot be known from outside: here it is index order",
       torch_layer("bfloat16")},
      {"hf-fp16", "the same in binary16",
       "as hf-bf16; a half that overflows is infinite, as in PyTorch", torch_layer("binary16")},
      {"te-bf16",
       "Transformer Engine's fused attention in bfloat16: norms whole in binary32 and cast once, one division by the "
       "softmax's sum at the end, exponentials cast to bfloat16 before they weigh values",
       "Transformer Engine's RMSNorm and cuDNN's fused attention (Dao 2023); tiles and their order cannot be known: here "
       "keys are summed in index order under one maximum",
       layer({{"format", "bfloat16"}, {"formats.accumulators", "binary32"}, {"formats.scores", "binary32"},
              {"formats.softmax", "binary32"}, {"formats.norms", "binary32"}, {"formats.rotary", "binary32"},
              {"formats.logits", "bfloat16"}, {"divide", "last"}, {"attention_cast", "activations"}})},
      {"vllm-fp8",
       "weights and activations in e4m3 with scales of a row and of a vector, keys and values in e4m3 with a scale of a "
       "head; the rest as fused bfloat16",
       "vLLM's documentation of fp8 (dynamic activation scales, calculated key and value scales); kernels' orders, and "
       "static scales of a whole tensor found by calibration, cannot be known",
       layer({{"format", "bfloat16"}, {"formats.accumulators", "binary32"}, {"formats.scores", "binary32"},
              {"formats.softmax", "binary32"}, {"formats.norms", "binary32"}, {"formats.rotary", "binary32"},
              {"divide", "last"}, {"attention_cast", "activations"}, {"quantise.weights", "e4m3/1048576"},
              {"quantise.activations", "e4m3/1048576"}, {"quantise.cache", "e4m3/1048576"}})},
      {"llama.cpp-q4_0", "weights in q4_0, activations in int8 by blocks of 32, sums in binary32",
       "ggml's vec_dot_q4_0_q8_0; within a block it sums integers exactly, and vectors of blocks in an order of the "
       "instruction set: here products are summed in binary32 in index order; it rounds the scales of activations to "
       "binary16, here they are not",
       llama_layer("q4_0")},
      {"llama.cpp-q8_0", "weights in q8_0, activations in int8 by blocks of 32, sums in binary32", "ggml's vec_dot_q8_0_q8_0; as above",
       llama_layer("q8_0")},
      {"nvfp4", "weights and activations in nvfp4, sums, norms and softmax in binary32, the rest in bfloat16",
       "NVIDIA's NVFP4 on Blackwell; the order of the tensor core's sums cannot be known", block_layer("nvfp4")},
      {"mxfp4", "weights and activations in mxfp4, sums, norms and softmax in binary32, the rest in bfloat16",
       "OCP Microscaling Formats 1.0; the order of a kernel's sums cannot be known", block_layer("mxfp4")},
  };
  return list;
}

const Stack& find_stack(std::string_view name) {
  std::vector<std::string_view> known;
  for (const Stack& stack : stacks()) {
    if (stack.name == name) return stack;
    known.push_back(stack.name);
  }
  throw UsageError(fmt::format("stack '{}' is unknown{} (see roundoff policies)", name, did_you_mean(name, known)));
}

}  // namespace roundoff::sim
