// What this face calls by its bare name: everything of the floors, and the command line's commands, whose answers it
// hands on.
#pragma once

namespace roundoff::formats {}
namespace roundoff::sim {}
namespace roundoff::constructions {}
namespace roundoff::analyzer {}
namespace roundoff::cli {}
namespace roundoff::python {
using namespace formats;
using namespace sim;
using namespace constructions;
using namespace analyzer;
}  // namespace roundoff::python
