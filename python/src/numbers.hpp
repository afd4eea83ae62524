// Numbers between Python and the floors, exactly: a Value is an int, a float or a fractions.Fraction, never a rounded
// one.
#pragma once

#include <optional>

#include "python/src/names.hpp"
#include <pybind11/pybind11.h>

#include "formats/value.hpp"

namespace roundoff::python {

namespace py = pybind11;

/// A float where it holds the value exactly (-0, inf and nan too), else a Fraction.
py::object number(const Value& value);
py::object number(const std::optional<Value>& value);

/// Of an int, a float, a Fraction, or text in the number notation. UsageError for what is no dyadic number of at
/// most 120 bits; TypeError for anything else.
Value exact_value(const py::handle& object);

/// Any width.
py::int_ integer(u128 number);
/// UsageError where it is negative or takes more than 128 bits.
u128 unsigned_integer(const py::int_& number);

/// Whether a float holds it.
bool is_double(const Value& value);

}  // namespace roundoff::python
