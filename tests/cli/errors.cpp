// Every class of mistake gives one line on stderr that names what was wrong and the remedy, nothing on
// stdout, and the exit code of its class.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/cli/binary.hpp"

using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

namespace {

struct Mistake {
  std::string line;
  int code;
  std::vector<std::string> says;  ///< what was wrong, and the remedy
};

void check(const Mistake& mistake, const Outcome& outcome) {
  CAPTURE(mistake.line);
  CAPTURE(outcome.err);
  CHECK(outcome.code == mistake.code);
  CHECK(outcome.out.empty());
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK(outcome.err.starts_with("roundoff: "));
  for (const std::string& words : mistake.says) {
    CAPTURE(words);
    CHECK(outcome.err.find(words) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("a usage mistake gives one line that names it and the remedy, and exit code 2") {
  const std::vector<Mistake> mistakes = {
      // commands and options
      {"roundoff verfy add-hinge", 2, {"'verfy'", "did you mean 'verify'"}},
      {"roundoff verify add-hinge --methd sample", 2, {"'--methd'", "did you mean '--method'"}},
      {"roundoff verify add-hinge --method samples", 2, {"'samples'", "did you mean 'sample'"}},
      {"roundoff verify add-hinge --n eight", 2, {"--n", "'eight'", "whole number"}},
      {"roundoff verify add-hinge --n 0", 2, {"--n", "'0'", "1 to"}},
      {"roundoff verify", 2, {"NAME", "missing", "--help"}},
      {"roundoff run add-hinge '01+01=' '10+10='", 2, {"'10+10='", "one too many"}},
      {"roundoff --json formats", 2, {"'--json'", "before a command"}},
      {"roundoff constructions --json --csv", 2, {"--json", "--csv", "take one"}},
      {"roundoff verify add-hinge --n 2 --csv", 2, {"table", "--json"}},
      // a wrong notation
      {"roundoff formats 'fixd(1,0)'", 2, {"fixd", "did you mean 'fixed'"}},
      {"roundoff formats 'fixed(1'", 2, {"fixed(1"}},
      {"roundoff formats 'fixed(n,0)' --at m=3", 2, {"'m=3'", "n=32"}},
      {"roundoff verify add-hinge --format 'fixed(lq(n),0)'", 2, {"lq"}},
      {"roundoff eval binary32 ad 1 2", 2, {"'ad'", "did you mean 'add'"}},
      {"roundoff eval binary32 add 1", 2, {"add takes 2 operands"}},
      {"roundoff eval binary32 add 1 twelve", 2, {"twelve"}},
      {"roundoff eval 'fixed(1,0)' add '#x9' 1", 2, {"#x9"}},
      {"roundoff eval binary32 dot 1 2 3", 2, {"even"}},
      {"roundoff eval binary32 sum --order backwards 1 2", 2, {"backwards"}},
      // an unknown construction, knob, task
      {"roundoff run add-hnge '01+01='", 2, {"'add-hnge'", "did you mean 'add-hinge'"}},
      {"roundoff verify add-hinge --set depth=3", 2, {"depth"}},
      {"roundoff verify add-hinge --set depth", 2, {"'depth'", "knob=number"}},
      {"roundoff analyze --task ad", 2, {"'ad'", "did you mean 'add'"}},
      {"roundoff analyze add-hinge --n 8..2", 2, {"'8..2'", "2..64"}},
      {"roundoff analyze add-hinge --minimize bit", 2, {"'bit'", "did you mean 'bits'"}},
      // a digit outside the base, an operand of the wrong length, another shape
      {"roundoff run add-hinge --p 2 --n 2 '02+01='", 2, {"'2'", "base 2"}},
      {"roundoff run add-hinge --p 10 --n 4 '012+0456='", 2, {"'012'", "has 3 digits", "takes 4"}},
      {"roundoff run add-hinge --p 10 --n 4 '01230456='", 2, {"'01230456'", "has 8 digits"}},
      // a format too small for a weight
      {"roundoff run add-hinge --p 2 --n 8 --format 'fixed(0,2)' '00000000+00000001='", 2, {"fixed(0,2)"}},
      {"roundoff export add-hinge --n 2", 2, {"-o"}},
      {"roundoff export add-hinge --n 2 -o model.txt", 2, {"'model.txt'", ".json"}},
  };
  for (const Mistake& mistake : mistakes) check(mistake, roundoff::cli::test::run(mistake.line));
}

TEST_CASE("a bad file gives one line that names the file, and exit code 3") {
  Directory directory;
  directory.write("cut.json", R"({"vocab": ["0", "1")");
  directory.write(
      "field.json",
      R"({"vocab": ["0"], "tok_emb": [[0]], "pos_emb": [[0]], "W_U": [[0]], "layers": [], "wieght": 1})");
  directory.write("policy.toml", "[formats]\nall = \"fixed(4,0)\"\nweigths = \"fixed(2,0)\"\n");
  directory.write("key.toml", "softmx = \"plain\"\n");
  directory.write("notation.toml", "[formats]\nall = \"fxed(4,0)\"\n");
  const std::vector<Mistake> mistakes = {
      {"roundoff run absent.json '01+01='", 3, {"absent.json"}},
      {"roundoff run cut.json '01+01='", 3, {"cut.json"}},
      {"roundoff run field.json '01+01='", 3, {"field.json", "wieght"}},
      {"roundoff verify add-hinge --policy absent.toml", 3, {"absent.toml"}},
      {"roundoff verify add-hinge --policy policy.toml",
       3,
       {"policy.toml:3", "'weigths'", "did you mean 'weights'"}},
      {"roundoff verify add-hinge --policy key.toml",
       3,
       {"key.toml:1", "'softmx'", "did you mean 'softmax'"}},
      {"roundoff verify add-hinge --policy notation.toml", 3, {"notation.toml:2", "fxed"}},
      {"roundoff export add-hinge --n 2 -o absent/model.json", 3, {"absent/model.json"}},
  };
  for (const Mistake& mistake : mistakes) check(mistake, directory.run(mistake.line));
}

TEST_CASE("a computation without a result in its format is a trap, and exit code 1") {
  const std::vector<Mistake> mistakes = {
      {"roundoff eval 'fixed(2,0):trap' add 3 3", 1, {"trap"}},
      {"roundoff eval 'fixed(2,0)' div 0 0", 1, {"trap", "0 / 0"}},
  };
  for (const Mistake& mistake : mistakes) check(mistake, roundoff::cli::test::run(mistake.line));
}
