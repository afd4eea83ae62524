#include "analyzer/evidence/evidence.hpp"

#include <array>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::analyzer {
namespace {

constexpr std::array<std::string_view, 7> method_names = {"auto",   "exhaustive", "certify",  "adversarial",
                                                          "sample", "adderboard", "automaton"};

int level(const Result& result) {
  if (result.verdict == Verdict::unknown) return 0;
  if (proves_all(result) || result.failing_fraction) return 3;
  return result.verdict == Verdict::refuted ? 2 : 1;
}

/// What is the same whoever goes through the same inputs.
std::string decided(Result result) {
  result.obstacle = {};
  return text(result);
}

/// Samples follow a list of inputs that held (Method::automatic); did the other one fail on that list?
bool fails_on_list(const Result& refuted, const Result& samples) {
  return refuted.verdict == Verdict::refuted && refuted.method == Method::adversarial &&
         samples.method == Method::sample && samples.listed > 0;
}

}  // namespace

std::string_view name(Verdict verdict) {
  constexpr std::array<std::string_view, 4> names = {"holds", "certified", "refuted", "unknown"};
  return names[static_cast<std::size_t>(verdict)];
}

std::string_view name(Method method) { return method_names[static_cast<std::size_t>(method)]; }

Method parse_method(std::string_view text) {
  for (std::size_t i = 0; i < method_names.size(); ++i)
    if (method_names[i] == text) return static_cast<Method>(i);
  throw UsageError(fmt::format("unknown method '{}'{}", text, did_you_mean(text, method_names)));
}

bool proves_all(const Result& result) {
  return result.verdict == Verdict::certified ||
         (result.verdict == Verdict::holds && result.covered >= result.of);
}

bool contradict(const Result& a, const Result& b) {
  if (a.verdict == Verdict::unknown || b.verdict == Verdict::unknown) return false;
  if ((proves_all(a) && b.verdict == Verdict::refuted) || (proves_all(b) && a.verdict == Verdict::refuted))
    return true;
  if (a.failing_fraction && b.failing_fraction && *a.failing_fraction != *b.failing_fraction) return true;
  if (fails_on_list(a, b) || fails_on_list(b, a)) return true;
  // A proof may come upon its counterexample in more than one way, enumerations and draws may not.
  if (a.method != b.method || a.method == Method::certify) return false;
  return decided(a) != decided(b);
}

std::partial_ordering strength(const Result& a, const Result& b) {
  if (contradict(a, b)) return std::partial_ordering::unordered;
  if (const int one = level(a), other = level(b); one != other) return one <=> other;
  return level(a) == 1 ? a.covered <=> b.covered : std::partial_ordering::equivalent;
}

const Result& stronger(const Result& a, const Result& b) {
  const std::partial_ordering order = strength(a, b);
  if (order != std::partial_ordering::equivalent) return order == std::partial_ordering::less ? b : a;
  if (a.obstacle.limit != b.obstacle.limit) return a.obstacle.limit > b.obstacle.limit ? a : b;
  return text(b) < text(a) ? b : a;
}

void EvidenceCounts::add(const Result& result) {
  switch (result.verdict) {
    case Verdict::certified:
      ++certified;
      break;
    case Verdict::holds:
      ++(proves_all(result) ? all : part);
      break;
    case Verdict::refuted:
      ++refuted;
      break;
    case Verdict::unknown:
      ++unknown;
      break;
  }
}

}  // namespace roundoff::analyzer
