// The parts of the module, one file a subject.
#pragma once

#include <chrono>
#include <cstdint>

#include "python/src/names.hpp"
#include <pybind11/pybind11.h>

namespace roundoff::python {

namespace py = pybind11;

void bind_formats(py::module_& module);
void bind_arrays(py::module_& module);
void bind_reductions(py::module_& module);
void bind_codes(py::module_& module);
void bind_commands(py::module_& module);
void bind_models(py::module_& module);
void bind_builder(py::module_& module);

/// In existence while something runs without the interpreter's lock. RuntimeError in a child that was forked while
/// another thread computed: it may never see a lock again that was held then.
class Running {
 public:
  Running();
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
};

/// Of work on arrays: called often, it looks now and then whether Python has a signal to see, and throws that
/// (KeyboardInterrupt).
class Pulse {
 public:
  void operator()();

 private:
  Running running_;
  std::uint64_t calls_ = 0;
  std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
};

}  // namespace roundoff::python
