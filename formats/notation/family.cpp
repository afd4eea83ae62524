// The notation: word '(' expressions ')' and modifiers after colons. A format is a family without variables.
#include "formats/notation/family.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "formats/error.hpp"
#include "formats/notation/catalogue.hpp"
#include "formats/notation/expression.hpp"
#include "formats/notation/modifiers.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::formats {

/// What stands after the colons.
struct Modifiers {
  std::optional<Rounding> rounding;
  std::optional<Overflow> overflow;
  std::uint64_t seed = 0;
  int random_bits = 0;
  bool flushes = false, takes_zero = false, tiny_after = false;
  std::size_t rounding_at = 0, overflow_at = 0, subnormals_at = 0;
};

struct FormatFamily::Parsed {
  std::string text;
  const CatalogueEntry* entry = nullptr;
  std::vector<Expression> parameters;
  std::size_t parameters_at = 0;
  Modifiers modifiers;
};

namespace {

constexpr std::size_t most_family_characters = 2000;
constexpr std::array<std::string_view, 3> about_subnormals = {"ftz", "daz", "tininess_after"};

std::vector<std::string_view> known_modifiers() {
  std::vector<std::string_view> words;
  for (int r = 0; r <= static_cast<int>(Rounding::src); ++r) words.push_back(name(static_cast<Rounding>(r)));
  for (int o = 0; o <= static_cast<int>(Overflow::trap); ++o) words.push_back(name(static_cast<Overflow>(o)));
  words.insert(words.end(), about_subnormals.begin(), about_subnormals.end());
  return words;
}

template <class Integer>
Integer integer_of(Cursor& in, const char* what) {
  in.skip_spaces();
  const std::size_t at = in.at();
  const std::string_view digits = in.digits();
  Integer number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc{}) in.fail(at, what);
  return number;
}

/// `(seed)` of sr, `(seed,N)` of sra, srb, src.
void parse_draws(Cursor& in, Modifiers& into) {
  if (*into.rounding == Rounding::sr) {
    if (!in.take('(')) in.fail(in.at(), "stochastic rounding needs its seed, as in sr(1)");
    into.seed = integer_of<std::uint64_t>(in, "the seed is an integer from 0 to 2^64-1, as in sr(1)");
  } else {
    const std::string example = std::string(name(*into.rounding)) + "(1,8)";
    if (!in.take('('))
      in.fail(in.at(),
              "stochastic rounding of this kind needs its seed and number of bits, as in " + example);
    into.seed = integer_of<std::uint64_t>(in, "the seed is an integer from 0 to 2^64-1");
    if (!in.take(',')) in.fail(in.at(), "expected ',' and the number of random bits, as in " + example);
    in.skip_spaces();
    const std::size_t at = in.at();
    into.random_bits = integer_of<int>(in, "the number of random bits is 1 to 62");
    if (into.random_bits < 1 || into.random_bits > 62) in.fail(at, "the number of random bits is 1 to 62");
  }
  if (!in.take(')')) in.fail(in.at(), "')' is missing after the seed");
}

void parse_modifier(Cursor& in, Modifiers& into) {
  static const std::vector<std::string_view> known = known_modifiers();
  constexpr auto roundings = static_cast<std::size_t>(Rounding::src) + 1;
  constexpr auto overflows = static_cast<std::size_t>(Overflow::trap) + 1;
  in.skip_spaces();
  const std::size_t at = in.at();
  const std::string_view modifier = in.word();
  const auto index =
      static_cast<std::size_t>(std::find(known.begin(), known.end(), modifier) - known.begin());
  if (index == known.size())
    in.fail(at, "unknown modifier '" + std::string(modifier) + "'" + did_you_mean(modifier, known));
  if (index < roundings) {
    if (into.rounding) in.fail(at, "a second rounding; one is enough");
    into.rounding = static_cast<Rounding>(index);
    into.rounding_at = at;
    if (*into.rounding >= Rounding::sr) parse_draws(in, into);
  } else if (index < roundings + overflows) {
    if (into.overflow) in.fail(at, "a second overflow rule; one is enough");
    into.overflow = static_cast<Overflow>(index - roundings);
    into.overflow_at = at;
  } else {
    bool& flag = modifier == "ftz" ? into.flushes : modifier == "daz" ? into.takes_zero : into.tiny_after;
    if (flag) in.fail(at, "'" + std::string(modifier) + "' a second time; once is enough");
    flag = true;
    into.subnormals_at = at;
  }
}

/// The parameters in parentheses of a notation, or none of a name.
void parse_parameters(Cursor& in, const CatalogueEntry& entry, std::vector<Expression>& parameters) {
  const int wanted = entry.parameter_count(), least = wanted - entry.optional_count();
  const std::string shape(entry.name);
  if (wanted == 0) {
    if (in.peek() == '(') in.fail(in.at(), shape + " takes no parameters");
    return;
  }
  if (!in.take('('))
    in.fail(in.at(), shape + " takes " + std::to_string(least) + (wanted > least ? " or more" : "") +
                         " parameters, as in " + std::string(entry.example));
  for (int i = 0; i < wanted; ++i) {
    if (i >= least && in.peek() != ',') break;
    if (i > 0 && !in.take(',')) in.fail(in.at(), "expected ',' and another parameter: " + shape);
    parameters.push_back(parse_expression(in));
  }
  if (in.peek() == ',') in.fail(in.at(), "too many parameters: " + shape);
  if (!in.take(')'))
    in.fail(in.at(), in.done() ? "')' is missing at the end" : "expected an operator or ')'");
}

}  // namespace

FormatFamily::FormatFamily(std::string_view text) {
  auto parsed = std::make_shared<Parsed>();
  parsed->text = text;
  if (text.size() > most_family_characters)
    throw UsageError("a format of " + std::to_string(text.size()) + " characters is too long");
  Cursor in(parsed->text);
  in.skip_spaces();
  const std::size_t start = in.at();
  const std::string_view word = in.name();
  if (word.empty()) in.fail(start, "a format starts with a name, as in fixed(8,8) or binary16");
  parsed->entry = find_entry(word);
  parsed->parameters_at = start;
  const bool bare = parsed->entry != nullptr && parsed->entry->parameter_count() > 0 && in.peek() != '(';
  std::optional<std::string> meant;
  if (parsed->entry == nullptr || bare) meant = expand_alias(word);
  if (meant) {
    try {
      const FormatFamily family(*meant);
      parsed->entry = family.parsed_->entry;
      parsed->parameters = family.parsed_->parameters;
    } catch (const UsageError& error) {
      in.fail(start, std::string(word) + " is no format: " + error.what());
    }
  } else if (parsed->entry != nullptr && parsed->entry->is_pattern()) {
    for (const std::int64_t number : numbers_in(*parsed->entry, word)) {
      Expression constant;
      constant.numerator = number;
      parsed->parameters.push_back(std::move(constant));
    }
  } else if (parsed->entry != nullptr) {
    parsed->parameters_at = in.at() + (in.peek() == '(' ? 1 : 0);
    parse_parameters(in, *parsed->entry, parsed->parameters);
  } else {
    in.fail(start, "unknown format '" + std::string(word) + "'" + suggest_format(word));
  }
  while (in.take(':')) parse_modifier(in, parsed->modifiers);
  if (!in.done()) in.fail(in.at(), "expected the end, or ':' and a modifier");
  parsed_ = std::move(parsed);
  if (!uses_variables()) at({});  // a format without variables says at once what is wrong with it
}

const std::string& FormatFamily::text() const { return parsed_->text; }

Format FormatFamily::at(const Bindings& bindings) const {
  const Cursor in(parsed_->text);
  std::vector<std::int64_t> parameters;
  for (const Expression& expression : parsed_->parameters)
    parameters.push_back(evaluate_up(expression, bindings, in));
  Format format;
  try {
    format = parsed_->entry->make(parameters);
  } catch (const UsageError& error) {
    in.fail(parsed_->parameters_at, error.what());
  }
  const Modifiers& modifiers = parsed_->modifiers;
  if (modifiers.rounding) format.rounding = *modifiers.rounding;
  if (modifiers.overflow) format.overflow = *modifiers.overflow;
  format.seed = modifiers.seed;
  format.random_bits = modifiers.random_bits;
  format.flushes = modifiers.flushes;
  format.takes_zero = modifiers.takes_zero;
  format.tiny_after = modifiers.tiny_after;
  if (const auto refused = refused_modifier(format)) {
    in.fail(refused->kind == RefusedModifier::rounding   ? modifiers.rounding_at
            : refused->kind == RefusedModifier::overflow ? modifiers.overflow_at
                                                         : modifiers.subnormals_at,
            refused->why);
  }
  return format;
}

bool FormatFamily::uses_variables() const {
  return std::any_of(parsed_->parameters.begin(), parsed_->parameters.end(),
                     [](const Expression& e) { return formats::uses_variables(e); });
}

Growth FormatFamily::growth() const {
  // The bits of a format are a weighted sum of its parameters, and a constant.
  std::vector<std::pair<int, const Expression*>> parts;
  for (std::size_t i = 0; i < parsed_->parameters.size(); ++i) {
    const int width = parsed_->entry->widths[i];
    if (width != 0) parts.emplace_back(width, &parsed_->parameters[i]);
  }
  return growth_of_sum(parts);
}

}  // namespace roundoff::formats
