// JSON documents between Python and the floors.
#pragma once

#include "python/src/names.hpp"
#include <nlohmann/json_fwd.hpp>
#include <pybind11/pybind11.h>

namespace roundoff::python {

namespace py = pybind11;

/// Dicts, lists, str, int, float, bool and None.
py::object to_python(const nlohmann::ordered_json& document);

}  // namespace roundoff::python
