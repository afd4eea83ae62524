// For the witnesses in Python: what the readers make of bytes, as raw numbers on standard output.
//   hub_dump blocks KIND FILE   the blocks of a kind of GGUF's, one behind the other, as binary32
//   hub_dump tokens PATH FILE   of every text of a file (between zero bytes): whether it comes back, and its tokens
//   hub_dump model PATH         the matrices of a checkpoint as binary64: embedding, then Q K V O 1 G 2 by layer, head
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "sim/files/bytes.hpp"
#include "sim/files/checkpoint.hpp"
#include "sim/hub/gguf_blocks.hpp"
#include "sim/text/tokenizer.hpp"

using namespace roundoff::sim;

namespace {

void write(const Matrix& matrix) {
  for (int r = 0; r < matrix.rows(); ++r)
    for (int c = 0; c < matrix.columns(); ++c) {
      const double value = matrix.source()->at(r, c);
      std::fwrite(&value, sizeof value, 1, stdout);
    }
}

void blocks(const std::string& kind, const std::string& path) {
  const auto bytes = Bytes::map(path);
  const auto* data = reinterpret_cast<const unsigned char*>(bytes->view().data());
  for (const GgufBlocks& one : gguf_blocks()) {
    if (one.name != kind) continue;
    for (std::size_t at = 0; at + static_cast<std::size_t>(one.bytes) <= bytes->view().size();
         at += static_cast<std::size_t>(one.bytes))
      for (int i = 0; i < one.count; ++i) {
        const float value = one.read(data + at, i);
        std::fwrite(&value, sizeof value, 1, stdout);
      }
  }
}

void tokens(const std::string& path, const std::string& file) {
  const auto tokenizer = load_tokenizer(path);
  const auto bytes = Bytes::map(file);
  const std::string_view all = bytes->view();
  for (std::size_t at = 0; at <= all.size();) {
    const std::size_t end = std::min(all.find('\0', at), all.size());
    const std::string_view text = all.substr(at, end - at);
    const std::vector<Token> made = tokenizer->encode(text);
    std::printf("%d", tokenizer->decode(made) == text ? 1 : 0);
    for (const Token token : made) std::printf(" %u", token);
    std::printf("\n");
    at = end + 1;
  }
}

}  // namespace

int main(int count, char** words) {
  try {
    if (count == 4 && std::string(words[1]) == "blocks") {
      blocks(words[2], words[3]);
      return 0;
    }
    if (count == 4 && std::string(words[1]) == "tokens") {
      tokens(words[2], words[3]);
      return 0;
    }
    if (count != 3) return 2;
    const Model model = load_checkpoint(words[2]).model;
    write(model.token_embedding);
    for (const Layer& layer : model.layers) {
      for (const Linear* map : {&layer.attention->query, &layer.attention->key, &layer.attention->value,
                                &layer.attention->output, &layer.feed_forward->in})
        write(map->weight);
      if (layer.feed_forward->gate) write(layer.feed_forward->gate->weight);
      write(layer.feed_forward->out.weight);
    }
    write(model.unembedding.weight);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  }
}
