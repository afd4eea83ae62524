#include "tests/formats/oracle.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

#include "formats/random.hpp"

namespace roundoff::formats::oracle {
namespace {

/// word and parameters of "float(4,4)".
std::pair<std::string, std::vector<int>> parsed(const std::string& text) {
  const std::size_t open = text.find('(');
  if (open == std::string::npos) return {text, {}};
  const std::size_t comma = text.find(',');
  return {text.substr(0, open), {std::stoi(text.substr(open + 1)), std::stoi(text.substr(comma + 1))}};
}

Integer two_to(int n) { return Integer(1) << static_cast<unsigned>(n); }

struct Magnitude {
  Integer significand;
  int exponent;
  bool odd;
};

/// Code c of an IEEE-like layout.
Magnitude coded(int code, int trailing, int bias) {
  const int field = code >> trailing, rest = code & ((1 << trailing) - 1);
  const int significand = field == 0 ? rest : rest + (1 << trailing);
  return {significand, std::max(field, 1) - bias - trailing, significand % 2 != 0};
}

/// K, P, signed, extended of "binary8p3uf".
struct P3109 {
  int k, p;
  bool is_signed, extended;
};
std::optional<P3109> p3109_name(const std::string& word) {
  const std::size_t p = word.find('p');
  if (!word.starts_with("binary") || p == std::string::npos) return std::nullopt;
  std::size_t digits = 0;
  P3109 name{std::stoi(word.substr(6)), std::stoi(word.substr(p + 1), &digits), true, true};
  const std::string rest = word.substr(p + 1 + digits);
  name.is_signed = rest.empty() || rest[0] == 's';
  name.extended = rest.empty() || rest[1] == 'e';
  return name;
}

/// A posit of n bits by the wording of the standard, from the bits after the sign.
Magnitude tapered(int code, int n, int es) {
  std::string bits;
  for (int i = n - 2; i >= 0; --i) bits += (code >> i & 1) != 0 ? '1' : '0';
  const std::size_t end = std::min(bits.find(bits[0] == '1' ? '0' : '1'), bits.size());
  const int k = bits[0] == '1' ? static_cast<int>(end) - 1 : -static_cast<int>(end);
  std::string rest = end < bits.size() ? bits.substr(end + 1) : "";
  while (static_cast<int>(rest.size()) < es) rest += '0';
  int e = 0;
  for (int i = 0; i < es; ++i) e = 2 * e + (rest[static_cast<std::size_t>(i)] - '0');
  int significand = 1, exponent = (k << es) + e;
  for (std::size_t i = static_cast<std::size_t>(es); i < rest.size(); ++i, --exponent)
    significand = 2 * significand + (rest[i] - '0');
  return {significand, exponent, code % 2 != 0};
}

}  // namespace

Values::Values(const std::string& notation) {
  const auto [word, p] = parsed(notation);
  std::vector<Magnitude> up;       // non-negative members ascending, then the first beyond
  std::vector<Magnitude> between;  // of posits: boundaries
  bool minus = true;
  int lowest_extra = 0;  // of twos: one more below
  auto codes = [&](int highest, int trailing, int bias, int first = 0) {
    for (int c = first; c <= highest + 1; ++c) up.push_back(coded(c, trailing, bias));
  };
  std::vector<std::pair<float, int>> listed;  // values and codes
  int normal_exponent = -100000;
  auto ieee = [&](int e, int precision) {
    const int bias = (1 << (e - 1)) - 1, trailing = precision - 1;
    bits = e + precision;
    normal_exponent = 1 - bias;
    codes((((1 << e) - 1) << trailing) - 1, trailing, bias);
    negative_zero = infinity = nan = true;
  };
  auto dense = [&](int e, int precision, int bias, int highest) {
    bits = e + precision;
    normal_exponent = 1 - bias;
    codes(highest, precision - 1, bias);
  };
  if (word == "fixed" || word == "twos" || word == "ufixed" || word == "int8" || word == "int4") {
    const int i = word == "int8" ? 7 : word == "int4" ? 3 : p[0], f = p.empty() ? 0 : p[1];
    for (int s = 0; s <= 1 << (i + f); ++s) up.push_back({s, -f, s % 2 != 0});
    minus = word != "ufixed";
    lowest_extra = word == "twos" || word == "int8" || word == "int4" ? 1 : 0;
    bits = i + f + (minus ? 1 : 0);
    fixed = uniform = true;
  } else if (word == "float") {
    ieee(p[0], p[1]);
  } else if (word == "e5m2") {
    ieee(5, 3);
  } else if (word == "float_fn") {  // only the last pattern of a sign is none
    dense(p[0], p[1], (1 << (p[0] - 1)) - 1, (1 << (p[0] + p[1] - 1)) - 2);
    negative_zero = nan = true;
  } else if (word == "float_fnuz") {
    dense(p[0], p[1], 1 << (p[0] - 1), (1 << (p[0] + p[1] - 1)) - 1);
    nan = true;
  } else if (word == "float_finite") {
    dense(p[0], p[1], (1 << (p[0] - 1)) - 1, (1 << (p[0] + p[1] - 1)) - 1);
    negative_zero = true;
  } else if (word == "e4m3b11fnuz") {
    dense(4, 4, 11, 0x7f);
    nan = true;
  } else if (word == "e3m0") {
    dense(3, 1, 3, 7);
    negative_zero = true;
  } else if (word == "nf4") {  // the printed values, rounded to binary32
    const float printed[] = {-1.0F, -0.69619280F, -0.52507305F, -0.39491749F, -0.28444138F, -0.18477343F, -0.091050036F,
                             0.0F,  0.07958030F,  0.16093020F,  0.24611230F,  0.33791524F,  0.44070983F,  0.56261700F,
                             0.72295684F, 1.0F};
    for (int i = 0; i < 16; ++i) listed.emplace_back(printed[i], i);
    bits = 4;
  } else if (word == "e4m3") {
    dense(4, 4, 7, 0x7e);
    negative_zero = nan = true;
  } else if (word == "e4m3fnuz" || word == "e5m2fnuz") {
    const int e = word[1] - '0';
    dense(e, 8 - e, 1 << (e - 1), 0x7f);
    nan = true;
  } else if (word == "e3m2" || word == "e2m3" || word == "e2m1") {
    const int e = word[1] - '0', m = word[3] - '0';
    dense(e, m + 1, (1 << (e - 1)) - 1, (1 << (e + m)) - 1);
    negative_zero = true;
  } else if (word == "e8m0") {
    up.push_back({0, 0, false});
    for (int c = 0; c <= 255; ++c) up.push_back({1, c - 127, true});
    bits = 8;
    normal_exponent = -127;
    nan = true;
    zero = minus = false;
  } else if (const auto name = p3109_name(word)) {
    const int room = name->k - (name->is_signed ? 1 : 0);  // bits of a magnitude's code
    const int last = (1 << room) - 1 - (name->is_signed ? 0 : 1) - (name->extended ? 1 : 0);
    dense(room - name->p + 1, name->p, 1 << (room - name->p), last);
    bits = name->k;
    for (std::size_t c = 0; c < up.size(); ++c) up[c].odd = c % 2 != 0;
    infinity = name->extended;
    nan = p3109 = true;
    minus = is_signed = name->is_signed;
  } else if (word == "F") {
    const int e = p[0], s = p[1];
    const int low = e == 0 ? 0 : -(1 << (e - 1)), high = e == 0 ? 0 : (1 << (e - 1)) - 1;
    const int most = (1 << (2 * s)) - 1;
    // Every pair (S,E); a value counts with its smallest E, and is odd if that S is.
    std::set<Integer> seen;
    for (int exponent = low; exponent <= high; ++exponent) {
      for (int m = 0; m <= most; ++m) {
        if (seen.insert(Integer(m) * two_to(exponent - low)).second)
          up.push_back({m, exponent - s, m % 2 != 0});
      }
    }
    std::sort(up.begin(), up.end(), [&](const Magnitude& a, const Magnitude& b) {
      return a.significand * two_to(a.exponent - low + s) < b.significand * two_to(b.exponent - low + s);
    });
    up.push_back({most + 1, high - s, false});
    bits = e + 2 * s + 1;
    normal_exponent = low - s + 2 * s - 1;
    papers = true;
    uniform = e == 0;
  } else if (word == "posit") {
    bits = p[0];
    for (int c = 0; c < 1 << (bits - 1); ++c) {
      up.push_back(c == 0 ? Magnitude{0, 0, false} : tapered(c, bits, p[1]));
      between.push_back(tapered(2 * c + 1, bits + 1, p[1]));
    }
    Magnitude beyond = up.back();
    beyond.exponent += 1;
    up.push_back(beyond);
    nan = posit = true;
    normal_exponent = up[1].exponent;
  } else {
    throw std::logic_error("no oracle for " + notation);
  }
  if (!listed.empty()) {
    scale = 60;
    normal = 0;
    for (const auto& [number, code] : listed)
      ladder.push_back({Integer(static_cast<std::int64_t>(std::ldexp(static_cast<double>(number), scale))), 0,
                        code % 2 != 0});
    const Integer beyond = ladder.back().scaled * 2;
    ladder.insert(ladder.begin(), {-beyond, 0, false});
    ladder.push_back({beyond, 0, false});
    for (std::size_t i = 0; i + 1 < ladder.size(); ++i)
      ladder[i].boundary = (ladder[i].scaled + ladder[i + 1].scaled) / 2;
    uniform = true;  // nothing is subnormal: underflow is what becomes 0
    ends = true;
    return;
  }
  for (const Magnitude& m : up) scale = std::max(scale, -m.exponent);
  for (const Magnitude& m : between) scale = std::max(scale, -m.exponent);
  ++scale;  // for midpoints
  auto integer = [&](const Magnitude& m) { return Integer(m.significand * two_to(m.exponent + scale)); };
  for (const Magnitude& m : up) ladder.push_back({integer(m), 0, m.odd});
  std::vector<Integer> halves;
  for (std::size_t i = 0; i + 1 < ladder.size(); ++i) {
    halves.push_back(between.empty() ? Integer((ladder[i].scaled + ladder[i + 1].scaled) / 2)
                                     : integer(between[i]));
    ladder[i].boundary = halves.back();
  }
  if (minus) {
    std::vector<Entry> down;
    for (std::size_t i = ladder.size() - 1; i > 0; --i)
      down.push_back({-ladder[i].scaled, -halves[i - 1], ladder[i].odd});
    if (lowest_extra != 0) {
      const Integer step = ladder[1].scaled;
      down.insert(down.begin(), {down[0].scaled - step, down[0].scaled - step / 2, true});
    }
    ladder.insert(ladder.begin(), down.begin(), down.end());
  } else if (zero) {
    ladder.insert(ladder.begin(), {-ladder[1].scaled, -halves[0], true});
  }
  if (normal_exponent > -100000) normal = two_to(normal_exponent + scale);
}

Integer Values::scaled(const Value& x) const {
  if (x.is_zero()) return 0;
  const Integer s = to_integer(x.significand) * two_to(x.exponent + scale);
  return x.negative ? Integer(-s) : s;
}

Value Values::value(std::size_t index) const {
  const Integer& s = ladder[index].scaled;
  if (s == 0) return Value::zero();
  const Integer m = abs(s);
  const auto zeros = static_cast<unsigned>(lsb(m));
  return Value::scaled(s < 0, static_cast<std::uint64_t>(Integer(m >> zeros)),
                       static_cast<int>(zeros) - scale);
}

std::vector<Value> Values::members() const {
  std::vector<Value> result;
  for (std::size_t i = 1; i + 1 < ladder.size(); ++i) {
    result.push_back(value(i));
  }
  if (negative_zero) result.push_back(Value::zero(true));
  if (nan) result.push_back(Value::nan());
  if (infinity) {
    result.push_back(Value::infinity(false));
    if (is_signed) result.push_back(Value::infinity(true));
  }
  return result;
}

void locate(Question& q, const Values& values, const std::function<int(const Integer&)>& compare) {
  std::ptrdiff_t low = -1,
                 high = static_cast<std::ptrdiff_t>(values.ladder.size());  // ladder[low] <= x < ladder[high]
  while (high - low > 1) {
    const std::ptrdiff_t middle = (low + high) / 2;
    const int sign = compare(values.ladder[static_cast<std::size_t>(middle)].scaled);
    if (sign == 0) {
      q.below = middle;
      q.exact = true;
      return;
    }
    (sign > 0 ? low : high) = middle;
  }
  q.below = low;
  if (low >= 0) q.side = compare(values.ladder[static_cast<std::size_t>(low)].boundary);
}

namespace {

Value largest(const Values& values, bool negative) {
  if (negative && !values.is_signed) return Value::zero();
  return values.value(negative ? 1 : values.ladder.size() - 2);
}

bool takes_infinity(const Values& values, const Format& format) {
  return values.infinity || (format.overflow == Overflow::inf && (values.fixed || values.papers));
}

Answer overflow(const Values& values, const Format& format, bool negative, Flags flags) {
  flags |= flag_overflow | flag_inexact;
  switch (format.overflow) {
    case Overflow::sat:
    case Overflow::satfinite:
      return {largest(values, negative), static_cast<Flags>(flags | flag_saturated)};
    case Overflow::inf: {
      const Rounding r = format.rounding;
      if (values.p3109) {  // the cases of the report's Saturate, in its order
        const Answer clamped{largest(values, negative), static_cast<Flags>(flags | flag_saturated)};
        if (r == Rounding::rtz || r == (negative ? Rounding::rup : Rounding::rdn)) return clamped;
        if (negative && !values.is_signed) return {Value::nan(), flags};
        if (!values.infinity) return clamped;
        if (r == Rounding::rod && !values.is_signed) return clamped;
        return {Value::infinity(negative), flags};
      }
      const bool stays = r == Rounding::rtz || r == Rounding::rod || (r == Rounding::rup && negative) ||
                         (r == Rounding::rdn && !negative);
      if (stays) return {largest(values, negative), flags};
      return {takes_infinity(values, format) ? Value::infinity(negative) : Value::nan(), flags};
    }
    default:
      return {};
  }
}

}  // namespace

Answer not_a_number(const Values& values, Flags flags) {
  if (!values.nan) return {};
  return {Value::nan(), flags};
}

Answer infinite(const Values& values, const Format& format, bool negative) {
  const bool no_such = negative && values.p3109 && !values.is_signed;
  if (takes_infinity(values, format) && format.overflow != Overflow::satfinite && !no_such)
    return {Value::infinity(negative), 0};
  if (values.posit) return not_a_number(values, flag_invalid);
  if (!values.zero && negative) return {};
  if (values.p3109 && format.overflow == Overflow::inf && !no_such)
    return {largest(values, negative), flag_overflow | flag_inexact | flag_saturated};
  if (format.overflow == Overflow::sat || format.overflow == Overflow::satfinite)
    return {largest(values, negative), flag_overflow | flag_inexact | flag_saturated};
  if (format.overflow == Overflow::inf) return {Value::nan(), flag_overflow | flag_inexact};
  return {};
}

Answer zero(const Values& values, const Format&, bool negative) {
  if (!values.zero) return {};
  return {Value::zero(negative && values.negative_zero), 0};
}

Answer pole(const Values& values, const Format& format, bool negative) {
  if (values.posit || values.p3109) return {Value::nan(), flag_divzero};
  switch (format.overflow) {
    case Overflow::sat:
    case Overflow::satfinite:
      return {largest(values, negative), flag_divzero | flag_saturated};
    case Overflow::inf:
      return {takes_infinity(values, format) ? Value::infinity(negative) : Value::nan(), flag_divzero};
    default:
      return {};
  }
}

namespace {

Question special(std::function<Answer(const Format&)> by_cases) {
  Question q;
  q.special = std::move(by_cases);
  return q;
}

/// The exact rational numerator / denominator / 2^scale.
Question rational(const Values& values, const Integer& numerator, const Integer& denominator) {
  Question q;
  q.negative = numerator < 0;
  q.numerator = abs(numerator);
  q.denominator = denominator;
  q.whole = q.numerator / denominator;
  q.sticky = q.whole * denominator != q.numerator;
  locate(q, values, [&](const Integer& c) { return Integer(numerator - c * denominator).sign(); });
  return q;
}

}  // namespace

Question ask(const Values& v, char op, const Value& a, Value const& b_) {
  const Value b = op == '-' ? negated(b_) : b_;
  if (a.is_nan() || b.is_nan()) return special([&v](const Format&) { return not_a_number(v, 0); });
  const bool sign = a.negative != b.negative;
  auto invalid = [&v](const Format&) { return not_a_number(v, flag_invalid); };
  auto infinity_of = [&v](bool negative) {
    return [&v, negative](const Format& f) { return infinite(v, f, negative); };
  };
  auto zero_of = [&v](bool negative) {
    return [&v, negative](const Format& f) { return zero(v, f, negative); };
  };
  switch (op) {
    case '+':
    case '-': {
      if (a.is_infinite() && b.is_infinite() && sign) return special(invalid);
      if (a.is_infinite() || b.is_infinite())
        return special(infinity_of(a.is_infinite() ? a.negative : b.negative));
      const Integer s = v.scaled(a) + v.scaled(b);
      if (s == 0) {
        const bool both = a.is_zero() && b.is_zero() && !sign;
        const bool negative = a.negative;
        return special([&v, both, negative](const Format& f) {
          return zero(v, f, both ? negative : f.rounding == Rounding::rdn);
        });
      }
      return rational(v, s, 1);
    }
    case '*':
      if ((a.is_infinite() && b.is_zero()) || (a.is_zero() && b.is_infinite())) return special(invalid);
      if (a.is_infinite() || b.is_infinite()) return special(infinity_of(sign));
      if (a.is_zero() || b.is_zero()) return special(zero_of(sign));
      return rational(v, v.scaled(a) * v.scaled(b), two_to(v.scale));
    default:
      if ((a.is_zero() && b.is_zero()) || (a.is_infinite() && b.is_infinite())) return special(invalid);
      if (a.is_infinite() && !(b.is_zero() && v.p3109)) return special(infinity_of(sign));
      if (b.is_zero()) return special([&v, sign](const Format& f) { return pole(v, f, sign); });
      if (a.is_zero() || b.is_infinite()) return special(zero_of(sign));
      const Integer divisor = v.scaled(b);
      return rational(v, (divisor < 0 ? Integer(-v.scaled(a)) : v.scaled(a)) * two_to(v.scale), abs(divisor));
  }
}

Question ask_fma(const Values& v, const Value& a, const Value& b, const Value& c) {
  if (a.is_nan() || b.is_nan() || c.is_nan())
    return special([&v](const Format&) { return not_a_number(v, 0); });
  const bool sign = a.negative != b.negative;
  const bool infinite_product = a.is_infinite() || b.is_infinite();
  if ((infinite_product && (a.is_zero() || b.is_zero())) ||
      (infinite_product && c.is_infinite() && c.negative != sign)) {
    return special([&v](const Format&) { return not_a_number(v, flag_invalid); });
  }
  if (infinite_product || c.is_infinite()) {
    const bool negative = infinite_product ? sign : c.negative;
    return special([&v, negative](const Format& f) { return infinite(v, f, negative); });
  }
  const Integer s = v.scaled(a) * v.scaled(b) + v.scaled(c) * two_to(v.scale);
  if (s == 0) {
    const bool both = (a.is_zero() || b.is_zero()) && c.is_zero() && sign == c.negative;
    return special(
        [&v, both, sign](const Format& f) { return zero(v, f, both ? sign : f.rounding == Rounding::rdn); });
  }
  return rational(v, s, two_to(v.scale));
}

Answer answer(const Question& q, const Values& v, const Format& format, Draw draw) {
  if (q.special) return q.special(format);
  const Rounding r = format.rounding;
  const auto last = static_cast<std::ptrdiff_t>(v.ladder.size()) - 1;
  auto at = [&](std::ptrdiff_t i) -> const Values::Entry& { return v.ladder[static_cast<std::size_t>(i)]; };
  auto toward_or_away = [&](bool odd_low, bool odd_high, int side) {  // true: to the higher of two neighbours
    const bool away_is_up = !q.negative;
    switch (r) {
      case Rounding::rne:
        if (side != 0) return side > 0;
        return odd_low == odd_high ? away_is_up : odd_low;
      case Rounding::rna:
        return side != 0 ? side > 0 : away_is_up;
      case Rounding::rnz:
        return side != 0 ? side > 0 : !away_is_up;
      case Rounding::rtz:
        return !away_is_up;
      case Rounding::rup:
        return true;
      case Rounding::rdn:
        return false;
      case Rounding::rod:
        return odd_high;
      default:
        return false;
    }
  };
  Flags flags = q.exact ? 0 : flag_inexact;
  if (format.overflow == Overflow::wrap && (q.below < 1 || q.below >= last - 1)) {
    // Two's complement on the integer S, the rounding taken on the unbounded integers.
    const Integer step = at(2).scaled - at(1).scaled;
    Integer s = q.whole / step;
    const Integer rest = q.whole - s * step;
    if (rest != 0 || q.sticky) {
      const Integer twice = 2 * rest;
      int side = twice < step ? -1 : twice > step || q.sticky ? 1 : 0;
      if (q.negative) side = -side;
      const bool odd = (s & 1) != 0;
      const bool up = q.negative ? toward_or_away(!odd, odd, side) : toward_or_away(odd, !odd, side);
      if (up != q.negative) s += 1;
      flags |= flag_inexact;
      if (s == 0) flags |= flag_underflow;
    }
    const Integer lowest = -at(1).scaled / step, highest = at(last - 1).scaled / step;
    if (s > (q.negative ? lowest : highest)) flags |= flag_overflow | flag_inexact;
    const Integer modulus = two_to(v.bits);
    Integer wrapped = (q.negative ? Integer(modulus - s % modulus) : Integer(s)) % modulus;
    if (wrapped > highest) wrapped -= modulus;
    if (wrapped == 0) return {Value::zero(), flags};
    return {v.value(static_cast<std::size_t>(
                1 + static_cast<std::ptrdiff_t>(Integer(wrapped - at(1).scaled / step)))),
            flags};
  }
  if (q.negative && !v.zero) return {};
  if (v.posit || v.ends) {
    if (q.below < 1 || q.below >= last || (q.below == last - 1 && !q.exact))
      return overflow(v, format, q.negative, 0);
  } else if (q.below < 0 || q.below >= last) {
    return overflow(v, format, q.negative, 0);
  }
  std::ptrdiff_t index = q.below;
  if (!q.exact) {
    const Values::Entry &low = at(q.below), &high = at(q.below + 1);
    bool up = toward_or_away(low.odd, high.odd, q.side);
    if (r == Rounding::sr) {
      const Integer toward = q.negative ? high.scaled : low.scaled;
      const Integer gap = high.scaled - low.scaled;
      const Integer part = ((q.numerator - abs(toward) * q.denominator) << 64) / (gap * q.denominator);
      const bool away = random_bits(format.seed, draw.place, draw.index) < static_cast<std::uint64_t>(part);
      up = away != q.negative;
    }
    const bool nearest = r == Rounding::rne || r == Rounding::rna || r == Rounding::rnz;
    if (v.posit && nearest && low.scaled == 0) up = true;
    if (v.posit && nearest && high.scaled == 0) up = false;
    if (!v.zero && low.scaled == 0) up = true;
    if (up) ++index;
    const Integer& lower_end = low.scaled;
    const bool tiny = q.negative ? lower_end >= -v.normal : lower_end < v.normal;
    if (v.uniform ? at(index).scaled == 0 : tiny) flags |= flag_underflow;
  }
  if (index == 0 || index == last) return overflow(v, format, q.negative, flags & ~flag_underflow);
  if (at(index).scaled == 0) return {Value::zero(q.negative && v.negative_zero), flags};
  return {v.value(static_cast<std::size_t>(index)), flags};
}

}  // namespace roundoff::formats::oracle
