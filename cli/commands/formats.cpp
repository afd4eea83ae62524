// roundoff formats: the catalogue, one format, its values, a family at a size.
#include <charconv>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/shell/command.hpp"
#include "cli/views/answer.hpp"
#include "formats/error.hpp"
#include "formats/notation/catalogue.hpp"
#include "formats/notation/family.hpp"
#include "formats/notation/text.hpp"

namespace roundoff::cli {
namespace {

struct FormatsArguments {
  std::string notation, at;
  bool values = false;
};

void declare_formats(Arguments& arguments, FormatsArguments& options) {
  arguments.positional("NOTATION", options.notation, "fixed(8,0), binary16:rtz, fixed(2*lg(n)+2,0), ...",
                       false);
  arguments.flag("--values", options.values, "List every value of a format of at most 16 bits: code, value");
  arguments.text("--at", options.at, "n=32,k=4", "The family at this size: n, k, p, l, N");
}

Bindings parse_bindings(std::string_view text) {
  Bindings bindings;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const auto equals = item.find('=');
    const std::string_view name = item.substr(0, equals);
    std::optional<std::int64_t>* slot = name == "n"   ? &bindings.n
                                        : name == "k" ? &bindings.k
                                        : name == "p" ? &bindings.p
                                        : name == "l" ? &bindings.l
                                        : name == "c" ? &bindings.c
                                        : name == "N" ? &bindings.N
                                                      : nullptr;
    std::int64_t number = 0;
    const std::string_view digits = equals == std::string_view::npos ? "" : item.substr(equals + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (slot == nullptr || digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
      throw UsageError(fmt::format("--at '{}' is no size; write it as n=32,k=4 (n, k, p, l, c, N)", item));
    *slot = number;
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

std::string_view word_of(std::string_view notation) {
  return notation.substr(0, notation.find_first_of("(:"));
}

const CatalogueEntry* entry_of(const Format& format, std::string_view text) {
  for (const CatalogueEntry& entry : catalogue())
    if (entry.name == format.name) return &entry;
  for (const CatalogueEntry& entry : catalogue())
    if (word_of(entry.name) == word_of(text)) return &entry;
  return nullptr;
}

std::string specials(const Format& format) {
  std::string text;
  const auto add = [&](bool has, std::string_view what) {
    if (has) text += (text.empty() ? "" : ", ") + std::string(what);
  };
  add(format.has_negative_zero, "-0");
  add(format.has_infinity || format.overflow == Overflow::inf, "inf");
  add(format.has_nan, "NaN");
  return text.empty() ? "none" : text;
}

std::string_view modifier(Rounding rounding) {
  constexpr std::string_view names[] = {"rne", "rna", "rnz", "rtz", "rup", "rdn", "rod", "sr"};
  return names[static_cast<std::size_t>(rounding)];
}

std::string_view modifier(Overflow overflow) {
  constexpr std::string_view names[] = {"sat", "inf", "wrap", "trap"};
  return names[static_cast<std::size_t>(overflow)];
}

std::string both(const Value& value) { return hex(value) + " = " + decimal(value); }

// ---- the catalogue ----

int list(Session& session) {
  Table table{{{"name", "format", false},
               {"example", "example", false},
               {"bits", "bits", true},
               {"summary", "", false}},
              {}};
  Json entries = Json::array();
  for (const CatalogueEntry& entry : catalogue()) {
    std::string bits = "-";
    try {
      bits = std::to_string(parse_format(entry.example).bits);
    } catch (const UsageError&) {  // a block format: it quantises vectors, and has no width a number
    }
    table.rows.push_back(
        {std::string(entry.name), std::string(entry.example), bits, std::string(entry.summary)});
    entries.push_back({{"name", entry.name},
                       {"example", entry.example},
                       {"bits", bits == "-" ? Json() : Json(std::stoi(bits))},
                       {"summary", entry.summary},
                       {"source", entry.source}});
  }
  const std::string text = as_text(table) +
                           "\nModifiers: rounding :rne :rna :rnz :rtz :rup :rdn :rod :sr(seed), overflow "
                           ":sat :inf :wrap :trap, e.g. binary16:rtz:sat\n"
                           "Every number may be an expression in n, k, p, l, N with lg, logp, ceil, floor, "
                           "min, max: fixed(2*lg(n)+2,0)\n";
  print(session, text, table, {{"formats", std::move(entries)}});
  return exit_done;
}

// ---- all values ----

std::vector<Value> members_without_codes(const Format& format) {
  // F(e,s): S * 2^(E-s); the same value may have several (S, E)
  const auto less = [](const Value& a, const Value& b) { return compare(a, b) < 0; };
  std::set<Value, decltype(less)> all(less);
  const std::int64_t most = (std::int64_t{1} << (2 * format.second)) - 1;
  const std::int64_t half = format.first == 0 ? 0 : std::int64_t{1} << (format.first - 1);
  const std::int64_t top = format.first == 0 ? 0 : half - 1;
  for (std::int64_t e = -half; e <= top; ++e)
    for (std::int64_t s = -most; s <= most; ++s)
      all.insert(Value::scaled(s < 0, static_cast<u128>(s < 0 ? -s : s), e - format.second));
  return {all.begin(), all.end()};
}

int list_values(const Format& format, Session& session) {
  if (format.bits > 16)
    throw UsageError(fmt::format("{} has {} bits; --values lists formats of at most 16 bits",
                                 notation(format), format.bits));
  Table table{{{"code", "code", false}, {"value", "value", false}}, {}};
  std::string text;
  Json values = Json::array();
  const auto add = [&](const std::string& code, const Value& value) {
    const std::string number = hex(value);
    text += code.empty() ? number + '\n' : code + '\t' + number + '\n';
    values.push_back({{"code", code.empty() ? Json() : Json(code)}, {"value", number}});
    table.rows.push_back({code, number});
  };
  if (format.encoding == Encoding::none) {
    for (const Value& value : members_without_codes(format)) add("", value);
  } else {
    for (u128 code = 0; code < (u128{1} << format.bits); ++code) {
      Value value;
      try {
        value = decode(code, format);
      } catch (const UsageError&) {
        continue;  // no member has this code: -2^(i+f) of fixed(i,f)
      }
      add(code_text(code, format), value);
    }
  }
  print(session, text, table,
        {{"format", notation(format)}, {"bits", format.bits}, {"values", std::move(values)}});
  return exit_done;
}

// ---- one format ----

int show(const Format& format, std::string_view asked, Session& session) {
  const CatalogueEntry* entry = entry_of(format, asked);
  const Value step = Value::scaled(false, 1, format.quantum);
  std::string text = fmt::format("{}\n", notation(format));
  const auto line = [&](std::string_view label, const std::string& what) {
    text += fmt::format("  {:<15}{}\n", label, what);
  };
  if (entry != nullptr) line("what", std::string(entry->summary));
  line("bits", std::to_string(format.bits));
  line("range", fmt::format("{} .. {}", both(format.lowest), both(format.highest)));
  line("smallest step", both(step));
  line("significand",
       fmt::format("{} bits{}", format.precision, format.is_uniform() ? ", the same step everywhere" : ""));
  line("specials", specials(format));
  line("modifiers", fmt::format(":{} :{}", modifier(format.rounding), modifier(format.overflow)));
  if (entry != nullptr) line("source", std::string(entry->source));
  Json document = {{"format", notation(format)},
                   {"bits", format.bits},
                   {"lowest", hex(format.lowest)},
                   {"highest", hex(format.highest)},
                   {"smallest_step", hex(step)},
                   {"precision", format.precision},
                   {"negative_zero", format.has_negative_zero},
                   {"infinity", format.has_infinity || format.overflow == Overflow::inf},
                   {"nan", format.has_nan},
                   {"rounding", modifier(format.rounding)},
                   {"overflow", modifier(format.overflow)},
                   {"summary", entry != nullptr ? Json(entry->summary) : Json()},
                   {"source", entry != nullptr ? Json(entry->source) : Json()}};
  print(session, text, {}, document);
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
  print(
      session, text, table,
      {{"family", family.text()}, {"precision", growth_text(family.growth())}, {"sizes", std::move(sizes)}});
  return exit_done;
}

int run_formats(const FormatsArguments& options, Session& session) {
  if (options.notation.empty()) {
    if (options.values || !options.at.empty())
      throw UsageError(
          "formats: NOTATION is missing; --values and --at are about one format, e.g. roundoff formats e4m3 "
          "--values");
    return list(session);
  }
  const FormatFamily family(options.notation);
  if (family.uses_variables() && options.at.empty() && !options.values) return show_family(family, session);
  const Format format = family.at(parse_bindings(options.at));
  return options.values ? list_values(format, session) : show(format, options.notation, session);
}

}  // namespace

Command formats_command() {
  return make_command<FormatsArguments, declare_formats, run_formats>(
      "formats", "Number formats: the catalogue, one format, all its values",
      "Examples:\n"
      "  roundoff formats                           # the catalogue\n"
      "  roundoff formats e4m3                      # bits, range, step, specials, source\n"
      "  roundoff formats 'fixed(2,1)' --values     # every code and its value\n"
      "  roundoff formats 'fixed(2*lg(n)+2,0)'      # a family: constant or logarithmic precision?\n"
      "  roundoff formats 'fixed(2*lg(n)+2,0)' --at n=32\n");
}

}  // namespace roundoff::cli
