// Progress on standard error: one line that is redrawn on a terminal; elsewhere a line every ten seconds;
// nothing with --quiet. It never touches standard output.
#pragma once

#include <chrono>
#include <string>

#include "cli/names.hpp"
#include "cli/shell/session.hpp"

namespace roundoff::cli {

class ProgressLine {
 public:
  explicit ProgressLine(const Session& session);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// `of` = 0 when the total is not known.
  void show(const std::string& what, double done, double of);
  /// Of one stretch of work under changing labels.
  void overall(const std::string& label, double done, double of);
  /// Words alone.
  void line(const std::string& words);
  /// A line that stays, above the progress.
  void note(const std::string& line);

 private:
  using Clock = std::chrono::steady_clock;
  bool due();  ///< time to show something again
  void draw(const std::string& line);

  static constexpr double a_while = 60;  ///< seconds; what takes longer is said beforehand
  Listener* listener_;
  bool enabled_, terminal_, drawn_ = false, warned_ = false;
  std::string what_;
  Clock::time_point began_, started_, shown_;
};

/// "12 s", "3 min", "2.5 h".
std::string duration(double seconds);

}  // namespace roundoff::cli
