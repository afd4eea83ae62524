// Model files both ways, and what is said of a bad one.
#include "sim/files/model_file.hpp"

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "tests/sim/random_model.hpp"

using namespace roundoff::sim;

TEST_CASE("a model file is read back to the same model and the same semantics") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    ModelFile file;
    file.model = random_model(seed, parse_format("fixed(3,2)"), seed > 4).model;
    file.model.name = "random";
    file.model.token_embedding.set(0, 0,
                                   parse_exact("0x1.0000000000000000001p-3"));  // more bits than a double
    file.model.token_embedding.set(0, 1, Value::zero(true));
    file.policy.set("format", "fixed(3,2)");
    file.policy.set("softmax", seed % 2 ? "plain" : "stable");
    file.policy.set("order", seed % 3 ? "tree" : "sequential");
    file.policy.set("dot", seed == 3 ? "fused" : "rounded");
    file.task = R"({"name":"add","p":2,"n":3})";
    const ModelFile again = read_model(write_model(file), "test");
    CHECK(again == file);
    CHECK(fingerprint(again.model) == fingerprint(file.model));
  }
}

TEST_CASE("a change of any weight changes the fingerprint") {
  const Model model = random_model(1, parse_format("fixed(3,2)")).model;
  Model other = model;
  other.unembedding.weight.set(0, 0, Value::integer(77));
  CHECK(fingerprint(other) != fingerprint(model));
}

TEST_CASE("a bad model file is one line that names the field and the remedy") {
  const std::string good =
      R"({"vocab":["0","1"],"tok_emb":[[1],[2]],"pos_emb":[[0]],"layers":[],"W_U":[[1],[1]]})";
  CHECK_NOTHROW(read_model(good, "m.json"));
  const auto says = [](const std::string& json, const char* part) {
    CHECK_THROWS_WITH_AS(read_model(json, "m.json"), doctest::Contains(part), FileError);
  };
  says("{", "not JSON");
  says("[]", "must be an object");
  says(R"({"vocab":["0"],"tok_emb":[[1]],"layers":[]})", "W_U");
  says(R"({"vocab":["0","1"],"tok_emb":[[1],[2]],"layers":[],"W_U":[[1],[1]],"sofmax":"plain"})", "softmax");
  says(R"({"vocab":["0","1"],"tok_emb":[[1],[2,3]],"layers":[],"W_U":[[1],[1]]})", "tok_emb[1]");
  says(R"({"vocab":["0","1"],"tok_emb":[[1],["1/3"]],"layers":[],"W_U":[[1],[1]]})", "tok_emb[1][0]");
  says(R"({"vocab":["0","1"],"tok_emb":[[1],["nan"]],"layers":[],"W_U":[[1],[1]]})", "tok_emb[1][0]");
  says(R"({"vocab":["0","1"],"tok_emb":[[1]],"layers":[],"W_U":[[1],[1]]})", "tok_emb is 1 x 1");
  says(
      R"({"vocab":["0"],"tok_emb":[[1]],"layers":[{"n_heads":0,"W_Q":[[1]],"W_K":[[1]],"W_V":[[1]],"W_O":[[1]]}],"W_U":[[1]]})",
      "n_heads");
  says(R"({"vocab":["0"],"tok_emb":[[1]],"layers":[{"W_1":[[1]],"W_2":[[1]],"act":"rleu"}],"W_U":[[1]]})",
       "relu");
}

TEST_CASE("safetensors hold the same model, and refuse what no double holds") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    ModelFile file;
    file.model = random_model(seed, parse_format("fixed(3,2)"), seed > 4).model;
    file.model.token_embedding.set(0, 0, parse_exact("0x1.8p-300"));
    file.model.token_embedding.set(0, 1, Value::zero(true));
    file.policy.set("format", "fixed(3,2)");
    CHECK(read_safetensors(write_safetensors(file), "test") == file);
    file.model.token_embedding.set(0, 0, parse_exact("0x1.0000000000000000001p-3"));
    CHECK_THROWS_WITH_AS(write_safetensors(file), doctest::Contains(".json"), UsageError);
  }
}

TEST_CASE("a truncated or overlapping safetensors file is an error, never a crash") {
  ModelFile file;
  file.model = random_model(3, parse_format("fixed(3,2)")).model;
  const std::string good = write_safetensors(file);
  for (std::size_t length = 0; length < good.size(); length += length < 64 ? 1 : 37)
    CHECK_THROWS_AS(read_safetensors(good.substr(0, length), "cut"), FileError);
  std::string huge = good;
  for (int byte = 0; byte < 8; ++byte) huge[static_cast<std::size_t>(byte)] = '\x7f';
  CHECK_THROWS_WITH_AS(read_safetensors(huge, "huge"), doctest::Contains("header"), FileError);
  std::string overlap = good;
  const std::size_t at = overlap.find("data_offsets\":[0,");
  REQUIRE(at != std::string::npos);
  for (std::size_t byte = 8; byte < 8 + 200 && byte < overlap.size(); byte += 3) {
    std::string broken = good;
    broken[byte] = static_cast<char>(broken[byte] ^ 0x15);
    try {
      read_safetensors(broken, "broken");
    } catch (const FileError&) {
    }
  }
}
