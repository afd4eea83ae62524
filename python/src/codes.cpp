// Bit patterns of members, and quantisers of vectors, on NumPy arrays.
#include <algorithm>
#include <bit>
#include <optional>

#include "python/src/numbers.hpp"
#include "python/src/views.hpp"
#include <fmt/format.h>
#include <pybind11/stl.h>

#include "formats/blocks/blocks.hpp"
#include "formats/error.hpp"
#include "formats/notation/members.hpp"
#include "formats/notation/text.hpp"

namespace roundoff::python {
namespace {

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
    const auto at = std::lower_bound(codes_.begin(), codes_.end(),
                                     std::pair{std::bit_cast<std::uint64_t>(number), std::uint64_t{0}});
    if (at == codes_.end() || at->first != std::bit_cast<std::uint64_t>(number)) return std::nullopt;
    return at->second;
  }

 private:
  std::vector<std::pair<std::uint64_t, std::uint64_t>> codes_;
};

void require_codes(const Format& format) {
  if (format.encoding == Encoding::none)
    throw UsageError(notation(format) + " has no bit patterns: its members are known by value");
  if (format.bits > 64)
    throw UsageError(notation(format) +
                     " has codes of more than 64 bits; Format.encode and Format.decode take them one by one");
}

std::uint64_t code_of(const Format& format, const Value& value, std::size_t element) {
  const bool member = value.is_nan() ? format.has_nan : formats::round(value, format).value == value;
  if (!member)
    throw UsageError(fmt::format("element {}: {} is no member of {}; quantize first", element, hex(value),
                                 notation(format)));
  const auto code = formats::encode(value, format);
  if (!code)
    throw UsageError(fmt::format("element {}: {} has no code for {}", element, notation(format), hex(value)));
  return static_cast<std::uint64_t>(*code);
}

void encode_array(const Format& format, const py::array& x,
                  py::array_t<std::uint64_t, py::array::c_style>& into) {
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

void decode_array(const Format& format, const py::array_t<std::uint64_t, py::array::c_style>& codes,
                  const py::array& into) {
  require_codes(format);
  const Floats out = output(into);
  require_equal(out.count, static_cast<std::size_t>(codes.size()));
  const std::uint64_t* in = codes.data();
  const py::gil_scoped_release free;
  Pulse pulse;
  std::vector<std::optional<Value>> known(
      format.bits <= most_listed_bits && out.count > 1000 ? std::size_t{1} << format.bits : 0);
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

py::dict quantize_rows(const std::string& name, const py::array_t<double, py::array::c_style>& x,
                       const py::object& tensor_scale, const py::array_t<double, py::array::c_style>& into) {
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
  py::array_t<double> scales(by_block), offsets(by_block), elements(by_element),
      tensor_scales(static_cast<py::ssize_t>(rows));
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

void bind_codes(py::module_& module) {
  module.def("encode", encode_array, py::arg("format"), py::arg("x"), py::arg("out"));
  module.def("decode", decode_array, py::arg("format"), py::arg("codes"), py::arg("out"));
  module.def("quantize_rows", quantize_rows, py::arg("name"), py::arg("x"), py::arg("tensor_scale"),
             py::arg("out"));
}

}  // namespace roundoff::python
