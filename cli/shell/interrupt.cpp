#include "cli/shell/interrupt.hpp"

#include <csignal>
#include <ctime>
#include <string_view>

#include <unistd.h>

namespace roundoff::cli {
namespace {

// Seconds that a computation has to notice, and then to put away what it has. Whatever it does, nobody waits longer.
constexpr unsigned patience = 2, grace = 6;
volatile std::sig_atomic_t asked = 0, noticed = 0;

timespec first_asked;

/// Half a second later: a signal that is sent to a process and to its group (timeout(1) does) is one request.
bool is_another(const timespec& now) {
  const long long passed =
      (now.tv_sec - first_asked.tv_sec) * 1000000000LL + (now.tv_nsec - first_asked.tv_nsec);
  return passed > 500000000LL;
}

void on_signal(int signal) {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (asked != 0) {
    if (!is_another(now)) return;
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  first_asked = now;
  asked = 1;
  alarm(patience);
}

void on_alarm(int) {
  static volatile std::sig_atomic_t waited = 0;
  if (noticed != 0 && waited == 0) {
    waited = 1;
    alarm(grace);
    return;
  }
  constexpr std::string_view words = "\nroundoff: interrupted; nothing of this is kept\n";
  [[maybe_unused]] const auto written = write(STDERR_FILENO, words.data(), words.size());
  _exit(exit_interrupted);
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGALRM, on_alarm);
}

std::function<bool()> interruption(const Session& session) {
  if (session.listener == nullptr) return interrupted;
  return [listener = session.listener] { return listener->interrupted(); };
}

bool interrupted() {
  if (asked != 0) noticed = 1;
  return asked != 0;
}

}  // namespace roundoff::cli
