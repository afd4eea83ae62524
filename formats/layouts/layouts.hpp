// Builders: the parameters of a notation to the facts of a format, with its default rounding and overflow.
// One file a family of formats; catalogue.cpp names them. Parameters that make no format throw UsageError
// saying the bound.
#pragma once

#include <cstdint>
#include <span>

#include "formats/format.hpp"

namespace roundoff::formats {

using Parameters = std::span<const std::int64_t>;

// fixed_point.cpp
Format make_fixed(Parameters i_f);
Format make_twos(Parameters i_f);
Format make_ufixed(Parameters i_f);
Format make_int8(Parameters);
Format make_int4(Parameters);
// ieee.cpp
Format make_float(Parameters e_p);
Format make_binary16(Parameters);
Format make_binary32(Parameters);
Format make_binary64(Parameters);
Format make_binary128(Parameters);
Format make_bfloat16(Parameters);
Format make_tf32(Parameters);
// papers.cpp
Format make_papers(Parameters e_s);
// ocp.cpp
Format make_e4m3(Parameters);
Format make_e5m2(Parameters);
Format make_e3m2(Parameters);
Format make_e2m3(Parameters);
Format make_e2m1(Parameters);
Format make_e8m0(Parameters);
// fnuz.cpp
Format make_e4m3fnuz(Parameters);
Format make_e5m2fnuz(Parameters);
// p3109.cpp
Format make_binary8p1(Parameters);
Format make_binary8p2(Parameters);
Format make_binary8p3(Parameters);
Format make_binary8p4(Parameters);
Format make_binary8p5(Parameters);
Format make_binary8p6(Parameters);
Format make_binary8p7(Parameters);
// posits.cpp
Format make_posit(Parameters n_es);

/// (2^bits - 1) * 2^exponent, and its negative: the ends of a symmetric range. bits in 1..120.
Value all_ones(bool negative, int bits, std::int64_t exponent);
/// UsageError "NAME is VALUE; at least LOW, at most HIGH" unless low <= value <= high.
int in_range(const char* name, std::int64_t value, std::int64_t low, std::int64_t high);

}  // namespace roundoff::formats
