// What the tests of lane kernels loop over: formats of every kind in every rounding and overflow rule, and
// operands that probe their borders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "formats/format.hpp"
#include "formats/lanes/lanes.hpp"

namespace roundoff::formats::lanes_test {

/// The notation with every rounding and overflow rule that it can have (not sr: lanes leave it to the
/// reference).
std::vector<Format> variants(const std::string& notation);

/// All members, or none when there are more than `limit`.
std::vector<Value> all_members(const Format& format, std::size_t limit);

/// Operand pairs: all pairs of `members` when there are at most `exhaustive` of them, else the borders of the
/// format against each other and `count` random pairs of which most aim at a tie, a cancellation, the
/// smallest or the largest numbers.
std::vector<std::pair<Value, Value>> operand_pairs(const Format& format, std::size_t exhaustive,
                                                   std::size_t count, std::uint64_t seed);

/// An array of container elements.
class Array {
 public:
  Array(const LaneKernels& kernels, std::size_t count)
      : kernels_(&kernels), bytes_(count * size_of(kernels.container())) {}
  void set(std::size_t i, const Value& value) { kernels_->store(value, at(i)); }
  Value get(std::size_t i) const { return kernels_->load(at(i)); }
  std::byte* at(std::size_t i) { return bytes_.data() + i * size_of(kernels_->container()); }
  const std::byte* at(std::size_t i) const { return bytes_.data() + i * size_of(kernels_->container()); }
  std::size_t size() const { return bytes_.size() / size_of(kernels_->container()); }

 private:
  const LaneKernels* kernels_;
  std::vector<std::byte> bytes_;
};

/// Kernels in every container and instruction set that the machine can run.
std::vector<std::unique_ptr<LaneKernels>> all_kernels(const Format& format);

/// "add in e4m3:rne:sat, f32 avx2".
std::string describe(const char* operation, const LaneKernels& kernels);

}  // namespace roundoff::formats::lanes_test
