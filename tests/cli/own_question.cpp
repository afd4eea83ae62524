// Her own question: automata, tasks that programs answer, models that programs write, repeated layers, and a run in steps.
#include <algorithm>
#include <sstream>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/binary.hpp"

using nlohmann::json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

namespace {

const std::string automata = ROUNDOFF_SOURCE "/examples/your_own_question/automata/";
const std::string walk = ROUNDOFF_SOURCE "/examples/your_own_question/";

}  // namespace

TEST_CASE("automaton: a machine, its class, and the task on words of all lengths") {
  const Directory directory;
  const Outcome equal = directory.run("roundoff automaton " + automata + "flipflop.json --dot f.dot --json");
  CHECK(equal.code == 0);
  const json answer = json::parse(equal.out);
  CHECK(answer["states"] == 2);
  CHECK(answer["class"] == "aperiodic");
  CHECK(answer["verdict"] == "certified");
  CHECK(answer["covered"] == "all lengths");
  CHECK(answer["transitions"].size() == 2);
  CHECK(directory.read("f.dot").find("digraph") == 0);

  const Outcome differs = directory.run("roundoff automaton " + automata + "dyck.json --json");
  CHECK(differs.code == 1);
  const json counterexample = json::parse(differs.out)["counterexample"];
  CHECK(counterexample["length"] == 31);
  // The word replays, and a shorter one is right.
  const std::string word = counterexample["input"];
  CHECK(directory.run("roundoff run " + automata + "dyck.json --n 31 '" + word + "'").code == 1);
  CHECK(
      directory.run("roundoff run " + automata + "dyck.json --n 30 '((((((((((((((()))))))))))))))='").code ==
      0);

  const Outcome verdict =
      directory.run("roundoff verify " + automata + "parity_saturates.json --method automaton --json");
  CHECK(verdict.code == 1);
  const json refuted = json::parse(verdict.out);
  CHECK(refuted["covered"] == "all lengths");
  CHECK(refuted["of"] == "all lengths");
  CHECK(directory.run(refuted["replay"].get<std::string>()).code == 1);

  CHECK(directory.run("roundoff automaton " + automata + "updown.json --order tree").code == 5);
  const Outcome few = directory.run("roundoff automaton " + automata + "dyck.json --states 10");
  CHECK(few.code == 5);
  CHECK(few.out.find("--states") != std::string::npos);
  CHECK(directory.run("roundoff automaton").code == 2);
  // Without a task all tokens but = and <eos> are symbols.
  directory.run("sed 's/\"task\": {[^}]*}, //' " + automata + "parity_wrap.json > bare.json");
  const Outcome bare = directory.run("roundoff automaton bare.json --json");
  CHECK(bare.code == 0);
  CHECK(json::parse(bare.out)["alphabet"] == json({"0", "1", "a", "b"}));
  CHECK(json::parse(bare.out)["class"] == "group");
  CHECK(directory.run("roundoff automaton --task add").code == 2);
  const json parity =
      json::parse(directory.run("roundoff automaton --task 'regex:pattern=(b*ab*a)*b*' --json").out);
  CHECK(parity["class"] == "group");
  CHECK(parity["monoid"]["elements"] == 2);
}

TEST_CASE("automaton: lines fit 80 columns") {
  const Directory directory;
  for (const std::string name : {"flipflop", "parity_wrap", "parity_saturates", "dyck"}) {
    std::istringstream lines(directory.run("roundoff automaton " + automata + name + ".json").out);
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 80);
  }
}

TEST_CASE("task files: an output at every symbol, read in one pass") {
  const Directory directory;
  directory.write("each.toml",
                  "[task]\nkind = \"automaton\"\neach = true\nalphabet = [\"0\", \"1\"]\nstates = [\"e\", "
                  "\"o\"]\nstart = "
                  "\"e\"\ntransitions = "
                  "[[\"e\",\"1\",\"o\"],[\"o\",\"1\",\"e\"],[\"e\",\"0\",\"e\"],[\"o\",\"0\",\"o\"]]\n"
                  "output = { e = \"0\", o = \"1\" }\n");
  // The parity so far: a sum that wraps around, -4 + -4 = 0 in three bits.
  directory.write(
      "each.json",
      R"({"schema":"roundoff/model/2","format":"twos(2,0):wrap","task":{"name":"each.toml"},"vocab":["0","1"],
                  "tok_emb":[[0,0],[-4,0]],"layers":[{"n_heads":1,"W_Q":[[0,0]],"W_K":[[0,0]],"W_V":[[1,0]],
                  "W_O":[[0],[1]],"weighting":"exp"}],"W_U":[[0,0],[0,0]]})");
  const Outcome wrong = directory.run("roundoff verify each.json --n 3 --json");
  CHECK(wrong.code == 1);
  // "1" is written where the count is -4: its logit is -1 * -4 = 4, which wraps to -4; so "0" has the weight 1.
  std::string text = directory.read("each.json");
  text.replace(text.find("\"W_U\":[[0,0],[0,0]]"), 19, "\"W_U\":[[0,1],[0,0]]");
  directory.write("each.json", text);
  for (const char* n : {"1", "5"}) {
    const Outcome right =
        directory.run(std::string("roundoff verify each.json --method exhaustive --json --n ") + n);
    CHECK(right.code == 0);
  }
  const json all = json::parse(directory.run("roundoff verify each.json --method automaton --json").out);
  CHECK(all["verdict"] == "certified");
  const json machine = json::parse(directory.run("roundoff automaton each.json --json").out);
  CHECK(machine["class"] == "group");
  CHECK(machine["states"] == 2);
  const Outcome run = directory.run("roundoff run each.json --n 4 1011");
  CHECK(run.code == 0);
  CHECK(run.out.find("1011 gives 1101") == 0);
}

TEST_CASE("programs answer tasks where the command line allows it, and nowhere else") {
  const Directory directory;
  directory.write("answer.py",
                  "import sys\nfor line in sys.stdin:\n    a, b = line.strip().rstrip('=').split('<')\n    "
                  "print(max(a, b))\n");
  directory.write(
      "max.toml",
      "[task]\nkind = \"program\"\ncommand = \"python3 answer.py\"\noperands = { count = 2, digits = \"n\", "
      "separator = \"<\", end = \"=\" }\n");
  const Outcome made =
      directory.run("for n in 1 2 3; do python3 " + walk + "max.py $n 10 max.toml > m$n.json; done");
  REQUIRE(made.code == 0);
  const Outcome refused = directory.run("roundoff verify m2.json --p 10");
  CHECK(refused.code == 3);
  CHECK(refused.err.find("--allow-programs") != std::string::npos);
  const Outcome holds =
      directory.run("roundoff verify m2.json --p 10 --allow-programs --json --store s.sqlite");
  CHECK(holds.code == 0);
  CHECK(json::parse(holds.out)["covered"] == 10000);
  CHECK(directory.run("roundoff report s.sqlite -o report").code == 0);
  CHECK(directory.run("roundoff run m3.json --p 10 --allow-programs '123<321='").code == 0);
  // A store does not run it.
  directory.write("answer.py", "open('ran', 'w').write('')\n");
  directory.run("roundoff report s.sqlite -o report");
  directory.run("roundoff store recheck s.sqlite");
  CHECK(directory.run("test -e ran").code != 0);

  const auto outcome = [&](const std::string& program) {
    directory.write("answer.py", program);
    return directory.run("roundoff tasks max.toml --n 1 --allow-programs");
  };
  CHECK(outcome("import sys\nsys.exit('no')\n").code == 3);
  CHECK(outcome("print('0')\n").code == 3);  // one line for many prompts
  directory.write("max.toml",
                  "[task]\nkind = \"program\"\ncommand = \"python3 answer.py\"\nalphabet = [\"a\", "
                  "\"b\"]\ntimeout = 0.2\n");
  CHECK(outcome("import time\ntime.sleep(9)\n").code == 3);
  directory.run("sed -i /timeout/d max.toml");
  const Outcome words =
      outcome("import sys\nfor line in sys.stdin: print('even' if line.count('a') % 2 == 0 else 'odd')\n");
  CHECK(words.code == 0);
  CHECK(words.out.find("even") != std::string::npos);
}

TEST_CASE("a generator stands for a name") {
  const Directory directory;
  REQUIRE(directory.run("cp " + walk + "*.py " + walk + "*.toml .").code == 0);
  const std::string generator = "--generator 'python3 dyck.py {n}'";
  const Outcome holds = directory.run("roundoff verify " + generator + " --n 6 --json");
  CHECK(holds.code == 0);
  CHECK(json::parse(holds.out)["verdict"] == "holds");
  const Outcome least = directory.run("roundoff analyze " + generator + " --minimize frac --n 2,4 --json");
  CHECK(least.code == 0);
  CHECK(json::parse(least.out)["minima"].size() == 2);
  const Outcome refuted =
      directory.run("roundoff verify " + generator + " --n 8 --format 'fixed(4,2)' --round-weights --json");
  CHECK(refuted.code == 1);
  CHECK(directory.run(json::parse(refuted.out)["replay"].get<std::string>()).code == 1);
  CHECK(directory.run("roundoff verify --n 6").code == 2);
  CHECK(directory.run("roundoff verify add-hinge " + generator).code == 2);
  CHECK(directory.run("roundoff verify --generator 'python3 none.py {n}' --n 2").code == 3);
}

TEST_CASE("layers are repeated as often as the size says") {
  const Directory directory;
  // One unit that adds 1 to a register, n times: the answer is the last symbol, and the model writes whether it saw n = 3.
  const std::string head =
      R"json({"schema":"roundoff/model/2","format":"fixed(4,0)","task":{"name":"regex:pattern=.{3}|.{4}"},
      "vocab":["a","b","0","1","=","<eos>"],"tok_emb":[[1,0,0],[1,0,0],[1,0,1],[1,0,1],[1,0,0],[0,0,0]],"layers":[)json";
  const std::string layer = R"({"W_1":[[1,0,0]],"W_2":[[0],[1],[0]]})";
  const std::string tail = R"(],"W_U":[[-9,0,0],[-9,0,0],[2,0,-9],[0,1,-9],[-9,0,0],[0,0,5]]})";
  directory.write("looped.json", head + R"({"repeat":"n","layers":[)" + layer + "]}" + tail);
  directory.write("plain.json", head + layer + "," + layer + "," + layer + tail);
  const Outcome three = directory.run("roundoff verify looped.json --n 3 --json");
  CHECK(three.code == 0);
  CHECK(json::parse(three.out)["layers"] == 3);
  CHECK(directory.run("roundoff verify plain.json --n 3").code == 0);
  CHECK(directory.run("roundoff verify looped.json --n 2").code == 0);
  CHECK(directory.run("roundoff verify plain.json --n 2").code == 1);
  CHECK(directory.run("roundoff automaton looped.json").code == 5);
  CHECK(directory.run("roundoff automaton plain.json").code == 1);
}

TEST_CASE("run --steps: words and numbers at 80 columns") {
  const Directory directory;
  const Outcome steps = directory.run("roundoff run " + automata + "flipflop.json --n 3 --steps 'sir='");
  CHECK(steps.code == 0);
  for (const char* part : {"Layer 1", "write = 1", "at 2 r x 1", "writes 0"}) {
    CAPTURE(part);
    CHECK(steps.out.find(part) != std::string::npos);
  }
  for (const std::string run : {"add-hinge '0101+0011='", "add-match '01+11='"}) {
    std::istringstream lines(directory.run("roundoff run --steps " + run).out);
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(line.size() <= 80);
    }
  }
  const Outcome trace = directory.run("roundoff run " + automata + "flipflop.json --n 3 --trace - 'sir='");
  CHECK(trace.out.find("\"register\":\"write\",\"token\":\"s\"") != std::string::npos);
}

TEST_CASE("task files: padding behind the question") {
  const Directory directory;
  directory.write("pad.toml",
                  "[task]\nkind = \"automaton\"\nalphabet = [\"a\", \"b\"]\nstates = [\"x\", \"y\"]\nstart = "
                  "\"x\"\noutput = { x "
                  "= \"0\", y = \"1\" }\npadding = { count = \"n\" }\ntransitions = "
                  "[[\"x\",\"a\",\"y\"],[\"y\",\"a\",\"y\"],"
                  "[\"x\",\"b\",\"x\"],[\"y\",\"b\",\"x\"]]\n");
  const json shown = json::parse(directory.run("roundoff tasks pad.toml --n 3 --json").out);
  CHECK(shown["positions"] == 8);  // three symbols, =, three times padding, and the answer
  // The last symbol, by hard attention to the last letter, read at the last of the padding.
  directory.write("pad.json",
                  R"json({"schema":"roundoff/model/2","format":"fixed(4,0)","task":{"name":"pad.toml"},
                  "vocab":["a","b","0","1","=",".","<eos>"],"tok_emb":[[1,1,1,0,0],[1,1,0,0,0],[1,0,0,0,1],[1,0,0,0,1],
                  [1,0,0,0,0],[1,0,0,0,0],[0,0,0,0,0]],"layers":[{"n_heads":1,"W_Q":[[1,0,0,0,0]],"W_K":[[0,1,0,0,0]],
                  "W_V":[[0,0,1,0,0]],"W_O":[[0],[0],[0],[1],[0]],"weighting":"hard_last"}],
                  "W_U":[[-1,0,0,0,0],[-1,0,0,0,0],[1,0,0,0,-4],[0,0,0,2,-4],[-1,0,0,0,0],[-1,0,0,0,0],[0,0,0,0,3]]})json");
  CHECK(directory.run("roundoff verify pad.json --n 3 --method exhaustive").code == 0);
  CHECK(directory.run("roundoff verify pad.json --n 5 --method certify").code == 0);
  CHECK(directory.run("roundoff automaton pad.json").code == 2);
}
