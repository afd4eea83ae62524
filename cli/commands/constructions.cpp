// roundoff constructions: the registry, and one construction at a size with its layers and registers.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/options/subject.hpp"
#include "cli/shell/command.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/task_json.hpp"
#include "constructions/construction.hpp"
#include "formats/error.hpp"

namespace roundoff::cli {
namespace {

void declare_constructions(Arguments& arguments, SubjectOptions& options) {
  arguments.positional("NAME", options.name, "One construction; without it, the list", false);
  declare_size(arguments, options);
  declare_knobs(arguments, options);
  declare_policy(arguments, options.policy);
}

std::string_view regime_text(Regime regime) {
  return regime == Regime::constant ? "constant" : "logarithmic";
}

Json knobs_json(const Construction& construction, const TaskSize& size) {
  Json knobs = Json::object();
  for (const Knob& knob : construction.knobs)
    knobs[std::string(knob.name)] = {{"summary", knob.summary},
                                     {"default", knob.standard(size)},
                                     {"least", knob.least(size)},
                                     {"most", knob.most(size)}};
  return knobs;
}

/// Where its semantics are not the default: {"order": "exact", "accumulators": "wrap"}.
Json semantics_json(const Construction& construction) {
  Json own = Json::object();
  if (construction.own.order != SumOrder{}) own["order"] = formats::notation(construction.own.order);
  if (construction.own.accumulators) own["accumulators"] = name(*construction.own.accumulators);
  return own;
}

Json construction_json(const Construction& construction, const TaskSize& size) {
  const FormatFamily family((std::string(construction.family)));
  const Policy policy =
      policy_for(construction, family.at(make_task(construction.task, TaskSize{})->bindings()));
  return {{"name", construction.name},
          {"task", construction.task},
          {"theorem", construction.theorem},
          {"regime", regime_text(construction.regime)},
          {"width", construction.width},
          {"family", construction.family},
          {"semantics", semantics_json(construction)},
          {"outside_the_theorem", outside_the_theorem(policy)},
          {"float_family", construction.floats.family},
          {"float_width", construction.floats.width},
          {"knobs", knobs_json(construction, size)},
          {"note", construction.note},
          {"summary", construction.summary}};
}

int list_constructions(Session& session) {
  Table table{{{"name", "name", false},
               {"task", "task", false},
               {"regime", "precision", false},
               {"width", "width", false},
               {"family", "format", false},
               {"summary", "", false}},
              {}};
  Json document = Json::array();
  for (const Construction& c : all_constructions()) {
    table.rows.push_back({std::string(c.name), std::string(c.task), std::string(regime_text(c.regime)),
                          std::string(c.width), std::string(c.family), std::string(c.summary)});
    document.push_back(construction_json(c, TaskSize{}));
  }
  Table short_table{{table.columns[0], table.columns[1], table.columns[2], table.columns[5]}, {}};
  for (const auto& row : table.rows) short_table.rows.push_back({row[0], row[1], row[2], row[5]});
  const std::string text =
      as_text(short_table) +
      "\nroundoff constructions NAME shows one: its width, format and knobs, layers and registers.\n";
  print(session, text, table, document);
  return exit_done;
}

std::string describe_layer(const Layer& layer) {
  std::string text;
  if (layer.attention) {
    const int heads = layer.attention->heads;
    text = fmt::format("attention, {} head{} (d_k {}, d_v {})", heads, heads == 1 ? "" : "s",
                       layer.attention->query.weight.rows() / heads,
                       layer.attention->value.weight.rows() / heads);
  }
  if (layer.feed_forward)
    text += fmt::format("{}feed-forward, {} units", text.empty() ? "" : "; ",
                        layer.feed_forward->in.weight.rows());
  return text;
}

int show(const SubjectOptions& options, Session& session) {
  const Subject subject = resolve(options);
  const Construction& construction = *subject.construction;
  const TaskSize& size = subject.task->size();
  const Shape d = shape(subject.model);
  std::string text = fmt::format("{}: {}\n", construction.name, construction.summary);
  const auto line = [&](std::string_view label, std::string_view what) {
    text += fmt::format("  {:<12}{}\n", label, what);
  };
  line("task", construction.task);
  line("theorem", construction.theorem);
  line("precision", fmt::format("{}, format {}", regime_text(construction.regime), construction.family));
  const Json own = semantics_json(construction);
  for (const auto& [what, how] : own.items())
    line("semantics", fmt::format("{} {}", what, how.get<std::string>()));
  if (!subject.note.empty()) line("outside", fmt::format("the theorems: {}", subject.note));
  line("width", construction.width);
  if (!construction.floats.family.empty()) {
    line("floats", construction.floats.family);
    line("float width", construction.floats.width);
  }
  line("note", fmt::format("theory-notes/{}.md", construction.note));
  for (const Knob& knob : construction.knobs)
    line("knob", fmt::format("{}: {}, {} to {} [{}]", knob.name, knob.summary, knob.least(size),
                             knob.most(size), knob.standard(size)));
  text += fmt::format("\nAt p = {}, n = {}, k = {}, c = {} in {}:\n", size.p, size.n, size.k, size.c,
                      subject.format);
  line("width", fmt::format("{} = max(d_model {}, heads * d_head {}, d_ff {})", d.width, d.d_model,
                            d.head_width, d.d_ff));
  line("parameters", fmt::format("{}, {} of them not zero, {} in the position table", d.parameters, d.nonzero,
                                 d.position_table));
  Json layers = Json::array();
  for (std::size_t l = 0; l < subject.model.layers.size(); ++l) {
    const std::string what = describe_layer(subject.model.layers[l]);
    line(fmt::format("layer {}", l), what);
    layers.push_back(what);
  }
  text += "  registers of the residual stream, in order:\n   ";
  std::size_t column = 3;
  for (const std::string& name : subject.model.registers) {
    if (column + name.size() + 1 > 110) {
      text += "\n   ";
      column = 3;
    }
    text += ' ' + name;
    column += name.size() + 1;
  }
  text += '\n';
  Json document = construction_json(construction, size);
  const Json built = {{"p", size.p},
                      {"n", size.n},
                      {"k", size.k},
                      {"l", size.l},
                      {"c", size.c},
                      {"ragged", size.ragged},
                      {"format", subject.format},
                      {"policy", as_json(subject.policy)},
                      {"settings", subject.settings},
                      {"width", d.width},
                      {"d_model", d.d_model},
                      {"heads", d.heads},
                      {"d_k", d.d_k},
                      {"d_v", d.d_v},
                      {"d_ff", d.d_ff},
                      {"layers", std::move(layers)},
                      {"parameters", d.parameters},
                      {"nonzero", d.nonzero},
                      {"position_table", d.position_table},
                      {"registers", subject.model.registers}};
  document["built"] = built;
  add_sources(document["built"], options.policy);
  print(session, text, {}, document, "construction");
  return exit_done;
}

int run_constructions(const SubjectOptions& options, Session& session) {
  if (options.name.empty()) {
    if (options.p || options.n || options.k || options.l || options.c || options.ragged ||
        !options.settings.empty() || !options.policy.layer().empty() || options.round_weights)
      throw UsageError(
          "constructions: NAME is missing; sizes, formats and knobs are about one construction, as in "
          "roundoff "
          "constructions add-hinge --n 8");
    return list_constructions(session);
  }
  find_construction(options.name);  // a model file has no page here
  return show(options, session);
}

}  // namespace

Command constructions_command() {
  return make_command<SubjectOptions, declare_constructions, run_constructions>(
      "constructions", "Hand-built transformers: the list, or one with its layers and registers",
      "Examples:\n"
      "  roundoff constructions\n"
      "  roundoff constructions add-hinge --n 8\n"
      "  roundoff constructions --json\n");
}

}  // namespace roundoff::cli
