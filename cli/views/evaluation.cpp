#include "cli/views/evaluation.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "formats/notation/text.hpp"

namespace roundoff::cli {
namespace {

constexpr int shown_digits = 20;  // of exact results on a terminal

std::string shown(const Value& value, const Format& format) {
  return fmt::format("{} = {}", hex(value), plain_decimal(value, format));
}

bool is_exact(const Evaluation& e) {
  return e.around.below && e.around.above && *e.around.below == *e.around.above;
}

/// The distance between the neighbours, or at the end of the range that of the last two members.
std::optional<Value> gap(const Evaluation& e) {
  static const Format wide = parse_format("float(19,113)");
  const auto finite = [](const std::optional<Value>& v) { return v && v->is_finite(); };
  if (finite(e.around.below) && finite(e.around.above) && !is_exact(e))
    return sub(*e.around.above, *e.around.below, wide).value;
  if (!finite(e.around.below) && !finite(e.around.above)) return std::nullopt;
  if (!e.format.is_grid()) return std::nullopt;
  const Value& end = finite(e.around.below) ? *e.around.below : *e.around.above;
  if (end.is_zero()) return Value::scaled(false, 1, e.format.quantum);
  const int quantum = e.format.is_uniform()
                          ? e.format.quantum
                          : std::max(e.format.quantum, leading_exponent(end) - e.format.precision + 1);
  return Value::scaled(false, 1, quantum);
}

std::string neighbour_text(const std::optional<Value>& value, const Format& format) {
  return value ? shown(*value, format) : "none";
}

Json neighbour_json(const std::optional<Value>& value) { return value ? Json(hex(*value)) : Json(); }

}  // namespace

std::string code_of(const Value& value, const Format& format) {
  const auto code = encode(value, format);
  return code ? code_text(*code, format) : "-";
}

Json as_json(const Evaluation& e) {
  const std::string code = code_of(e.result.value, e.format);
  return {{"value", hex(e.result.value)},
          {"code", code == "-" ? Json() : Json(code)},
          {"flags", describe(e.result.flags)},
          {"decimal", shortest_decimal(e.result.value, e.format)},
          {"exact_decimal", exact_decimal(e.result.value)},
          {"exact", e.exact ? Json(e.exact->text()) : Json()},
          {"below", neighbour_json(e.around.below)},
          {"above", neighbour_json(e.around.above)}};
}

std::string as_lines(const Evaluation& e) {
  const std::string code = code_of(e.result.value, e.format);
  std::string text =
      fmt::format("{}  {}  {}\n", shown(e.result.value, e.format), code, describe(e.result.flags));
  const auto line = [&](std::string_view label, const std::string& what) {
    text += fmt::format("  {:<9}{}\n", label, what);
  };
  if (!e.exact) return text;
  line("exact", e.exact->decimal(shown_digits));
  if (!e.exact->is_number()) return text;
  if (is_exact(e) && e.result.value == *e.around.below) {
    line("error", "0: the exact result is a member");
    return text;
  }
  line("below", neighbour_text(e.around.below, e.format));
  line("above", neighbour_text(e.around.above, e.format));
  if (const auto unit = gap(e); unit && e.result.value.is_finite())
    line("error", fmt::format("{:+.4g} ulp, of {}", e.exact->distance(e.result.value, *unit), hex(*unit)));
  return text;
}

std::string number_line(const Evaluation& e) {
  if (!e.exact || !e.exact->is_number()) return "";
  const auto &below = e.around.below, &above = e.around.above;
  if (is_exact(e)) {
    return fmt::format("  {}\n  ----|----  the exact result is a member{}\n", hex(*below),
                       e.result.value == *below ? "" : ", which the order of the sum missed");
  }
  constexpr int width = 40;
  const bool both = below && above && below->is_finite() && above->is_finite();
  int at = below && below->is_finite() ? width - 3 : 3;  // beyond the range: next to the end that it left
  bool middle = false;
  if (both) {
    const double part = -e.exact->distance(*below, *gap(e));
    at = std::clamp(static_cast<int>(std::lround(part * width)), 1, width - 1);
    middle = part == 0.5;
  }
  const auto end = [&](const std::optional<Value>& v) { return v ? hex(*v) : std::string("none"); };
  const bool up = above && e.result.value == *above && !(below && e.result.value == *below);
  std::string bar(static_cast<std::size_t>(width) + 1, '-');
  bar.front() = bar.back() = '|';
  if (both) bar[width / 2] = '+';
  bar[static_cast<std::size_t>(at)] = '*';
  std::string arrow(static_cast<std::size_t>(width) + 1, ' ');
  if (up)
    for (int i = at + 1; i <= width; ++i) arrow[static_cast<std::size_t>(i)] = i == width ? '>' : '.';
  else if (below && e.result.value == *below)
    for (int i = 0; i < at; ++i) arrow[static_cast<std::size_t>(i)] = i == 0 ? '<' : '.';
  const std::string left = end(below), right = end(above);
  const auto room = static_cast<std::size_t>(width) + 1;
  const std::string padding(left.size() + right.size() + 2 < room ? room - left.size() - right.size() : 2,
                            ' ');
  return fmt::format("  {}{}{}\n  {}\n  {}\n  * is the exact result{}{}; {} made it {}\n", left, padding,
                     right, bar, arrow, both ? ", + the middle" : "", middle ? ", a tie" : "",
                     name(e.format.rounding), hex(e.result.value));
}

std::string as_lines(const formats::Reduction& reduction) {
  std::string text;
  for (std::size_t j = 0; j < reduction.products.size(); ++j)
    text += fmt::format("  product {:<4} {:<24} {}\n", j + 1, hex(reduction.products[j].value),
                        describe(reduction.products[j].flags));
  std::size_t number = 0;
  for (const Addition& addition : reduction.additions) {
    const std::string term =
        addition.fused ? hex(addition.term) + " * " + hex(addition.factor) : hex(addition.term);
    text += fmt::format("  sum {:<4} {} + {} = {}  {}{}\n", ++number, hex(addition.sum), term,
                        hex(addition.result.value), describe(addition.result.flags),
                        addition.absorbs() ? "  <- absorbed: the term changes nothing" : "");
  }
  return text;
}

Json as_json(const formats::Reduction& reduction) {
  Json sums = Json::array();
  for (const Addition& addition : reduction.additions) {
    Json one = {{"sum", hex(addition.sum)}, {"term", hex(addition.term)}};
    if (addition.fused) one["factor"] = hex(addition.factor);
    one["result"] = hex(addition.result.value);
    one["flags"] = describe(addition.result.flags);
    one["absorbed"] = addition.absorbs();
    sums.push_back(std::move(one));
  }
  Json products = Json::array();
  for (const Rounded& product : reduction.products)
    products.push_back({{"value", hex(product.value)}, {"flags", describe(product.flags)}});
  Json json = {{"partial_sums", std::move(sums)}};
  if (!products.empty()) json["products"] = std::move(products);
  return json;
}

}  // namespace roundoff::cli
