#include "python/src/views.hpp"

#include <fmt/format.h>

namespace roundoff::python {

namespace {

Floats floats_of(const py::array& array, bool writes) {
  const bool single = py::isinstance<py::array_t<float>>(array);
  if (!single && !py::isinstance<py::array_t<double>>(array))
    throw py::type_error("an array of float32 or float64 is needed here, not of " +
                         py::str(array.dtype()).cast<std::string>());
  if ((array.flags() & py::array::c_style) == 0)
    throw py::type_error("an array by rows (C order) is needed here");
  if (writes && !array.writeable()) throw py::value_error("the array for the result is read-only");
  return {const_cast<void*>(array.data()), single,
          static_cast<std::size_t>(array.size())};  // NOLINT: read alone
}
}  // namespace

Floats input(const py::array& array) { return floats_of(array, false); }
Floats output(const py::array& array) { return floats_of(array, true); }

void require_equal(std::size_t a, std::size_t b) {
  if (a != b) throw py::value_error(fmt::format("arrays of {} and of {} elements do not go together", a, b));
}

}  // namespace roundoff::python
