// A program compiled for lanes is a list of steps, each a loop over the lanes of a chunk.
#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/lanes.hpp"
#include "sim/lanes.hpp"

namespace roundoff {

/// The chunk that is being run.
struct Frame {
  std::size_t lanes = 0;
  const Token* tokens = nullptr;  ///< of position 0, first lane of the chunk; positions are batch_lanes apart
  Token* chosen = nullptr;        ///< of output 0; outputs are batch_lanes apart
  std::uint8_t* trapped = nullptr;  ///< first lane of the chunk
};

/// Loops of the interpreter itself, over elements of one container: what is no rounded operation.
struct MoveKernels {
  /// out[i] = table[tokens[i]]
  void (*embed)(const Token* tokens, const void* table, std::size_t size, void* out, std::size_t lanes);
  /// out[i] = table[(in[i] - base) / 2^shift]; base and shift in units of the container
  void (*lookup)(const void* in, double base, int shift, const void* table, std::size_t size, void* out,
                 std::size_t lanes);
  /// the same with a table of tokens
  void (*choose)(const void* in, double base, int shift, const Token* table, std::size_t size, Token* out,
                 std::size_t lanes);
  /// the index of the first largest; NaN sets trapped (floating containers)
  void (*arg_max)(const void* const* terms, std::size_t count, Token* out, std::size_t lanes,
                  std::uint8_t* trapped);
  /// out[i] = in[i] * unit; out[i] = sum of terms * unit; out[i] = sum of products * unit: exact by the
  /// layout's choice
  void (*widen)(const void* in, double unit, double* out, std::size_t lanes);
  void (*exact_sum)(const void* const* terms, std::size_t count, double unit, double* out, std::size_t lanes);
  void (*exact_dot)(const void* const* x, const void* const* y, std::size_t count, double unit, double* out,
                    std::size_t lanes);
};
const MoveKernels& move_kernels(Container container, Isa isa);

struct Step {
  using Run = void (*)(const Step& step, const Frame& frame);
  Run run = nullptr;
  const LaneKernels* kernels = nullptr;
  const LaneKernels* wide = nullptr;     ///< of wide(G), in f64
  const Reduction* reduction = nullptr;  ///< of sums and dots composed term by term
  const MoveKernels* moves = nullptr;
  const void* a = nullptr;
  const void* b = nullptr;
  void* out = nullptr;
  void* scratch = nullptr;
  const void* const* x = nullptr;
  const void* const* y = nullptr;
  const void* data = nullptr;  ///< a table or weights, elements of the container
  std::uint32_t count = 0;     ///< of operands, or entries of the table
  std::uint32_t position = 0;  ///< of an embedding
  std::uint32_t index = 0;     ///< of the output that receives tokens, where `out` is null
  double base = 0;             ///< of a lookup
  int shift = 0;
  double unit = 1;      ///< what a container's 1 is worth (of a product: its square)
  bool members = true;  ///< the operands are members of the kernels' format
  Function function = Function::identity;
  bool traps = false;
};

}  // namespace roundoff
