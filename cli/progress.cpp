#include "cli/progress.hpp"

#include <cstdio>
#include <iostream>

#include <unistd.h>

#include "cli/answer.hpp"

namespace roundoff::cli {

ProgressLine::ProgressLine(const Session& session)
    : enabled_(!session.quiet),
      terminal_(isatty(STDERR_FILENO) != 0),
      started_(Clock::now()),
      shown_(started_) {}

ProgressLine::~ProgressLine() {
  if (drawn_) std::cerr << "\r\x1b[K" << std::flush;
}

void ProgressLine::show(const std::string& what, double done, double of) {
  if (!enabled_) return;
  const auto now = Clock::now();
  if (what != what_) {
    what_ = what;
    started_ = now;
  }
  const auto pause = terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(10);
  if (now - shown_ < pause) return;
  shown_ = now;
  std::string line = what;
  if (of > 0) {
    const double elapsed = std::chrono::duration<double>(now - started_).count();
    char share[32];
    std::snprintf(share, sizeof share, " %.0f%%", 100 * done / of);
    line += share;
    line += " of " + count_text(of);
    if (done > 0 && done < of && elapsed > 1) line += ", " + duration(elapsed * (of - done) / done) + " left";
  }
  if (terminal_) {
    std::cerr << '\r' << line << "\x1b[K" << std::flush;
    drawn_ = true;
  } else {
    std::cerr << line << std::endl;
  }
}

void ProgressLine::note(const std::string& line) {
  if (!enabled_) return;
  if (drawn_) std::cerr << "\r\x1b[K";
  drawn_ = false;
  std::cerr << line << std::endl;
}

std::string duration(double seconds) {
  char text[32];
  if (seconds < 90)
    std::snprintf(text, sizeof text, "%.0f s", seconds);
  else if (seconds < 5400)
    std::snprintf(text, sizeof text, "%.0f min", seconds / 60);
  else
    std::snprintf(text, sizeof text, "%.1f h", seconds / 3600);
  return text;
}

}  // namespace roundoff::cli
