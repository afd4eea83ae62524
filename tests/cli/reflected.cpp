// What was asked stands in the answer: every value that an option gave is in the document as it was understood, or
// the option is refused. An answer that shows less cannot be told from one that ignored what it was told.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/binary.hpp"

using nlohmann::json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

namespace {

json answer(const Directory& directory, const std::string& line) {
  const Outcome outcome = directory.run(line + " --quiet --json");
  CAPTURE(line);
  CAPTURE(outcome.err);
  REQUIRE((outcome.code == 0 || outcome.code == 1));
  return json::parse(outcome.out);
}

/// Exit code 2, one line that says these words, and no answer.
void refused(const Directory& directory, const std::string& line, const std::vector<std::string>& says) {
  const Outcome outcome = directory.run(line);
  CAPTURE(line);
  CAPTURE(outcome.err);
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  for (const std::string& words : says) {
    CAPTURE(words);
    CHECK(outcome.err.find(words) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("every answer about a model shows the policy that it is under") {
  const Directory directory;
  const std::string policy = " --divide last --nan propagate";
  for (const std::string command :
       {"verify add-hinge --n 2", "run add-hinge '01+01='", "explain add-hinge '01+01='",
        "pairs add-hinge --n 2 --count 5", "compare add-hinge --n 2", "export add-hinge --n 2 -o model.json",
        "run adder.json '1+1='", "verify adder.json"}) {
    const bool file =
        command.find("adder.json") != std::string::npos;  // a design insists on its order and softmax
    json shown = answer(
        directory, "roundoff " + command + policy + (file ? " --softmax plain --order tree" : ""))["policy"];
    CAPTURE(command);
    CHECK(shown["softmax"] == (file ? "plain" : "stable"));
    CHECK(shown["order"] == (file ? "tree" : "sequential"));
    CHECK(shown["divide"] == "last");
    CHECK(shown["nan"] == "propagate");
    CHECK(shown["dot"] == "rounded");  // what nobody said, too
    CHECK(shown["mask"] == "causal");
  }
  CHECK(answer(directory, "roundoff constructions add-hinge --n 2" + policy)["built"]["policy"]["divide"] ==
        "last");
  CHECK(answer(directory, "roundoff forward adder.json 0,1 --order tree")["policy"]["order"] == "tree");
  for (const char* command : {"analyze add-hinge --n 2", "frontier add-hinge --n 2"}) {
    json held = answer(directory, std::string("roundoff ") + command + policy)["held"];
    CHECK(held["policy"]["divide"] == "last");
    CHECK(held["policy"]["nan"] == "propagate");
  }
}

TEST_CASE("every verdict shows how it was asked for") {
  const Directory directory;
  json sampled =
      answer(directory, "roundoff verify add-hinge --n 3 --method sample --count 17 --seed 5")["asked"];
  CHECK(sampled["method"] == "sample");
  CHECK(sampled["count"] == 17);
  CHECK(sampled["seed"] == 5);
  json proved = answer(directory, "roundoff verify add-hinge --n 3 --budget 7")["asked"];
  CHECK(proved["method"] == "auto");
  CHECK(proved["budget"] == 7);
  CHECK(answer(directory, "roundoff compare add-hinge --n 2 --count 9")["asked"]["count"] == 9);
  for (const char* command : {"analyze add-hinge --n 2", "frontier add-hinge --n 2"})
    CHECK(answer(directory, std::string("roundoff ") + command +
                                " --method exhaustive")["held"]["asked"]["method"] == "exhaustive");
}

TEST_CASE("searches show their sizes, knobs and ranges") {
  const Directory directory;
  json frontier = answer(directory, "roundoff frontier mul-n2 --n 2 --l 3 --fractions 1 --method exhaustive");
  CHECK(frontier["n"] == 2);
  CHECK(frontier["l"] == 3);
  CHECK(frontier["c"] == 1);
  CHECK(frontier["fractions"] == 1);
  CHECK(answer(directory, "roundoff frontier add-match --n 2 --set D=1")["held"]["settings"]["D"] == 1);
  json pairs = answer(directory, "roundoff pairs add-hinge --p 3 --n 2 --count 21 --layer 1 --set D=1");
  CHECK(pairs["task"]["p"] == 3);
  CHECK(pairs["count"] == 21);
  CHECK(pairs["layer"] == 1);
  CHECK(pairs["settings"]["D"] == 1);
}

TEST_CASE("a scan that a format does not have is refused, and so are constructions of two tasks") {
  const Directory directory;
  refused(directory, "roundoff frontier add-hinge --n 2 --exponents 3", {"--exponents", "fixed point"});
  refused(directory, "roundoff frontier add-hinge --n 2 --format 'float(4,6)' --fractions 3",
          {"--fractions", "floats"});
  refused(directory, "roundoff frontier add-hinge mul-n2 --n 2", {"add-hinge", "mul-n2", "one task"});
}

TEST_CASE("a search without success says what the last thing tried came to") {
  const Directory directory;
  for (const char* command : {"analyze", "frontier"}) {
    const Outcome outcome =
        directory.run(std::string("roundoff ") + command + " add-hinge --n 2 --order tree --quiet");
    CHECK(outcome.code == 0);
    CHECK(outcome.out.find("refused: needs sums rounded term by term") != std::string::npos);
  }
}

TEST_CASE("a size is said of what has that size") {
  const Directory directory;
  refused(directory, "roundoff formats e4m3 --at n=4", {"--at n=4", "e4m3"});
  refused(directory, "roundoff formats 'fixed(8,0)' --at n=4 --values", {"--at", "fixed(8,0)"});
  refused(directory, "roundoff formats mxfp4 --at n=4", {"--at", "mxfp4"});
  refused(directory, "roundoff formats 'fixed(n,0)' --at n=4,k=2", {"k=2"});
  refused(directory, "roundoff formats 'fixed(n,0)' --at n=0", {"n=0"});
  refused(directory, "roundoff formats 'fixed(n,0)' --at n=3,n=4", {"twice"});
  CHECK(directory.run("roundoff formats 'fixed(logp(n),0)' --at n=9,p=3").out.starts_with("fixed(2,0)\n"));
  refused(directory, "roundoff constructions --n 4", {"NAME is missing"});
  refused(directory, "roundoff constructions --order tree", {"NAME is missing"});
  refused(directory, "roundoff tasks --n 4", {"TASK is missing"});
  refused(directory, "roundoff tasks parity --n 7", {"--n", "parity"});
  directory.write("m.json",
                  R"json({"vocab":["0","1","+","=","<eos>"],"tok_emb":[[1],[1],[1],[1],[1]],"layers":[],
    "W_U":[[1],[0],[0],[0],[0]],"format":"fixed(3,0)","task":{"name":"parity","k":2}})json");
  refused(directory, "roundoff verify m.json --n 5", {"--n", "parity"});
  refused(directory, "roundoff run m.json --l 5 '0+0='", {"--l", "parity"});
}

TEST_CASE("eval's orders are of sums") {
  const Directory directory;
  refused(directory, "roundoff eval binary16 add 1 2 --softmax plain", {"--softmax", "add"});
  refused(directory, "roundoff eval binary16 mul 1 2 --order tree", {"--order", "mul"});
  refused(directory, "roundoff eval binary16 sum 1 2 --dot exact", {"--dot", "sum"});
  refused(directory, "roundoff eval mxfp4 quantise 1 2 --order tree", {"--order", "quantise"});
  refused(directory, "roundoff eval --stdin --tensor-scale 1 < /dev/null", {"--tensor-scale"});
  CHECK(answer(directory, "roundoff eval binary16 sum 1 2 3 --order tree")["order"] == "tree");
  json dot = answer(directory, "roundoff eval binary16 dot 1 2 --dot fused");
  CHECK(dot["dot"] == "fused");
  CHECK(dot["order"] == "sequential");
  CHECK(answer(directory, "roundoff eval binary16 softmax 1 2 --softmax plain")["softmax"] == "plain");
}

TEST_CASE("pairs shows how far it is, and stops when it is asked to") {
  const Directory directory;
  const Outcome outcome = directory.run(
      "\"$binary\" pairs add-hinge --n 8 --count 1000000000 & pid=$!; sleep 13; kill -INT $pid; wait $pid");
  CAPTURE(outcome.err);
  CHECK(outcome.code == 4);
  CHECK(outcome.err.find("inputs ") != std::string::npos);
  CHECK(outcome.err.find("interrupted") != std::string::npos);
}

TEST_CASE("a sweep shows how far it is within a question, too") {
  const Directory directory;
  directory.write("page.toml",
                  "[[sweep]]\nconstructions = [\"add-hinge\"]\nn = 20\nmethod = \"exhaustive\"\n");
  const Outcome outcome = directory.run(
      "\"$binary\" sweep page.toml --store s.sqlite & pid=$!; sleep 14; kill -INT $pid; wait $pid");
  CAPTURE(outcome.err);
  CHECK(outcome.code == 4);
  CHECK(outcome.err.find("0 of 1 questions, then ") != std::string::npos);
}

TEST_CASE("commands that run checkpoints show their policies, and what they were asked") {
  const Directory directory;
  std::filesystem::create_directory_symlink(ROUNDOFF_SOURCE "/examples", directory.file("examples"));
  const std::string tiny = " examples/checkpoint/tiny ";
  json written = answer(directory, "roundoff generate" + tiny + "12,7 --count 3 --stop 2 --divide last");
  CHECK(written["policy"]["divide"] == "last");
  CHECK(written["asked"]["count"] == 3);
  CHECK(written["asked"]["stop"] == 2);
  const std::string tokens = " --tokens examples/checkpoint/tiny.tokens --block 4";
  json compared = answer(directory, "roundoff diff" + tiny + "--divide last --stack ieee-binary32" + tokens);
  CHECK(compared["policies"]["policy"]["divide"] == "last");
  CHECK(compared["policies"]["against"]["divide"] == "first");
  CHECK(compared["stack"] == "ieee-binary32");
  CHECK(compared["asked"]["block"] == 4);
  json tried = answer(directory, "roundoff ablate" + tiny + "--from binary32 --to bfloat16" + tokens);
  CHECK(tried["policies"]["to"]["format"] == "bfloat16");
  json machine = answer(directory,
                        "roundoff automaton --states 99 --budget 7 --nan propagate "
                        "examples/your_own_question/automata/flipflop.json");
  CHECK(machine["policy"]["nan"] == "propagate");
  CHECK(machine["asked"]["states"] == 99);
  CHECK(machine["asked"]["budget"] == 7);
  refused(directory, "roundoff forward" + tiny + "12,7 --block 2", {"--block"});
}

TEST_CASE("least shows what it was asked, and asks nothing where there is no input") {
  const Directory directory;
  json found = answer(directory, "roundoff least add --n 1 --most 2 --budget 99");
  CHECK(found["asked"]["most"] == 2);
  CHECK(found["asked"]["budget"] == 99);
  CHECK(found["sizes"]["n"] == 1);
  directory.write("cases.toml",
                  "[task]\nkind = \"cases\"\nvocabulary = [\"a\", \"<eos>\"]\nfile = \"cases.txt\"\n");
  directory.write("cases.txt", "a a\ta\n");
  refused(directory, "roundoff least cases.toml --n 3", {"no input", "n=3"});
  const Outcome large = directory.run(
      "\"$binary\" least cot-iteradd --n 4 --k 3 --most 2 --budget 1 & pid=$!; sleep 13; "
      "kill -INT $pid; wait $pid");
  CAPTURE(large.err);
  CHECK(large.code == 4);
  CHECK(large.err.find("inputs stated") != std::string::npos);
}
