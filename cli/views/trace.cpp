#include "cli/views/trace.hpp"

#include <algorithm>
#include <iostream>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzer/blame/prefix_rounding.hpp"
#include "cli/shell/printable.hpp"
#include "cli/views/steps.hpp"
#include "formats/error.hpp"
#include "formats/notation/text.hpp"

namespace roundoff::cli {

namespace {

/// A dyadic number exactly; any other one, such as e, in decimal behind a ~.
std::string exact_text(const Enclosure& exact) {
  return exact.low() == exact.high() ? hex(exact.low()) : fmt::format("~{:.17g}", to_double(exact.low()));
}

bool is_stream(SiteName name) {
  return name == SiteName::emb || name == SiteName::mid || name == SiteName::out;
}

}  // namespace

TraceFile::TraceFile(const std::string& path, const Model& model, const std::vector<std::string>& tokens,
                     const std::vector<std::string>& vocabulary)
    : path_(path), model_(&model), tokens_(&tokens), vocabulary_(&vocabulary), file_(&std::cout) {
  if (path == "-") return;
  into_.open(path);
  if (!into_) throw FileError(path + " cannot be written; does its folder exist?");
  file_ = &into_;
}

void TraceFile::add(const Site& site, const Value& value, const std::string& exact) {
  std::string line =
      fmt::format("{{\"layer\":{},\"site\":\"{}\",\"pos\":{}", site.layer, name(site.name), site.position);
  if (site.head >= 0) line += fmt::format(",\"head\":{}", site.head);
  if (site.key >= 0) line += fmt::format(",\"key\":{}", site.key);
  if (site.index >= 0) line += fmt::format(",\"index\":{}", site.index);
  if (is_stream(site.name) && !model_->registers.empty())
    line += ",\"register\":" + Json(register_name(*model_, site.index)).dump();
  if (site.position >= 0 && static_cast<std::size_t>(site.position) < tokens_->size())
    line += ",\"token\":" + Json((*tokens_)[static_cast<std::size_t>(site.position)]).dump();
  if (site.name == SiteName::next)
    line += ",\"value\":" + Json(vocabulary_->at(static_cast<std::size_t>(to_double(value)))).dump();
  else
    line += ",\"value\":\"" + hex(value) + '"';
  if (!exact.empty()) line += ",\"exact\":\"" + exact + '"';
  *file_ << line << "}\n";
}

void TraceFile::finish() {
  file_->flush();
  if (!*file_) throw FileError(path_ + " cannot be written to its end; is the disk full?");
}

void write_trace(const std::string& path, const Program& program, const Reference& reference,
                 const Model& model, const std::vector<std::string>& tokens,
                 const std::vector<std::string>& vocabulary) {
  TraceFile file(path, model, tokens, vocabulary);
  for (NodeId node = 0; node < reference.done(); ++node) {
    const Site& site = program.sites[node];
    if (site.name == SiteName::none || site.inner) continue;
    const bool inexact = site.name != SiteName::next && (reference.flags(node) & flag_inexact) != 0;
    file.add(site, reference.value(node),
             inexact ? exact_text(rounding_error(program, node, reference).exact) : "");
  }
  file.finish();
}

namespace {

/// Takes in a result, before rounding, between low and high.
void need(SiteStatistics& s, const Value& low, const Value& high) {
  if (low != high) s.dyadic = false;
  for (const Value& end : {low, high}) {
    if (!end.is_finite() || end.is_zero()) continue;
    s.needed_integer = std::max(s.needed_integer, leading_exponent(end) + 1);
    if (low == high) s.needed_fraction = std::max(s.needed_fraction, -end.exponent);
  }
}

std::string needed(const SiteStatistics& s) {
  return fmt::format("fixed({},{})", s.needed_integer, s.dyadic ? std::to_string(s.needed_fraction) : "*");
}

}  // namespace

std::vector<SiteStatistics> statistics(const Program& program, const Reference& reference) {
  // in the order of computation: by layer, then by site; logits and the choice come last
  std::map<std::pair<int, int>, SiteStatistics> by_site;
  for (NodeId node = 0; node < reference.done(); ++node) {
    const Site& site = program.sites[node];
    if (site.name == SiteName::none || site.name == SiteName::next) continue;
    const bool last = site.name == SiteName::logits;
    SiteStatistics& s = by_site[{last ? INT16_MAX : site.layer, static_cast<int>(site.name)}];
    const Value& value = reference.value(node);
    const Flags flags = reference.flags(node);
    if (value.is_finite()) {
      if (s.values == 0 || compare(value, s.least) < 0) s.least = value;
      if (s.values == 0 || compare(value, s.most) > 0) s.most = value;
      if (!value.is_zero()) {
        const int bits = leading_exponent(value) + 1;
        const bool first = s.integer_bits == 0 && s.values == 0;
        s.integer_bits = first ? bits : std::max(s.integer_bits, bits);
      }
    }
    Value low = value, high = value;
    if ((flags & flag_inexact) != 0) {
      const RoundingError error = rounding_error(program, node, reference);
      s.error_ulps = std::max(s.error_ulps, error.ulps);
      low = error.exact.low();
      high = error.exact.high();
    }
    need(s, low, high);
    s.site = site.name;
    s.layer = site.layer;
    ++s.values;
    s.inexact += (flags & flag_inexact) != 0 ? 1 : 0;
    s.saturated += (flags & flag_saturated) != 0 ? 1 : 0;
    s.overflow += (flags & flag_overflow) != 0 ? 1 : 0;
    s.underflow += (flags & flag_underflow) != 0 ? 1 : 0;
  }
  std::vector<SiteStatistics> list;
  for (const auto& [key, s] : by_site) list.push_back(s);
  return list;
}

Table as_table(const std::vector<SiteStatistics>& statistics) {
  Table table{{{"layer", "layer", true},
               {"site", "site", false},
               {"values", "values", true},
               {"least", "least", true},
               {"most", "most", true},
               {"integer_bits", "integer bits", true},
               {"needs", "needs", false},
               {"inexact", "inexact", true},
               {"error_ulps", "error, ulps", true},
               {"saturated", "saturated", true},
               {"overflow", "overflow", true},
               {"underflow", "underflow", true}},
              {}};
  for (const SiteStatistics& s : statistics)
    table.rows.push_back({s.layer < 0 ? "-" : std::to_string(s.layer + 1), std::string(name(s.site)),
                          std::to_string(s.values), decimal(s.least), decimal(s.most),
                          std::to_string(s.integer_bits), needed(s), std::to_string(s.inexact),
                          fmt::format("{:.3g}", s.error_ulps), std::to_string(s.saturated),
                          std::to_string(s.overflow), std::to_string(s.underflow)});
  return table;
}

Json as_json(const std::vector<SiteStatistics>& statistics) {
  Json list = Json::array();
  for (const SiteStatistics& s : statistics)
    list.push_back({{"layer", s.layer},
                    {"site", name(s.site)},
                    {"values", s.values},
                    {"least", hex(s.least)},
                    {"most", hex(s.most)},
                    {"integer_bits", s.integer_bits},
                    {"needs", needed(s)},
                    {"inexact", s.inexact},
                    {"error_ulps", s.error_ulps},
                    {"saturated", s.saturated},
                    {"overflow", s.overflow},
                    {"underflow", s.underflow}});
  return list;
}

namespace {

/// What a value or its rounding can be, in the order in which they are told.
struct Mishap {
  std::string_view name, verb;
  std::size_t count = 0;
  NodeId first = no_node;
};

std::vector<Mishap> mishaps(const Program& program, const Reference& reference) {
  std::vector<Mishap> list = {{"nan", "meets NaN"},
                              {"infinity", "meets an infinity"},
                              {"overflow", "overflows"},
                              {"saturation", "saturates"}};
  for (NodeId node = 0; node < reference.done(); ++node) {
    const Op op = program.nodes[node].op;
    if (op == Op::constant || op == Op::embed || op == Op::arg_max) continue;
    const Value& value = reference.value(node);
    const Flags flags = reference.flags(node);
    const bool found[] = {value.is_nan(), value.is_infinite(), (flags & flag_overflow) != 0,
                          (flags & flag_saturated) != 0};
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (!found[i]) continue;
      if (list[i].count++ == 0) list[i].first = node;
    }
  }
  // A saturation is an overflow by another rule.
  if (list[3].count != 0 && list[3].first == list[2].first) list[2].count = 0;
  std::erase_if(list, [](const Mishap& mishap) { return mishap.count == 0; });
  return list;
}

}  // namespace

std::string mishaps_text(const Program& program, const Reference& reference, const std::string& weight) {
  std::string text = weight.empty() ? "" : "note: " + weight;
  std::string_view between = "; ";  // after the weight, which is no verb
  for (const Mishap& mishap : mishaps(program, reference)) {
    text += fmt::format("{}{} (first: {}; {} in all)", text.empty() ? "note: " : between, mishap.verb,
                        describe(program.sites[mishap.first]), mishap.count);
    between = ", ";
  }
  return text.empty() ? "" : text + '\n';
}

Json mishaps_json(const Program& program, const Reference& reference) {
  Json document = Json::object();
  for (const Mishap& mishap : mishaps(program, reference)) {
    const Site& site = program.sites[mishap.first];
    document[std::string(mishap.name)] = {{"first", describe(site)},
                                          {"layer", site.layer},
                                          {"site", name(site.name)},
                                          {"pos", site.position},
                                          {"count", mishap.count}};
  }
  return document;
}

void declare_inside(Arguments& arguments, InsideOptions& options) {
  arguments.group("Inside the run");
  arguments.text(
      "--trace", options.trace, "FILE",
      "Write every intermediate value as JSON lines; '-' is standard output, and the answer goes to "
      "standard error");
  arguments.flag("--stats", options.stats, "Range, saturation and rounding figures by site");
}

Table show_inside(const InsideOptions& options, const Program& program, const Reference& reference,
                  const Model& model, const std::vector<std::string>& tokens,
                  const std::vector<std::string>& vocabulary, std::string& text, Json& document) {
  if (!options.trace.empty()) write_trace(options.trace, program, reference, model, tokens, vocabulary);
  if (!options.stats) return {};
  const auto sites = statistics(program, reference);
  Table table = as_table(sites);
  text += '\n' + as_text(table);
  document["sites"] = as_json(sites);
  return table;
}

void InsideOptions::check(const Session& session) const {
  if (trace == "-" && (session.json || session.csv))
    throw UsageError("--trace - and --json or --csv all want standard output; write the trace to a file");
}

void print_beside(const InsideOptions& options, const Session& session, const std::string& text,
                  const std::string& note, const Table& table, const Json& document) {
  // The text has it, which a listener is handed, too.
  if ((session.json || session.csv) && !session.quiet && session.listener == nullptr && !note.empty())
    std::cerr << "roundoff: " << printable(note);
  if (options.trace == "-")
    std::cerr << printable(text);
  else
    print(session, text, table, document);
}

}  // namespace roundoff::cli
