// The formats of at most 8 bits that are checked value by value, in groups (one test case each, so that ctest
// runs them in parallel), and every rounding and overflow that each allows.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "formats/error.hpp"
#include "formats/notation/catalogue.hpp"
#include "formats/notation/family.hpp"

namespace roundoff::formats::small_formats {

/// Sweeps that take minutes run when the environment asks for them.
inline bool long_run() { return std::getenv("ROUNDOFF_LONG") != nullptr; }

/// Every notation that the format allows: the roundings that draw no bits times the overflows, less what parsing
/// refuses, and of sat and satfinite only its own where it has no infinities to tell them apart.
inline std::vector<Format> variants(const std::string& notation, bool with_wrap = true) {
  std::vector<Format> formats;
  const Format base = parse_format(notation);
  for (const char* overflow : {"sat", "satfinite", "inf", "wrap", "trap"}) {
    const bool saturates = std::string(overflow).starts_with("sat");
    if (saturates && !base.has_infinity && (base.overflow == Overflow::satfinite) != (overflow == std::string("satfinite")))
      continue;
    if (!with_wrap && std::string(overflow) == "wrap") continue;
    for (const char* rounding : {"rne", "rna", "rnz", "rtz", "rup", "rdn", "rod"}) {
      try {
        formats.push_back(parse_format(notation + ":" + rounding + ":" + overflow));
      } catch (const UsageError&) {
        // wrap outside two's complement, rod with one bit, inf without inf or NaN
      }
    }
  }
  return formats;
}

inline const std::vector<std::string> fixed_points = {
    "fixed(1,0)", "fixed(0,1)",  "fixed(1,1)",  "fixed(2,2)",  "fixed(3,4)", "fixed(7,0)",
    "fixed(0,7)", "twos(1,0)",   "twos(0,3)",   "twos(3,4)",   "twos(2,2)",  "int8",
    "int4",       "ufixed(1,0)", "ufixed(4,4)", "ufixed(0,8)", "ufixed(3,1)"};
inline const std::vector<std::string> floats = {"float(2,1)", "float(2,2)", "float(3,1)", "float(7,1)",
                                                "float(3,3)", "float(4,4)", "float(5,3)", "float(3,5)",
                                                "float(2,6)", "float(6,2)"};
inline const std::vector<std::string> machine_learning = {
    "e4m3", "e5m2",        "e4m3fnuz", "e5m2fnuz",      "e3m2",            "e2m3",             "e2m1",
    "e8m0", "e4m3b11fnuz", "e3m0",     "float_fn(3,3)", "float_fnuz(3,3)", "float_finite(3,2)"};
inline const std::vector<std::string> p3109 = {
    "binary8p1",   "binary8p3",   "binary8p4",   "binary8p7",   "binary8p4sf", "binary8p3ue", "binary8p3uf",
    "binary3p1",   "binary3p2",   "binary3p3uf", "binary4p1ue", "binary4p4ue", "binary5p2",   "binary5p1sf",
    "binary6p3ue", "binary6p3uf", "binary6p2",   "binary6p5",   "binary6p6uf", "binary7p3sf"};
inline const std::vector<std::string> lists = {"nf4"};
inline const std::vector<std::string> papers = {"F(0,1)", "F(0,2)", "F(0,3)", "F(1,1)", "F(2,1)",
                                                "F(2,2)", "F(3,2)", "F(1,3)", "F(5,1)"};
inline const std::vector<std::string> posits = {"posit(2,2)", "posit(3,0)", "posit(3,2)", "posit(4,1)",
                                                "posit(5,2)", "posit(6,0)", "posit(8,0)", "posit(8,1)",
                                                "posit(8,2)", "posit(8,3)"};

}  // namespace roundoff::formats::small_formats
