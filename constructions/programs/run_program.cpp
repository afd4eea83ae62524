// Input and output go through temporary files, so that a program that writes before it has read all never waits for us.
#include "constructions/programs/run_program.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "formats/error.hpp"

namespace roundoff::constructions {
namespace {

std::atomic<bool> programs_are_allowed{false};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using TemporaryFile = std::unique_ptr<std::FILE, CloseFile>;

std::string content(std::FILE* file) {
  std::rewind(file);
  std::string text;
  char buffer[1 << 16];
  for (std::size_t count; (count = std::fread(buffer, 1, sizeof buffer, file)) > 0;)
    text.append(buffer, count);
  return text;
}

/// The last line, for people.
std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.find_last_of('\n') + 1).substr(0, 200);
}

}  // namespace

void allow_programs() { programs_are_allowed = true; }

std::vector<std::string> command_words(std::string_view command) {
  std::istringstream in{std::string(command)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string run_program(const std::vector<std::string>& words, const std::string& folder,
                        std::string_view input, double seconds, const std::string& who) {
  const std::string line = fmt::format("{}", fmt::join(words, " "));
  if (!programs_are_allowed)
    throw UsageError(fmt::format(
        "{} names a program, '{}'; it is run where the command line says --allow-programs", who, line));
  if (words.empty()) throw UsageError(fmt::format("{}: the command has no words", who));
  const auto fail = [&](const std::string& what) {
    return FileError(fmt::format("{}: '{}' {}", who, line, what));
  };
  const TemporaryFile in(std::tmpfile()), out(std::tmpfile()), said(std::tmpfile());
  if (!in || !out || !said) throw fail("cannot be run: there is no room for temporary files");
  std::fwrite(input.data(), 1, input.size(), in.get());
  std::fflush(in.get());
  std::vector<char*> arguments;
  std::vector<std::string> copies = words;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) throw fail("cannot be started");
  if (child == 0) {
    // Between fork and exec only what is safe in a process of several threads.
    lseek(fileno(in.get()), 0, SEEK_SET);
    dup2(fileno(in.get()), 0);
    dup2(fileno(out.get()), 1);
    dup2(fileno(said.get()), 2);
    if (!folder.empty() && chdir(folder.c_str()) != 0) _exit(127);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  int status = 0;
  auto pause = std::chrono::microseconds(200);
  for (;;) {
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) break;
    if (ended < 0 && errno != EINTR) throw fail("was lost");
    if (std::chrono::steady_clock::now() > end) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      throw fail(fmt::format("took longer than {:g} s", seconds));
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(20'000));
  }
  if (WIFSIGNALED(status)) throw fail(fmt::format("was ended by signal {}", WTERMSIG(status)));
  if (WEXITSTATUS(status) == 127)
    throw fail("is not found; the command is its first word, and no shell reads it");
  if (WEXITSTATUS(status) != 0) {
    const std::string last = last_line(content(said.get()));
    throw fail(
        fmt::format("ends with exit code {}{}{}", WEXITSTATUS(status), last.empty() ? "" : ": ", last));
  }
  return content(out.get());
}

}  // namespace roundoff::constructions
