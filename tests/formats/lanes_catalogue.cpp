// Lane kernels in every format of the catalogue, and in its modifiers, against the definition: single operations and
// reductions, in every container and instruction set. (More pairs of chosen formats: lanes_operations.cpp.)
#include <cstdlib>
#include <functional>
#include <optional>

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/notation/catalogue.hpp"
#include "formats/notation/text.hpp"
#include "formats/random.hpp"
#include "tests/formats/lanes_cases.hpp"

namespace roundoff::formats::lanes_test {
namespace {

using Values = std::vector<Value>;

std::optional<Value> unless_trapped(const std::function<Value()>& compute) {
  try {
    return compute();
  } catch (const Trap&) {
    return std::nullopt;
  }
}

/// Members of all kinds: every code of small formats, codes from all over larger ones.
Values members_of(const Format& format) {
  Values members;
  if (format.encoding == Encoding::none) {
    for (int i = -40; i <= 40; ++i) members.push_back(round(Value::scaled(i < 0, static_cast<unsigned>(std::abs(i)), -3), format).value);
    return members;
  }
  const bool all = format.bits <= 8;
  for (std::uint64_t i = 0; i < 256; ++i) {
    const u128 drawn = u128{random_bits(5, i, 0)} << 64 | random_bits(5, i, 1);
    const u128 code = all ? u128{i} : drawn >> (128 - format.bits);
    if (all && code >> format.bits != 0) break;
    try {
      members.push_back(decode(code, format));
    } catch (const UsageError&) {  // the lowest code of fixed
    }
  }
  for (int i = 0; format.has_infinity && i < 16; ++i)  // terms of sums are infinite now and then
    members.push_back(Value::infinity(i % 2 != 0 && format.lowest.negative));
  return members;
}

std::vector<Format> rules_of(const CatalogueEntry& entry) {
  std::vector<Format> formats = variants(std::string(entry.example));
  for (const char* modifiers : {":ftz", ":daz", ":ftz:daz", ":rtz:ftz", ":rup:daz", ":ftz:tininess_after"}) {
    try {
      formats.push_back(parse_format(std::string(entry.example) + modifiers));
    } catch (const UsageError&) {  // no subnormal numbers
    }
  }
  return formats;
}

void compare_lanes(const char* operation, const LaneKernels& kernels, const Array& out,
                   const std::vector<std::uint8_t>& trapped, const std::vector<std::optional<Value>>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] ? trapped[i] == 0 && out.get(i) == *expected[i] : trapped[i] != 0) continue;
    FAIL_CHECK(describe(operation, kernels) << ", lane " << i << ": "
                                            << (trapped[i] != 0 ? "a trap" : hex(out.get(i))) << ", not "
                                            << (expected[i] ? hex(*expected[i]) : "a trap"));
    return;
  }
}

void check_pairs(const Format& format, const Values& members, std::uint64_t seed) {
  constexpr std::size_t count = 160;
  Values x, y;
  for (std::size_t i = 0; i < count; ++i) {
    x.push_back(members[random_bits(seed, i, 0) % members.size()]);
    y.push_back(members[random_bits(seed, i, 1) % members.size()]);
  }
  const auto kernels = all_kernels(format);
  using Defined = Rounded (*)(const Value&, const Value&, const Format&, Draw);
  const std::pair<Defined, LaneKernels::Binary LaneKernels::*> operations[] = {
      {add, &LaneKernels::add}, {sub, &LaneKernels::sub}, {mul, &LaneKernels::mul}, {div, &LaneKernels::div}};
  for (const auto& [defined, kernel] : operations) {
    std::vector<std::optional<Value>> expected;
    for (std::size_t i = 0; i < count; ++i)
      expected.push_back(unless_trapped([&] { return defined(x[i], y[i], format, {}).value; }));
    for (const auto& k : kernels) {
      Array a(*k, count), b(*k, count), out(*k, count);
      for (std::size_t i = 0; i < count; ++i) a.set(i, x[i]), b.set(i, y[i]);
      std::vector<std::uint8_t> trapped(count);
      ((*k).*kernel)(k->context(), a.at(0), b.at(0), out.at(0), count, trapped.data());
      compare_lanes("an operation", *k, out, trapped, expected);
    }
  }
  for (const Function function : {Function::exp, Function::log, Function::rsqrt, Function::reciprocal, Function::relu}) {
    std::vector<std::optional<Value>> expected;
    for (std::size_t i = 0; i < count; ++i)
      expected.push_back(unless_trapped([&] { return apply(function, x[i], format).value; }));
    for (const auto& k : kernels) {
      Array a(*k, count), out(*k, count);
      for (std::size_t i = 0; i < count; ++i) a.set(i, x[i]);
      std::vector<std::uint8_t> trapped(count);
      k->apply(function, a.at(0), out.at(0), count, trapped.data());
      compare_lanes("a function", *k, out, trapped, expected);
    }
  }
}

void check_reductions(const Format& format, const Values& members, std::uint64_t seed) {
  constexpr std::size_t lanes = 37, terms = 9;
  std::vector<Values> x(lanes), y(lanes);
  Values weights;
  for (std::size_t j = 0; j < terms; ++j) {
    weights.push_back(members[random_bits(seed, j, 2) % members.size()]);
    for (std::size_t i = 0; i < lanes; ++i) {
      x[i].push_back(members[random_bits(seed, i * terms + j, 3) % members.size()]);
      y[i].push_back(members[random_bits(seed, i * terms + j, 4) % members.size()]);
    }
  }
  std::vector<std::optional<Value>> sums, dots, weighted;
  for (std::size_t i = 0; i < lanes; ++i) {
    sums.push_back(unless_trapped([&] { return sum(x[i], {}, format).value; }));
    dots.push_back(unless_trapped([&] { return dot(x[i], y[i], {}, DotMode::rounded, format).value; }));
    weighted.push_back(unless_trapped([&] { return dot(weights, x[i], {}, DotMode::rounded, format).value; }));
  }
  for (const auto& k : all_kernels(format)) {
    std::vector<Array> a, b;
    std::vector<const void*> pa, pb;
    for (std::size_t j = 0; j < terms; ++j) {
      a.emplace_back(*k, lanes);
      b.emplace_back(*k, lanes);
      for (std::size_t i = 0; i < lanes; ++i) a[j].set(i, x[i][j]), b[j].set(i, y[i][j]);
    }
    for (std::size_t j = 0; j < terms; ++j) pa.push_back(a[j].at(0)), pb.push_back(b[j].at(0));
    Array w(*k, terms), out(*k, lanes);
    for (std::size_t j = 0; j < terms; ++j) w.set(j, weights[j]);
    std::vector<std::uint8_t> trapped(lanes);
    k->sum(k->context(), pa.data(), terms, out.at(0), lanes, trapped.data());
    compare_lanes("a sum", *k, out, trapped, sums);
    trapped.assign(lanes, 0);
    k->dot(k->context(), pa.data(), pb.data(), terms, out.at(0), lanes, trapped.data());
    compare_lanes("a dot", *k, out, trapped, dots);
    trapped.assign(lanes, 0);
    k->weighted(k->context(), w.at(0), pa.data(), terms, out.at(0), lanes, trapped.data());
    compare_lanes("a weighted sum", *k, out, trapped, weighted);
  }
}

TEST_CASE("lane kernels equal the definition in every format of the catalogue, under every rule") {
  std::uint64_t seed = 100;
  std::size_t checked = 0;
  for (const CatalogueEntry& entry : catalogue()) {
    CAPTURE(std::string(entry.example));
    const Values members = members_of(parse_format(entry.example));
    for (const Format& format : rules_of(entry)) {
      if (!LaneKernels::containers(format).empty()) ++checked;
      check_pairs(format, members, ++seed);
      check_reductions(format, members, seed);
    }
  }
  CHECK(checked > 500);
}

TEST_CASE("formats whose rounding draws bits have no lanes") {
  for (const char* text : {"binary16:sr(1)", "binary8p3:sra(1,8)", "fixed(3,0):srb(1,3)", "e4m3:src(1,2)"})
    CHECK(LaneKernels::containers(parse_format(text)).empty());
}

}  // namespace
}  // namespace roundoff::formats::lanes_test
