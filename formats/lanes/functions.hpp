// Functions of one argument over lanes. In this order:
//   identity and relu, which choose;
//   formats of at most 16 bits: a table that the definition fills (tables.hpp);
//   an enclosure in double, rounded at both ends, where there is one (enclosure_kernels.hpp);
//   the definition, also for what the two before leave open.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "formats/lanes/context.hpp"
#include "formats/lanes/tables.hpp"

namespace roundoff::formats::lanes {

class Functions {
 public:
  explicit Functions(const LaneKernels::Context& context) : context_(context) {}
  /// As LaneKernels::apply.
  void apply(Function function, const void* a, void* out, std::size_t count, std::uint8_t* trapped);

 private:
  static constexpr std::size_t functions = static_cast<std::size_t>(Function::step) + 1;  // the last one
  Table* table(Function function);
  void by_enclosure(Function function, const void* a, void* out, std::size_t count, std::uint8_t* trapped);
  void by_definition(Function function, const void* a, void* out, std::size_t count, std::uint8_t* trapped);

  const LaneKernels::Context& context_;
  std::array<std::once_flag, functions> asked_;
  std::array<std::shared_ptr<Table>, functions> tables_;
};

}  // namespace roundoff::formats::lanes
