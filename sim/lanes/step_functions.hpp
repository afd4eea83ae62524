// What a step of a compiled program does: one function a kind of step, each a call of one kernel, or of a few.
// (compile.cpp chooses among them by where a node's operands stand.)
#pragma once

#include "sim/lanes/step.hpp"

namespace roundoff::sim::lane_steps {

/// Where the lanes that trapped are marked; null where the step cannot trap.
inline std::uint8_t* traps(const Step& step, const Frame& frame) {
  return step.traps ? frame.trapped : nullptr;
}

// ---- a kernel of the step's format ----

template <LaneKernels::Binary LaneKernels::*kernel>
void binary(const Step& s, const Frame& f) {
  (s.kernels->*kernel)(s.kernels->context(), s.a, s.b, s.out, f.lanes, traps(s, f));
}
template <LaneKernels::Sum LaneKernels::*kernel>
void list(const Step& s, const Frame& f) {
  (s.kernels->*kernel)(s.kernels->context(), s.x, s.count, s.out, f.lanes, traps(s, f));
}
template <LaneKernels::Dot LaneKernels::*kernel>
void dot(const Step& s, const Frame& f) {
  (s.kernels->*kernel)(s.kernels->context(), s.x, s.y, s.count, s.out, f.lanes, traps(s, f));
}
template <LaneKernels::Weighted LaneKernels::*kernel>
void weighted(const Step& s, const Frame& f) {
  (s.kernels->*kernel)(s.kernels->context(), s.data, s.x, s.count, s.out, f.lanes, traps(s, f));
}
void apply(const Step& s, const Frame& f);

// ---- moves: what rounds nothing ----

void embed(const Step& s, const Frame& f);
void lookup(const Step& s, const Frame& f);
void indicate(const Step& s, const Frame& f);  ///< data: the point, and the results there and elsewhere
void compare(const Step& s, const Frame& f);   ///< data: the results where a and b are equal and elsewhere
void tally(const Step& s, const Frame& f);
void largest(const Step& s, const Frame& f);
void relu(const Step& s, const Frame& f);
void plain_add(const Step& s, const Frame& f);  ///< this and the next five: of exact nodes
void plain_sub(const Step& s, const Frame& f);
void plain_mul(const Step& s, const Frame& f);
void plain_sum(const Step& s, const Frame& f);
void plain_dot(const Step& s, const Frame& f);
void plain_weighted(const Step& s, const Frame& f);

// ---- where NaN propagates: the kernel that marks the lanes with a NaN runs, and these few are gone through ----

void max_or_nan(const Step& s, const Frame& f);
void arg_max_or_nan(const Step& s, const Frame& f);

// ---- choices: tokens, written to a register or to an output ----

void arg_max(const Step& s, const Frame& f);
void choose_embed(const Step& s, const Frame& f);
void choose_lookup(const Step& s, const Frame& f);
void choose_constant(const Step& s, const Frame& f);  ///< data: the token
void choose_value(const Step& s, const Frame& f);     ///< a: a value that is a token's number
void copy_chosen(const Step& s, const Frame& f);      ///< a: tokens in a register

// ---- operands of other formats: the exact result in double, then the step's rounding, once ----

void exact_sum(const Step& s, const Frame& f);
void exact_dot(const Step& s, const Frame& f);
void exact_sub(const Step& s, const Frame& f);

}  // namespace roundoff::sim::lane_steps
