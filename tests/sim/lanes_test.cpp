// Lanes give the reference's bits: every value of unoptimised programs, in every container and instruction
// set that the machine has, and the outputs of optimised ones.
#include "formats/lanes/lanes.hpp"

#include <doctest/doctest.h>

#include "sim/program/record.hpp"
#include "tests/sim/agreement.hpp"

namespace roundoff::sim {
namespace {

TEST_CASE("lanes agree with the reference on every value of unoptimised programs, and on optimised ones") {
  std::uint64_t seed = 1u << 20;
  int runs = 0, unsupported = 0;
  for (const std::string& text : test_formats()) {
    const Format format = parse_format(text);
    for (const Policy& policy : test_policies(format)) {
      for (int m = 0; m < 3; ++m) {
        const RandomModel random = random_model(++seed, format);
        const Program program = record(random.model, policy, random.shape);
        CAPTURE(text);
        CAPTURE(seed);
        ++runs;
        if (!Lanes::supports(program)) {
          ++unsupported;
          continue;
        }
        for (const Container container : LaneKernels::containers(format)) {
          Lanes lanes(program, {"", std::string(name(container)), true});
          REQUIRE(difference(program, lanes, seed, 9, true) == "");
        }
        const Program best = optimise(program).program;
        REQUIRE(Lanes::supports(best));
        for (const Isa isa : {Isa::scalar, Isa::sse4, Isa::avx2, Isa::avx512}) {
          if (!supported(isa) || (m != 0 && isa != best_isa())) continue;
          Lanes lanes(best, {std::string(name(isa)), "", false});
          REQUIRE(difference(best, lanes, seed, 33, false) == "");
        }
      }
    }
  }
  CHECK(unsupported * 10 < runs);
}

}  // namespace
}  // namespace roundoff::sim
