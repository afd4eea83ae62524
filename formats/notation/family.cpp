// The notation: word '(' expressions ')' and modifiers after colons. A format is a family without variables.
#include "formats/notation/family.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "formats/error.hpp"
#include "formats/notation/catalogue.hpp"
#include "formats/notation/expression.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::formats {

struct FormatFamily::Parsed {
  std::string text;
  const CatalogueEntry* entry = nullptr;
  std::vector<Expression> parameters;
  std::optional<Rounding> rounding;
  std::optional<Overflow> overflow;
  std::uint64_t seed = 0;
  std::size_t rounding_at = 0, overflow_at = 0, parameters_at = 0;
};

namespace {

constexpr std::size_t most_family_characters = 2000;
constexpr std::array<std::string_view, 12> modifiers = {"rne", "rna", "rnz", "rtz", "rup",  "rdn",
                                                        "rod", "sr",  "sat", "inf", "wrap", "trap"};
constexpr std::size_t rounding_count = 8;

std::vector<std::string_view> known_words() {
  std::vector<std::string_view> words;
  for (const CatalogueEntry& entry : catalogue()) words.push_back(entry.word());
  return words;
}

/// What the notation allows to be written, but semantics.md refuses.
void check(const Format& format, const Cursor& in, std::size_t rounding_at, std::size_t overflow_at) {
  if (format.rounding == Rounding::rod && format.precision == 1 && !format.is_uniform() &&
      format.layout != Layout::posit) {
    in.fail(rounding_at,
            "rod needs two significand bits, since of one bit all are odd; take rtz or rup, or one bit more");
  }
  if (format.overflow == Overflow::wrap && format.layout != Layout::twos && format.layout != Layout::ufixed) {
    in.fail(overflow_at, "wrap goes with twos and ufixed only; take sat, inf or trap");
  }
  if (format.overflow == Overflow::inf && !format.holds_infinity() && !format.has_nan) {
    in.fail(overflow_at, "the format has neither inf nor NaN; take sat or trap");
  }
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
  const std::string_view word = in.word();
  if (word.empty()) in.fail(start, "a format starts with a name, as in fixed(8,8) or binary16");
  parsed->entry = find_entry(word);
  if (parsed->entry == nullptr) {
    const std::vector<std::string_view> known = known_words();
    in.fail(start, "unknown format '" + std::string(word) + "'" + did_you_mean(word, known));
  }
  const int wanted = parsed->entry->parameter_count();
  const std::string shape(parsed->entry->name);
  parsed->parameters_at = in.at();
  if (wanted == 0) {
    if (in.peek() == '(') in.fail(in.at(), shape + " takes no parameters");
  } else {
    if (!in.take('('))
      in.fail(in.at(), shape + " takes " + std::to_string(wanted) + " parameters, as in " +
                           std::string(parsed->entry->example));
    parsed->parameters_at = in.at();
    for (int i = 0; i < wanted; ++i) {
      if (i > 0 && !in.take(',')) in.fail(in.at(), "expected ',' and another parameter: " + shape);
      parsed->parameters.push_back(parse_expression(in));
    }
    if (in.peek() == ',') in.fail(in.at(), "too many parameters: " + shape);
    if (!in.take(')'))
      in.fail(in.at(), in.done() ? "')' is missing at the end" : "expected an operator or ')'");
  }
  while (in.take(':')) {
    in.skip_spaces();
    const std::size_t at = in.at();
    const std::string_view modifier = in.word();
    const auto index =
        static_cast<std::size_t>(std::find(modifiers.begin(), modifiers.end(), modifier) - modifiers.begin());
    if (index == modifiers.size())
      in.fail(at, "unknown modifier '" + std::string(modifier) + "'" + did_you_mean(modifier, modifiers));
    if (index < rounding_count) {
      if (parsed->rounding) in.fail(at, "a second rounding; one is enough");
      parsed->rounding = static_cast<Rounding>(index);
      parsed->rounding_at = at;
    } else {
      if (parsed->overflow) in.fail(at, "a second overflow rule; one is enough");
      parsed->overflow = static_cast<Overflow>(index - rounding_count);
      parsed->overflow_at = at;
    }
    if (modifier == "sr") {
      if (!in.take('(')) in.fail(in.at(), "stochastic rounding needs its seed, as in sr(1)");
      const std::size_t seed_at = in.at();
      const std::string_view digits = in.digits();
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed->seed);
      if (digits.empty() || error != std::errc{})
        in.fail(seed_at, "the seed is an integer from 0 to 2^64-1, as in sr(1)");
      if (!in.take(')')) in.fail(in.at(), "')' is missing after the seed");
    }
  }
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
  if (parsed_->rounding) format.rounding = *parsed_->rounding;
  if (parsed_->overflow) format.overflow = *parsed_->overflow;
  format.seed = parsed_->seed;
  check(format, in, parsed_->rounding_at, parsed_->overflow_at);
  return format;
}

bool FormatFamily::uses_variables() const {
  return std::any_of(parsed_->parameters.begin(), parsed_->parameters.end(),
                     [](const Expression& e) { return formats::uses_variables(e); });
}

Growth FormatFamily::growth() const {
  // The bits of a format are a sum of its parameters (and a constant); F(e,s) has 2s of them.
  std::vector<std::pair<int, const Expression*>> parts;
  for (std::size_t i = 0; i < parsed_->parameters.size(); ++i) {
    const bool papers = parsed_->entry->word() == "F" && i == 1;
    const bool es = parsed_->entry->word() == "posit" && i == 1;  // part of the n bits
    if (!es) parts.emplace_back(papers ? 2 : 1, &parsed_->parameters[i]);
  }
  return growth_of_sum(parts);
}

}  // namespace roundoff::formats
