// Rounded operations on NumPy arrays, element by element. Every function takes arrays by rows and writes into one that
// Python has made (roundoff/arrays.py chooses types and shapes); nothing is copied on the way in or out.
//
// Operands that are no members are first rounded to the format, as `roundoff eval` does. Under stochastic rounding
// element i draws at place i.
#include <algorithm>

#include "python/src/views.hpp"
#include <fmt/format.h>
#include <pybind11/stl.h>

#include "formats/error.hpp"
#include "formats/lanes/context.hpp"

namespace roundoff::python {
namespace {

using Bytes = std::vector<std::byte>;

enum class Binary : std::uint8_t { add, sub, mul, div, maximum };
constexpr std::string_view binary_names[] = {"add", "sub", "mul", "div", "maximum"};

Rounded by_definition(Binary op, const Value& a, const Value& b, const Format& format, Draw draw) {
  switch (op) {
    case Binary::add:
      return add(a, b, format, draw);
    case Binary::sub:
      return sub(a, b, format, draw);
    case Binary::mul:
      return mul(a, b, format, draw);
    case Binary::div:
      return div(a, b, format, draw);
    case Binary::maximum:
      break;
  }
  return {maximum(a, b), 0};
}

LaneKernels::Binary kernel_of(const LaneKernels& kernels, Binary op) {
  const LaneKernels::Binary all[] = {kernels.add, kernels.sub, kernels.mul, kernels.div, kernels.max};
  return all[static_cast<std::size_t>(op)];
}

/// out[i] = operation(operand values of i), through `kernel(elements of each operand, results, lanes, marks)` where there
/// are kernels.
template <class Kernel, class Definition>
void each_element(const Format& format, std::span<const Floats> operands, const Floats& out, Kernel kernel,
                  Definition definition) {
  const std::shared_ptr<const Lanes> lanes = Lanes::of(format);
  Pulse pulse;
  const auto defined = [&](std::size_t i) {
    std::vector<Value> values;
    for (std::size_t j = 0; j < operands.size(); ++j) values.push_back(lanes->member(operands[j], i, j));
    return definition(values, Draw{i, 0}).value;
  };
  if (lanes->kernels() == nullptr) {
    for (std::size_t i = 0; i < out.count; ++i) {
      pulse();
      try {
        out.put(i, defined(i));
      } catch (const Trap&) {
        tell_trap(i, [&] { defined(i); });
      }
    }
    return;
  }
  constexpr std::size_t block = 4096;
  Trapped trapped(block);
  for (std::size_t first = 0; first < out.count; first += block) {
    pulse();
    const std::size_t n = std::min(block, out.count - first);
    std::vector<Bytes> elements;
    try {
      for (const Floats& operand : operands)
        elements.push_back(lanes->elements(operand.part(first, n), pulse));
    } catch (const Trap&) {  // tell which element it is of the whole
      for (std::size_t i = first; i < first + n; ++i) {
        try {
          defined(i);
        } catch (const Trap&) {
          tell_trap(i, [&] { defined(i); });
        }
      }
      throw;
    }
    Bytes results(elements[0].size());
    kernel(*lanes->kernels(), elements, results.data(), n, trapped.data());
    if (const std::size_t bad = trapped.first(n); bad < n)
      tell_trap(first + bad, [&] { defined(first + bad); });
    lanes->floats(results.data(), out.part(first, n));
  }
}

void elementwise(const std::string& op, const Format& format, const std::vector<py::array>& arrays,
                 const py::array& into) {
  const Floats out = output(into);
  std::vector<Floats> operands;
  for (const py::array& array : arrays) {
    operands.push_back(input(array));
    require_equal(operands.back().count, out.count);
  }
  const auto require = [&](std::size_t count) {
    if (operands.size() != count) throw py::type_error(fmt::format("{} takes {} operands", op, count));
  };
  if (op == "fma") {
    require(3);
    const py::gil_scoped_release free;
    return each_element(
        format, operands, out,
        [](const LaneKernels& kernels, const std::vector<Bytes>& x, void* result, std::size_t n,
           std::uint8_t* marks) {
          kernels.context().fma(kernels.context(), x[0].data(), x[1].data(), x[2].data(), result, n, marks);
        },
        [&](const std::vector<Value>& x, Draw draw) { return fma(x[0], x[1], x[2], format, draw); });
  }
  const auto* found = std::find(std::begin(binary_names), std::end(binary_names), op);
  if (found != std::end(binary_names)) {
    require(2);
    const auto binary = static_cast<Binary>(found - std::begin(binary_names));
    const py::gil_scoped_release free;
    return each_element(
        format, operands, out,
        [&](const LaneKernels& kernels, const std::vector<Bytes>& x, void* result, std::size_t n,
            std::uint8_t* marks) {
          kernel_of(kernels, binary)(kernels.context(), x[0].data(), x[1].data(), result, n, marks);
        },
        [&](const std::vector<Value>& x, Draw draw) {
          return by_definition(binary, x[0], x[1], format, draw);
        });
  }
  require(1);
  const Function function = parse_function(op);
  const py::gil_scoped_release free;
  each_element(
      format, operands, out,
      [&](const LaneKernels& kernels, const std::vector<Bytes>& x, void* result, std::size_t n,
          std::uint8_t* marks) { kernels.apply(function, x[0].data(), result, n, marks); },
      [&](const std::vector<Value>& x, Draw draw) { return apply(function, x[0], format, draw); });
}

}  // namespace

void bind_arrays(py::module_& module) {
  module.def("float_bits", float_bits, py::arg("format"));
  module.def(
      "address", [](const py::array& x) { return reinterpret_cast<std::uintptr_t>(input(x).data); },
      py::arg("x"));
  module.def(
      "quantize",
      [](const Format& format, const py::array& x, const py::array& into, bool reference) {
        const Floats in = input(x), out = output(into);
        require_equal(in.count, out.count);
        const py::gil_scoped_release free;
        Pulse pulse;
        const std::shared_ptr<const Lanes> lanes = Lanes::of(format);
        reference ? lanes->round_by_definition(in, out, pulse) : lanes->round(in, out, pulse);
      },
      py::arg("format"), py::arg("x"), py::arg("out"), py::arg("reference"));
  module.def("elementwise", elementwise, py::arg("op"), py::arg("format"), py::arg("operands"),
             py::arg("out"));
}

}  // namespace roundoff::python
