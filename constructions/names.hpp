// Error texts for names that do not exist: "unknown task 'ad': did you mean 'add'? There are add, iteradd,
// mul".
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace roundoff {

/// `kind` is what was looked for; the nearest of `names` by edit distance is proposed when it is near.
std::string unknown_name(std::string_view kind, std::string_view name,
                         std::span<const std::string_view> names);

}  // namespace roundoff
