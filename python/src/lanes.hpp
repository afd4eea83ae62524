// Arrays of floats through lane kernels: kernels of a format made once, operands rounded into their container, results
// back into floats. Where a format has no kernels in a container of floats, or an operation has none, everything goes by
// definition, element by element.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "python/src/module.hpp"

#include "formats/lanes/lanes.hpp"

namespace roundoff::python {

/// An array of float32 or float64, by rows, that stays where it is.
struct Floats {
  void* data = nullptr;
  bool single = false;
  std::size_t count = 0;

  std::size_t size() const { return single ? sizeof(float) : sizeof(double); }
  Floats part(std::size_t first, std::size_t n) const {
    return {static_cast<std::byte*>(data) + first * size(), single, n};
  }
  double at(std::size_t i) const {
    return single ? static_cast<double>(static_cast<const float*>(data)[i])
                  : static_cast<const double*>(data)[i];
  }
  /// UsageError that names the element where no float of this size holds the value.
  void put(std::size_t i, const Value& value) const;
};

/// The bits of the narrowest of float16, float32 and float64 that holds every member; 0 where none does.
int float_bits(const Format& format);
/// Whether every member of `inner` is one of `outer`.
bool contains(const Format& outer, const Format& inner);

/// A format with its kernels.
class Lanes {
 public:
  explicit Lanes(const Format& format);
  /// Made once a format; kept for the last few formats.
  static std::shared_ptr<const Lanes> of(const Format& format);

  const Format& format() const { return format_; }
  /// Null: by definition only. The fastest container.
  const LaneKernels* kernels() const { return operate_.get(); }

  /// Into the format; element i draws at place i. Throws Trap and names the element. `out` may be `in`.
  void round(const Floats& in, const Floats& out, Pulse& pulse) const;
  void round_by_definition(const Floats& in, const Floats& out, Pulse& pulse) const;
  /// Into elements of the kernels' container. Throws Trap and names the element.
  std::vector<std::byte> elements(const Floats& in, Pulse& pulse) const;
  /// Elements of the container as floats that hold them.
  void floats(const void* elements, const Floats& out) const;
  /// Member values of an array, by definition; draws at place i.
  Value member(const Floats& in, std::size_t i, std::uint64_t operand) const;

 private:
  Format format_;
  std::unique_ptr<LaneKernels> round_, operate_;
  bool may_trap_;
};

/// What a lane's operation cannot give: done again by definition, it says why.
struct Trapped {
  explicit Trapped(std::size_t lanes) : marks(lanes) {}
  std::vector<std::uint8_t> marks;
  std::uint8_t* data() { return marks.data(); }
  /// Of the first mark among `count`, or `count`.
  std::size_t first(std::size_t count) const;
};

/// Calls `definition`, and puts "element i: " before what it traps with.
[[noreturn]] void tell_trap(std::size_t element, const std::function<void()>& definition);

}  // namespace roundoff::python
