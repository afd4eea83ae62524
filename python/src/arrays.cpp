// Rounded operations on NumPy arrays. Every function here takes arrays of float32 or float64 by rows and writes into
// one that Python has made (roundoff/arrays.py chooses types and shapes); nothing is copied on the way in or out.
//
// Operands that are no members are first rounded to the format, as `roundoff eval` does. Under stochastic rounding
// element i draws at place i.
#include <algorithm>

#include <fmt/format.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include "formats/blocks/blocks.hpp"
#include "formats/error.hpp"
#include "formats/lanes/context.hpp"
#include "formats/notation/members.hpp"
#include "formats/notation/suggest.hpp"
#include "formats/notation/text.hpp"
#include "python/src/lanes.hpp"
#include "python/src/numbers.hpp"

namespace roundoff::python {
namespace {

using Bytes = std::vector<std::byte>;

Floats floats_of(const py::array& array, bool writes) {
  const bool single = py::isinstance<py::array_t<float>>(array);
  if (!single && !py::isinstance<py::array_t<double>>(array))
    throw py::type_error("an array of float32 or float64 is needed here, not of " +
                         py::str(array.dtype()).cast<std::string>());
  if ((array.flags() & py::array::c_style) == 0) throw py::type_error("an array by rows (C order) is needed here");
  if (writes && !array.writeable()) throw py::value_error("the array for the result is read-only");
  return {const_cast<void*>(array.data()), single, static_cast<std::size_t>(array.size())};  // NOLINT: read alone
}
Floats input(const py::array& array) { return floats_of(array, false); }
Floats output(const py::array& array) { return floats_of(array, true); }

void require_equal(std::size_t a, std::size_t b) {
  if (a != b) throw py::value_error(fmt::format("arrays of {} and of {} elements do not go together", a, b));
}

// ---- one operation an element ----

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
      for (const Floats& operand : operands) elements.push_back(lanes->elements(operand.part(first, n), pulse));
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
    if (const std::size_t bad = trapped.first(n); bad < n) tell_trap(first + bad, [&] { defined(first + bad); });
    lanes->floats(results.data(), out.part(first, n));
  }
}

void elementwise(const std::string& op, const Format& format, const std::vector<py::array>& arrays, const py::array& into) {
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
        [](const LaneKernels& kernels, const std::vector<Bytes>& x, void* result, std::size_t n, std::uint8_t* marks) {
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
        [&](const LaneKernels& kernels, const std::vector<Bytes>& x, void* result, std::size_t n, std::uint8_t* marks) {
          kernel_of(kernels, binary)(kernels.context(), x[0].data(), x[1].data(), result, n, marks);
        },
        [&](const std::vector<Value>& x, Draw draw) { return by_definition(binary, x[0], x[1], format, draw); });
  }
  require(1);
  const Function function = parse_function(op);
  const py::gil_scoped_release free;
  each_element(
      format, operands, out,
      [&](const LaneKernels& kernels, const std::vector<Bytes>& x, void* result, std::size_t n, std::uint8_t* marks) {
        kernels.apply(function, x[0].data(), result, n, marks);
      },
      [&](const std::vector<Value>& x, Draw draw) { return apply(function, x[0], format, draw); });
}

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
void each_lane(const Lanes& lanes, std::span<const Floats> operands, Lengths length, Pulse& pulse, Definition definition) {
  std::vector<std::vector<Value>> values(operands.size(), std::vector<Value>(length.terms));
  for (std::size_t i = 0; i < length.lanes; ++i) {
    const auto lane = [&] {
      for (std::size_t o = 0; o < operands.size(); ++o)
        for (std::size_t j = 0; j < length.terms; ++j) values[o][j] = lanes.member(operands[o], j * length.lanes + i, o);
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

void sum_axis(const Format& format, const std::string& order_text, const py::array& x, const py::array& into) {
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
  kernels.sum(kernels.context(), rows_of(elements, length.terms, length.lanes * size).data(), length.terms, results.data(),
              length.lanes, trapped.data());
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
  How(const std::string& order_text, const std::string& dot_text) : order(parse_order(order_text)), mode(parse_dot(dot_text)) {
    if (mode != DotMode::rounded && order.kind != SumOrder::sequential)
      throw UsageError("dot '" + dot_text + "' has an order of its own, and order '" + order_text + "' is another; leave one out");
  }
  bool by_kernels() const { return order.kind == SumOrder::sequential && mode != DotMode::exact_dot; }
};

void dot_axis(const Format& format, const std::string& order_text, const std::string& dot_text, const py::array& x,
              const py::array& y, const py::array& into) {
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
         rows_of(right, length.terms, length.lanes * size).data(), length.terms, results.data(), length.lanes, trapped.data());
  if (trapped.first(length.lanes) < length.lanes) return each_lane(*lanes, in, length, pulse, define);
  lanes->floats(results.data(), out);
}

/// Softmax over the first axis, in place of which the weights stand.
void softmax_axis(const Format& format, const std::string& kind_text, const std::string& order_text, const py::array& x,
                  const py::array& into) {
  const SumOrder order = parse_order(order_text);
  constexpr std::string_view kinds[] = {"stable", "plain"};
  const auto* kind_word = std::find(std::begin(kinds), std::end(kinds), kind_text);
  if (kind_word == std::end(kinds)) throw UsageError("softmax '" + kind_text + "' is unknown" + did_you_mean(kind_text, kinds));
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
  void operator()(const Floats& a, const Floats& b, const Floats& out, std::size_t m, std::size_t k, std::size_t n) const {
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
  bool by_kernels(const Floats& a, const Floats& b, const Floats& out, std::size_t m, std::size_t k, std::size_t n) const {
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

  void by_definition(const Floats& a, const Floats& b, const Floats& out, std::size_t m, std::size_t k, std::size_t n) const {
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
          const Value sum = dot(std::span(left).subspan(i * k, k), column, how_.order, how_.mode, sums_->format(), element).value;
          out.put(element, format_ == sums_ ? sum : formats::round(sum, format_->format(), {element, std::uint64_t{1} << 61}).value);
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

void matmul(const Format& format, const Format& accumulator, const std::string& order, const std::string& dot_text,
            const py::array& a, const py::array& b, const py::array& into) {
  const How how(order, dot_text);
  if (a.ndim() != 2 || b.ndim() != 2 || into.ndim() != 2 || a.shape(1) != b.shape(0) || into.shape(0) != a.shape(0) ||
      into.shape(1) != b.shape(1))
    throw py::value_error("matmul takes matrices [M x K] and [K x N]");
  const auto m = static_cast<std::size_t>(a.shape(0)), k = static_cast<std::size_t>(a.shape(1)), n = static_cast<std::size_t>(b.shape(1));
  if (k == 0) throw UsageError("a dot product of no terms has no value: the matrices share an axis of length 0");
  const Floats left = input(a), right = input(b), out = output(into);
  const py::gil_scoped_release free;
  Pulse pulse;
  Product(format, accumulator, how, pulse)(left, right, out, m, k, n);
}

// ---- codes ----

/// Codes of a format of at most 16 bits, by the pattern of the double.
class CodeTable {
 public:
  explicit CodeTable(const Format& format) {
    for (const auto& [code, value] : members(format)) {
      if (value.is_nan()) continue;
      codes_.emplace_back(std::bit_cast<std::uint64_t>(to_double(value)), static_cast<std::uint64_t>(*code));
    }
    std::sort(codes_.begin(), codes_.end());
  }
  std::optional<std::uint64_t> find(double number) const {
    const auto at = std::lower_bound(codes_.begin(), codes_.end(), std::pair{std::bit_cast<std::uint64_t>(number), std::uint64_t{0}});
    if (at == codes_.end() || at->first != std::bit_cast<std::uint64_t>(number)) return std::nullopt;
    return at->second;
  }

 private:
  std::vector<std::pair<std::uint64_t, std::uint64_t>> codes_;
};

void require_codes(const Format& format) {
  if (format.encoding == Encoding::none) throw UsageError(notation(format) + " has no bit patterns: its members are known by value");
  if (format.bits > 64)
    throw UsageError(notation(format) + " has codes of more than 64 bits; Format.encode and Format.decode take them one by one");
}

std::uint64_t code_of(const Format& format, const Value& value, std::size_t element) {
  const bool member = value.is_nan() ? format.has_nan : formats::round(value, format).value == value;
  if (!member)
    throw UsageError(fmt::format("element {}: {} is no member of {}; quantize first", element, hex(value), notation(format)));
  const auto code = formats::encode(value, format);
  if (!code) throw UsageError(fmt::format("element {}: {} has no code for {}", element, notation(format), hex(value)));
  return static_cast<std::uint64_t>(*code);
}

void encode_array(const Format& format, const py::array& x, py::array_t<std::uint64_t, py::array::c_style>& into) {
  require_codes(format);
  const Floats in = input(x);
  require_equal(in.count, static_cast<std::size_t>(into.size()));
  std::uint64_t* out = into.mutable_data();
  const py::gil_scoped_release free;
  Pulse pulse;
  std::optional<CodeTable> table;
  if (format.bits <= most_listed_bits && float_bits(format) != 0 && in.count > 1000) table.emplace(format);
  for (std::size_t i = 0; i < in.count; ++i) {
    pulse();
    const double number = in.at(i);
    const auto found = table ? table->find(number) : std::nullopt;
    out[i] = found ? *found : code_of(format, Value::of(number), i);
  }
}

void decode_array(const Format& format, const py::array_t<std::uint64_t, py::array::c_style>& codes, const py::array& into) {
  require_codes(format);
  const Floats out = output(into);
  require_equal(out.count, static_cast<std::size_t>(codes.size()));
  const std::uint64_t* in = codes.data();
  const py::gil_scoped_release free;
  Pulse pulse;
  std::vector<std::optional<Value>> known(format.bits <= most_listed_bits && out.count > 1000 ? std::size_t{1} << format.bits : 0);
  for (std::size_t i = 0; i < out.count; ++i) {
    pulse();
    if (in[i] < known.size()) {
      std::optional<Value>& value = known[in[i]];
      if (!value) value = formats::decode(in[i], format);
      out.put(i, *value);
    } else {
      out.put(i, formats::decode(in[i], format));
    }
  }
}

// ---- quantisers of vectors ----

py::dict quantize_rows(const std::string& name, const py::array_t<double, py::array::c_style>& x, const py::object& tensor_scale,
                       const py::array_t<double, py::array::c_style>& into) {
  const BlockFormat format = parse_block_format(name);
  QuantiseOptions how;
  if (!tensor_scale.is_none()) {
    if (format.rule != BlockRule::two_levels)
      throw UsageError("tensor_scale is nvfp4's; " + format.name + " has no scale of the whole vector");
    how.tensor_scale = formats::round(exact_value(tensor_scale), parse_format("binary32")).value;
  }
  if (x.ndim() != 2) throw py::value_error("quantize_blocks takes rows");
  const auto rows = static_cast<std::size_t>(x.shape(0)), length = static_cast<std::size_t>(x.shape(1));
  std::vector<Blocks> made;
  const Floats in = input(x), out = output(into);
  {
    const py::gil_scoped_release free;
    Pulse pulse;
    std::vector<Value> numbers(length);
    for (std::size_t r = 0; r < rows; ++r) {
      pulse();
      for (std::size_t j = 0; j < length; ++j) numbers[j] = Value::of(in.at(r * length + j));
      const auto work = [&] { made.push_back(quantise(numbers, format, how)); };
      try {
        work();
      } catch (const Trap&) {
        tell_trap(r * length, work);
      }
      const std::vector<Value> values = made.back().values();
      for (std::size_t j = 0; j < length; ++j) out.put(r * length + j, values[j]);
    }
  }
  const std::size_t blocks = made.empty() ? 0 : made[0].blocks.size();
  const std::vector<std::size_t> by_block = {rows, blocks}, by_element = {rows, length};
  py::array_t<double> scales(by_block), offsets(by_block), elements(by_element), tensor_scales(static_cast<py::ssize_t>(rows));
  const Floats s = output(scales), o = output(offsets), e = output(elements), t = output(tensor_scales);
  for (std::size_t r = 0; r < rows; ++r) {
    std::size_t at = r * length;
    for (std::size_t b = 0; b < blocks; ++b) {
      const Block& block = made[r].blocks[b];
      s.put(r * blocks + b, block.scale);
      o.put(r * blocks + b, block.offset);
      for (const Value& element : block.elements) e.put(at++, element);
    }
    t.put(r, made[r].tensor_scale.value_or(Value::integer(1)));
  }
  py::dict answer;
  answer["scales"] = scales;
  answer["offsets"] = offsets;
  answer["elements"] = elements;
  answer["tensor_scales"] = tensor_scales;
  answer["block"] = format.block;
  return answer;
}

}  // namespace

void bind_arrays(py::module_& module) {
  module.def("float_bits", float_bits, py::arg("format"));
  module.def("address", [](const py::array& x) { return reinterpret_cast<std::uintptr_t>(input(x).data); }, py::arg("x"));
  module.def("quantize", [](const Format& format, const py::array& x, const py::array& into, bool reference) {
    const Floats in = input(x), out = output(into);
    require_equal(in.count, out.count);
    const py::gil_scoped_release free;
    Pulse pulse;
    const std::shared_ptr<const Lanes> lanes = Lanes::of(format);
    reference ? lanes->round_by_definition(in, out, pulse) : lanes->round(in, out, pulse);
  }, py::arg("format"), py::arg("x"), py::arg("out"), py::arg("reference"));
  module.def("elementwise", elementwise, py::arg("op"), py::arg("format"), py::arg("operands"), py::arg("out"));
  module.def("sum", sum_axis, py::arg("format"), py::arg("order"), py::arg("x"), py::arg("out"));
  module.def("dot", dot_axis, py::arg("format"), py::arg("order"), py::arg("dot"), py::arg("x"), py::arg("y"), py::arg("out"));
  module.def("softmax", softmax_axis, py::arg("format"), py::arg("softmax"), py::arg("order"), py::arg("x"), py::arg("out"));
  module.def("matmul", matmul, py::arg("format"), py::arg("accumulator"), py::arg("order"), py::arg("dot"), py::arg("a"),
             py::arg("b"), py::arg("out"));
  module.def("encode", encode_array, py::arg("format"), py::arg("x"), py::arg("out"));
  module.def("decode", decode_array, py::arg("format"), py::arg("codes"), py::arg("out"));
  module.def("quantize_rows", quantize_rows, py::arg("name"), py::arg("x"), py::arg("tensor_scale"), py::arg("out"));
}

}  // namespace roundoff::python
