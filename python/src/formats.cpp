// Format: a number format as a value, with every fact as an attribute.
#include "python/src/module.hpp"
#include "python/src/numbers.hpp"
#include <fmt/format.h>
#include <pybind11/numpy.h>
#include <pybind11/operators.h>
#include <pybind11/stl.h>

#include "formats/error.hpp"
#include "formats/notation/catalogue.hpp"
#include "formats/notation/facts.hpp"
#include "formats/notation/family.hpp"
#include "formats/notation/members.hpp"
#include "formats/notation/modifiers.hpp"
#include "formats/notation/suggest.hpp"
#include "formats/notation/text.hpp"

namespace roundoff::python {
namespace {

/// n=8, k=4 into the variables of a family.
Bindings bindings_of(const py::kwargs& sizes) {
  Bindings bindings;
  for (const auto& [key, value] : sizes) {
    const auto letter = key.cast<std::string>();
    std::optional<std::int64_t>* slot = letter == "n"   ? &bindings.n
                                        : letter == "k" ? &bindings.k
                                        : letter == "p" ? &bindings.p
                                        : letter == "l" ? &bindings.l
                                        : letter == "c" ? &bindings.c
                                        : letter == "N" ? &bindings.N
                                                        : nullptr;
    if (slot == nullptr)
      throw UsageError("Format: '" + letter + "' is no size of a family; those are n, k, p, l, c, N");
    *slot = py::int_(py::reinterpret_borrow<py::object>(value)).cast<std::int64_t>();
  }
  return bindings;
}

/// `#x7c01..#x7fff #xfc01..#xffff` as ranges.
py::tuple nan_codes(const Format& format) {
  const std::string text = facts_of(format).nan_codes;
  const py::object range = py::module_::import("builtins").attr("range");
  py::list ranges;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    const std::size_t dots = word.find("..");
    const auto code = [](const std::string& digits) {
      return py::reinterpret_steal<py::int_>(PyLong_FromString(digits.substr(2).c_str(), nullptr, 16));
    };
    const py::int_ first = code(word.substr(0, dots)),
                   last = dots == std::string::npos ? first : code(word.substr(dots + 2));
    ranges.append(range(first, last + py::int_(1)));
    at = end + 1;
  }
  return ranges;
}

py::array_t<double> values(const Format& format) {
  const auto all = members(format);
  py::array_t<double> made(static_cast<py::ssize_t>(all.size()));
  double* out = made.mutable_data();
  for (const auto& [code, value] : all) {
    if (!is_double(value))
      throw UsageError("values: " + notation(format) + " has members that no float64 holds");
    *out++ = to_double(value);
  }
  return made;
}

std::vector<std::string> aliases(const Format& format) {
  std::vector<std::string> list;
  for (std::string_view rest = entry_of(format).aliases; !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    if (word.find('=') == std::string_view::npos) list.emplace_back(word);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return list;
}

template <class Get>
auto fact(Get get) {
  return [get](const Format& format) { return get(facts_of(format)); };
}

py::object big(const std::string& digits) {
  if (digits.empty()) return py::none();
  return py::reinterpret_steal<py::object>(PyLong_FromString(digits.c_str(), nullptr, 10));
}

std::string_view name(Layout layout) {
  constexpr std::string_view names[] = {"fixed", "twos", "ufixed", "float", "F", "posit", "list"};
  return names[static_cast<std::size_t>(layout)];
}

template <class Kind>
Kind named(std::string_view what, const std::string& word, Kind last) {
  std::vector<std::string_view> words;
  for (int kind = 0; kind <= static_cast<int>(last); ++kind) {
    words.push_back(formats::name(static_cast<Kind>(kind)));
    if (words.back() == word) return static_cast<Kind>(kind);
  }
  throw UsageError(fmt::format("{} '{}' is unknown{}", what, word, did_you_mean(word, words)));
}

Format replaced(Format format, const std::optional<std::string>& rounding,
                const std::optional<std::string>& overflow, std::optional<std::uint64_t> seed) {
  if (rounding) format.rounding = named("rounding", *rounding, Rounding::src);
  if (overflow) format.overflow = named("overflow", *overflow, Overflow::trap);
  if (seed) format.seed = *seed;
  if (!format.is_stochastic()) format.seed = 0, format.random_bits = 0;
  if (seed && !format.is_stochastic())
    throw UsageError(notation(format) + " draws nothing: a seed goes with stochastic rounding (sr)");
  if (format.rounding > Rounding::sr && format.random_bits == 0)
    throw UsageError(std::string(name(format.rounding)) +
                     " needs its number of bits: write it in the notation, as in :sra(1,8)");
  if (const auto refused = refused_modifier(format)) throw UsageError(notation(format) + ": " + refused->why);
  return parse_format(notation(format));
}

}  // namespace

void bind_formats(py::module_& module) {
  using formats::name;
  py::class_<Format> made(
      module, "Format", R"doc(A number format: a finite set of numbers, a rounding rule and an overflow rule.

Formats are written as on the command line: a name (``bfloat16``, ``e4m3``, ``posit16``, ``Q8.8``), or a notation with
numbers (``fixed(8,0)``, ``float(8,8)``), and modifiers for rounding and overflow after colons. Where a number is an
expression, sizes make it a number.

>>> bf = Format("bf16:rtz")
>>> bf
Format('bfloat16:rtz')
>>> bf.bits, bf.precision, bf.emax, bf.max
(16, 8, 127, 3.3895313892515355e+38)
>>> Format("fixed(2*lg(n)+2,0)", n=8)
Format('fixed(8,0)')
>>> Format("e4m3").nan_codes
(range(127, 128), range(255, 256))
>>> Format("flaot(8,8)")
Traceback (most recent call last):
    ...
roundoff.UsageError: format 'flaot(8,8)', character 1: unknown format 'flaot'; did you mean 'float'?
)doc");
  made.attr("__module__") = "roundoff";
  made.def(py::init([](const Format& format) { return format; }), py::arg("format"));
  made.def(py::init([](const std::string& text, const py::kwargs& sizes) {
             return sizes.empty() ? parse_format(text) : FormatFamily(text).at(bindings_of(sizes));
           }),
           py::arg("format"));
  made.def("__repr__", [](const Format& format) { return "Format('" + notation(format) + "')"; });
  made.def("__str__", [](const Format& format) { return notation(format); });
  made.def(
      "__eq__", [](const Format& a, const Format& b) { return a == b; }, py::is_operator());
  made.def("__hash__", [](const Format& format) { return hash_value(format); });
  made.def("__reduce__", [](const Format& format) {
    return py::make_tuple(py::type::of<Format>(), py::make_tuple(notation(format)));
  });
  const auto property = [&](const char* called, auto get, const char* doc) {
    made.def_property_readonly(called, get, doc);
  };
  property(
      "notation", [](const Format& f) { return notation(f); },
      "The canonical notation, which Format reads back.");
  property(
      "name", [](const Format& f) { return f.name; },
      "The name it was asked for by, '' for a notation with numbers.");
  property(
      "layout", [](const Format& f) { return python::name(f.layout); },
      "fixed, twos, ufixed, float, F, posit or list.");
  property(
      "bits", [](const Format& f) { return f.bits; }, "The width of a number in bits.");
  property(
      "precision", [](const Format& f) { return f.precision; },
      "Significand bits of the widest significand.");
  property(
      "quantum", [](const Format& f) { return f.quantum; }, "The smallest step is 2**quantum.");
  property(
      "rounding", [](const Format& f) { return std::string(name(f.rounding)); },
      "rne, rna, rnz, rtz, rup, rdn, rod, sr, ...");
  property(
      "overflow", [](const Format& f) { return std::string(name(f.overflow)); },
      "sat, satfinite, inf, wrap or trap.");
  property(
      "seed", [](const Format& f) { return f.seed; }, "Of stochastic rounding.");
  property(
      "max", [](const Format& f) { return number(f.highest); }, "The largest finite number.");
  property(
      "min", [](const Format& f) { return number(f.lowest); },
      "The most negative finite number (0 where there is no sign).");
  property("min_normal", fact([](const FormatFacts& f) { return number(f.min_normal); }),
           "The smallest positive normal number, or None.");
  property("max_subnormal", fact([](const FormatFacts& f) { return number(f.max_subnormal); }),
           "The largest subnormal number, or None.");
  property(
      "min_subnormal",
      [](const Format& f) -> py::object {
        return facts_of(f).max_subnormal ? number(Value::scaled(false, 1, f.quantum)) : py::none();
      },
      "The smallest positive subnormal number, or None.");
  property("smallest", fact([](const FormatFacts& f) { return number(f.smallest); }),
           "The smallest positive number.");
  property("epsilon", fact([](const FormatFacts& f) { return number(f.epsilon); }),
           "From 1 to the next number, or None where 1 is none.");
  property("emin", fact([](const FormatFacts& f) { return f.exponent_min; }),
           "Least exponent of normal numbers, 2**e <= x < 2**(e+1).");
  property("emax", fact([](const FormatFacts& f) { return f.exponent_max; }),
           "Largest exponent of normal numbers.");
  property("bias", fact([](const FormatFacts& f) { return f.bias; }),
           "What an exponent field has more than the exponent.");
  property("numbers", fact([](const FormatFacts& f) { return big(f.numbers); }),
           "How many finite numbers there are, 0 counted once.");
  property("codes", fact([](const FormatFacts& f) { return big(f.codes); }),
           "How many bit patterns there are, None where there are none.");
  property("nan_codes", nan_codes, "The bit patterns that are NaN, as a tuple of ranges.");
  property(
      "has_inf", [](const Format& f) { return f.holds_infinity(); }, "+-inf are members.");
  property(
      "has_nan", [](const Format& f) { return f.has_nan; }, "NaN (or NaR) is a member.");
  property(
      "has_negative_zero", [](const Format& f) { return f.has_negative_zero; }, "-0 is a member.");
  property(
      "has_zero", [](const Format& f) { return f.has_zero; }, "0 is a member.");
  property(
      "signed", [](const Format& f) { return f.lowest.negative; }, "There are negative members.");
  property(
      "stochastic", [](const Format& f) { return f.is_stochastic(); }, "Rounding draws random bits.");
  property("aliases", aliases, "Other names.");
  property(
      "summary", [](const Format& f) { return entry_of(f).summary; }, "What it is, in one line.");
  property(
      "source", [](const Format& f) { return entry_of(f).source; }, "The standard or paper that defines it.");
  property(
      "rules", [](const Format& f) { return entry_of(f).rules; },
      "Where its standard decides otherwise than is general.");
  made.def("values", values, R"doc(Every member in the order of codes, of a format of at most 16 bits.

>>> Format("e2m1").values()
array([ 0. ,  0.5,  1. ,  1.5,  2. ,  3. ,  4. ,  6. , -0. , -0.5, -1. ,
       -1.5, -2. , -3. , -4. , -6. ])
)doc");
  made.def("replace", replaced, py::kw_only(), py::arg("rounding") = py::none(),
           py::arg("overflow") = py::none(), py::arg("seed") = py::none(),
           R"doc(The same numbers under another rounding or overflow rule.

>>> Format("bfloat16:rtz").replace(rounding="rup")
Format('bfloat16:rup')
>>> Format("e4m3").replace(rounding="sr", seed=7)
Format('e4m3:sr(7)')
)doc");
  made.def(
      "with_numbers", [](const Format& f, int first, int second) { return f.with(first, second); },
      py::arg("first"), py::arg("second"),
      R"doc(Another point of the same notation, rounding and overflow kept.

>>> Format("fixed(8,0):rnz").with_numbers(9, 1)
Format('fixed(9,1):rnz')
)doc");
  made.def(
      "round",
      [](const Format& f, const py::object& x) {
        if (py::hasattr(x, "denominator") && !PyFloat_Check(x.ptr()))
          return number(parse_number(py::str(x.attr("numerator")).cast<std::string>() + "/" +
                                         py::str(x.attr("denominator")).cast<std::string>(),
                                     f)
                            .value);
        if (py::isinstance<py::str>(x)) return number(parse_number(x.cast<std::string>(), f).value);
        return number(formats::round(exact_value(x), f).value);
      },
      py::arg("x"),
      R"doc(One exact number, rounded: an int, a float, a Fraction, or text such as '1/3' or '#x3f' (a code).

>>> from fractions import Fraction
>>> Format("fixed(1,3)").round(Fraction(1, 3))
0.375
>>> Format("binary128").round("0.1") == 0.1
False
)doc");
  made.def(
      "encode",
      [](const Format& f, const py::object& x) {
        const Value value = exact_value(x);
        if (formats::round(value, f).value != value)
          throw UsageError(hex(value) + " is no member of " + notation(f) + "; round it first");
        const auto code = formats::encode(value, f);
        if (!code) throw UsageError(notation(f) + " has no code for " + hex(value));
        return integer(*code);
      },
      py::arg("x"), R"doc(The bit pattern of one member.

>>> hex(Format("binary16").encode(-2.0))
'0xc000'
)doc");
  made.def(
      "decode",
      [](const Format& f, const py::int_& code) {
        return number(formats::decode(unsigned_integer(code), f));
      },
      py::arg("code"), R"doc(The member with this bit pattern.

>>> Format("e4m3").decode(0x7e)
448.0
)doc");
  py::implicitly_convertible<py::str, Format>();
}

}  // namespace roundoff::python
