#include "cli/shell/memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <sys/resource.h>

#include "formats/error.hpp"
#include "sim/program/memory.hpp"

namespace roundoff::cli {
namespace {

constexpr double most = 8e9, share = 0.9;

// Sanitizers map terabytes for themselves.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool watched = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool watched = true;
#else
constexpr bool watched = false;
#endif
#else
constexpr bool watched = false;
#endif

/// Bytes that may be taken without driving others out; 0 where the system does not say.
double available() {
  std::ifstream facts("/proc/meminfo");
  std::string word;
  double kilobytes = 0;
  while (facts >> word)
    if (word == "MemAvailable:" && facts >> kilobytes) return kilobytes * 1024;
  return 0;
}

double asked_for(const char* text) {
  char* end = nullptr;
  const double gigabytes = std::strtod(text, &end);
  if (end == text || *end != '\0' || !(gigabytes > 0) || gigabytes > 1e6)
    throw UsageError(fmt::format("ROUNDOFF_MEMORY is a number of GB, such as 16, not '{}'", text));
  return gigabytes * 1e9;
}

}  // namespace

void limit_memory() {
  if (watched) return;
  const char* wish = std::getenv("ROUNDOFF_MEMORY");
  const double free = available();
  const double limit = wish != nullptr ? asked_for(wish) : free > 0 ? std::min(most, share * free) : most;
  rlimit now{};
  if (getrlimit(RLIMIT_DATA, &now) != 0) return;
  const auto bytes = static_cast<rlim_t>(limit);
  if (now.rlim_cur != RLIM_INFINITY && now.rlim_cur <= bytes) return;
  now.rlim_cur = now.rlim_max == RLIM_INFINITY ? bytes : std::min(bytes, now.rlim_max);
  setrlimit(RLIMIT_DATA, &now);
}

std::string out_of_memory() {
  return fmt::format(
      "this takes more than the {:.3g} GB that there are for it; ask for a smaller size, or raise "
      "ROUNDOFF_MEMORY (GB)",
      memory_limit() / 1e9);
}

}  // namespace roundoff::cli
