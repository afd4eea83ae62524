// Format families: notations whose numbers are expressions in n, k, p, l, N (semantics.md, section 1).
// A family whose bits do not depend on the variables is constant precision; one with O(log N) bits is
// logarithmic.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "formats/format.hpp"

namespace roundoff::formats {

/// Values for the variables of a family. An absent one is an error where the family uses it.
struct Bindings {
  std::optional<std::int64_t> n;  ///< digits per operand
  std::optional<std::int64_t> k;  ///< operands
  std::optional<std::int64_t> p;  ///< base
  std::optional<std::int64_t> l;  ///< low digits of a product
  std::optional<std::int64_t> c;  ///< digits per token
  std::optional<std::int64_t>
      N;  ///< sequence length: positions the model reads (question and answer, without <eos>)
};

enum class Growth : std::uint8_t { constant, logarithmic, beyond };

class FormatFamily {
 public:
  /// Throws UsageError that points at the character and says the remedy.
  explicit FormatFamily(std::string_view text);

  /// The notation as it was written.
  const std::string& text() const;
  /// Evaluated exactly; a parameter is rounded up to an integer. UsageError for a missing variable or a value
  /// out of range.
  Format at(const Bindings& bindings) const;
  bool uses_variables() const;
  /// Decided from the expressions: constant, O(log N), or faster (growth in any of n, k, l, N; p and c count
  /// as constants).
  Growth growth() const;

 private:
  struct Parsed;
  std::shared_ptr<const Parsed> parsed_;
};

}  // namespace roundoff::formats
