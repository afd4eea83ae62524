// See specification.hpp.
#include "constructions/tasks/specification.hpp"

namespace roundoff::constructions {

Number sum_of(Integers& integers, std::int64_t base, int count, const std::vector<Number>& numbers) {
  return integers.digits_of_columns(base, count, [&](int j) {
    std::vector<Term> column;
    for (const Number& number : numbers)
      if (static_cast<std::size_t>(j) < number.size()) column.push_back(number[static_cast<std::size_t>(j)]);
    return column;
  });
}

}  // namespace roundoff::constructions
