#include "cli/options/ranges.hpp"

#include <algorithm>
#include <charconv>

#include "formats/error.hpp"

namespace roundoff::cli {
namespace {

constexpr int most = 1000000;
constexpr std::size_t most_numbers = 10000;

class Parser {
 public:
  Parser(const std::string& option, std::string_view part) : option_(option), part_(part), rest_(part) {}

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
    for (long long at = first; at <= last; at = doubling ? at * step : at + step) {
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
    throw UsageError(
        option_ + " '" + std::string(part_) +
        "' is no list of sizes; write 8, or 2,4,8, or 2..64, or 2..64*2 (doubling), or 4..24+4 (steps of 4)");
  }

  const std::string& option_;
  std::string_view part_, rest_;
};

}  // namespace

std::vector<int> parse_range(const std::string& option, const std::string& text) {
  std::vector<int> numbers;
  std::string_view rest = text;
  while (true) {
    const std::string_view part = rest.substr(0, rest.find(','));
    Parser(option, part).into(numbers);
    if (part.size() == rest.size()) return numbers;
    rest.remove_prefix(part.size() + 1);
  }
}

}  // namespace roundoff::cli
