#include "sim/program/memory.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <sys/resource.h>


namespace roundoff::sim {
namespace {

constexpr int first_look = 16;

}  // namespace

double memory_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_DATA, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return std::numeric_limits<double>::infinity();
  return static_cast<double>(limit.rlim_cur);
}

void Forecast::at(int done, std::size_t bytes) {
  if (done < first_look || (!looks_.empty() && done < 2 * looks_.back().step)) return;
  looks_.push_back({static_cast<double>(done), static_cast<double>(bytes)});
  const double needed = factor_ * expected(), limit = memory_limit();
  // A forecast from little is no reason to refuse: a quarter of the room must be taken before.
  if (needed <= limit || factor_ * static_cast<double>(bytes) < limit / 4) return;
  throw TooMuchMemory(
      fmt::format("{} takes about {:.3g} GB at this size, and there are {:.3g} GB for it; take a smaller "
                  "size, or raise ROUNDOFF_MEMORY (GB)",
                  what_, needed / 1e9, limit / 1e9));
}

double Forecast::expected() const {
  if (looks_.size() < 3) return looks_.empty() ? 0 : looks_.back().bytes;
  const Look &a = looks_[looks_.size() - 3], &b = looks_[looks_.size() - 2], &c = looks_.back();
  const double slope_1 = (b.bytes - a.bytes) / (b.step - a.step);
  const double slope_2 = (c.bytes - b.bytes) / (c.step - b.step);
  const double bend = std::max(0.0, (slope_2 - slope_1) / (c.step - a.step));
  const double n = steps_;
  return c.bytes + std::max(0.0, slope_2) * (n - c.step) + bend * (n - c.step) * (n - b.step);
}

}  // namespace roundoff::sim
