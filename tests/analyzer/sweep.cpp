// Sweeps: the plan depends on the page alone, shards merge to one run's bytes, and a killed sweep goes on.
#include "analyzer/store/sweep.hpp"

#include <csignal>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "formats/error.hpp"
#include "tests/analyzer/subjects.hpp"
#include "tests/scratch.hpp"

using namespace roundoff::analyzer;

namespace {

constexpr const char* page = R"toml(
[[sweep]]
constructions = ["add-hinge"]
n = "2..3"
p = [2, 3]
minimize = "int"
method = "exhaustive"

[[sweep]]
constructions = ["add-dnf", "add-flipflop"]
formats = ["own", "F(0,2)"]
settings = { window = [1, 2] }
n = [2, 3]
method = "exhaustive"
)toml";

}  // namespace

TEST_CASE("a page is planned in the order written") {
  const std::vector<SweepUnit> units = plan_sweep(page, "page.toml");
  CHECK(units.size() == 4 + 2 * 2 * 2 * 2);
  CHECK(units[0].describe().rfind("add-hinge p=2 n=2 ", 0) == 0);
  CHECK(units[0].minimise == Quantity::integer);
  CHECK(units[3].size.p == 3);
  CHECK(units[4].describe().rfind("add-dnf p=2 n=2 window=1 ", 0) == 0);
  CHECK(cost(units[0]) > 0);
}

TEST_CASE("mistakes in a page are named with a remedy") {
  const auto refuses = [](const char* text, const char* part) {
    CHECK_THROWS_WITH_AS(plan_sweep(text, "page.toml"), doctest::Contains(part), FileError);
  };
  refuses("", "there is no [[sweep]]");
  refuses("[[sweep]]\ntask = \"add\"\nmetod = \"auto\"", "did you mean 'method'");
  refuses("[[sweep]]\nconstructions = [\"add-hing\"]", "add-hinge");
  refuses("[[sweep]]\ntask = \"add\"\nn = \"8-2\"", "is no list of sizes");
  refuses("[[sweep]]\ntask = \"add\"\nregime = \"quadratic\"", "logarithmic");
  refuses("[[sweep]\n", "page.toml:1");
  refuses("sweep = 3", "no [[sweep]]");
}

TEST_CASE("shards merge to the bytes of one run") {
  const roundoff::test::Scratch scratch;
  const std::vector<SweepUnit> units = plan_sweep(page, "page.toml");
  Store whole(scratch.path("whole"));
  const Sweep all = run_sweep(units, whole, {});
  CHECK(all.outcomes.size() == units.size());
  Store merged(scratch.path("merged"));
  for (int shard = 0; shard < 3; ++shard) {
    Store part(scratch.path("part" + std::to_string(shard)));
    SweepOptions options;
    options.shard = shard;
    options.shards = 3;
    options.threads = 1 + shard;
    run_sweep(units, part, options);
    merged.merge(part);
  }
  CHECK(merged.dump() == whole.dump());
  CHECK_FALSE(merged.dump().empty());
  SweepOptions wrong;
  wrong.shard = 3;
  wrong.shards = 3;
  CHECK_THROWS_AS(run_sweep(units, merged, wrong), UsageError);
}

TEST_CASE("a sweep that was killed goes on to the bytes of an uninterrupted one") {
  const roundoff::test::Scratch scratch;
  const std::vector<SweepUnit> units = plan_sweep(page, "page.toml");
  Store whole(scratch.path("whole"));
  run_sweep(units, whole, {});
  for (const int after : {1, 6, 15}) {
    const std::string path = scratch.path("cut" + std::to_string(after));
    int pipes[2];
    REQUIRE(pipe(pipes) == 0);
    const pid_t child = fork();
    if (child == 0) {
      SweepOptions options;
      options.threads = 1;
      int done = 0;
      options.progress = [&](const SweepUnit&, double, double) {
        const char byte = 1;
        if (++done == after && write(pipes[1], &byte, 1) != 1) _exit(1);
      };
      Store store(path);
      run_sweep(units, store, options);
      _exit(0);
    }
    char byte;
    REQUIRE(read(pipes[0], &byte, 1) == 1);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(pipes[0]);
    close(pipes[1]);
    Store store(path);
    const Sweep resumed = run_sweep(units, store, {});
    CHECK(resumed.outcomes.size() == units.size());
    CHECK(store.dump() == whole.dump());
  }
}
