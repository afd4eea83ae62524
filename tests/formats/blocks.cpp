// Block formats: the rules of the specification on hand-made blocks, and properties over all of them.
#include "formats/blocks/blocks.hpp"

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "formats/random.hpp"

using namespace roundoff::formats;

namespace {

std::vector<Value> numbers(std::initializer_list<const char*> texts) {
  std::vector<Value> result;
  for (const char* text : texts) result.push_back(parse_exact(text));
  return result;
}

}  // namespace

TEST_CASE(
    "mxfp4: the scale is the largest power of two over the element's, and what is above the highest "
    "saturates") {
  const BlockFormat& mxfp4 = parse_block_format("mxfp4");
  const std::vector<Value> x = numbers({"7.5", "-1", "0.25", "0"});
  const Blocks blocks = quantise(x, mxfp4);
  CHECK(blocks.scales == numbers({"1"}));  // 2^2 / 2^2
  CHECK(blocks.elements == numbers({"6", "-1", "0", "0"}));
  CHECK((blocks.flags & flag_saturated) != 0);
  CHECK(quantise(numbers({"0x1p-200"}), mxfp4).scales == numbers({"0x1p-127"}));
  CHECK(quantise(numbers({"0", "-0"}), mxfp4).scales == numbers({"0x1p-127"}));
  CHECK(quantise({}, mxfp4).scales.empty());
  const std::vector<Value> bad = {Value::infinity(), Value::integer(1)};
  CHECK(values(quantise(bad, mxfp4), mxfp4)[1].is_nan());
}

TEST_CASE("mxint8 has elements of 1/64") {
  const BlockFormat& mxint8 = parse_block_format("mxint8");
  const Blocks blocks = quantise(numbers({"1.984375", "-2", "0.0078125"}), mxint8);
  CHECK(blocks.scales == numbers({"2"}));
  CHECK(values(blocks, mxint8) == numbers({"2", "-2", "0"}));  // 63.5 and 0.25 steps, ties to even
}

TEST_CASE("nvfp4: the scale is e4m3 of the largest magnitude over six") {
  const BlockFormat& nvfp4 = parse_block_format("nvfp4");
  const Blocks blocks = quantise(numbers({"13", "-6.5", "1"}), nvfp4);
  CHECK(blocks.scales == numbers({"2.25"}));  // 2.1666 between 2 and 2.25
  CHECK(blocks.elements == numbers({"6", "-3", "0.5"}));
  CHECK(values(blocks, nvfp4) == numbers({"13.5", "-6.75", "1.125"}));
  CHECK(values(quantise(numbers({"0x1p-20"}), nvfp4), nvfp4) == numbers({"0"}));
  CHECK_THROWS_AS(quantise(std::vector<Value>{Value::nan()}, nvfp4), Trap);
}

TEST_CASE("quantised values quantise to themselves in every block format with a symmetric element") {
  for (const BlockFormat& format : block_formats()) {
    std::vector<Value> x;
    for (std::uint64_t i = 0; i < 500; ++i) {
      const std::uint64_t r = random_bits(11, i, 0);
      x.push_back(Value::scaled((r & 1) != 0, r >> 40, static_cast<int>(r >> 8 & 15) - 30));
    }
    const Blocks once = quantise(x, format);
    const std::vector<Value> y = values(once, format);
    REQUIRE(y.size() == x.size());
    CHECK(once.scales.size() ==
          (x.size() + static_cast<std::size_t>(format.block) - 1) / static_cast<std::size_t>(format.block));
    // (not where an element may be -128: its magnitude asks for the next scale)
    const bool symmetric = format.element().lowest == negated(format.element().highest);
    if (symmetric) CHECK_MESSAGE(values(quantise(y, format), format) == y, format.name);
    for (std::size_t i = 0; i < x.size(); ++i) CHECK((y[i].is_zero() || y[i].negative == x[i].negative));
    CHECK(format.bits_per_number() > 4);
  }
}

TEST_CASE("an unknown block format is refused with a remedy") {
  CHECK_THROWS_WITH_AS(parse_block_format("mxpf4"), "unknown block format 'mxpf4'; did you mean 'mxfp4'?",
                       UsageError);
}
