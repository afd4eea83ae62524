// Results before they are rounded, for people: a rational number where the operation gives one, an enclosure where the
// value is irrational. Nothing here decides a bit of a result.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "formats/error.hpp"
#include "formats/functions/enclosure.hpp"
#include "formats/rounding/arithmetic.hpp"

namespace roundoff::formats {

class Real {
 public:
  static Real of(const Value& value);
  static Real of(const Enclosure& enclosure);
  /// A number in the notations of parse_number, but no code.
  static Real read(std::string_view text);

  bool is_number() const;  ///< neither infinite nor NaN
  /// `3/10`, `5`, `[1.6487212707001281468, 1.6487212707001281469]`, `inf`, `nan`; where powers of two are large
  /// `3*2^-20000`.
  std::string text() const;
  /// A decimal of at most `digits` significant digits, cut, with an ellipsis where there are more.
  std::string decimal(int digits) const;
  /// (value - this) / unit, for display.
  double distance(const Value& value, const Value& unit) const;

  /// Exact. NaN and infinities as in IEEE 754 (x/0 is infinite).
  friend Real operator+(const Real& a, const Real& b);
  friend Real operator-(const Real& a, const Real& b);
  friend Real operator*(const Real& a, const Real& b);
  friend Real operator/(const Real& a, const Real& b);

  struct Inside;

 private:
  explicit Real(std::shared_ptr<const Inside> inside) : inside_(std::move(inside)) {}
  static Real make(Inside inside);
  std::shared_ptr<const Inside> inside_;
};

/// f(x): rational where it is, else an enclosure.
Real real_of(Function function, const Value& x);

/// The members next to a result: what the same operation gives toward -inf and toward +inf. Equal where the result is
/// a member; absent beyond the range, or an infinity where the format has one.
struct Neighbours {
  std::optional<Value> below, above;
};

/// The format with another rounding, saturating: its members are the same.
Format towards(Format format, Rounding rounding);
/// One of Neighbours, from the result under `towards`.
std::optional<Value> neighbour(const Rounded& rounded, const Format& format, bool above);

/// `operation(variant)` computes the result in a variant of the format.
template <class Operation>
Neighbours neighbours(const Format& format, const Operation& operation) {
  const auto one = [&](bool above) -> std::optional<Value> {
    try {
      return neighbour(operation(towards(format, above ? Rounding::rup : Rounding::rdn)), format, above);
    } catch (const Trap&) {  // no member on this side: e8m0
      return std::nullopt;
    }
  };
  return {one(false), one(true)};
}

/// All digits of a value: `0.1000000000000000055511151231257827021181583404541015625`.
std::string exact_decimal(const Value& value);
/// The shortest decimal that reads back to this member of the format, by the format's own rounding, or to nearest where
/// that draws random bits, and within the range; the nearest to the value of those.
std::string shortest_decimal(const Value& value, const Format& format);
/// For people: all digits where they are few, else the shortest.
std::string plain_decimal(const Value& value, const Format& format);

}  // namespace roundoff::formats
