// Arrays of NumPy as the functions here take them: float32 or float64, by rows. roundoff/arrays.py makes them so.
#pragma once

#include "python/src/lanes.hpp"
#include <pybind11/numpy.h>

namespace roundoff::python {

/// What is read, where it stands. TypeError for another type or order.
Floats input(const py::array& array);
/// What is written; ValueError where it is read-only.
Floats output(const py::array& array);

/// ValueError where they differ.
void require_equal(std::size_t a, std::size_t b);

}  // namespace roundoff::python
