// What benchmarks call by its bare name: everything of the floors.
#pragma once

namespace roundoff::formats {}
namespace roundoff::sim {}
namespace roundoff::constructions {}
namespace roundoff::analyzer {}
namespace roundoff::bench {
using namespace formats;
using namespace sim;
using namespace constructions;
using namespace analyzer;
}  // namespace roundoff::bench
