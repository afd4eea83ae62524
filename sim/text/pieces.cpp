#include "sim/text/pieces.hpp"

#include <fmt/format.h>
#include <unicode/normalizer2.h>
#include <unicode/regex.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include "formats/error.hpp"

namespace roundoff::sim {

namespace {

/// GPT-2's (Radford et al. 2019).
constexpr std::string_view gpt2_expression =
    R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

/// ICU's \s lacks two characters of White_Space (U+000B, U+0085), which the expressions' authors mean: written out.
std::string with_all_blanks(std::string_view expression) {
  std::string made;
  bool in_set = false;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    if (c == '\\' && i + 1 < expression.size()) {
      const char next = expression[++i];
      if (next == 's')
        made += in_set ? R"(\p{White_Space})" : R"([\p{White_Space}])";
      else if (next == 'S')
        made += in_set ? R"(\P{White_Space})" : R"([^\p{White_Space}])";
      else
        made += c, made += next;
      continue;
    }
    if (c == '[') in_set = true;
    if (c == ']') in_set = false;
    made += c;
  }
  return made;
}

std::string utf8(const icu::UnicodeString& text) {
  std::string made;
  text.toUTF8String(made);
  return made;
}

icu::UnicodeString utf16(std::string_view text) {
  return icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
}

enum class Behaviour : std::uint8_t { isolated, removed, merged_with_previous, merged_with_next, contiguous };

class Expression {
 public:
  Expression(std::string_view expression, const std::string& source) {
    UErrorCode status = U_ZERO_ERROR;
    UParseError where{};
    pattern_.reset(icu::RegexPattern::compile(utf16(with_all_blanks(expression)), where, status));
    if (U_FAILURE(status))
      throw FileError(fmt::format("{} has the expression {}, which makes no sense at character {}", source,
                                  expression, where.offset + 1));
  }

  /// The text as matches and what stands between them, in order.
  struct Part {
    std::string text;
    bool match;
  };
  std::vector<Part> parts(const std::string& text) const {
    const icu::UnicodeString whole = utf16(text);
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<icu::RegexMatcher> matcher(pattern_->matcher(whole, status));
    std::vector<Part> made;
    std::int32_t done = 0;
    constexpr std::int32_t steps = 20'000;  // of some hundred thousand moves each: seconds
    if (U_SUCCESS(status)) matcher->setTimeLimit(steps, status);
    while (U_SUCCESS(status) && matcher->find(status)) {
      const std::int32_t start = matcher->start(status), end = matcher->end(status);
      if (start > done) made.push_back({utf8(whole.tempSubStringBetween(done, start)), false});
      if (end > start) made.push_back({utf8(whole.tempSubStringBetween(start, end)), true});
      done = end;
    }
    if (U_FAILURE(status))
      throw UsageError(
          fmt::format("the tokenizer's expression gives up on the text: {}", u_errorName(status)));
    if (done < whole.length()) made.push_back({utf8(whole.tempSubStringBetween(done)), false});
    return made;
  }

 private:
  std::unique_ptr<icu::RegexPattern> pattern_;
};

Pieces cut(const std::vector<Expression::Part>& parts, Behaviour behaviour, bool invert) {
  Pieces made;
  bool last_match = false, carried = false;
  for (const auto& [text, found] : parts) {
    const bool match = found != invert;
    if (match && behaviour == Behaviour::removed) continue;
    const bool join =
        !made.empty() && ((behaviour == Behaviour::merged_with_previous && match && !last_match) ||
                          (behaviour == Behaviour::merged_with_next && !match && carried) ||
                          (behaviour == Behaviour::contiguous && match == last_match));
    if (join)
      made.back() += text;
    else
      made.push_back(text);
    carried = match && behaviour == Behaviour::merged_with_next;
    last_match = match;
  }
  return made;
}

PieceCutter each_piece(std::function<Pieces(const std::string&)> cut_one) {
  return [cut_one = std::move(cut_one)](const Pieces& pieces) {
    Pieces made;
    for (const std::string& piece : pieces)
      for (std::string& part : cut_one(piece)) made.push_back(std::move(part));
    return made;
  };
}

PieceCutter by_expression(std::string_view expression, Behaviour behaviour, bool invert,
                          const std::string& source) {
  const auto compiled = std::make_shared<const Expression>(expression, source);
  return each_piece([=](const std::string& piece) { return cut(compiled->parts(piece), behaviour, invert); });
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); !from.empty() && at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string quoted(const std::string& text) {
  return R"(\Q)" + replaced(text, R"(\E)", R"(\E\\E\Q)") + R"(\E)";
}

std::string kind_of(const Json& json, const std::string& source, const char* what) {
  if (!json.is_object() || !json.contains("type") || !json["type"].is_string())
    throw FileError(fmt::format("{} has a {} without a type", source, what));
  return json["type"].get<std::string>();
}

std::string text_of(const Json& json, const char* field, const std::string& absent = "") {
  return json.contains(field) && json[field].is_string() ? json[field].get<std::string>() : absent;
}

bool flag_of(const Json& json, const char* field, bool absent) {
  return json.contains(field) && json[field].is_boolean() ? json[field].get<bool>() : absent;
}

/// {"String": "..."} or {"Regex": "..."}, as an expression.
std::string pattern_of(const Json& json, const std::string& source) {
  if (json.contains("pattern") && json["pattern"].is_object()) {
    const Json& pattern = json["pattern"];
    if (const std::string text = text_of(pattern, "String"); !text.empty()) return quoted(text);
    if (const std::string text = text_of(pattern, "Regex"); !text.empty()) return text;
  }
  throw FileError(fmt::format("{} has a step without a pattern", source));
}

}  // namespace

std::size_t first_bad_byte(std::string_view text) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int64_t>(text.size());
  for (std::int64_t at = 0; at < size;) {
    const std::int64_t start = at;
    UChar32 c = 0;
    U8_NEXT(bytes, at, size, c);
    if (c < 0) return static_cast<std::size_t>(start);
  }
  return std::string_view::npos;
}

Normaliser read_normaliser(const Json& json, const std::string& source) {
  if (json.is_null()) return nullptr;
  const std::string kind = kind_of(json, source, "normalizer");
  if (kind == "Sequence") {
    std::vector<Normaliser> steps;
    if (json.contains("normalizers") && json["normalizers"].is_array())
      for (const Json& step : json["normalizers"]) steps.push_back(read_normaliser(step, source));
    return [steps](const std::string& text) {
      std::string made = text;
      for (const Normaliser& step : steps)
        if (step) made = step(made);
      return made;
    };
  }
  if (kind == "NFC" || kind == "NFD" || kind == "NFKC" || kind == "NFKD") {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* form = kind == "NFC"    ? icu::Normalizer2::getNFCInstance(status)
                                   : kind == "NFD"  ? icu::Normalizer2::getNFDInstance(status)
                                   : kind == "NFKC" ? icu::Normalizer2::getNFKCInstance(status)
                                                    : icu::Normalizer2::getNFKDInstance(status);
    if (U_FAILURE(status)) throw FileError("ICU has no tables of normal forms; is libicu whole?");
    return [form](const std::string& text) {
      UErrorCode failed = U_ZERO_ERROR;
      return utf8(form->normalize(utf16(text), failed));
    };
  }
  if (kind == "Lowercase") return [](const std::string& text) { return utf8(utf16(text).toLower()); };
  if (kind == "Prepend")
    return [with = text_of(json, "prepend")](const std::string& text) {
      return text.empty() ? text : with + text;
    };
  if (kind == "Replace" && json.contains("pattern") && json["pattern"].is_object() &&
      json["pattern"].contains("String"))
    return [from = text_of(json["pattern"], "String"),
            to = text_of(json, "content")](const std::string& text) { return replaced(text, from, to); };
  throw FileError(fmt::format(
      "{} has the normalizer {}; NFC, NFD, NFKC, NFKD, Lowercase, Prepend, Replace of a string and "
      "Sequence can be read",
      source, kind));
}

PieceCutter read_cutter(const Json& json, const std::string& source, bool& byte_level) {
  if (json.is_null()) return nullptr;
  const std::string kind = kind_of(json, source, "pre_tokenizer");
  if (kind == "Sequence") {
    std::vector<PieceCutter> steps;
    if (json.contains("pretokenizers") && json["pretokenizers"].is_array())
      for (const Json& step : json["pretokenizers"]) steps.push_back(read_cutter(step, source, byte_level));
    return [steps](const Pieces& pieces) {
      Pieces made = pieces;
      for (const PieceCutter& step : steps)
        if (step) made = step(made);
      return made;
    };
  }
  if (kind == "ByteLevel") {
    byte_level = true;
    const bool prefix = flag_of(json, "add_prefix_space", true);
    PieceCutter by_words;
    if (flag_of(json, "use_regex", true))
      by_words = by_expression(gpt2_expression, Behaviour::isolated, false, source);
    return [prefix, by_words](const Pieces& pieces) {
      Pieces made = pieces;
      for (std::string& piece : made)
        if (prefix && !piece.starts_with(' ')) piece.insert(0, 1, ' ');
      return by_words ? by_words(made) : made;
    };
  }
  if (kind == "Split") {
    const std::string word = text_of(json, "behavior", "Isolated");
    const Behaviour behaviour = word == "Removed"              ? Behaviour::removed
                                : word == "MergedWithPrevious" ? Behaviour::merged_with_previous
                                : word == "MergedWithNext"     ? Behaviour::merged_with_next
                                : word == "Contiguous"         ? Behaviour::contiguous
                                                               : Behaviour::isolated;
    return by_expression(pattern_of(json, source), behaviour, flag_of(json, "invert", false), source);
  }
  if (kind == "Digits")
    return by_expression(flag_of(json, "individual_digits", false) ? R"(\p{N})" : R"(\p{N}+)",
                         Behaviour::isolated, false, source);
  if (kind == "Metaspace") {
    const std::string mark = text_of(json, "replacement", "\u2581");
    const std::string scheme =
        text_of(json, "prepend_scheme", flag_of(json, "add_prefix_space", true) ? "always" : "never");
    PieceCutter words;
    if (flag_of(json, "split", true))
      words = by_expression(quoted(mark), Behaviour::merged_with_next, false, source);
    return [mark, scheme, words](const Pieces& pieces) {
      Pieces made;
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        std::string piece = replaced(pieces[i], " ", mark);
        if ((scheme == "always" || (scheme == "first" && i == 0)) && !piece.starts_with(mark))
          piece = mark + piece;
        made.push_back(std::move(piece));
      }
      return words ? words(made) : made;
    };
  }
  throw FileError(
      fmt::format("{} has the pre_tokenizer {}; ByteLevel, Split, Digits, Metaspace and Sequence can be read",
                  source, kind));
}

}  // namespace roundoff::sim
