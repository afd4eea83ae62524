// roundoff store: what a file of verdicts holds, whether it is still true, and files of verdicts into one.
#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzer/evidence/replay.hpp"
#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/views/evidence.hpp"
#include "formats/error.hpp"

namespace roundoff::cli {
namespace {

struct StoreArguments {
  std::vector<std::string> words;
  bool reference = false;
};

void declare_store(Arguments& arguments, StoreArguments& options) {
  arguments.positionals(
      "list|show|recheck|merge FILE.sqlite [...]", options.words,
      "list FILE: every verdict, a line each. show FILE KEY: whole, by the start of a key. "
      "recheck FILE [KEY]: verify again, and compare. merge INTO FROM...: take over verdicts");
  arguments.group("Recheck");
  arguments.flag("--reference", options.reference, "By the reference interpreter instead of the lanes");
}

/// By Recheck::Outcome. Capitals for what must not happen.
constexpr std::array<std::string_view, 6> outcome_names = {"same",           "stronger",    "weaker",
                                                           "by other means", "CONTRADICTS", "LOST"};

/// " (semantics 1)" beside what was kept under another version, else "".
std::string version_text(const Question& question) {
  return question.semantics == semantics_version ? "" : fmt::format(" (semantics {})", question.semantics);
}

/// A store that must be there already.
Store existing(const std::string& path) {
  if (!std::filesystem::exists(path))
    throw FileError("store " + path +
                    " does not exist; --store of verify, analyze, sweep or table1 makes one");
  return Store(path, version_line());
}

int list(const Store& store, Session& session) {
  Table table{{{"key", "key", false},
               {"task", "task", false},
               {"subject", "construction", false},
               {"size", "size", false},
               {"format", "format", false},
               {"width", "width", true},
               {"verdict", "verdict", false},
               {"evidence", "evidence", false}},
              {}};
  Json verdicts = Json::array(), unfinished = Json::array();
  int refuted = 0;
  for (const auto& [entry, question, result] : store.rows("", warnings(session))) {
    refuted += result.verdict == Verdict::refuted ? 1 : 0;
    table.rows.push_back({entry.key.substr(0, 12), question.task, name_of(question), describe(question.size),
                          format_of(question), std::to_string(question.shape.width),
                          std::string(name(result.verdict)), evidence_text(result) + version_text(question)});
    verdicts.push_back({{"key", entry.key},
                        {"semantics", question.semantics},
                        {"question", Json::parse(entry.question)},
                        {"answer", Json::parse(entry.answer)}});
  }
  std::string text =
      as_text(table) + fmt::format("{} verdicts, {} of them refuted\n", table.rows.size(), refuted);
  for (const auto& [key, checkpoint] : store.unfinished()) {
    text += fmt::format("unfinished: {} after {} inputs; the same question goes on from there\n",
                        key.substr(0, 12), checkpoint.done);
    unfinished.push_back({{"key", key}, {"done", checkpoint.done}, {"failing", checkpoint.failing}});
  }
  print(session, text, table, {{"verdicts", std::move(verdicts)}, {"unfinished", std::move(unfinished)}}, "store-list");
  return exit_done;
}

int show(const Store& store, const std::string& path, const std::string& prefix, Session& session) {
  const std::vector<Store::Row> rows = store.rows(prefix, warnings(session));
  if (rows.empty())
    throw UsageError(fmt::format("store {} has no verdict whose key starts with '{}'; see store list {}",
                                 path, prefix, path));
  std::string text;
  Json documents = Json::array();
  for (const auto& [entry, question, result] : rows) {
    text += fmt::format("{}\n  {}, {}, {}\n  {}\n", entry.key, name_of(question), describe(question.size),
                        format_of(question), evidence_text(result) + version_text(question));
    Json document = {{"key", entry.key},
                     {"question", Json::parse(entry.question)},
                     {"answer", Json::parse(entry.answer)},
                     {"seconds", entry.seconds},
                     {"computed_by", entry.provenance}};
    if (result.counterexample) {
      const Counterexample& found = *result.counterexample;
      const std::string replay = replay_command(question, found);
      text += fmt::format("  {} gives {}, right is {}\n  {}\n", found.input, found.got, found.want, replay);
      document["replay"] = replay;
    }
    text += fmt::format("  question {}\n  answer {}\n  {:.3g} seconds, {}\n", entry.question, entry.answer,
                        entry.seconds, entry.provenance);
    documents.push_back(std::move(document));
  }
  print(session, text, {}, {{"verdicts", std::move(documents)}}, "store-show");
  return exit_done;
}

int recheck(const Store& store, const std::string& prefix, bool reference, Session& session) {
  ProgressLine progress(session);
  VerifyOptions how;
  how.threads = session.threads;
  how.reference = reference;
  how.limits.seconds = 600;
  how.interrupted = interruption(session);
  const double of = static_cast<double>(store.show(prefix).size());
  double done = 0;
  Table table{
      {{"key", "key", false}, {"outcome", "outcome", false}, {"was", "was", false}, {"is", "is", false}}, {}};
  std::string text;
  std::array<int, outcome_names.size()> counts{};
  int changed = 0, anew = 0;
  Json differing = Json::array();
  const auto each = [&](const Recheck& outcome) {
    ++done;
    progress.overall(fmt::format("{:.0f} of {:.0f} verdicts", done, of), done, of);
    const bool news = outcome.anew && outcome.outcome == Recheck::contradicts;
    std::string what = news ? "changed" : std::string(outcome_names[outcome.outcome]);
    ++(news ? changed : counts[outcome.outcome]);
    anew += outcome.anew ? 1 : 0;
    if (outcome.anew) what += version_text(outcome.question);
    table.rows.push_back({outcome.key, what, outcome.was, outcome.is});
    if (outcome.outcome == Recheck::same) return;
    text +=
        fmt::format("{}: {} ({}, {}, {})\n  was {}\n  is  {}\n", what, outcome.key, name_of(outcome.question),
                    describe(outcome.question.size), format_of(outcome.question), outcome.was, outcome.is);
    differing.push_back({{"key", outcome.key}, {"outcome", what}, {"was", outcome.was}, {"is", outcome.is}});
  };
  analyzer::recheck(store, prefix, how, each, warnings(session));
  const int wrong = counts[Recheck::contradicts] + counts[Recheck::lost];
  text += fmt::format(
      "{} verdicts: {} the same on bits, {} decided by other means without contradiction, {} stronger now, "
      "{} weaker, {} wrong\n",
      table.rows.size(), counts[Recheck::same], counts[Recheck::agrees], counts[Recheck::stronger],
      counts[Recheck::weaker], wrong);
  if (anew > 0)
    text += fmt::format(
        "{} of them were kept under earlier versions of the semantics or of adversarial families, and asked "
        "anew: {} changed\n",
        anew, changed);
  const Json document = {{"verdicts", table.rows.size()},
                         {"same", counts[Recheck::same]},
                         {"by_other_means", counts[Recheck::agrees]},
                         {"stronger", counts[Recheck::stronger]},
                         {"weaker", counts[Recheck::weaker]},
                         {"wrong", wrong},
                         {"asked_anew", anew},
                         {"changed", changed},
                         {"differing", std::move(differing)}};
  print(session, text, table, document, "store-recheck");
  if (interruption(session)())
    throw Interrupted(
        fmt::format("interrupted after {} of {:.0f} verdicts; recheck begins anew, or name a KEY",
                    table.rows.size(), of));
  return wrong > 0 ? exit_refuted : exit_done;
}

int merge(const std::vector<std::string>& words, Session& session) {
  for (std::size_t i = 2; i < words.size(); ++i) existing(words[i]);  // all of them, before anything is taken
  Store into(words[1], version_line());
  Table table{{{"from", "from", false}, {"added", "added", true}, {"known", "known", true}}, {}};
  Json from = Json::array();
  for (std::size_t i = 2; i < words.size(); ++i) {
    const Store::Merged merged = into.merge(existing(words[i]), warnings(session));
    table.rows.push_back({words[i], std::to_string(merged.added), std::to_string(merged.known)});
    from.push_back({{"store", words[i]}, {"added", merged.added}, {"known", merged.known}});
  }
  const std::size_t holds = into.list().size();
  print(session, as_text(table) + fmt::format("{} holds {} verdicts\n", words[1], holds), table,
        {{"into", words[1]}, {"verdicts", holds}, {"from", std::move(from)}}, "store-merge");
  return exit_done;
}

int run_store(const StoreArguments& options, Session& session) {
  const std::vector<std::string>& words = options.words;
  const std::vector<std::string> verbs = {"list", "show", "recheck", "merge"};
  if (words.empty()) throw UsageError("store: say list, show, recheck or merge, then FILE.sqlite");
  const std::string& verb = words[0];
  if (std::find(verbs.begin(), verbs.end(), verb) == verbs.end())
    throw UsageError("store: " + unknown("action", verb, verbs));
  if (words.size() < 2) throw UsageError("store " + verb + ": FILE.sqlite is missing");
  const std::size_t most = verb == "list" ? 2 : verb == "merge" ? words.size() : 3;
  if (words.size() > most) throw UsageError(fmt::format("store {}: '{}' is one too many", verb, words[most]));
  if (verb == "merge") {
    if (words.size() < 3) throw UsageError("store merge: name the stores to take verdicts from, after INTO");
    return merge(words, session);
  }
  const Store store = existing(words[1]);
  if (verb == "list") return list(store, session);
  if (verb == "recheck") return recheck(store, words.size() > 2 ? words[2] : "", options.reference, session);
  if (words.size() < 3) throw UsageError("store show: KEY is missing; its first digits do, see store list");
  return show(store, words[1], words[2], session);
}

}  // namespace

Command store_command() {
  return make_command<StoreArguments, declare_store, run_store>(
      "store", "Verdicts that were kept: list, show, recheck, merge",
      "recheck builds every model again and verifies it again: exit code 1 when a verdict is contradicted. "
      "What "
      "was kept\n"
      "under an earlier version of the semantics is no answer any more; it is asked anew, and what changed "
      "is "
      "said.\n"
      "merge keeps the stronger of two answers. It refuses stores that contradict each other, names the "
      "verdicts, and takes nothing over.\n\n"
      "Examples:\n"
      "  roundoff store list verdicts.sqlite\n"
      "  roundoff store recheck verdicts.sqlite\n"
      "  roundoff store merge all.sqlite part0.sqlite part1.sqlite\n");
}

}  // namespace roundoff::cli
