// Policies on the command line: every field through the options, a policy file, a replay line and an export.
#include <doctest/doctest.h>

#include "analyzer/evidence/replay.hpp"
#include "cli/options/policy_options.hpp"
#include "sim/files/model_file.hpp"
#include "sim/files/policy_file.hpp"
#include "tests/cli/binary.hpp"
#include "tests/sim/random_policy.hpp"

using namespace roundoff::cli;
using roundoff::cli::test::Directory;
using roundoff::sim::test::random_policy;

namespace {

PolicyLayer parsed(const std::vector<std::string>& words) {
  PolicyOptions options;
  Arguments arguments("try", "");
  declare_policy(arguments, options);
  REQUIRE(arguments.parse(words));
  return options.layer();
}

}  // namespace

TEST_CASE("a policy's options are read back to the policy") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Policy policy = random_policy(seed);
    REQUIRE(laid({}, parsed(options_of(layer_of(policy))), {}) == policy);
  }
}

TEST_CASE("replay lines, policy files and exports carry every field of a policy") {
  const Directory directory;
  const ModelFile file = load_model(directory.file("adder.json"));
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    const Policy policy = random_policy(seed);
    // adder.json --format F leads to F everywhere and the file's own options.
    Policy implied = file_policy({}, file, "", {});
    implied.formats.fill(policy[Role::weights]);
    std::string line = roundoff::analyzer::replay_command("adder.json", find_task("add"), {2, 1}, {}, policy,
                                                          implied, "1+1=");
    line.replace(0, std::string("roundoff run").size(), "roundoff export");
    line.replace(line.rfind(' '), std::string::npos, " -o by_replay.json");
    directory.write("policy.toml", write_policy_file(layer_of(policy)));
    line += " && roundoff export adder.json --policy policy.toml -o by_file.safetensors";
    line += " && roundoff export by_file.safetensors -o again.json";
    CAPTURE(line);
    const auto outcome = directory.run(line);
    REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
    for (const char* name : {"by_replay.json", "by_file.safetensors", "again.json"})
      REQUIRE(laid({}, load_model(directory.file(name)).policy, {}) == policy);
  }
}

TEST_CASE("old spellings are refused, and name the new one") {
  for (const char* command : {"verify add-hinge --n 2", "run add-hinge 0+0=", "analyze add-hinge --n 2",
                              "compare add-hinge --n 2", "frontier add-hinge --n 2", "eval binary16 dot 1 2"}) {
    const auto fused = roundoff::cli::test::run(std::string("roundoff ") + command + " --fma");
    CHECK(fused.code == 2);
    CHECK(fused.err.find("--dot fused") != std::string::npos);
    const auto exact = roundoff::cli::test::run(std::string("roundoff ") + command + " --exact-dot");
    CHECK(exact.code == 2);
    CHECK(exact.err.find("--dot exact") != std::string::npos);
  }
}

TEST_CASE("the same options work in every command that runs a model") {
  const Directory directory;
  directory.write("wide.toml", "[formats]\naccumulators = \"fixed(6,0)\"\n");
  for (const char* command :
       {"verify add-hinge --n 2", "run add-hinge '01+01='", "explain add-hinge '01+01='", "pairs add-hinge --n 2",
        "compare add-hinge --n 2", "analyze add-hinge --n 2", "frontier add-hinge --n 2",
        "export add-hinge --n 2 -o model.json", "verify adder.json", "run adder.json '1+1='",
        "analyze adder.json", "compare adder.json"}) {
    CAPTURE(std::string(command));
    const auto outcome = directory.run(
        std::string("roundoff ") + command +
        " --format 'fixed(6,0)' --policy wide.toml --role scores='fixed(6,0)' --softmax stable --order sequential "
        "--dot rounded --divide first --nan trap --mask causal --quiet --json | tr -d ' \\n'");
    CHECK(outcome.out.starts_with("{"));
    CHECK_MESSAGE(outcome.err.empty(), outcome.err);
    for (const auto& [wrong, says] :
         {std::pair{"--role scroes=e4m3", "did you mean 'scores'"}, {"--role scores", "ROLE=FORMAT"},
          {"--stack no-such", "stack 'no-such' is unknown"}, {"--policy no-such.toml", "no-such.toml"},
          {"--order ''", "--order takes"}, {"--quantise scores=int4/32", "known: weights"}, {"--mask casual", "causal"}}) {
      const auto refused = directory.run(std::string("roundoff ") + command + " " + wrong);
      CHECK((refused.code == 2 || refused.code == 3));
      CHECK_MESSAGE(refused.err.find(says) != std::string::npos, refused.err);
    }
  }
}

TEST_CASE("a search keeps the formats of the roles that were named") {
  const auto outcome = roundoff::cli::test::run(
      "roundoff analyze add-hinge --n 2 --role accumulators='fixed(9,0)' --quiet --json | grep -o "
      "'accumulators=fixed(9,0)' | head -n 1");
  CHECK(outcome.out == "accumulators=fixed(9,0)\n");
  const auto nothing = roundoff::cli::test::run(
      "roundoff analyze add-hinge --n 2 $(for role in weights activations accumulators scores softmax cache norms "
      "logits; do echo --role $role=fixed\\(9,0\\); done)");
  CHECK(nothing.code == 2);
  CHECK(nothing.err.find("leaves none to search") != std::string::npos);
}

TEST_CASE("roundoff policies lists what there is to say") {
  const auto outcome = roundoff::cli::test::run("roundoff policies");
  CHECK(outcome.code == 0);
  for (const PolicyField& field : policy_fields()) CHECK(outcome.out.find(field.key) != std::string::npos);
  CHECK(roundoff::cli::test::run("roundoff policies ieee-binary32").out.find("nan = \"propagate\"") != std::string::npos);
}
