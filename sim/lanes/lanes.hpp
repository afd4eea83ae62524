// The lane interpreter: a batch of inputs at once, value by value, on the same bits as the reference.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/program/program.hpp"

namespace roundoff::sim {

inline constexpr int batch_lanes = 1024;

struct LaneOptions {
  /// "" for the best the machine has; else avx512|avx2|sse4|scalar: UsageError when it lacks it.
  std::string isa;
  /// "" for the best; else i16|i32|i64|f32|f64: UsageError when the formats do not fit.
  std::string container;
  bool keep_all = false;  ///< keep every node's value readable after a run (tests, traces)
};

class Lanes {
 public:
  Lanes(const Program& program, const LaneOptions& options = {});
  ~Lanes();
  Lanes(Lanes&&) noexcept;

  /// tokens[position * batch_lanes + lane]; `count` lanes are used. chosen[output * batch_lanes + lane]
  /// receives the arg max token; trapped[lane] is non-zero where the reference would throw Trap (its outputs
  /// are unspecified then).
  void run(std::span<const LaneToken> tokens, int count, std::span<LaneToken> chosen,
           std::span<std::uint8_t> trapped);

  /// After a run with keep_all: the value of a node in a lane.
  Value value(NodeId node, int lane) const;

  /// What was chosen: "i16 avx512".
  std::string describe() const;
  /// Whether a program's formats and operations are within what lanes can run (else: use the reference).
  static bool supports(const Program& program);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roundoff::sim
