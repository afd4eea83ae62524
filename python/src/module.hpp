// The parts of the module, one file a subject.
#pragma once

#include <functional>

#include <pybind11/pybind11.h>

#include "python/src/names.hpp"

namespace roundoff::python {

namespace py = pybind11;

void bind_formats(py::module_& module);
void bind_arrays(py::module_& module);

/// Runs work that may take long without the interpreter's lock. `pulse`, called now and then from the same thread,
/// throws where Python has a signal to see (KeyboardInterrupt).
class Pulse {
 public:
  void operator()();

 private:
  int calls_ = 0;
};

}  // namespace roundoff::python
