// roundoff frontier: all (width, integer bits, fraction bits) with which a construction works at a size and
// that nothing undercuts.
#include "analyzer/search/frontier.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/options/subject.hpp"
#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/views/evidence.hpp"
#include "cli/views/minimisation.hpp"
#include "cli/views/task_json.hpp"
#include "formats/error.hpp"

namespace roundoff::cli {
namespace {

struct FrontierArguments {
  std::vector<std::string> names;
  SubjectOptions subject;
  EvidenceOptions evidence;
  std::optional<int> fractions, exponents;
};

void declare_frontier(Arguments& arguments, FrontierArguments& options) {
  arguments.positionals("NAME", options.names, "Constructions of one task");
  declare_size(arguments, options.subject);
  declare_generator(arguments, options.subject);
  declare_knobs(arguments, options.subject);
  declare_policy(arguments, options.subject.policy);
  arguments.group("Search");
  arguments.number(
      "--fractions", options.fractions, 0, 64,
      fmt::format("Fixed point: fraction bits 0 to this, or to the family's own, are scanned [{}]",
                  MinimiseOptions{}.fractions));
  arguments.number(
      "--exponents", options.exponents, 1, 15,
      fmt::format("Floats: exponent bits up to this are scanned [{}]", MinimiseOptions{}.exponents));
  declare_evidence(arguments, options.evidence);
}

/// --fractions is of fixed point, --exponents of floats.
void refuse_unused_scans(const FrontierArguments& options,
                         const std::vector<const Construction*>& constructions, const MinimiseOptions& how) {
  bool fixed = false, floats = false;
  for (const Construction* construction : constructions) {
    const FormatFamily family = how.format ? *how.format : FormatFamily(construction->family);
    const bool one = family.at(make_task(construction->task, how.sizes.front())->bindings()).is_fixed();
    (one ? fixed : floats) = true;
  }
  if (options.fractions && !fixed)
    throw UsageError("frontier: --fractions is about fixed point, and these are floats; leave it out");
  if (options.exponents && !floats)
    throw UsageError("frontier: --exponents is about floats, and these are fixed point; leave it out");
}

int run_frontier(const FrontierArguments& options, Session& session) {
  const std::vector<std::string> names = with_generator(options.subject, options.names);
  if (names.empty())
    throw UsageError("frontier: NAME is missing; name constructions (roundoff constructions)");
  std::vector<const Construction*> constructions;
  for (const std::string& name : names) constructions.push_back(&find_construction(name));
  for (const Construction* other : constructions)
    if (other->task != constructions.front()->task)
      throw UsageError(fmt::format("frontier: {} solves {}, but {} solves {}; take constructions of one task",
                                   constructions.front()->name, constructions.front()->task, other->name,
                                   other->task));
  for (const Construction* each : constructions)
    refuse_unused_sizes(options.subject, find_task(each->task), each->name);
  MinimiseOptions how;
  how.sizes = {task_size(options.subject)};
  set_policy(options.subject.policy.layer(), how);
  how.settings = parse_settings(options.subject.settings);
  refuse_unused_scans(options, constructions, how);
  how.fractions = options.fractions.value_or(how.fractions);
  how.exponents = options.exponents.value_or(how.exponents);
  how.above = 1;
  ProgressLine progress(session);
  how.verify = verify_options(options.evidence, session, progress);
  how.progress = [&](const std::string& what, int, int) { progress.line(what); };
  std::optional<Store> store = open_store(options.evidence.store);
  how.store = store ? &*store : nullptr;
  const Frontier found = frontier(constructions, how);

  Table table{{{"width", "width", true},
               {"first", found.first_name, true},
               {"second", found.second_name, true},
               {"bits", "bits", true},
               {"format", "format", false},
               {"construction", "construction", false},
               {"settings", "knobs", false},
               {"evidence", "evidence", false}},
              {}};
  Json points = Json::array();
  for (const FrontierPoint& point : found.points) {
    const Attempt& attempt = point.attempt;
    table.rows.push_back({std::to_string(point.width), std::to_string(point.first),
                          std::to_string(point.second), std::to_string(attempt.bits), attempt.format,
                          attempt.construction, settings_text(attempt.settings),
                          evidence_text(attempt.result)});
    Json one = as_json(attempt, found.size);
    one.update({{"width", point.width}, {"first", point.first}, {"second", point.second}});
    points.push_back(std::move(one));
  }
  Json scans = Json::array();
  std::string exceptions;
  std::size_t tried = 0;
  for (const Scan& scan : found.scans) {
    tried += scan.attempts.size();
    for (const std::size_t i : scan.exceptions)
      exceptions += fmt::format("not monotone: {}: {} fails above the first success at {}: {}\n", scan.label,
                                scan.attempts[i].format, scan.attempts[*scan.first].format,
                                failure_text(scan.attempts[i]));
    scans.push_back({{"label", scan.label},
                     {"tried", scan.attempts.size()},
                     {"first_success", scan.first ? Json(scan.attempts[*scan.first].format) : Json()}});
  }
  if (found.points.empty())
    exceptions += fmt::format("nothing in the range scanned succeeds; the last was {}\n", last_text(found.scans));
  Json held = held_json(how);
  add_sources(held, options.subject.policy);
  print(session,
        as_text(table) + exceptions +
            fmt::format("{} of {} candidates are undercut by none in width, {} and {}\n", found.points.size(),
                        tried, found.first_name, found.second_name),
        table,
        {{"p", found.size.p},
         {"n", found.size.n},
         {"k", found.size.k},
         {"l", found.size.l},
         {"c", found.size.c},
         {"ragged", found.size.ragged},
         {"held", std::move(held)},
         {"fractions", how.fractions},
         {"exponents", how.exponents},
         {"first", found.first_name},
         {"second", found.second_name},
         {"points", std::move(points)},
         {"scans", std::move(scans)},
         {"interrupted", found.interrupted}});
  if (found.interrupted) throw Interrupted(resume_hint(options.evidence.store));
  return exit_done;
}

}  // namespace

Command frontier_command() {
  return make_command<FrontierArguments, declare_frontier, run_frontier>(
      "frontier", "All least (width, integer bits, fraction bits) at one size",
      "Every setting of the knobs is scanned over the formats; what "
      "another point undercuts in all three is left "
      "out.\n\n"
      "Examples:\n"
      "  roundoff frontier add-match --n 8\n"
      "  roundoff frontier add-hinge add-match --n 6 --csv\n");
}

}  // namespace roundoff::cli
