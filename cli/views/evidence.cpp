#include "cli/views/evidence.hpp"

#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/shell/interrupt.hpp"
#include "cli/shell/printable.hpp"
#include "formats/error.hpp"

namespace roundoff::cli {

namespace {

/// Figures such as 10^128 stay readable: exact up to 24 digits, else rounded to 4, half up.
std::string readable(const std::string& digits) {
  if (digits.size() <= 24) return digits;
  std::string leading = digits.substr(0, 4);
  std::size_t exponent = digits.size() - 1;
  if (digits[4] >= '5') {
    std::size_t at = leading.size();
    while (at > 0 && leading[at - 1] == '9') leading[--at] = '0';
    if (at > 0) {
      ++leading[at - 1];
    } else {
      leading = "1000";
      ++exponent;
    }
  }
  return fmt::format("{}.{}e{}", leading[0], leading.substr(1), exponent);
}

/// `remedy`: how to get an answer where there is none.
std::string obstacle_text(const Obstacle& obstacle, bool remedy) {
  switch (obstacle.reason) {
    case Reason::none:
    case Reason::cancelled:
      return "";
    case Reason::interrupted:
      return "interrupted";
    case Reason::time:
      return fmt::format("ran out of time after {:g} s", obstacle.limit) + (remedy ? "; raise --budget" : "");
    case Reason::steps:
      return fmt::format("ran out of {:g} steps", obstacle.limit);
    case Reason::nodes:
      return fmt::format("ran out of {:.0f} diagram nodes", obstacle.limit);
    case Reason::memory:
      return fmt::format("ran out of {:.0f} MB of memory", obstacle.limit);
    case Reason::states:
      return fmt::format("its machine has more than {:.0f} states", obstacle.limit) +
             (remedy ? "; raise --states" : "");
    case Reason::tuples:
      return "too many tuples of values";
    case Reason::column_sums:
      return "too many values of a sum of columns";
    case Reason::special_values:
      return "exact sums in a format with -0, inf or NaN have no diagrams";
    case Reason::exact_bits:
      return "an exact intermediate result takes more than 120 bits";
    case Reason::stochastic:
      return "under stochastic rounding results depend on the place";
    case Reason::no_specification:
      return std::string("the task has no symbolic specification") +
             (remedy ? ": use exhaustive, adversarial or sample" : "");
    case Reason::other_layout:
      return "certificates speak of a task's own sequences, and this one is put by a template";
    case Reason::positions:
      return "a table of positions, slopes or rotations: only a model without positions, or with periodic "
             "ones, is a "
             "finite-state machine";
    case Reason::unbounded_order:
      return "tree and exact sums are no finite-state machines";
    case Reason::repeats:
      return "layers that are repeated more often the longer the word is";
    case Reason::unmasked:
      return "without a mask every position sees what comes after it";
    case Reason::nothing_covered:
      return "no input was looked at";
    case Reason::not_stored:
      return "not in the store";
  }
  return "";
}

}  // namespace

void declare_evidence(Arguments& arguments, EvidenceOptions& options) {
  arguments.group("Evidence");
  arguments.choice("--method", options.method,
                   {"auto", "exhaustive", "certify", "adversarial", "sample", "adderboard", "automaton"},
                   "How the inputs are covered");
  arguments.number("--count", options.count,
                   fmt::format("Samples, where the method draws them [{}]", VerifyOptions{}.count));
  arguments.number("--budget", options.budget, "SECONDS",
                   "What a certificate may take; then the verdict is unknown [auto: 60, certify: 300]");
  arguments.text("--store", options.store, "FILE.sqlite",
                 "Keep every verdict here; what is known is not asked again");
  arguments.flag("--reference", options.reference, "Run the reference interpreter instead of the lanes");
}

VerifyOptions verify_options(const EvidenceOptions& options, const Session& session, ProgressLine& progress) {
  VerifyOptions how;
  how.method = parse_method(options.method);
  const auto refuse = [&](std::string_view option, std::string_view what) {
    throw UsageError(
        fmt::format("{} {}, and --method {} does not; leave it out", option, what, options.method));
  };
  const bool runs = how.method != Method::certify && how.method != Method::automaton;
  const bool proves = how.method == Method::automatic || !runs;
  if (options.count && how.method != Method::automatic && how.method != Method::sample)
    refuse("--count", "is for a method that draws samples");
  if (options.budget && !proves) refuse("--budget", "is for a method that asks for a certificate");
  if (options.reference && !runs) refuse("--reference", "is for a method that runs inputs");
  how.count = options.count.value_or(how.count);
  if (how.method == Method::certify) how.limits.seconds = 300;
  if (options.budget) how.limits.seconds = *options.budget;
  how.seed = session.seed;
  how.threads = session.threads;
  how.reference = options.reference;
  how.progress = [&progress](const Progress& at) { progress.show(at.what, at.done, at.of); };
  how.interrupted = interruption(session);
  return how;
}

Json asked_json(const VerifyOptions& options) {
  Json asked = {{"method", name(options.method)}};
  const bool automatic = options.method == Method::automatic;
  const bool draws = automatic || options.method == Method::sample;
  if (draws) asked["count"] = options.count;
  if (automatic || options.method == Method::certify) asked["budget"] = options.limits.seconds;
  if (draws || options.method == Method::certify) asked["seed"] = options.seed;
  asked["reference"] = options.reference;
  return asked;
}

Store::Warn warnings(const Session& session) {
  return [listener = session.listener](const std::string& line) {
    if (listener != nullptr)
      listener->note(line);
    else
      std::cerr << "roundoff: warning: " << printable_line(line) << '\n';
  };
}

std::optional<Store> open_store(const std::string& path) {
  if (path.empty()) return std::nullopt;
  return Store(path, version_line());
}

std::string method_text(const Result& result) {
  if (!result.method) return "store";
  const std::string list = fmt::format("{} {}", name(*result.method), result.listed);
  switch (*result.method) {
    case Method::adversarial:
    case Method::adderboard:
      return list;
    case Method::sample:
      return (result.listed > 0 ? fmt::format("adversarial {} + ", result.listed) : "") +
             fmt::format("{} samples (seed {})", result.samples, result.seed);
    default:
      return std::string(name(*result.method));
  }
}

std::string evidence_text(const Result& result) {
  if (result.method == Method::automaton)
    return fmt::format("{} {} words of all lengths (automaton)", name(result.verdict),
                       result.verdict == Verdict::refuted ? "among" : "for");
  const std::string covered = count_text(result.covered), of = count_text(result.of);
  const std::string method = method_text(result);
  switch (result.verdict) {
    case Verdict::certified:
      return fmt::format("certified for all {} inputs ({})", of, method);
    case Verdict::holds:
      if (proves_all(result)) return fmt::format("holds for all {} inputs ({})", of, method);
      return fmt::format("no failure among {} of {} inputs ({}): not a proof", covered, of, method);
    case Verdict::refuted:
      return fmt::format("refuted after {} of {} inputs ({})", covered, of, method);
    case Verdict::unknown:
      break;
  }
  return fmt::format("unknown after {} of {} inputs ({})", covered, of, method);
}

std::string note_text(const Result& result, const std::string& outside) {
  std::string text;
  const auto add = [&](const std::string& words) { text += (text.empty() ? "" : "; ") + words; };
  const bool open = result.verdict == Verdict::unknown;
  if (result.obstacle.reason != Reason::none) {
    const std::string why = obstacle_text(
        result.obstacle, open && (result.method == Method::certify || result.method == Method::automaton));
    add(result.verdict == Verdict::refuted ? "the failing fraction is not known: " + why
        : open                             ? why
                                           : "certify: " + why);
  }
  if (!result.of_exactly.empty()) {
    const std::string of = readable(result.of_exactly);
    std::string words = result.verdict == Verdict::certified
                            ? fmt::format("all {} inputs", of)
                            : fmt::format("{} of {} inputs fail", readable(result.failing_exactly), of);
    if (result.cut == diagrams::Cut::columns) words += ", cut at the column sums";
    if (result.cut == diagrams::Cut::lines) words += ", line by line";
    add(words);
  }
  if (!outside.empty()) add("outside the theorem: " + outside);
  return text;
}

std::string counts_text(const EvidenceCounts& counts) {
  std::string text;
  const auto add = [&](int count, std::string_view what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  };
  add(counts.certified, "certified");
  add(counts.all, "by all inputs");
  add(counts.part, "by adversarial inputs and samples (no proof)");
  add(counts.refuted, "refuted");
  add(counts.unknown, "unknown");
  return text;
}

Json as_json(const Result& result, const std::string& outside) {
  Json document = {{"verdict", name(result.verdict)},
                   {"method", method_text(result)},
                   {"covered", count_json(result.covered)},
                   {"of", count_json(result.of)},
                   {"failing", count_json(result.failing)}};
  if (result.method == Method::automaton) {
    if (result.verdict != Verdict::unknown) document["covered"] = "all lengths";
    document["of"] = "all lengths";
  }
  if (result.counterexample) {
    const Counterexample& found = *result.counterexample;
    document["counterexample"] = {{"input", found.input}, {"got", found.got}, {"want", found.want}};
  }
  if (result.failing_fraction) document["failing_fraction"] = *result.failing_fraction;
  if (result.fraction_bound) document["failing_fraction_bound_95"] = *result.fraction_bound;
  if (result.obstacle.reason != Reason::none) document["reason"] = name(result.obstacle.reason);
  if (result.obstacle.limit > 0) document["budget"] = result.obstacle.limit;
  if (result.cut != diagrams::Cut::none) document["cut"] = name(result.cut);
  document["note"] = note_text(result, outside);
  return document;
}

Exit exit_code(Verdict verdict) {
  if (verdict == Verdict::refuted) return exit_refuted;
  return verdict == Verdict::unknown ? exit_unknown : exit_done;
}

std::string resume_hint(const std::string& store) {
  if (store.empty())
    return "interrupted; with --store FILE.sqlite the same question goes on where it stopped";
  return "interrupted; the same question with --store " + store + " goes on from here";
}

}  // namespace roundoff::cli
