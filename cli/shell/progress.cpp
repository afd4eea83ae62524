#include "cli/shell/progress.hpp"

#include <cstdio>
#include <iostream>

#include <unistd.h>

#include "cli/views/answer.hpp"
#include "cli/shell/printable.hpp"

namespace roundoff::cli {

ProgressLine::ProgressLine(const Session& session)
    : listener_(session.listener),
      enabled_(!session.quiet),
      terminal_(isatty(STDERR_FILENO) != 0),
      began_(Clock::now()),
      started_(began_),
      shown_(began_) {}

ProgressLine::~ProgressLine() {
  if (drawn_) std::cerr << "\r\x1b[K" << std::flush;
}

bool ProgressLine::due() {
  if (!enabled_) return false;
  const auto now = Clock::now();
  const auto pause = terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(10);
  if (now - shown_ < pause) return false;
  shown_ = now;
  return true;
}

void ProgressLine::draw(const std::string& words) {
  const std::string line = printable(words);
  if (terminal_) {
    std::cerr << '\r' << line << "\x1b[K" << std::flush;
    drawn_ = true;
  } else {
    std::cerr << line << std::endl;
  }
}

void ProgressLine::show(const std::string& what, double done, double of) {
  if (!enabled_) return;
  if (listener_ != nullptr) return listener_->progress(what, done, of);
  if (what != what_) {
    what_ = what;
    warned_ = false;
    started_ = Clock::now();
  }
  if (!due()) return;
  std::string line = what;
  if (of > 0) {
    const double elapsed = std::chrono::duration<double>(shown_ - started_).count();
    char share[32];
    std::snprintf(share, sizeof share, " %.0f%%", 100 * done / of);
    line += share;
    line += " of " + count_text(of);
    const double left = done > 0 && elapsed > 1 ? elapsed * (of - done) / done : 0;
    if (left > 0) line += ", " + duration(left) + " left";
    if (left > a_while && !warned_) {
      warned_ = true;
      note(what + " takes about " + duration(elapsed + left) + "; Control-C ends it");
    }
  }
  draw(line);
}

void ProgressLine::overall(const std::string& label, double done, double of) {
  if (listener_ != nullptr && enabled_) return listener_->progress(label, done, of);
  if (!due()) return;
  const double elapsed = std::chrono::duration<double>(shown_ - began_).count();
  std::string line = label;
  if (done > 0 && done < of && elapsed > 1)
    line += ", about " + duration(elapsed * (of - done) / done) + " left";
  draw(line);
}

void ProgressLine::line(const std::string& words) {
  if (listener_ != nullptr && enabled_) return listener_->progress(words, 0, 0);
  if (due()) draw(words);
}

void ProgressLine::note(const std::string& line) {
  if (!enabled_) return;
  if (listener_ != nullptr) return listener_->note(line);
  if (drawn_) std::cerr << "\r\x1b[K";
  drawn_ = false;
  std::cerr << printable(line) << std::endl;
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
