// A program compiled for lanes is a list of steps, each a loop over the lanes of a chunk.
#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/lanes/lanes.hpp"
#include "sim/lanes/lanes.hpp"
#include "sim/names.hpp"

namespace roundoff::sim {

/// The chunk that is being run.
struct Frame {
  std::size_t lanes = 0;
  const LaneToken* tokens = nullptr;  ///< of position 0, first lane of the chunk; positions are batch_lanes apart
  LaneToken* chosen = nullptr;        ///< of output 0; outputs are batch_lanes apart
  std::uint8_t* trapped = nullptr;  ///< first lane of the chunk
};

/// Loops of the interpreter itself, over elements of one container: what is no rounded operation, and rounded
/// operations that are known to round nothing (Node::exact), which are the container's own. Arrays have room
/// for whole vectors: loops may read and write lanes beyond `lanes`, up to the end of the chunk.
struct MoveKernels {
  /// What a table of `size` entries is looked up by: its place (in - base) / 2^shift, base and shift in units
  /// of the container. `bytes`: every entry is an integer from -128 to 127.
  struct Table {
    const void* entries = nullptr;  ///< may be read up to the next multiple of 128 bytes, beyond its end
    std::size_t size = 0;
    double base = 0;
    int shift = 0;
    bool bytes = false;
  };
  void (*embed)(const LaneToken* tokens, const Table& table, void* out, std::size_t lanes);
  void (*lookup)(const void* in, const Table& table, void* out, std::size_t lanes);
  /// the same with a table of tokens
  void (*choose)(const void* in, const Table& table, LaneToken* out, std::size_t lanes);
  /// out[i] = in[i] == point ? yes : no; all three elements of the container
  void (*indicate)(const void* in, const void* point, const void* yes, const void* no, void* out,
                   std::size_t lanes);
  /// out[i] = a[i] == b[i] ? yes : no
  void (*compare)(const void* a, const void* b, const void* yes, const void* no, void* out,
                  std::size_t lanes);
  /// out[i] = sum of values[j][i] (of *unit where there are no values) over the j with others[j][i] ==
  /// common[i], and of the rest; in any order
  struct Tally {
    const void* common = nullptr;
    const void* const* others = nullptr;
    const void* const* values = nullptr;
    const void* unit = nullptr;
    std::size_t count = 0;
    const void* const* rest = nullptr;
    std::size_t rest_count = 0;
  };
  void (*tally)(const Tally& tally, void* out, std::size_t lanes);
  /// of integers
  void (*largest)(const void* const* terms, std::size_t count, void* out, std::size_t lanes);
  /// the index of the first largest; NaN sets trapped (floating containers)
  void (*arg_max)(const void* const* terms, std::size_t count, LaneToken* out, std::size_t lanes,
                  std::uint8_t* trapped);
  /// out[i] = in[i] * unit; out[i] = sum of terms * unit; out[i] = sum of products * unit: exact by the
  /// layout's choice
  void (*widen)(const void* in, double unit, double* out, std::size_t lanes);
  void (*exact_sum)(const void* const* terms, std::size_t count, double unit, double* out, std::size_t lanes);
  void (*exact_dot)(const void* const* x, const void* const* y, std::size_t count, double unit, double* out,
                    std::size_t lanes);

  // ---- operations that round nothing; `fraction`: a product of integers drops so many bits, all 0 ----
  void (*relu)(const void* in, void* out, std::size_t lanes);
  void (*add)(const void* a, const void* b, void* out, std::size_t lanes);
  void (*sub)(const void* a, const void* b, void* out, std::size_t lanes);
  void (*mul)(const void* a, const void* b, int fraction, void* out, std::size_t lanes);
  void (*sum)(const void* const* terms, std::size_t count, void* out, std::size_t lanes);
  void (*dot)(const void* const* x, const void* const* y, std::size_t count, int fraction, void* out,
              std::size_t lanes);
  void (*weighted)(const void* weights, const void* const* x, std::size_t count, int fraction, void* out,
                   std::size_t lanes);
};
/// The best that there is for an instruction set: vector_moves.cpp, else plain loops.
const MoveKernels& move_kernels(Container container, Isa isa);
/// Vectors of i16, i32, f32 and f64; null for i64 and for Isa::scalar.
const MoveKernels* vector_moves(Container container, Isa isa);
/// Plain loops over elements, for every container.
const MoveKernels& plain_moves(Container container);

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
  const void* data = nullptr;         ///< a table or weights, elements of the container
  MoveKernels::Table table = {};      ///< of an embedding or lookup
  std::uint32_t count = 0;            ///< of operands
  const void* const* rest = nullptr;  ///< of a tally
  std::uint32_t rest_count = 0;
  std::uint32_t position = 0;  ///< of an embedding
  std::uint32_t index = 0;     ///< of the output that receives tokens, where `out` is null
  Container container = Container::f64;
  int fraction = 0;     ///< bits behind the point of an integer container
  double unit = 1;      ///< what a container's 1 is worth (of a product: its square)
  bool members = true;  ///< the operands are members of the kernels' format
  Function function = Function::identity;
  bool traps = false;
};

}  // namespace roundoff::sim
