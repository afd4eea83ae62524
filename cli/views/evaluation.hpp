// One rounded operation and what stands around it: the exact result, the members next to it, the error; as JSON, as
// lines for people, as a number line.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/names.hpp"
#include "cli/views/answer.hpp"
#include "formats/functions/real.hpp"
#include "formats/rounding/steps.hpp"

namespace roundoff::cli {

struct Evaluation {
  Format format;
  Rounded result;
  std::optional<Real> exact;  ///< the result before it was rounded
  Neighbours around;
};

/// A code in the format's notation, or "-" where it has none.
std::string code_of(const Value& value, const Format& format);

/// value, code, decimal, exact_decimal, exact, below, above, flags.
Json as_json(const Evaluation& evaluation);

/// The result, the exact one, the neighbours, the error in units of their distance.
std::string as_lines(const Evaluation& evaluation);

/// The members around the exact result, and where it lies between them.
std::string number_line(const Evaluation& evaluation);

/// Products and partial sums, a line each; what an addition absorbs is marked.
std::string as_lines(const formats::Reduction& reduction);
Json as_json(const formats::Reduction& reduction);

}  // namespace roundoff::cli
