// roundoff sweep: a page of questions, answered through a store, in shards if need be.
#include "analyzer/store/sweep.hpp"

#include <charconv>
#include <chrono>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/views/evidence.hpp"
#include "cli/views/minimisation.hpp"
#include "formats/error.hpp"
#include "sim/files/text_file.hpp"

namespace roundoff::cli {
namespace {

struct SweepArguments {
  std::string spec, store, shard = "0/1";
  bool dry_run = false;
};

void declare_sweep(Arguments& arguments, SweepArguments& options) {
  arguments.positional("SPEC.toml", options.spec, "The questions", true);
  arguments.group("Sweep");
  arguments.text("--store", options.store, "FILE.sqlite",
                 "Where verdicts go; what is known is not asked again");
  arguments.text("--shard", options.shard, "I/M", "Every M-th question, from the I-th on, I = 0..M-1 [0/1]");
  arguments.flag("--dry-run", options.dry_run, "The plan with its cost, without running it");
}

struct Shard {
  int index = 0, of = 1;
};

Shard parse_shard(const std::string& text) {
  Shard shard;
  const char* end = text.data() + text.size();
  const auto [slash, first] = std::from_chars(text.data(), end, shard.index);
  bool good = first == std::errc{} && slash != end && *slash == '/';
  if (good) {
    const auto [last, second] = std::from_chars(slash + 1, end, shard.of);
    good =
        second == std::errc{} && last == end && shard.index >= 0 && shard.of >= 1 && shard.index < shard.of;
  }
  if (!good)
    throw UsageError("--shard '" + text + "' is no shard; write I/M with I = 0 .. M-1, as in --shard 0/4");
  return shard;
}

/// Rounded operations a second on this machine, from the verdicts of a small construction: for estimates
/// only.
double speed(int threads) {
  using Clock = std::chrono::steady_clock;
  SweepUnit unit;
  unit.construction = &all_constructions().front();
  unit.size = {.p = 2, .n = 8};
  unit.family = unit.construction->family;
  unit.verify.method = Method::exhaustive;
  const std::unique_ptr<Task> task = make_task(unit.construction->task, unit.size);
  const Policy policy = Policy::uniform(FormatFamily(unit.family).at(task->bindings()));
  VerifyOptions verify = unit.verify;
  verify.threads = threads;
  const auto start = Clock::now();
  int verdicts = 0;
  double seconds = 0;
  while (seconds < 0.2) {
    attempt(*unit.construction, complete(*unit.construction, unit.size, {}), *task, policy, verify, nullptr);
    ++verdicts;
    seconds = std::chrono::duration<double>(Clock::now() - start).count();
  }
  return verdicts * cost(unit) / seconds;
}

int plan(const std::vector<SweepUnit>& units, const Shard& shard, Session& session) {
  Table table{{{"index", "", true},
               {"shard", "shard", true},
               {"question", "question", false},
               {"operations", "operations", true}},
              {}};
  double all = 0, mine = 0;
  int count = 0;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const double operations = cost(units[i]);
    const auto belongs = static_cast<int>(i % static_cast<std::size_t>(shard.of));
    all += operations;
    if (belongs == shard.index) {
      mine += operations;
      ++count;
    }
    table.rows.push_back({std::to_string(i), std::to_string(belongs), units[i].describe(),
                          operations == 0 ? "refused" : fmt::format("{:.2g}", operations)});
  }
  const double rate = speed(session.threads);
  const std::string text =
      as_text(table) + fmt::format("{} questions, about {:.2g} rounded operations\n", units.size(), all) +
      (shard.of > 1
           ? fmt::format("shard {}/{}: {} questions, about {:.2g}\n", shard.index, shard.of, count, mine)
           : "") +
      fmt::format("at {:.2g} a second on this machine, at most about {}: what is refuted ends sooner\n", rate,
                  duration(mine / rate));
  Json document = Json::array();
  for (const auto& row : table.rows)
    document.push_back({{"index", std::stoi(row[0])},
                        {"shard", std::stoi(row[1])},
                        {"question", row[2]},
                        {"operations", row[3]}});
  print(session, text, table,
        {{"questions", std::move(document)},
         {"operations", all},
         {"shard", {{"index", shard.index}, {"of", shard.of}, {"questions", count}, {"operations", mine}}},
         {"operations_per_second", rate},
         {"seconds", mine / rate}},
        "sweep-plan");
  return exit_done;
}

/// Time left from the questions that took time: what the store knew took none.
class Pace {
 public:
  std::string after(double done, double of) {
    const auto now = Clock::now();
    const double took = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    if (took > 0.01) {
      seconds_ += took;
      work_ += done - before_;
    }
    before_ = done;
    if (work_ <= 0 || done >= of) return "";
    return ", about " + duration((of - done) * seconds_ / work_) + " left";
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
  double seconds_ = 0, work_ = 0, before_ = 0;
};

std::vector<std::string> row_of(const SweepOutcome& outcome) {
  const std::string question = outcome.unit.describe();
  if (!outcome.error.empty()) return {question, "refused", "", "", "", outcome.error};
  const Attempt* shown = outcome.attempt ? &*outcome.attempt : nullptr;
  std::string value;
  if (outcome.minimum) {
    if (!outcome.minimum->value) return {question, "no minimum", "", "", "", outcome.minimum->note};
    shown = &outcome.minimum->best();
    value = std::to_string(*outcome.minimum->value);
  }
  if (shown == nullptr) return {question, "-", "", "", "", ""};
  if (!shown->refusal.empty()) return {question, "refused", "", shown->format, "", shown->refusal};
  return {question,
          std::string(name(shown->result.verdict)),
          value,
          shown->format,
          std::to_string(shown->shape.width),
          shown->result.counterexample ? failure_text(*shown) : evidence_text(shown->result)};
}

int run_sweep(const SweepArguments& options, Session& session) {
  const Shard shard = parse_shard(options.shard);
  const std::vector<SweepUnit> units = plan_sweep(read_text_file(options.spec), options.spec);
  if (options.dry_run) return plan(units, shard, session);
  if (options.store.empty())
    throw UsageError(
        "sweep: verdicts need a place; add --store FILE.sqlite, or --dry-run for the plan alone");
  Store store(options.store, version_line());
  ProgressLine progress(session);
  Pace pace;
  std::size_t answered = 0;
  std::size_t mine = 0;
  for (std::size_t i = static_cast<std::size_t>(shard.index); i < units.size();
       i += static_cast<std::size_t>(shard.of))
    ++mine;
  SweepOptions how;
  how.shard = shard.index;
  how.shards = shard.of;
  how.threads = session.threads;
  how.interrupted = interruption(session);
  how.progress = [&](const SweepUnit& unit, double done, double of) {
    ++answered;
    progress.line(fmt::format("{} of {} questions ({:.0f} % of the work){}: {}", answered, mine,
                              of > 0 ? 100 * done / of : 100.0, pace.after(done, of), unit.describe()));
  };
  how.within = [&](const Progress& at) {
    progress.show(fmt::format("{} of {} questions, then {}", answered, mine, at.what), at.done, at.of);
  };
  const Sweep sweep = run_sweep(units, store, how);
  if (sweep.interrupted) {
    throw Interrupted(fmt::format("interrupted after {} of {} questions; the same command goes on from here",
                                  answered, mine));
  }
  Table table{{{"question", "question", false},
               {"verdict", "verdict", false},
               {"value", "least", true},
               {"format", "format", false},
               {"width", "width", true},
               {"evidence", "evidence", false}},
              {}};
  Json outcomes = Json::array();
  for (const SweepOutcome& outcome : sweep.outcomes) {
    const std::vector<std::string> row = row_of(outcome);
    outcomes.push_back({{"question", row[0]},
                        {"verdict", row[1]},
                        {"least", row[2]},
                        {"format", row[3]},
                        {"width", row[4]},
                        {"evidence", row[5]}});
    table.rows.push_back(row);
  }
  print(session, as_text(table), table,
        {{"outcomes", std::move(outcomes)},
         {"store", options.store},
         {"shard", {{"index", shard.index}, {"of", shard.of}, {"questions", mine}}}});
  return exit_done;
}

}  // namespace

Command sweep_command() {
  return make_command<SweepArguments, declare_sweep, run_sweep>(
      "sweep", "Many questions from a page of TOML, in shards, resumable",
      "A page holds [[sweep]] tables:\n"
      "  [[sweep]]\n"
      "  task = \"add\"                  # all its constructions; or constructions = [\"add-hinge\"]\n"
      "  regime = \"logarithmic\"        # optional\n"
      "  formats = [\"own\", \"fixed(2*lg(n)+2,0)\"]\n"
      "  p = [2, 10]\n"
      "  n = \"4..16\"                   # or a list; likewise k, l, c\n"
      "  settings = { D = [1, 2] }     # knobs\n"
      "  minimize = \"bits\"             # absent: one verdict each\n"
      "  method = \"auto\"               # count, seed, adversarial, exhaustive_limit; softmax, order, "
      "dot\n\n"
      "Verdicts are kept as they come: a sweep that was cut off, even by kill -9, goes on when it is run "
      "again.\n"
      "Stores of shards merge (roundoff store merge) to the bytes of one run; roundoff report shows them.\n\n"
      "Examples:\n"
      "  roundoff sweep examples/sweep.toml --dry-run\n"
      "  roundoff sweep examples/sweep.toml --store verdicts.sqlite\n"
      "  roundoff sweep examples/sweep.toml --store part0.sqlite --shard 0/4\n"
      "  roundoff sweep examples/sweep.toml --store part1.sqlite --shard 1/4\n");
}

}  // namespace roundoff::cli
