#include "analyzer/search/ranges.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff::analyzer {
namespace {

constexpr int most = 1000000;
constexpr std::size_t most_numbers = 10000;

class Parser {
 public:
  Parser(std::string_view what, std::string_view part) : what_(what), part_(part), rest_(part) {}

  void into(std::vector<int>& numbers) {
    const int first = number();
    int last = first, step = 1;
    bool doubling = false;
    if (rest_.starts_with("..")) {
      rest_.remove_prefix(2);
      last = number();
      if (!rest_.empty() && (rest_[0] == '*' || rest_[0] == '+')) {
        doubling = rest_[0] == '*';
        rest_.remove_prefix(1);
        step = number();
        if (doubling && step < 2) fail();
      }
    }
    if (!rest_.empty() || last < first) fail();
    for (std::int64_t at = first; at <= last; at = doubling ? at * step : at + step) {
      if (std::find(numbers.begin(), numbers.end(), at) == numbers.end())
        numbers.push_back(static_cast<int>(at));
      if (numbers.size() > most_numbers) fail();
    }
  }

 private:
  int number() {
    int value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{} || value < 1 || value > most) fail();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  [[noreturn]] void fail() const {
    throw UsageError(fmt::format(
        "{} '{}' is no list of sizes; write 8, or 2,4,8, or 2..64, or 2..64*2 (doubling), or 4..24+4 (steps "
        "of 4), each from 1 to {}",
        what_, part_, most));
  }

  std::string_view what_, part_, rest_;
};

}  // namespace

std::vector<int> parse_range(std::string_view what, std::string_view text) {
  std::vector<int> numbers;
  while (true) {
    const std::string_view part = text.substr(0, text.find(','));
    Parser(what, part).into(numbers);
    if (part.size() == text.size()) return numbers;
    text.remove_prefix(part.size() + 1);
  }
}

int checked_size(std::string_view what, std::int64_t number) {
  if (number < 1 || number > most)
    throw UsageError(fmt::format("{} is a whole number from 1 to {}, not {}", what, most, number));
  return static_cast<int>(number);
}

}  // namespace roundoff::analyzer
