// Numbers from text. Everything is read as an exact rational first and rounded once.
#include "formats/notation/text.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "formats/error.hpp"
#include "formats/notation/digits.hpp"
#include "formats/rounding/exact.hpp"

namespace roundoff::formats {
namespace {

constexpr std::size_t most_number_characters = 4096;
constexpr std::int64_t beyond_range = 1 << 20;  // 2^(2^20) and its inverse are outside of every format

struct Reader {
  std::string_view text;
  std::size_t at = 0;

  bool done() const { return at == text.size(); }
  char peek() const { return done() ? '\0' : text[at]; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at;
    return true;
  }
  bool take_letter(char c) {
    if (std::tolower(static_cast<unsigned char>(peek())) != c) return false;
    ++at;
    return true;
  }
};

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : 99;
}

/// Digits with an optional point; returns how many stood after the point, or nothing if there was no digit.
std::optional<std::int64_t> digits(Reader& in, int base, Integer& value) {
  bool any = false, point = false;
  std::int64_t after = 0;
  for (; !in.done(); ++in.at) {
    if (in.peek() == '.' && !point) {
      point = true;
      continue;
    }
    const int d = digit_value(in.peek());
    if (d >= base) break;
    value = value * base + d;
    any = true;
    if (point) ++after;
  }
  if (!any) return std::nullopt;
  return after;
}

/// An exponent, clamped to what is beyond every format anyway; nothing if there is no number.
std::optional<std::int64_t> exponent_of(Reader& in) {
  const bool negative = in.take('-');
  if (!negative) in.take('+');
  std::int64_t value = 0;
  bool any = false;
  for (; !in.done() && std::isdigit(static_cast<unsigned char>(in.peek())) != 0; ++in.at) {
    value = std::min<std::int64_t>(value * 10 + (in.peek() - '0'), std::int64_t{1} << 40);
    any = true;
  }
  if (!any) return std::nullopt;
  return negative ? -value : value;
}

/// The number, or nothing where the text is none.
std::optional<Written> read(std::string_view text) {
  Reader in{text};
  Written result;
  result.negative = in.take('-');
  if (!result.negative) in.take('+');
  const std::string_view rest = text.substr(in.at);
  auto word = [&](std::string_view w) {
    return rest.size() == w.size() && std::equal(rest.begin(), rest.end(), w.begin(), [](char a, char b) {
             return std::tolower(static_cast<unsigned char>(a)) == b;
           });
  };
  if (word("inf") || word("infinity")) {
    result.kind = Kind::infinity;
    return result;
  }
  if (word("nan")) {
    result.kind = Kind::nan;
    return result;
  }
  if (rest.size() > 2 && rest[0] == '0' && (rest[1] == 'x' || rest[1] == 'X')) {
    in.at += 2;
    const auto after = digits(in, 16, result.numerator);
    if (!after) return std::nullopt;
    std::int64_t exponent = 0;
    if (in.take_letter('p')) {
      const auto read_exponent = exponent_of(in);
      if (!read_exponent) return std::nullopt;
      exponent = *read_exponent;
    }
    if (!in.done()) return std::nullopt;
    result.exponent = exponent - 4 * *after;
    return result;
  }
  const auto after = digits(in, 10, result.numerator);
  if (!after) return std::nullopt;
  if (in.take('/')) {
    result.denominator = 0;
    const auto below = digits(in, 10, result.denominator);
    if (!below || !in.done() || *after != 0 || *below != 0 || result.denominator == 0) return std::nullopt;
    return result;
  }
  std::int64_t exponent = -*after;
  if (in.take_letter('e')) {
    const auto read_exponent = exponent_of(in);
    if (!read_exponent) return std::nullopt;
    exponent += *read_exponent;
  }
  if (!in.done()) return std::nullopt;
  if (result.numerator == 0) return result;
  const auto size = static_cast<std::int64_t>(text.size());
  constexpr std::int64_t most =
      100000;  // 10^most is beyond 2^(2^18), and a multiple of every power of two that wrap knows
  if (exponent > most) {
    result.exponent = 2 * beyond_range;
  } else if (exponent < -most - size) {
    result.exponent = -2 * beyond_range - 4 * size;
  } else {
    (exponent >= 0 ? result.numerator : result.denominator) *=
        pow(Integer(10), static_cast<unsigned>(std::abs(exponent)));
  }
  return result;
}

}  // namespace

Written read_written(std::string_view text) {
  if (text.size() > most_number_characters) {
    throw UsageError("a number of " + std::to_string(text.size()) + " characters is too long; at most " +
                     std::to_string(most_number_characters));
  }
  std::optional<Written> parsed = read(text);
  if (!parsed) {
    throw UsageError("'" + std::string(text) +
                     "' is not a number; write -0.375, 1e-3, 1/3, 0x1.8p-2, inf, -inf, nan, or a code #x3f");
  }
  // Exponents beyond every format change no result; clamped, they cost no memory.
  const auto size = static_cast<std::int64_t>(most_number_characters) * 4;
  parsed->exponent = std::clamp(parsed->exponent, -3 * beyond_range - size, 3 * beyond_range);
  return *std::move(parsed);
}

Value parse_code(std::string_view text, const Format& format) {
  if (text.starts_with("#x") || text.starts_with("#X")) {
    u128 code = 0;
    const std::string_view hexadecimal = text.substr(2);
    for (char c : hexadecimal) {
      if (digit_value(c) >= 16 || code >> 124 != 0) {
        throw UsageError("'" + std::string(text) + "' is not a code of " + notation(format) + "; write " +
                         std::to_string(format.bits) + " bits in hexadecimal, as in #x3f");
      }
      code = code << 4 | static_cast<unsigned>(digit_value(c));
    }
    if (hexadecimal.empty()) throw UsageError("'" + std::string(text) + "' lacks its digits, as in #x3f");
    try {
      return decode(code, format);
    } catch (const UsageError& error) {
      throw UsageError("'" + std::string(text) + "': " + error.what());
    }
  }
  const std::size_t colon = text.rfind(":x");
  if (!text.starts_with('#') || colon == std::string_view::npos) {
    throw UsageError("'" + std::string(text) + "' is not a code; write #x3f, or #binary32:x3f8ccccd of another format");
  }
  return parse_code("#" + std::string(text.substr(colon + 1)), parse_format(text.substr(1, colon - 1)));
}

Rounded parse_number(std::string_view text, const Format& format, Draw draw) {
  if (text.starts_with("#x") || text.starts_with("#X")) return {parse_code(text, format), 0};
  if (text.starts_with('#')) return round(parse_code(text, format), format, draw);
  const Written parsed = read_written(text);
  Exact exact;
  if (parsed.kind == Kind::finite && parsed.numerator != 0) {
    if (parsed.denominator == 1) {
      exact.significand = parsed.numerator;
      exact.exponent = parsed.exponent;
    } else {
      exact = quotient(parsed.numerator, parsed.denominator, parsed.exponent, format);
    }
  }
  exact.negative = parsed.negative && parsed.kind != Kind::nan;
  exact.kind = parsed.kind;
  try {
    return round(exact, format, draw);
  } catch (const Trap& trap) {
    throw Trap(std::string(text) + ": " + trap.what());
  }
}

Value parse_exact(std::string_view text) {
  const Written parsed = read_written(text);
  if (parsed.kind == Kind::nan) return Value::nan();
  if (parsed.kind == Kind::infinity) return Value::infinity(parsed.negative);
  if (parsed.numerator == 0) return Value::zero(parsed.negative);
  const Integer common = gcd(parsed.numerator, parsed.denominator);
  const Integer below = parsed.denominator / common;
  Integer above = parsed.numerator / common;
  std::int64_t exponent = parsed.exponent - static_cast<std::int64_t>(msb(below));
  if (below != Integer(1) << msb(below)) {
    throw UsageError("'" + std::string(text) +
                     "' is not a dyadic rational, so that no weight can be exactly that; write its nearest "
                     "double, or a fraction over a power of two");
  }
  const auto zeros = lsb(above);
  above >>= zeros;
  exponent += static_cast<std::int64_t>(zeros);
  if (msb(above) >= 120) throw UsageError("'" + std::string(text) + "' has more than 120 significant bits");
  if (std::abs(exponent) >= beyond_range)
    throw UsageError("'" + std::string(text) + "' is beyond the range of every format");
  const Integer mask = ~std::uint64_t{0};
  const u128 significand = u128{static_cast<std::uint64_t>(Integer(above >> 64))} << 64 |
                           static_cast<std::uint64_t>(Integer(above & mask));
  return Value::scaled(parsed.negative, significand, exponent);
}

}  // namespace roundoff::formats
