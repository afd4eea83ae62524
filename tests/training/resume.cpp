// A training that is cut off anywhere goes on to the same bytes; pages that make no sense are refused with the line.
#include "training/run.hpp"
#include <doctest/doctest.h>

#include "formats/error.hpp"

namespace roundoff::training {
namespace {

std::string page(const std::string& tier, const std::string& data) {
  return "format = \"bfloat16\"\n[model]\nlayers = 1\nd_model = 8\nheads = 2\nd_ff = 12\n[data]\n" + data +
         "\n[train]\nsteps = 12\nbatch = 6\nlr = 0.02\nwarmup = 3\ncheckpoint = 5\ntier = \"" + tier +
         "\"\n[formats]\nmaster = \"bfloat16:sr(4)\"\nmoments = \"binary32\"\naccumulators = "
         "\"binary32\"\nloss = \"binary32\"\n"
         "[evaluate]\nsequences = 10\npost = [3]\n";
}

void check_resumed(const std::string& toml) {
  const TrainSpec spec = read_train_spec(toml, "page.toml");
  std::string whole, cut;
  Training straight(spec);
  RunOptions options;
  options.threads = 1;
  options.save = [&](const std::string& bytes) { whole = bytes; };
  const TrainResult done = straight.run(options);
  REQUIRE(done.progress.ended.empty());
  CHECK(done.progress.step == 12);
  options.save = [&](const std::string& bytes) { cut = bytes; };
  for (const std::uint64_t until : {3, 4, 7, 12}) {
    Training part(spec);
    if (!cut.empty()) part.restore(cut, "checkpoint");
    options.threads = until == 7 ? 2 : 1;
    options.progress = [&](std::uint64_t step, std::uint64_t, double) { return step >= until; };
    const TrainResult result = part.run(options);
    CHECK(result.interrupted == (until < 12));
    if (result.interrupted) continue;
    CHECK(result.held_out.front().loss == done.held_out.front().loss);
    CHECK(result.post == done.post);
  }
  CHECK(cut == whole);
  TrainSpec other = spec;
  other.optimiser.rate = "0.03";
  Training another(other);
  CHECK_THROWS_AS(another.restore(whole, "checkpoint"), UsageError);
}

TEST_CASE("a training that is cut off goes on to the same bytes") {
  check_resumed(page("exact", "task = \"add\"\nn = [1, 2]"));
  check_resumed(page("exact", "grammar = 4000\ncontext = 10"));
  std::string fast = page("fast", "grammar = 4000\ncontext = 10");
  check_resumed(fast.erase(fast.find(":sr(4)"), 6));
}

TEST_CASE("a training learns") {
  TrainSpec spec = read_train_spec(page("exact", "task = \"add\"\nn = 1"), "page.toml");
  spec.steps = 150;
  spec.batch = 16;
  spec.optimiser.rate = "0.02";
  Training training(spec);
  const TrainResult result = training.run({});
  CHECK(result.progress.losses.back() < 0.7 * result.progress.losses.front());
}

TEST_CASE("pages that make no sense are refused") {
  const std::string good = page("exact", "task = \"add\"");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  for (const auto& [text, says] : {std::pair{with("layers", "layer"), "did you mean"},
                                   {with("task = \"add\"", "grammar = 5000\ntask = \"add\""), "one of task"},
                                   {with("steps = 12", "steps = 0"), "steps must be"},
                                   {with("steps = 12", ""), "how long"},
                                   {with("\"exact\"", "\"exat\""), "exact"},
                                   {with("master = \"bf", "master = \"bfl"), "bfl"},
                                   {with("post = [3]", "post = [1]"), "post"},
                                   {with("task = \"add\"", "task = \"add\"\nn = \"3..1\""), "range"}}) {
    CAPTURE(text);
    try {
      read_train_spec(text, "page.toml");
      FAIL("not refused");
    } catch (const std::runtime_error& error) {
      CHECK(std::string(error.what()).find(says) != std::string::npos);
      CHECK(std::string(error.what()).find("page.toml") != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace roundoff::training
