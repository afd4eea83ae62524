// Sums, dot products, softmax and products of matrices of NumPy arrays, in every order and mode of semantics.md,
// section 3. Kernels do what is sequential; other orders go by definition. Operands are first rounded to the format.
#include <algorithm>

#include "python/src/views.hpp"
#include <fmt/format.h>
#include <pybind11/stl.h>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::python {
namespace {

using Bytes = std::vector<std::byte>;

// ---- reductions over the first axis; lanes are what is left ----

std::vector<const void*> rows_of(const Bytes& elements, std::size_t count, std::size_t bytes) {
  std::vector<const void*> rows(count);
  for (std::size_t j = 0; j < count; ++j) rows[j] = elements.data() + j * bytes;
  return rows;
}

struct Lengths {
  std::size_t terms, lanes;
};
Lengths lengths(const py::array& x) {
  if (x.ndim() != 2) throw py::value_error("a reduction takes an array of two axes");
  if (x.shape(0) == 0) throw UsageError("a sum of no terms has no value: its array has an axis of length 0");
  return {static_cast<std::size_t>(x.shape(0)), static_cast<std::size_t>(x.shape(1))};
}

/// Every lane's terms, by definition.
template <class Definition>
void each_lane(const Lanes& lanes, std::span<const Floats> operands, Lengths length, Pulse& pulse,
               Definition definition) {
  std::vector<std::vector<Value>> values(operands.size(), std::vector<Value>(length.terms));
  for (std::size_t i = 0; i < length.lanes; ++i) {
    const auto lane = [&] {
      for (std::size_t o = 0; o < operands.size(); ++o)
        for (std::size_t j = 0; j < length.terms; ++j)
          values[o][j] = lanes.member(operands[o], j * length.lanes + i, o);
      definition(i, values);
    };
    pulse();
    try {
      lane();
    } catch (const Trap&) {
      tell_trap(i, lane);
    }
  }
}

void sum_axis(const Format& format, const std::string& order_text, const py::array& x,
              const py::array& into) {
  const SumOrder order = parse_order(order_text);
  const Lengths length = lengths(x);
  const Floats in = input(x), out = output(into);
  require_equal(out.count, length.lanes);
  const py::gil_scoped_release free;
  Pulse pulse;
  const std::shared_ptr<const Lanes> lanes = Lanes::of(format);
  const auto define = [&](std::size_t i, const std::vector<std::vector<Value>>& v) {
    out.put(i, sum(v[0], order, format, i).value);
  };
  if (lanes->kernels() == nullptr || order.kind != SumOrder::sequential)
    return each_lane(*lanes, {&in, 1}, length, pulse, define);
  const LaneKernels& kernels = *lanes->kernels();
  const Bytes elements = lanes->elements(in, pulse);
  const std::size_t size = size_of(kernels.container());
  Bytes results(length.lanes * size + 64);
  Trapped trapped(length.lanes);
  kernels.sum(kernels.context(), rows_of(elements, length.terms, length.lanes * size).data(), length.terms,
              results.data(), length.lanes, trapped.data());
  if (trapped.first(length.lanes) < length.lanes) return each_lane(*lanes, {&in, 1}, length, pulse, define);
  lanes->floats(results.data(), out);
}

DotMode parse_dot(const std::string& word) {
  constexpr std::string_view words[] = {"rounded", "fused", "exact"};
  for (std::size_t i = 0; i < std::size(words); ++i)
    if (words[i] == word) return static_cast<DotMode>(i);
  throw UsageError("dot '" + word + "' is unknown" + did_you_mean(word, words));
}

struct How {
  SumOrder order;
  DotMode mode;
  How(const std::string& order_text, const std::string& dot_text)
      : order(parse_order(order_text)), mode(parse_dot(dot_text)) {
    if (mode != DotMode::rounded && order.kind != SumOrder::sequential)
      throw UsageError("dot '" + dot_text + "' has an order of its own, and order '" + order_text +
                       "' is another; leave one out");
  }
  bool by_kernels() const { return order.kind == SumOrder::sequential && mode != DotMode::exact_dot; }
};

void dot_axis(const Format& format, const std::string& order_text, const std::string& dot_text,
              const py::array& x, const py::array& y, const py::array& into) {
  const How how(order_text, dot_text);
  const Lengths length = lengths(x);
  const Floats in[] = {input(x), input(y)}, out = output(into);
  require_equal(in[0].count, in[1].count);
  require_equal(out.count, length.lanes);
  const py::gil_scoped_release free;
  Pulse pulse;
  const std::shared_ptr<const Lanes> lanes = Lanes::of(format);
  const auto define = [&](std::size_t i, const std::vector<std::vector<Value>>& v) {
    out.put(i, dot(v[0], v[1], how.order, how.mode, format, i).value);
  };
  if (lanes->kernels() == nullptr || !how.by_kernels()) return each_lane(*lanes, in, length, pulse, define);
  const LaneKernels& kernels = *lanes->kernels();
  const Bytes left = lanes->elements(in[0], pulse), right = lanes->elements(in[1], pulse);
  const std::size_t size = size_of(kernels.container());
  Bytes results(length.lanes * size + 64);
  Trapped trapped(length.lanes);
  const auto kernel = how.mode == DotMode::fused ? kernels.fused_dot : kernels.dot;
  kernel(kernels.context(), rows_of(left, length.terms, length.lanes * size).data(),
         rows_of(right, length.terms, length.lanes * size).data(), length.terms, results.data(), length.lanes,
         trapped.data());
  if (trapped.first(length.lanes) < length.lanes) return each_lane(*lanes, in, length, pulse, define);
  lanes->floats(results.data(), out);
}

/// Softmax over the first axis, in place of which the weights stand.
void softmax_axis(const Format& format, const std::string& kind_text, const std::string& order_text,
                  const py::array& x, const py::array& into) {
  const SumOrder order = parse_order(order_text);
  constexpr std::string_view kinds[] = {"stable", "plain"};
  const auto* kind_word = std::find(std::begin(kinds), std::end(kinds), kind_text);
  if (kind_word == std::end(kinds))
    throw UsageError("softmax '" + kind_text + "' is unknown" + did_you_mean(kind_text, kinds));
  const auto kind = static_cast<Softmax>(kind_word - std::begin(kinds));
  const Lengths length = lengths(x);
  const Floats in = input(x), out = output(into);
  require_equal(in.count, out.count);
  const py::gil_scoped_release free;
  Pulse pulse;
  const std::shared_ptr<const Lanes> lanes = Lanes::of(format);
  const auto define = [&](std::size_t i, const std::vector<std::vector<Value>>& v) {
    const std::vector<Value> weights = softmax(v[0], kind, order, format, i);
    for (std::size_t j = 0; j < weights.size(); ++j) out.put(j * length.lanes + i, weights[j]);
  };
  if (lanes->kernels() == nullptr || order.kind != SumOrder::sequential)
    return each_lane(*lanes, {&in, 1}, length, pulse, define);
  const LaneKernels& kernels = *lanes->kernels();
  const LaneKernels::Context& context = kernels.context();
  const std::size_t row = length.lanes * size_of(kernels.container()), n = length.lanes;
  Bytes elements = lanes->elements(in, pulse);
  const std::vector<const void*> rows = rows_of(elements, length.terms, row);
  Bytes total(row + 64);
  Trapped trapped(n);
  if (kind == Softmax::stable) {
    kernels.max_of(context, rows.data(), length.terms, total.data(), n, trapped.data());
    for (std::size_t j = 0; j < length.terms; ++j) {
      std::byte* scores = elements.data() + j * row;
      kernels.sub(context, scores, total.data(), scores, n, trapped.data());
    }
  }
  for (std::size_t j = 0; j < length.terms; ++j) {
    pulse();
    std::byte* scores = elements.data() + j * row;
    kernels.apply(Function::exp, scores, scores, n, trapped.data());
  }
  kernels.sum(context, rows.data(), length.terms, total.data(), n, trapped.data());
  for (std::size_t j = 0; j < length.terms; ++j) {
    std::byte* weights = elements.data() + j * row;
    kernels.div(context, weights, total.data(), weights, n, trapped.data());
  }
  if (trapped.first(n) < n) return each_lane(*lanes, {&in, 1}, length, pulse, define);
  lanes->floats(elements.data(), out);
}

// ---- matrices ----

class Product {
 public:
  Product(const Format& format, const Format& sums, const How& how, Pulse& pulse)
      : format_(Lanes::of(format)), sums_(Lanes::of(sums)), how_(how), pulse_(pulse) {}

  /// out [M x N] = a [M x K] b [K x N].
  void operator()(const Floats& a, const Floats& b, const Floats& out, std::size_t m, std::size_t k,
                  std::size_t n) const {
    const bool kernels = how_.by_kernels() && format_->kernels() != nullptr && sums_->kernels() != nullptr &&
                         contains(sums_->format(), format_->format());
    if (!kernels || !by_kernels(a, b, out, m, k, n)) by_definition(a, b, out, m, k, n);
  }

 private:
  Bytes elements(const Floats& x) const {
    if (format_ == sums_) return format_->elements(x, pulse_);
    std::vector<double> members(x.count);
    const Floats wide{members.data(), false, x.count};
    format_->round(x, wide, pulse_);
    return sums_->elements(wide, pulse_);
  }

  /// False where a lane traps: the definition says which.
  bool by_kernels(const Floats& a, const Floats& b, const Floats& out, std::size_t m, std::size_t k,
                  std::size_t n) const {
    const LaneKernels& kernels = *sums_->kernels();
    const auto weighted = how_.mode == DotMode::fused ? kernels.fused_weighted : kernels.weighted;
    const std::size_t size = size_of(kernels.container());
    const bool direct_cells = kernels.container() == (out.single ? Container::f32 : Container::f64);
    Bytes left = elements(a), right = elements(b);
    // Lanes are columns of b; where there are few, rows of a: products commute on bits.
    const bool by_rows = n < 64 && n < m;
    if (by_rows) {
      left = transposed(left, m, k, size);
      right = transposed(right, k, n, size);
    }
    const std::size_t passes = by_rows ? n : m, count = by_rows ? m : n;
    const std::vector<const void*> rows = rows_of(by_rows ? left : right, k, count * size);
    const std::byte* weights = (by_rows ? right : left).data();
    const bool direct = !by_rows && format_ == sums_ && direct_cells;
    Bytes results(direct ? 0 : passes * count * size + 64);
    Trapped trapped(count);
    for (std::size_t i = 0; i < passes; ++i) {
      pulse_();
      void* row = direct ? out.part(i * count, count).data : results.data() + i * count * size;
      weighted(kernels.context(), weights + i * k * size, rows.data(), k, row, count, trapped.data());
      if (trapped.first(count) < count) return false;
    }
    if (direct) return true;
    if (by_rows) results = transposed(results, n, m, size);
    if (format_ == sums_) {
      sums_->floats(results.data(), out);
    } else {
      std::vector<double> sums(out.count);
      const Floats wide{sums.data(), false, out.count};
      sums_->floats(results.data(), wide);
      format_->round(wide, out, pulse_);
    }
    return true;
  }

  static Bytes transposed(const Bytes& x, std::size_t rows, std::size_t columns, std::size_t size) {
    Bytes made(rows * columns * size + 64);
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j)
        std::copy_n(x.data() + (i * columns + j) * size, size, made.data() + (j * rows + i) * size);
    return made;
  }

  void by_definition(const Floats& a, const Floats& b, const Floats& out, std::size_t m, std::size_t k,
                     std::size_t n) const {
    std::vector<Value> left(m * k), right(k * n);
    for (std::size_t i = 0; i < left.size(); ++i) left[i] = format_->member(a, i, 0);
    for (std::size_t i = 0; i < right.size(); ++i) right[i] = format_->member(b, i, 1);
    std::vector<Value> column(k);
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t t = 0; t < k; ++t) column[t] = right[t * n + j];
      for (std::size_t i = 0; i < m; ++i) {
        pulse_();
        const std::size_t element = i * n + j;
        const auto work = [&] {
          const Value sum =
              dot(std::span(left).subspan(i * k, k), column, how_.order, how_.mode, sums_->format(), element)
                  .value;
          out.put(element,
                  format_ == sums_
                      ? sum
                      : formats::round(sum, format_->format(), {element, std::uint64_t{1} << 61}).value);
        };
        try {
          work();
        } catch (const Trap&) {
          tell_trap(element, work);
        }
      }
    }
  }

  std::shared_ptr<const Lanes> format_, sums_;
  How how_;
  Pulse& pulse_;
};

void matmul(const Format& format, const Format& accumulator, const std::string& order,
            const std::string& dot_text, const py::array& a, const py::array& b, const py::array& into) {
  const How how(order, dot_text);
  if (a.ndim() != 2 || b.ndim() != 2 || into.ndim() != 2 || a.shape(1) != b.shape(0) ||
      into.shape(0) != a.shape(0) || into.shape(1) != b.shape(1))
    throw py::value_error("matmul takes matrices [M x K] and [K x N]");
  const auto m = static_cast<std::size_t>(a.shape(0)), k = static_cast<std::size_t>(a.shape(1)),
             n = static_cast<std::size_t>(b.shape(1));
  if (k == 0)
    throw UsageError("a dot product of no terms has no value: the matrices share an axis of length 0");
  const Floats left = input(a), right = input(b), out = output(into);
  const py::gil_scoped_release free;
  Pulse pulse;
  Product(format, accumulator, how, pulse)(left, right, out, m, k, n);
}

}  // namespace

void bind_reductions(py::module_& module) {
  module.def("sum", sum_axis, py::arg("format"), py::arg("order"), py::arg("x"), py::arg("out"));
  module.def("dot", dot_axis, py::arg("format"), py::arg("order"), py::arg("dot"), py::arg("x"), py::arg("y"),
             py::arg("out"));
  module.def("softmax", softmax_axis, py::arg("format"), py::arg("softmax"), py::arg("order"), py::arg("x"),
             py::arg("out"));
  module.def("matmul", matmul, py::arg("format"), py::arg("accumulator"), py::arg("order"), py::arg("dot"),
             py::arg("a"), py::arg("b"), py::arg("out"));
}

}  // namespace roundoff::python
