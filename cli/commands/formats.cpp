// roundoff formats: the catalogue, one format or several side by side, its values, a family at a size.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/shell/command.hpp"
#include "cli/views/answer.hpp"
#include "formats/blocks/blocks.hpp"
#include "formats/error.hpp"
#include "formats/functions/real.hpp"
#include "formats/notation/catalogue.hpp"
#include "formats/notation/facts.hpp"
#include "formats/notation/family.hpp"
#include "formats/notation/members.hpp"
#include "formats/notation/text.hpp"

namespace roundoff::cli {
namespace {

struct FormatsArguments {
  std::vector<std::string> notations;
  std::string at;
  bool values = false;
};

void declare_formats(Arguments& arguments, FormatsArguments& options) {
  arguments.positionals("NOTATION", options.notations,
                        "fixed(8,0), binary16:rtz, fixed(2*lg(n)+2,0), mxfp4, ...; several stand side by side");
  arguments.flag("--values", options.values,
                 "List every value of a format of at most 16 bits: code, value, decimal");
  arguments.text("--at", options.at, "n=32,k=4", "The family at this size: n, k, p, l, N");
}

constexpr std::array<std::pair<char, std::optional<std::int64_t> Bindings::*>, 6> bound_sizes = {
    {{'n', &Bindings::n},
     {'k', &Bindings::k},
     {'p', &Bindings::p},
     {'l', &Bindings::l},
     {'c', &Bindings::c},
     {'N', &Bindings::N}}};

Bindings parse_bindings(std::string_view text) {
  Bindings bindings;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const auto equals = item.find('=');
    const std::string_view name = item.substr(0, equals);
    const auto found = std::find_if(bound_sizes.begin(), bound_sizes.end(), [&](const auto& size) {
      return name.size() == 1 && size.first == name[0];
    });
    std::int64_t number = 0;
    const std::string_view digits = equals == std::string_view::npos ? "" : item.substr(equals + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (found == bound_sizes.end() || digits.empty() || error != std::errc{} ||
        end != digits.data() + digits.size() || number < 1)
      throw UsageError(fmt::format(
          "--at '{}' is no size; write it as n=32,k=4 (n, k, p, l, c, N, each at least 1)", item));
    std::optional<std::int64_t>& slot = bindings.*(found->second);
    if (slot) throw UsageError(fmt::format("--at says {} twice", name));
    slot = number;
  }
  return bindings;
}

std::string_view growth_text(Growth growth) {
  switch (growth) {
    case Growth::constant:
      return "constant";
    case Growth::logarithmic:
      return "logarithmic";
    case Growth::beyond:
      break;
  }
  return "beyond logarithmic";
}

std::string specials(const Format& format) {
  std::string text;
  const auto add = [&](bool has, std::string_view what) {
    if (has) text += (text.empty() ? "" : ", ") + std::string(what);
  };
  add(format.has_negative_zero, "-0");
  add(format.has_infinity || format.overflow == Overflow::inf, "inf");
  add(format.has_nan, format.layout == Layout::posit ? "NaR" : "NaN");
  return text.empty() ? "none" : text;
}

std::string both(const Value& value, const Format& format) {
  return hex(value) + " = " + plain_decimal(value, format);
}

/// One alias a word, without those that are patterns' expansions.
std::string aliases_of(const CatalogueEntry& entry) {
  std::string text;
  for (std::string_view rest = entry.aliases; !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    text += (text.empty() ? "" : ", ") + std::string(word.substr(0, word.find('=')));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return text;
}

// ---- the catalogue ----

int list(Session& session) {
  Table table{{{"name", "format", false},
               {"example", "example", false},
               {"bits", "bits", true},
               {"summary", "", false}},
              {}};
  Json entries = Json::array();
  for (const CatalogueEntry& entry : catalogue()) {
    const int bits = parse_format(entry.example).bits;
    table.rows.push_back(
        {std::string(entry.name), std::string(entry.example), std::to_string(bits), std::string(entry.summary)});
    entries.push_back({{"name", entry.name},
                       {"example", entry.example},
                       {"bits", bits},
                       {"summary", entry.summary},
                       {"source", entry.source},
                       {"aliases", aliases_of(entry)},
                       {"rules", entry.rules}});
  }
  Table blocks{{{"name", "quantiser", false}, {"bits", "bits", true}, {"summary", "", false}}, {}};
  Json quantisers = Json::array();
  for (const BlockFormat& format : block_formats()) {
    const std::string bits = fmt::format("{:g}", format.bits);
    blocks.rows.push_back({format.name, bits, format.summary});
    table.rows.push_back({format.name, format.name, bits, format.summary});
    quantisers.push_back({{"name", format.name},
                          {"bits_per_number", format.bits},
                          {"block", format.block},
                          {"summary", format.summary},
                          {"source", format.source}});
  }
  Table scalars = table;
  scalars.rows.resize(catalogue().size());
  const std::string text =
      as_text(scalars) + "\nOf vectors, with a scale a block (also intB/G, uintB/G):\n" + as_text(blocks) +
      "\nModifiers: rounding :rne :rna :rnz :rtz :rup :rdn :rod :sr(seed) :sra(seed,N) :srb(seed,N) :src(seed,N),\n"
      "overflow :sat :satfinite :inf :wrap :trap, subnormals :ftz :daz :tininess_after, e.g. binary16:rtz:sat\n"
      "Every number may be an expression in n, k, p, l, N with lg, logp, ceil, floor, "
      "min, max: fixed(2*lg(n)+2,0)\n"
      "Other names: fp16 half float16, bf16, fp32, float64, int8, uint4, Q8.8, posit16, ...: roundoff formats NAME\n";
  print(session, text, table,
        {{"formats", std::move(entries)}, {"quantisers", std::move(quantisers)}});
  return exit_done;
}

// ---- all values ----

int list_values(const Format& format, Session& session) {
  Table table{{{"code", "code", false}, {"value", "value", false}, {"decimal", "decimal", true}}, {}};
  std::string text;
  Json values = Json::array();
  const auto add = [&](const std::string& code, const Value& value) {
    const std::string number = hex(value), in_tens = exact_decimal(value);
    text += (code.empty() ? "" : code + '\t') + number + '\t' + in_tens + '\n';
    values.push_back({{"code", code.empty() ? Json() : Json(code)}, {"value", number}, {"decimal", in_tens}});
    table.rows.push_back({code, number, in_tens});
  };
  for (const auto& [code, value] : members(format)) add(code ? code_text(*code, format) : "", value);
  print(session, text, table,
        {{"format", notation(format)}, {"bits", format.bits}, {"values", std::move(values)}}, "values");
  return exit_done;
}

// ---- descriptions ----

using Lines = std::vector<std::pair<std::string, std::string>>;

Lines lines_of(const Format& format) {
  const CatalogueEntry& entry = entry_of(format);
  const FormatFacts facts = facts_of(format);
  const auto value = [&](const std::optional<Value>& v) { return v ? both(*v, format) : std::string(); };
  Lines lines = {
      {"what", std::string(entry.summary)},
      {"stands for", std::string(entry.definition)},
      {"also", aliases_of(entry)},
      {"bits", std::to_string(format.bits)},
      {"range", fmt::format("{} .. {}", both(format.lowest, format), both(format.highest, format))},
      {format.is_grid() ? "smallest step" : "smallest number", both(facts.smallest, format)},
      {"min normal", value(facts.min_normal)},
      {"max subnormal", value(facts.max_subnormal)},
      {"epsilon", value(facts.epsilon)},
      {"significand",
       fmt::format("{} bits{}", format.precision, format.is_uniform() ? ", the same step everywhere" : "")},
      {"exponents", facts.exponent_min ? fmt::format("{} .. {}", *facts.exponent_min, *facts.exponent_max) : ""},
      {"bias", facts.bias ? std::to_string(*facts.bias) : ""},
      {"numbers", facts.numbers + " finite" + (facts.codes.empty() ? "" : ", of " + facts.codes + " codes")},
      {"specials", specials(format)},
      {"NaN codes", facts.nan_codes},
      {"modifiers", fmt::format(":{} :{}{}{}{}", name(format.rounding), name(format.overflow),
                                format.flushes ? " :ftz" : "", format.takes_zero ? " :daz" : "",
                                format.tiny_after ? " :tininess_after" : "")},
      {"own rules", std::string(entry.rules)},
      {"source", std::string(entry.source)},
  };
  std::erase_if(lines, [](const auto& line) { return line.second.empty(); });
  return lines;
}

Json json_of(const Format& format) {
  const CatalogueEntry& entry = entry_of(format);
  const FormatFacts facts = facts_of(format);
  const auto value = [](const std::optional<Value>& v) { return v ? Json(hex(*v)) : Json(); };
  const auto number = [](const std::optional<int>& v) { return v ? Json(*v) : Json(); };
  return {{"format", notation(format)},
          {"bits", format.bits},
          {"lowest", hex(format.lowest)},
          {"highest", hex(format.highest)},
          {"smallest_step", hex(Value::scaled(false, 1, format.quantum))},
          {"smallest", hex(facts.smallest)},
          {"min_normal", value(facts.min_normal)},
          {"max_subnormal", value(facts.max_subnormal)},
          {"epsilon", value(facts.epsilon)},
          {"precision", format.precision},
          {"exponent_min", number(facts.exponent_min)},
          {"exponent_max", number(facts.exponent_max)},
          {"bias", number(facts.bias)},
          {"numbers", facts.numbers},
          {"codes", facts.codes.empty() ? Json() : Json(facts.codes)},
          {"infinities", facts.infinities},
          {"nan_codes", facts.nan_codes},
          {"negative_zero", format.has_negative_zero},
          {"infinity", format.has_infinity || format.overflow == Overflow::inf},
          {"nan", format.has_nan},
          {"rounding", name(format.rounding)},
          {"overflow", name(format.overflow)},
          {"summary", entry.summary},
          {"rules", entry.rules},
          {"source", entry.source}};
}

Lines lines_of(const BlockFormat& format) {
  Lines lines = {
      {"what", format.summary},
      {"block", fmt::format("{} numbers a scale", format.block)},
      {"group", format.group > 0 ? fmt::format("{} numbers a scale of scales", format.group) : ""},
      {"element", format.element_notation + (format.element_shift != 0
                                                 ? fmt::format(" * 2^{}", format.element_shift)
                                                 : "") + (format.symmetric ? ", without its lowest value" : "")},
      {"scale", format.scale_notation.empty() ? "the receiver's format" : format.scale_notation},
      {"bits a number", fmt::format("{:g}", format.bits)},
      {"source", format.source},
  };
  std::erase_if(lines, [](const auto& line) { return line.second.empty(); });
  return lines;
}

Json json_of(const BlockFormat& format) {
  return {{"format", format.name},
          {"block", format.block},
          {"group", format.group > 0 ? Json(format.group) : Json()},
          {"element", format.element_notation},
          {"element_shift", format.element_shift},
          {"scale", format.scale_notation.empty() ? Json() : Json(format.scale_notation)},
          {"bits_per_number", format.bits},
          {"summary", format.summary},
          {"source", format.source}};
}

/// A quantiser of vectors by this name, unless it is a number format, too (nf4 is both).
std::optional<BlockFormat> block_format(const std::string& name) {
  const std::string_view word = std::string_view(name).substr(0, name.find(':'));
  const bool known = std::any_of(block_formats().begin(), block_formats().end(),
                                 [&](const BlockFormat& format) { return format.name == word; });
  if (!known && name.find('/') == std::string::npos) return std::nullopt;
  if (find_entry(word) != nullptr) return std::nullopt;
  return parse_block_format(name);
}

struct Described {
  std::string name;
  Lines lines;
  Json json;
  bool is_block = false;
};

Described described(const std::string& text, const Bindings& bindings) {
  if (const auto block = block_format(text)) return {block->name, lines_of(*block), json_of(*block), true};
  const Format format = FormatFamily(text).at(bindings);
  return {notation(format), lines_of(format), json_of(format)};
}

int show(const Described& format, Session& session) {
  std::string text = format.name + "\n";
  for (const auto& [label, what] : format.lines) text += fmt::format("  {:<15}{}\n", label, what);
  print(session, text, {}, format.json, format.is_block ? "block-format" : "format");
  return exit_done;
}

/// Properties as rows, formats as columns.
int side_by_side(const std::vector<Described>& all, Session& session) {
  Table table{{{"property", "", false}}, {}};
  std::vector<std::string> labels;
  for (const Described& format : all) {
    table.columns.push_back({format.name, format.name, false});
    for (const auto& [label, what] : format.lines)
      if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
  }
  for (const std::string& label : labels) {
    if (label == "what" || label == "source" || label == "own rules" || label == "also" || label == "stands for")
      continue;  // sentences are too wide for columns
    std::vector<std::string> row = {label};
    for (const Described& format : all) {
      const auto found = std::find_if(format.lines.begin(), format.lines.end(),
                                      [&](const auto& line) { return line.first == label; });
      // of "0x1p-9 = 0.001953125" the decimal, of a range both decimals
      std::string cell = found == format.lines.end() ? "-" : found->second;
      for (std::size_t equals = cell.find(" = "); equals != std::string::npos; equals = cell.find(" = ")) {
        const std::size_t start = cell.rfind(' ', equals - 1);
        cell.erase(start == std::string::npos ? 0 : start + 1,
                   equals + 3 - (start == std::string::npos ? 0 : start + 1));
      }
      row.push_back(std::move(cell));
    }
    table.rows.push_back(std::move(row));
  }
  Json list = Json::array();
  for (const Described& format : all) list.push_back(format.json);
  print(session, as_text(table), table, {{"formats", std::move(list)}}, "formats-compared");
  return exit_done;
}

int show_family(const FormatFamily& family, Session& session) {
  Table table{{{"n", "n", true}, {"format", "format", false}, {"bits", "bits", true}}, {}};
  Json sizes = Json::array();
  for (const std::int64_t n : {2, 4, 8, 16, 32, 64}) {
    const Format format = family.at({.n = n, .k = 2, .p = 2, .l = 2 * n, .c = 1, .N = 3 * n + 3});
    table.rows.push_back({std::to_string(n), notation(format), std::to_string(format.bits)});
    sizes.push_back({{"n", n}, {"format", notation(format)}, {"bits", format.bits}});
  }
  const std::string text = fmt::format(
      "{}: {} precision\nAt k = 2, p = 2, l = 2n, c = 1, N = 3n+3 (--at gives other sizes):\n\n{}",
      family.text(), growth_text(family.growth()), as_text(table));
  print(session, text, table,
        {{"family", family.text()}, {"precision", growth_text(family.growth())}, {"sizes", std::move(sizes)}},
        "family");
  return exit_done;
}

/// Whether the family is no format without the size that `slot` points to.
bool needs(const FormatFamily& family, Bindings bindings, std::optional<std::int64_t> Bindings::*slot) {
  (bindings.*slot).reset();
  try {
    family.at(bindings);
    return false;
  } catch (const UsageError&) {
    return true;
  }
}

/// --at is about families, and every size that it says about one that uses it.
void refuse_unused(const FormatsArguments& options, const Bindings& bindings) {
  for (const auto& [letter, slot] : bound_sizes) {
    if (!(bindings.*slot)) continue;
    bool used = false;
    for (const std::string& text : options.notations) {
      if (block_format(text)) continue;
      const FormatFamily family(text);
      family.at(bindings);  // what is wrong with it is said first
      used = used || needs(family, bindings, slot);
    }
    if (!used)
      throw UsageError(fmt::format("formats: --at {}={}: no {} stands in {}; leave it out", letter,
                                   *(bindings.*slot), letter, fmt::join(options.notations, " ")));
  }
}

int run_formats(const FormatsArguments& options, Session& session) {
  if (options.notations.empty()) {
    if (options.values || !options.at.empty())
      throw UsageError(
          "formats: NOTATION is missing; --values and --at are about one format, e.g. roundoff formats e4m3 "
          "--values");
    return list(session);
  }
  const Bindings bindings = parse_bindings(options.at);
  refuse_unused(options, bindings);
  if (options.values && options.notations.size() > 1)
    throw UsageError("formats: --values lists one format; leave all but one out");
  if (options.notations.size() > 1) {
    std::vector<Described> all;
    for (const std::string& text : options.notations) all.push_back(described(text, bindings));
    return side_by_side(all, session);
  }
  const std::string& text = options.notations[0];
  if (block_format(text)) {
    if (options.values) throw UsageError("formats: " + text + " quantises vectors and has no list of values");
    return show(described(text, bindings), session);
  }
  const FormatFamily family(text);
  if (family.uses_variables() && options.at.empty() && !options.values) return show_family(family, session);
  if (options.values) return list_values(family.at(bindings), session);
  return show(described(text, bindings), session);
}

}  // namespace

Command formats_command() {
  return make_command<FormatsArguments, declare_formats, run_formats>(
      "formats", "Number formats: the catalogue, one format or several side by side, all its values",
      "Examples:\n"
      "  roundoff formats                         # the catalogue\n"
      "  roundoff formats e4m3                    # bits, range, steps, specials, source\n"
      "  roundoff formats e4m3 e5m2 binary8p3     # side by side\n"
      "  roundoff formats mxfp4                   # a quantiser of vectors\n"
      "  roundoff formats 'fixed(2,1)' --values   # every code and its value\n"
      "  roundoff formats 'fixed(2*lg(n)+2,0)'    # a family: constant or logarithmic precision?\n"
      "  roundoff formats 'fixed(2*lg(n)+2,0)' --at n=32\n");
}

}  // namespace roundoff::cli
