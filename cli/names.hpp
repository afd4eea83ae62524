// What this floor calls by its bare name: everything of the floors below it, and nothing of those above.
// (Each floor is a namespace; a using-directive in a lower scope never changes what a name means there.)
#pragma once

namespace roundoff::formats {}
namespace roundoff::sim {}
namespace roundoff::constructions {}
namespace roundoff::analyzer {}
namespace roundoff::training {}
namespace roundoff::cli {
using namespace formats;
using namespace sim;
using namespace constructions;
using namespace analyzer;
}  // namespace roundoff::cli
