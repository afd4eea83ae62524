#include "python/src/numbers.hpp"

#include <pybind11/pytypes.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"

namespace roundoff::python {

bool is_double(const Value& value) { return !value.is_finite() || Value::of(to_double(value)) == value; }

py::int_ integer(u128 number) {
  const py::int_ high(static_cast<std::uint64_t>(number >> 64)), low(static_cast<std::uint64_t>(number));
  return py::int_((high << py::int_(64)) | low);
}

u128 unsigned_integer(const py::int_& number) {
  const auto refuse = [&] {
    throw UsageError(py::repr(number).cast<std::string>() +
                     " is no number of at most 128 bits, without a sign");
  };
  if (number < py::int_(0)) refuse();
  if ((number >> py::int_(128)) > py::int_(0)) refuse();
  const py::int_ low_bits((py::int_(1) << py::int_(64)) - py::int_(1));
  return u128{py::int_(number >> py::int_(64)).cast<std::uint64_t>()} << 64 |
         py::int_(number & low_bits).cast<std::uint64_t>();
}

py::object number(const Value& value) {
  if (is_double(value)) return py::float_(to_double(value));
  const py::object fraction = py::module_::import("fractions").attr("Fraction");
  py::object made = integer(value.significand);
  if (value.negative) made = -made;
  if (value.exponent >= 0) return fraction(made * (py::int_(1) << py::int_(value.exponent)));
  return fraction(made, py::int_(1) << py::int_(-value.exponent));
}

py::object number(const std::optional<Value>& value) { return value ? number(*value) : py::none(); }

Value exact_value(const py::handle& object) {
  const auto refuse = [&](const char* why) {
    throw UsageError(py::repr(object).cast<std::string>() + ' ' + why);
  };
  if (py::isinstance<py::str>(object)) return parse_exact(object.cast<std::string>());
  if (PyFloat_Check(object.ptr()) != 0) return Value::of(object.cast<double>());
  // int, NumPy's integers, Fraction: all have a numerator and a denominator. NumPy's float32 has not, but is a float.
  if (!py::hasattr(object, "numerator") || !py::hasattr(object, "denominator")) {
    if (PyNumber_Check(object.ptr()) != 0 && py::hasattr(object, "dtype") && !py::hasattr(object, "__len__"))
      return Value::of(py::float_(py::reinterpret_borrow<py::object>(object)).cast<double>());
    throw py::type_error(py::repr(object).cast<std::string>() +
                         " is no number: give an int, a float, a Fraction, or text such as '0x1.8p-2'");
  }
  py::int_ numerator(object.attr("numerator")), denominator(object.attr("denominator"));
  const int shift = denominator.attr("bit_length")().cast<int>() - 1;
  if (!denominator.equal(py::int_(1) << py::int_(shift)))
    refuse("is not exact in binary: its denominator is no power of two");
  const bool negative = numerator < py::int_(0);
  if (negative) numerator = -numerator;
  int up = 0;  // whole powers of two leave the significand
  if (numerator > py::int_(0)) {
    const py::int_ lowest(numerator & py::int_(-numerator));
    up = lowest.attr("bit_length")().cast<int>() - 1;
    numerator = py::int_(numerator >> py::int_(up));
  }
  if (numerator.attr("bit_length")().cast<int>() > 120) refuse("has more than 120 significant bits");
  return Value::scaled(negative, unsigned_integer(numerator), std::int64_t{up} - shift);
}

}  // namespace roundoff::python
