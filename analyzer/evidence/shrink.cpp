// Each round offers the simpler neighbours of the input, simplest first, as one batch, and takes the first
// that fails.
#include "analyzer/evidence/shrink.hpp"

#include <algorithm>
#include <vector>

namespace roundoff::analyzer {
namespace {

void zero_runs(const Instance& from, std::vector<Instance>& offers) {
  for (std::size_t operand = 0; operand < from.operands.size(); ++operand) {
    const std::size_t size = from.operands[operand].size();
    for (std::size_t run = size; run >= 1; run /= 2) {
      for (std::size_t first = 0; first < size; first += run) {
        Instance offer = from;
        Digits& digits = offer.operands[operand];
        std::fill(digits.begin() + static_cast<std::ptrdiff_t>(first),
                  digits.begin() + static_cast<std::ptrdiff_t>(std::min(first + run, size)), std::uint8_t{0});
        if (!(offer == from)) offers.push_back(std::move(offer));
      }
    }
  }
}

void lower_digits(const Instance& from, std::vector<Instance>& offers) {
  for (std::size_t operand = 0; operand < from.operands.size(); ++operand) {
    for (std::size_t i = 0; i < from.operands[operand].size(); ++i) {
      for (std::uint8_t digit = 1; digit < from.operands[operand][i]; ++digit) {
        Instance offer = from;
        offer.operands[operand][i] = digit;
        offers.push_back(std::move(offer));
      }
    }
  }
}

void drop_leading(const Instance& from, std::vector<Instance>& offers) {
  for (std::size_t operand = 0; operand < from.operands.size(); ++operand) {
    if (from.operands[operand].size() < 2) continue;
    Instance offer = from;
    offer.operands[operand].erase(offer.operands[operand].begin());
    offers.push_back(std::move(offer));
  }
}

}  // namespace

Instance shrink(Judge& judge, const Task& task, const Instance& failing) {
  Instance best = failing;
  std::vector<Instance> offers;
  std::vector<std::uint8_t> failed;
  for (;;) {
    offers.clear();
    if (task.size().ragged) drop_leading(best, offers);
    zero_runs(best, offers);
    lower_digits(best, offers);
    std::erase_if(offers, [&](const Instance& offer) { return !task.admits(offer); });
    failed.assign(offers.size(), 0);
    judge.decide(offers, failed);
    const auto found = std::find(failed.begin(), failed.end(), std::uint8_t{1});
    if (found == failed.end()) return best;
    best = offers[static_cast<std::size_t>(found - failed.begin())];
  }
}

}  // namespace roundoff::analyzer
