// Without a mask and without positions a transformer in floating point loses count of long inputs. A sum of equal terms
// stands still after 3 * 2^p - 1 additions at most (p mantissa bits behind the point), and one that goes on with other equal
// terms after 6 * 2^p - 1 more. So a^i b^(n-i) is one input to every layer for all i >= 3 * 2^p with n - i >= 6 * 2^p, from
// n = 9 * 2^p on; below 6 * 2^p tokens such inputs can be told apart. (After Park, Park and Hwang 2026, arXiv:2601.16450,
// whose thresholds these are: from their abstract and a published extraction, the full text was not at hand. The two facts
// about sums are checked here on all values.)
#include <algorithm>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/format.hpp"
#include "formats/notation/text.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"
#include "tests/sim/random_model.hpp"

using namespace roundoff::sim;

namespace {

struct Thresholds {
  const char* notation;
  int mantissa;
};
constexpr Thresholds formats_of_8_bits[] = {{"float(5,3)", 2}, {"float(4,4)", 3}};

/// The logits at the first and the last position of a^i b^(n-i).
std::vector<Value> ends(const Program& program, int n, int i) {
  std::vector<Token> tokens(static_cast<std::size_t>(n), 1);
  std::fill_n(tokens.begin(), i, Token{0});
  Reference reference(program);
  reference.start(tokens);
  std::vector<Value> found;
  try {
    reference.advance(n - 1);
  } catch (const Trap&) {
    return found;
  }
  for (NodeId id = 0; id < program.nodes.size(); ++id) {
    const Site& site = program.sites[id];
    if (site.name == SiteName::logits && !site.inner && (site.position == 0 || site.position == n - 1))
      found.push_back(reference.value(id));
  }
  return found;
}

Program unmasked(std::uint64_t seed, const Policy& policy, int n) {
  Model model = random_model(seed, policy[Role::weights]).model;
  model.position_embedding = {};
  SequenceShape shape;
  shape.vocabulary = static_cast<int>(model.vocabulary.size());
  shape.tokens.assign(static_cast<std::size_t>(n), {0, 1});
  shape.one_pass = true;
  return record(model, policy, shape, {.all_outputs = true, .skip_zero_weights = true});
}

}  // namespace

TEST_CASE(
    "sums of equal terms stand still after 3 * 2^p - 1 additions, and of others behind them after 6 * 2^p - "
    "1") {
  for (const auto& [notation, p] : formats_of_8_bits) {
    const Format format = parse_format(notation);
    const auto still = [&](Value s, const Value& x) {
      int count = 0;
      for (Value next = add(s, x, format).value; next != s; next = add(s, x, format).value) s = next, ++count;
      return std::pair(count, s);
    };
    int most = 0, most_behind = 0;
    for (std::uint32_t code = 0; code < 256; ++code) {
      const Value x = decode(code, format);
      if (!x.is_finite() || x.is_zero()) continue;
      const auto [count, sum] = still(Value::zero(), x);
      most = std::max(most, count);
      for (std::uint32_t other = 0; other < 256; ++other) {
        const Value y = decode(other, format);
        if (y.is_finite() && !y.is_zero()) most_behind = std::max(most_behind, still(sum, y).first);
      }
    }
    CHECK(most == 3 * (1 << p) - 1);
    CHECK(most_behind == 6 * (1 << p) - 1);
  }
}

TEST_CASE(
    "unmasked attention in 8-bit floats: from 9 * 2^p tokens on long inputs stay alike, below 6 * 2^p they "
    "do not") {
  for (const auto& [notation, p] : formats_of_8_bits) {
    Policy policy = Policy::uniform(parse_format(notation));
    policy.mask = Mask::none;
    policy.nan = NanRule::propagate;
    const int first = 3 << p, second = 6 << p, n = first + second + 2;
    int compared = 0, apart = 0;
    for (std::uint64_t seed = 1; seed <= 24; ++seed) {
      CAPTURE(seed);
      const Program program = unmasked(seed, policy, n);
      const std::vector<Value> one = ends(program, n, first);
      for (int more = 1; more <= 2; ++more) CHECK(ends(program, n, first + more) == one);
      compared += one.empty() ? 0 : 1;
      const int few = 6 * (1 << p) - 2;
      const Program shorter = unmasked(seed, policy, few);
      apart += ends(shorter, few, 2) != ends(shorter, few, 5) ? 1 : 0;
    }
    CHECK(compared >= 20);
    CHECK(apart >= 5);
  }
}
