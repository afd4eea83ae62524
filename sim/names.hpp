// What this floor calls by its bare name: everything of the floors below it, and nothing of those above.
// (Each floor is a namespace; a using-directive in a lower scope never changes what a name means there.)
#pragma once

namespace roundoff::formats {}
namespace roundoff::sim {
using namespace formats;
}  // namespace roundoff::sim
