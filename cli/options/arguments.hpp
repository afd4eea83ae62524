// The options of one command, declared once: name, target, range, help. Everything a user can type on the
// command line passes through here, so that every mistake gets the same kind of one-line error with a remedy.
//
// CLI11 does the parsing and costs eight seconds a translation unit, so that only arguments.cpp includes it.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/names.hpp"

namespace roundoff::cli {

/// What is known of a declared option, for completions, the man page and whoever makes command lines.
struct OptionFacts {
  std::vector<std::string> names;    ///< "-o", "--output"; a positional has its name alone: "MODEL"
  std::string placeholder;           ///< what stands for the value: "FILE", "N"; empty for flags
  std::vector<std::string> allowed;  ///< the values of a choice; empty where any text may stand
  std::string help;
  std::string group;
  bool positional = false;
  bool required = false;
  bool repeatable = false;
};

class Arguments {
 public:
  /// `command` is what errors call it: "verify".
  Arguments(std::string command, std::string summary);
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  /// Options declared from here on are listed under this title.
  void group(std::string title);

  // `names` is CLI11's: "--json", "-o,--output". Targets hold the default, and must outlive parse().
  void flag(const std::string& names, bool& target, const std::string& help);
  void text(const std::string& names, std::string& target, const std::string& placeholder,
            const std::string& help);
  /// `take` is given every word in turn; the option may be repeated.
  void take(const std::string& names, const std::string& placeholder, const std::string& help,
            std::function<void(const std::string&)> take);
  void texts(const std::string& names, std::vector<std::string>& target, const std::string& placeholder,
             const std::string& help);  ///< one value each time; may be repeated
  void number(const std::string& names, int& target, int least, int most, const std::string& help);
  void number(const std::string& names, std::optional<int>& target, int least, int most,
              const std::string& help);
  void number(const std::string& names, std::uint64_t& target, const std::string& help);
  void number(const std::string& names, std::optional<std::uint64_t>& target, const std::string& help);
  /// Finite, and at least 0.
  void number(const std::string& names, std::optional<double>& target, const std::string& placeholder,
              const std::string& help);
  /// One of `allowed`; anything else is an error with a "did you mean".
  void choice(const std::string& names, std::string& target, std::vector<std::string> allowed,
              const std::string& help);
  void positional(const std::string& name, std::string& target, const std::string& help, bool required);
  void positionals(const std::string& name, std::vector<std::string>& target, const std::string& help);

  /// What stands at the end of the help.
  void examples(std::string text);

  /// Fills the targets. False when help was asked for (then print help()). UsageError for anything wrong.
  bool parse(std::vector<std::string> words);
  std::string help() const;
  /// All that was declared, in order; --help itself is left out.
  std::vector<OptionFacts> options() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// "'verfy' is unknown; did you mean 'verify'?" or "...; known are a, b, c".
std::string unknown(std::string_view what, std::string_view word, const std::vector<std::string>& known);

}  // namespace roundoff::cli
