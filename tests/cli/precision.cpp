// Models at real sizes on the tensor tape, from the command line: forward over many prompts, resumed; what a policy
// costs; greedy text; arithmetic.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/binary.hpp"

namespace {

using Json = nlohmann::ordered_json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

const std::string tiny = ROUNDOFF_SOURCE "/examples/checkpoint/tiny";

Json answer(const Directory& directory, const std::string& line) {
  const Outcome outcome = directory.run(line + " --json");
  CAPTURE(line);
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  return Json::parse(outcome.out);
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE(
    "forward: prompts of a file run together give what each gives by itself, on any number of threads and "
    "lanes") {
  const Directory directory;
  directory.write("prompts.txt", "1,2,3\n7 0 7 0 7\n15\n");
  for (const char* policy : {"--format bfloat16", "--format e4m3 --role accumulators=binary32",
                             "--policy " ROUNDOFF_SOURCE "/examples/checkpoint/int4.toml --order tree"}) {
    const std::string line = "roundoff forward " + tiny + " --tokens prompts.txt " + policy;
    const Json together = answer(directory, line + " --threads 2");
    REQUIRE(together["prompts"].size() == 3);
    const char* prompts[] = {"1,2,3", "7,0,7,0,7", "15"};
    for (std::size_t p = 0; p < 3; ++p) {
      const Json alone = answer(directory, "roundoff forward " + tiny + " " + prompts[p] + " " + policy);
      CHECK(alone["next"] == together["prompts"][p]["next"]);
      CHECK(alone["logits"] == together["prompts"][p]["logits"]);
    }
    for (const char* how : {" --threads 1", " --lanes 1", " --lanes 4 --threads 2"})
      CHECK(answer(directory, line + how)["prompts"] == together["prompts"]);
  }
  const Json cut =
      answer(directory, "roundoff forward " + tiny + " --tokens prompts.txt --block 2 --logits last");
  CHECK(cut["prompts"].size() == 6);
  CHECK(cut["prompts"][0]["logits"].size() == 1);
  CHECK(!answer(directory, "roundoff forward " + tiny + " 1,2 --logits none").contains("logits"));
  CHECK(says(directory.run("roundoff forward " + tiny + " --tokens prompts.txt --csv").out,
             "prompt,position,token,next,logit"));
}

TEST_CASE("forward --out goes on where it was interrupted, and only with the same question") {
  const Directory directory;
  directory.write("prompts.txt", "1,2,3\n7,0,7\n4\n5,6\n");
  const std::string line =
      "roundoff forward " + tiny + " --tokens prompts.txt --format bfloat16 --out a.jsonl";
  CHECK(answer(directory, line)["from_before"] == 0);
  const std::string whole = directory.read("a.jsonl");
  std::size_t end = 0;
  for (int lines = 0; lines < 3; ++lines) end = whole.find('\n', end) + 1;
  directory.write("a.jsonl", whole.substr(0, end + 20));  // the question, two prompts and a piece
  CHECK(answer(directory, line)["from_before"] == 2);
  CHECK(directory.read("a.jsonl") == whole);
  CHECK(answer(directory, line)["from_before"] == 4);
  const Outcome other =
      directory.run("roundoff forward " + tiny + " --tokens prompts.txt --format binary16 --out a.jsonl");
  CHECK(other.code == 2);
  CHECK(says(other.err, "a.jsonl holds the answers to another question"));
}

TEST_CASE("forward refuses what it cannot do, by name") {
  const Directory directory;
  directory.write("bad.txt", "1,2\n3,99\n");
  for (const auto& [line, code, part] :
       {std::tuple<std::string, int, std::string>{" 1,x", 2, "'x' is no token"},
        {" --tokens bad.txt", 3, "bad.txt: '99' is no token"},
        {" 1,2 --tokens bad.txt", 2, "not both"},
        {"", 2, "--tokens FILE"},
        {" 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,0", 2, "17 positions"},
        {" 1,2 --mask nine", 2, "mask"}}) {
    const Outcome outcome = directory.run("roundoff forward " + tiny + line);
    CAPTURE(line);
    CAPTURE(outcome.err);
    CHECK(outcome.code == code);
    CHECK(says(outcome.err, part));
  }
}

TEST_CASE("diff: a policy against itself costs nothing; bfloat16 costs something, and a page shows it") {
  const Directory directory;
  directory.write("text.tokens", "1,2,3,4,5,6,7,8\n9,10,11,12,13,14,15,0\n3,1,4,1,5,9,2,6\n");
  const std::string line = "roundoff diff " + tiny + " --tokens text.tokens ";
  const Json same = answer(directory, line + "--format binary32");
  CHECK(same["kl"]["mean"] == 0.0);
  CHECK(same["kl"]["worst"] == 0.0);
  CHECK(same["flips"]["count"] == 0);
  CHECK(same["loss"]["difference"]["mean"] == 0.0);
  CHECK(same["targets"] == 21);
  const Json cost = answer(directory, line + "--format e4m3 --against bfloat16 --page page.html");
  CHECK(cost["kl"]["mean"] > 0.0);
  CHECK(cost["kl"]["error"] > 0.0);
  CHECK(cost["drift"].size() == 2);
  CHECK(cost["perplexity"]["policy"] != cost["perplexity"]["against"]);
  CHECK(says(directory.read("page.html"), "KL by position"));
  CHECK(answer(directory, line + "--format e4m3 --against bfloat16 --threads 1 --lanes 3")["kl"] ==
        cost["kl"]);
  CHECK(says(directory.run(line + "--format e4m3 --csv").out, "layer,relative,worst"));
}

TEST_CASE("diff names the first overflow with its operands") {
  const Directory directory;
  directory.write(
      "norm.json",
      R"({"name":"n","format":"binary16","vocab":["a","b"],"tok_emb":[[3000,3000],[1,1]],"layers":[],)"
      R"("norm_final":{"kind":"rmsnorm"},"W_U":[[1,2],[2,1]]})");
  directory.write("t.tokens", "1,0,1\n");
  const Json found =
      answer(directory, "roundoff diff norm.json --tokens t.tokens --format binary16 --against binary32");
  CHECK(found["mishaps"]["policy"]["overflow"]["operands"] == "3000 * 3000, term 1 of 2");
  CHECK(found["mishaps"]["policy"]["overflow"]["pos"] == 1);
  CHECK(found["mishaps"]["against"].empty());
}

TEST_CASE("ablate tries one part at a time, and finds the fewest bits of a role") {
  const Directory directory;
  directory.write("text.tokens", "1,2,3,4,5,6,7,8\n9,10,11,12,13,14,15,0\n");
  const std::string line = "roundoff ablate " + tiny + " --tokens text.tokens ";
  const Json parts = answer(directory, line + "--to bfloat16");
  CHECK(parts["parts"].size() == 9);
  CHECK(parts["parts"][0]["alone"]["kl"]["mean"] >= parts["parts"][1]["alone"]["kl"]["mean"]);
  directory.write("one.toml", "order = \"tree\"\n[formats]\nall = \"binary32\"\nsoftmax = \"e5m2\"\n");
  const Json two = answer(directory, line + "--to one.toml");
  REQUIRE(two["parts"].size() == 2);
  CHECK(two["parts"][0]["part"] == "softmax");
  CHECK(two["parts"][1]["part"] == "order");
  CHECK(two["parts"][0]["left_out"]["kl"] == two["parts"][1]["alone"]["kl"]);
  const Json least = answer(directory, line + "--least significand --role softmax --loss 1000");
  CHECK(least["least"] == 1);
  CHECK(answer(directory, line + "--least significand --role weights --loss 0.001")["least"] > 1);
  CHECK(directory.run(line + "--least exponent --role nothing --no-flips").code == 2);
  CHECK(directory.run(line).code == 2);
}

TEST_CASE("generate writes the choices that forward makes, and stops where it is told") {
  const Directory directory;
  const Json made = answer(directory, "roundoff generate " + tiny + " 3,1 --count 5 --format bfloat16");
  REQUIRE(made["tokens"].size() == 5);
  std::string prompt = "3,1";
  for (const Json& token : made["tokens"]) {
    CHECK(
        answer(directory, "roundoff forward " + tiny + " " + prompt + " --format bfloat16")["next"].back() ==
        token);
    prompt += "," + std::to_string(token.get<int>());
  }
  const int first = made["tokens"][0];
  CHECK(answer(directory, "roundoff generate " + tiny + " 3,1 --count 5 --format bfloat16 --stop " +
                              std::to_string(first))["tokens"]
            .size() == 1);
  CHECK(answer(directory, "roundoff generate " + tiny + " 3,1 --count 100")["tokens"].size() == 15);
}

TEST_CASE("arithmetic: an adder is right in its own format, and wrong where it has too few bits") {
  const Directory directory;
  REQUIRE(directory.run("roundoff export add-hinge --p 10 --n 3 -o adder.json").code == 0);
  const std::string line = "roundoff arithmetic adder.json --task add --digits 3 --count 40 ";
  const Json right = answer(directory, line + "--against 'fixed(4,0)'");
  CHECK(right["digits"][0]["policy"]["share"] == 1.0);
  CHECK(right["digits"][0]["against"]["share"] < 1.0);
  CHECK(right["digits"][0]["gained"] == 40 - right["digits"][0]["against"]["count"].get<int>());
  CHECK(right == answer(directory, line + "--against 'fixed(4,0)' --threads 1"));
  CHECK(directory.run(line + "--digits 5..2").code == 2);
  CHECK(directory.run("roundoff arithmetic adder.json --task add --digits 3 --question '{a}-{b}='").code ==
        2);
}

TEST_CASE("layers that are repeated are run by every command on text, as often as the length says") {
  const Directory directory;
  const std::string front = R"({"name":"loop","format":"binary32","vocab":["a","b"],"tok_emb":[[1,0.5],[-1,2]],"layers":[)";
  const std::string layer = R"({"W_1":[[1,0.25]],"W_2":[[0.5],[0.125]]%})";
  const std::string back = R"(],"W_U":[[1,2],[2,1]]})";
  const auto with = [&](const std::string& field) {
    std::string made = layer;
    return made.replace(made.find('%'), 1, field);
  };
  directory.write("loop.json", front + with(R"(,"repeat":"3")") + back);
  directory.write("grows.json", front + with(R"(,"repeat":"N-1")") + back);
  directory.write("three.json", front + with("") + "," + with("") + "," + with("") + back);
  directory.write("t.tokens", "1,0,1,1\n0,0,1,0\n");
  directory.write("u.tokens", "1,0,1,1\n0,0,1\n");
  for (const std::string rest : {"--tokens t.tokens --format e4m3", "--tokens t.tokens --format bfloat16 --against e5m2"})
    for (const char* name : {"loop.json ", "grows.json "}) {
      const Json one = answer(directory, "roundoff diff " + (name + rest)),
                 three = answer(directory, "roundoff diff three.json " + rest);
      for (const char* key : {"kl", "perplexity", "drift"}) CHECK(one[key] == three[key]);
    }
  CHECK(answer(directory, "roundoff ablate loop.json --to e4m3 --tokens t.tokens")["parts"] ==
        answer(directory, "roundoff ablate three.json --to e4m3 --tokens t.tokens")["parts"]);
  CHECK(answer(directory, "roundoff generate loop.json 1,0 --count 4")["tokens"] ==
        answer(directory, "roundoff generate three.json 1,0 --count 4")["tokens"]);
  for (const char* line : {"diff grows.json --format e4m3 --tokens u.tokens", "forward grows.json --tokens u.tokens",
                           "generate grows.json 1,0"}) {
    const Outcome outcome = directory.run(std::string("roundoff ") + line);
    CAPTURE(line);
    CAPTURE(outcome.err);
    CHECK(outcome.code == 2);
  }
  CHECK(says(directory.run("roundoff forward grows.json --tokens u.tokens").err, "sequence 1 has 3"));
}
