// The module `roundoff._core`: what Python calls of the floors. No rounding happens here: every result comes from the
// floors' own operations, and every error is one of theirs.
#include "python/src/module.hpp"

#include "formats/error.hpp"

namespace roundoff::python {

void Pulse::operator()() {
  using namespace std::chrono_literals;
  if (++calls_ % 64 != 0 && calls_ > 64) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < 50ms) return;
  looked_ = now;
  const py::gil_scoped_acquire locked;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

}  // namespace roundoff::python

PYBIND11_MODULE(_core, module) {
  namespace py = pybind11;
  using namespace roundoff;  // NOLINT: the one place where names of the floors become Python's
  module.doc() = "The compiled part of roundoff; import roundoff instead.";
  const auto error = [&](auto& made, const char* doc) {
    made.attr("__module__") = "roundoff";
    made.attr("__doc__") = doc;
  };
  error(py::register_exception<formats::UsageError>(module, "UsageError", PyExc_ValueError),
        "A name, number, option or size that cannot be; the message says which, and what to write instead.");
  error(py::register_exception<formats::FileError>(module, "FileError", PyExc_OSError),
        "A file that cannot be read or written, or says something impossible.");
  error(py::register_exception<formats::Trap>(module, "Trap", PyExc_ArithmeticError),
        "A result that the format does not have: 0/0 where there is no NaN, an overflow under `:trap`.");
  python::bind_formats(module);
  python::bind_arrays(module);
  python::bind_reductions(module);
  python::bind_codes(module);
  python::bind_commands(module);
  python::bind_models(module);
  python::bind_builder(module);
}
