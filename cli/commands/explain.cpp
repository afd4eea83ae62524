// roundoff explain: why an answer is wrong. Three runs side by side (rounded, without rounding, as
// specified), the blame, and for rounding the operation that decides it.
#include "analyzer/blame/explain.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/options/subject.hpp"
#include "cli/shell/command.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/lab_state.hpp"
#include "cli/views/task_json.hpp"
#include "formats/error.hpp"
#include "formats/functions/real.hpp"
#include "formats/notation/text.hpp"

namespace roundoff::cli {
namespace {

struct ExplainArguments {
  SubjectOptions subject;
  std::string input;
};

void declare_explain(Arguments& arguments, ExplainArguments& options) {
  declare_subject(arguments, options.subject);
  arguments.positional("INPUT", options.input, "A question of the task: 0123+0456=", true);
}

Json site_json(const Site& site) {
  Json json = {{"layer", site.layer}, {"site", name(site.name)}};
  if (site.position >= 0) json["pos"] = site.position;
  if (site.head >= 0) json["head"] = site.head;
  if (site.key >= 0) json["key"] = site.key;
  if (site.index >= 0) json["index"] = site.index;
  if (site.inner) json["inner"] = true;
  return json;
}

Json hex_list(const std::vector<Value>& values) {
  Json list = Json::array();
  for (const Value& value : values) list.push_back(hex(value));
  return list;
}

Json culprit_json(const Culprit& culprit) {
  Json json = {{"what", culprit.weight ? "weight" : "operation"},
               {"site", site_json(culprit.site)},
               {"place", describe(culprit.site)},
               {"operation", culprit.operation},
               {"format", culprit.format},
               {"operands", hex_list(culprit.x)}};
  if (!culprit.y.empty()) json["operands_y"] = hex_list(culprit.y);
  json["exact"] = culprit.exact;
  json["rounded"] = hex(culprit.rounded);
  if (culprit.ulps >= 0) json["error_ulps"] = culprit.ulps;
  json["flags"] = describe(culprit.flags);
  json["mishap"] = name(culprit.mishap);
  json["margin_before"] = culprit.margin_before;
  json["margin_after"] = culprit.margin_after;
  Json steps = Json::array();
  for (const Step& step : culprit.steps)
    steps.push_back({{"index", step.index},
                     {"x", step.x},
                     {"y", step.y},
                     {"term", hex(step.term)},
                     {"before", hex(step.before)},
                     {"after", hex(step.after)},
                     {"flags", describe(step.flags)},
                     {"absorbed", step.absorbed}});
  json["steps"] = std::move(steps);
  return json;
}

Table margins(const Explanation& explanation) {
  Table table{{{"position", "position", true},
               {"want", "wanted", false},
               {"rounded", "rounded", false},
               {"rounded_margin", "its margin", true},
               {"ideal", explanation.ideal == "exact" ? "exact" : "wider", false},
               {"ideal_margin", "its margin", true}},
              {}};
  for (const OutputMargin& m : explanation.margins)
    table.rows.push_back(
        {std::to_string(m.position), m.want, m.rounded, m.rounded_margin, m.ideal, m.ideal_margin});
  return table;
}

std::string operands_text(const Culprit& culprit) {
  std::string text;
  const std::size_t shown = std::min<std::size_t>(culprit.x.size(), 4);
  for (std::size_t j = 0; j < shown; ++j) text += (j == 0 ? "" : ", ") + long_decimal(culprit.x[j]);
  if (culprit.x.size() > shown) text += fmt::format(", ... ({} operands)", culprit.x.size());
  return text;
}

/// The steps of a sum that say something: that round, or that change the total.
std::string steps_text(const Culprit& culprit) {
  std::string text;
  int shown = 0;
  for (const Step& step : culprit.steps) {
    if (step.term.is_zero() && step.flags == 0) continue;
    if (++shown > 12) {
      text += "    ... (--json has every step)\n";
      break;
    }
    const std::string term = step.y.empty() ? step.x : fmt::format("{} * {}", step.x, step.y);
    text += step.index == 0
                ? fmt::format("    {} = {}", term, long_decimal(step.after))
                : fmt::format("    {} + {} = {}", long_decimal(step.before), term, long_decimal(step.after));
    if (step.absorbed) text += "   absorbed: the addend leaves no trace";
    if ((step.flags & flag_saturated) != 0)
      text += "   saturated";
    else if (step.flags != 0 && !step.absorbed)
      text += "   " + describe(step.flags);
    text += '\n';
  }
  return text;
}

/// What it did to the wanted token, and how it was found.
std::string found_text(const Explanation& explanation, const Culprit& culprit) {
  const std::string_view what = explanation.ideal == "exact" ? "roundings" : "differences";
  std::string text = fmt::format(
      "  With every {} before it, and none from it on, the wanted token leads by {}; with this one, too, by "
      "{}.\n",
      what.substr(0, what.size() - 1), culprit.margin_before, culprit.margin_after);
  text += explanation.scanned
              ? fmt::format("  ({} {} matter here; each was switched on in turn", explanation.changes, what)
              : fmt::format("  ({} {} matter here; found by bisection", explanation.changes, what);
  if (explanation.turns.size() > 1)
    text +=
        fmt::format("; the choice turned {} times, this is where it stays wrong", explanation.turns.size());
  return text + ".)\n";
}

std::string culprit_text(const Explanation& explanation) {
  const Culprit& culprit = *explanation.culprit;
  if (culprit.mishap == Mishap::trapped)
    return fmt::format("The run stops in {}: {} of {} has no result in {}.\n", describe(culprit.site),
                       culprit.operation, operands_text(culprit), culprit.format);
  std::string text;
  const std::string where = describe(culprit.site),
                    rounded = plain_decimal(culprit.rounded, parse_format(culprit.format));
  if (culprit.mishap == Mishap::chosen) {
    text += fmt::format(
        "It is decided before anything is rounded, by a weight that the design chooses for its format: it "
        "(first used in {}) is {} in {}, and {} in {}.\n",
        where, culprit.exact, explanation.ideal, rounded, culprit.format);
    return text + found_text(explanation, culprit);
  }
  if (culprit.weight)
    text += fmt::format(
        "It is decided when weights are loaded: the weight {} (first used in {}) becomes {} in {}",
        culprit.exact, where, rounded, culprit.format);
  else
    text += fmt::format("It is decided in {}: {} of {}\n  is exactly {}, and {} in {}", where,
                        culprit.operation, operands_text(culprit), culprit.exact, rounded, culprit.format);
  if (culprit.ulps >= 0) text += fmt::format(" ({:.3g} units in the last place off)", culprit.ulps);
  text += fmt::format(": {}.\n", name(culprit.mishap));
  text += steps_text(culprit);
  return text + found_text(explanation, culprit);
}

std::string explanation_text(const Explanation& e) {
  if (e.blame == Blame::specification)
    return fmt::format(
        "Blame: the specification. {} is no input of this task, so that no answer to it is right.\n"
        "  {}\n",
        e.input, e.reason);
  std::string text = e.input + e.got + '\n';
  if (e.blame == Blame::none) {
    text += "right: nothing to explain. How far ahead the right token is, exactly and as computed:\n\n";
    text += as_text(margins(e));
    if (std::any_of(e.margins.begin(), e.margins.end(), [](const OutputMargin& m) { return m.ideal != m.want; }))
      text +=
          "\nThis design computes by saturation or rounding: its exact run is not meant to be right, and "
          "is not.\n";
    return text;
  }
  text += fmt::format("wrong: right is {}\n\n", e.want);
  if (e.blame == Blame::construction) {
    text += fmt::format(
        "Blame: the construction. Without any rounding it is wrong on this input as well: at position {} it "
        "chooses "
        "'{}' where '{}' is right{}.\n\n",
        e.ideal_position, e.ideal_choice, e.ideal_want,
        e.ideal_tie ? " (its best logits are equal: a tie)" : "");
    if (e.tally.saturated > 0)
      text +=
          "Where a design computes by saturation (some of its operations saturate here), its exact run is not "
          "meant to be right; --format compares with its own format instead.\n\n";
  } else if (e.culprit) {
    text +=
        e.ideal == "exact"
            ? "Blame: rounding. The same model without rounding is right here.\n"
            : fmt::format("Blame: {}. This design computes with rounding; in its own {} it is right here.\n",
                          e.culprit->mishap == Mishap::chosen ? "the format" : "rounding", e.ideal);
    text += culprit_text(e) + '\n';
  }
  if (!e.margins.empty()) text += "How far ahead the wanted token is:\n\n" + as_text(margins(e));
  const Tally& t = e.tally;
  if (t.operations > 0)
    text += fmt::format(
        "\n{} operations up to there: {} rounded, {} absorbed an addend, {} underflowed to zero, {} "
        "saturated, {} overflowed\n",
        t.operations, t.inexact, t.absorbed, t.vanished, t.saturated, t.overflowed);
  return text;
}

Json explanation_json(const Explanation& e) {
  Json json = {{"input", e.input}, {"blame", name(e.blame)}, {"right", e.blame == Blame::none}};
  if (e.blame == Blame::specification) {
    json["reason"] = e.reason;
    return json;
  }
  json["answer"] = e.got;
  json["want"] = e.want;
  json["compared_with"] = e.ideal;
  if (e.output >= 0) {
    json["wrong_output"] = e.output;
    json["position"] = e.position;
  }
  if (e.ideal_position >= 0) {
    json["ideal_wrong"] = {{"position", e.ideal_position},
                           {"choice", e.ideal_choice},
                           {"want", e.ideal_want},
                           {"tie", e.ideal_tie}};
  }
  Json list = Json::array();
  for (const OutputMargin& m : e.margins)
    list.push_back({{"position", m.position},
                    {"want", m.want},
                    {"rounded", m.rounded},
                    {"rounded_margin", m.rounded_margin},
                    {"ideal", m.ideal},
                    {"ideal_margin", m.ideal_margin}});
  json["margins"] = std::move(list);
  const Tally& t = e.tally;
  json["operations"] = {{"count", t.operations},  {"inexact", t.inexact},     {"absorbed", t.absorbed},
                        {"vanished", t.vanished}, {"saturated", t.saturated}, {"overflowed", t.overflowed}};
  if (e.culprit) {
    json["search"] = {
        {"changes", e.changes}, {"method", e.scanned ? "scan" : "bisection"}, {"turns", e.turns}};
    json["culprit"] = culprit_json(*e.culprit);
  }
  return json;
}

int run_explain(const ExplainArguments& options, Session& session) {
  SubjectOptions asked = options.subject;
  infer_size(asked, options.input);
  asked.round_weights = true;  // a format too small for a weight is a thing to explain
  const Subject subject = resolve(asked);
  static_cast<void>(parse_input(subject, options.input));
  ExplainOptions how;
  PolicyLayer layer = asked.policy.layer();
  if (layer.names_a_format()) {
    SubjectOptions own = asked;
    layer.erase_formats();
    own.policy = {.stack = "", .file = "", .words = layer};
    try {
      Subject sibling = resolve(own);
      how.own = Sibling{std::move(sibling.model), sibling.policy};
    } catch (const UsageError&) {  // a model file that names no format
    }
  }
  const Explanation explanation = explain(subject.model, subject.policy, *subject.task, options.input, how);
  Json document = explanation_json(explanation);
  document.update(as_json(subject));
  std::string text = explanation_text(explanation);
  if (const std::string state = lab_state(subject, options.input); !state.empty() && explanation.blame != Blame::specification) {
    document["lab"] = state;
    if (explanation.blame != Blame::none) text += fmt::format("\nTo be seen in the browser: roundoff lab '{}'\n", state);
  }
  print(session, text, margins(explanation), document);
  return explanation.blame == Blame::none ? exit_done : exit_refuted;
}

}  // namespace

Command explain_command() {
  return make_command<ExplainArguments, declare_explain, run_explain>(
      "explain", "Why is an answer wrong: rounding (and where), the construction, or the input?",
      "Exit code 0 when the answer is right, 1 when it is wrong and blame is given.\n\n"
      "Examples:\n"
      "  roundoff explain add-hinge --p 2 --format 'fixed(4,0)' '01111111+00000001='\n"
      "  roundoff explain add-hinge --p 10 --format 'fixed(5,0)' '000+000='\n"
      "  roundoff explain add-match --format 'fixed(3,0)' --set D=1 '01111111+00000001=' --json\n");
}

}  // namespace roundoff::cli
