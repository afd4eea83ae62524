// CLI11 behind the few verbs of arguments.hpp. Its own messages and exit codes are replaced: what a user sees
// names the word that was wrong and what to write instead.
#include "cli/options/arguments.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <functional>

#include <CLI/CLI.hpp>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::cli {
namespace {

// A number with a minus sign would look like an option; it travels through CLI11 behind this mark.
constexpr char mark = '\x01';

bool is_negative_number(std::string_view word) {
  if (word.size() < 2 || word[0] != '-') return false;
  const std::string_view rest = word.substr(1);
  return std::isdigit(static_cast<unsigned char>(rest[0])) != 0 || rest[0] == '.' || rest == "inf" ||
         rest == "nan" || rest == "infinity";
}

std::string unmarked(std::string word) {
  if (!word.empty() && word[0] == mark) word.erase(0, 1);
  return word;
}

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "--n" of "-n,--n": what errors call the option.
std::string long_name(const std::string& names) { return names.substr(names.rfind(',') + 1); }

}  // namespace

std::string unknown(std::string_view what, std::string_view word, const std::vector<std::string>& known) {
  std::string message = std::string(what) + " '" + std::string(word) + "' is unknown";
  return message + did_you_mean(word, std::vector<std::string_view>(known.begin(), known.end()));
}

struct Arguments::Impl {
  Impl(std::string command_name, std::string summary)
      : command(std::move(command_name)), app(std::move(summary), "roundoff " + command) {
    app.set_help_flag("-h,--help", "Show this help");
    app.get_formatter()->column_width(34);
  }
  std::string command;
  CLI::App app;
  std::string group = "Options";

  CLI::Option* option(const std::string& names, const std::string& placeholder, const std::string& help,
                      std::function<void(const std::string&)> take) {
    auto* made = app.add_option(
        names,
        [this, names, placeholder, take = std::move(take)](const CLI::results_t& words) {
          for (const std::string& word : words) {
            if (word.empty() && names[0] == '-')
              refuse(long_name(names) + " takes " + placeholder + ", not an empty word");
            take(unmarked(word));
          }
          return true;
        },
        help);
    made->type_name(placeholder)->type_size(1)->expected(1)->group(group);
    made->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    return made;
  }

  /// An empty word says nothing, and is no way of leaving an option out.
  CLI::Option* text_option(const std::string& names, const std::string& placeholder, const std::string& help,
                           std::function<void(const std::string&)> take) {
    return option(names, placeholder, help,
                  [this, names, placeholder, take = std::move(take)](const std::string& word) {
                    if (word.empty())
                      refuse(long_name(names) + " takes " + placeholder + ", not an empty word; leave it out");
                    take(word);
                  });
  }

  void whole_option(const std::string& names, int least, int most, const std::string& help,
                    std::function<void(int)> take) {
    option(names, "N", help, [this, names, least, most, take = std::move(take)](const std::string& word) {
      const auto number = whole<int>(word);
      if (!number || *number < least || *number > most)
        refuse(long_name(names) + " takes a whole number from " + std::to_string(least) + " to " +
               std::to_string(most) + ", not '" + word + "'");
      take(*number);
    });
  }

  void count_option(const std::string& names, const std::string& help,
                    std::function<void(std::uint64_t)> take) {
    option(names, "N", help, [this, names, take = std::move(take)](const std::string& word) {
      const auto number = whole<std::uint64_t>(word);
      if (!number) refuse(long_name(names) + " takes a whole number, not '" + word + "'");
      take(*number);
    });
  }

  /// The spelling that took the place of an option's, where this command has it; else "".
  std::string replacement(std::string_view word) const {
    if (app.get_option_no_throw("--dot") == nullptr) return "";
    return word == "--fma" ? "--dot fused" : word == "--exact-dot" ? "--dot exact" : "";
  }

  std::vector<std::string> option_names() const {
    std::vector<std::string> names;
    for (const CLI::Option* known : app.get_options())
      for (const std::string& name : known->get_lnames()) names.push_back("--" + name);
    return names;
  }

  /// By spelling, or by what other programs call it.
  std::string unknown_option(const std::string& word) const {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> called = {{{"--base", "--p"},
                                                                                     {"--radix", "--p"},
                                                                                     {"--digits", "--n"},
                                                                                     {"--operands", "--k"},
                                                                                     {"--samples", "--count"},
                                                                                     {"--timeout", "--budget"}}};
    const std::vector<std::string> names = option_names();
    for (const auto& [other, ours] : called)
      if (word == other && std::find(names.begin(), names.end(), ours) != names.end())
        return "option '" + word + "' is unknown; did you mean '" + std::string(ours) + "'?";
    return unknown("option", word, names);
  }

  [[noreturn]] void refuse(const std::string& message) const {
    throw UsageError(command + ": " + message + " (see roundoff " + command + " --help)");
  }
};

Arguments::Arguments(std::string command, std::string summary)
    : impl_(std::make_unique<Impl>(std::move(command), std::move(summary))) {}
Arguments::~Arguments() = default;

void Arguments::group(std::string title) { impl_->group = std::move(title); }

void Arguments::flag(const std::string& names, bool& target, const std::string& help) {
  impl_->app.add_flag(names, target, help)->group(impl_->group);
}

void Arguments::text(const std::string& names, std::string& target, const std::string& placeholder,
                     const std::string& help) {
  impl_->text_option(names, placeholder, help, [&target](const std::string& word) { target = word; });
}

void Arguments::take(const std::string& names, const std::string& placeholder, const std::string& help,
                     std::function<void(const std::string&)> take) {
  impl_->text_option(names, placeholder, help, std::move(take))
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

void Arguments::texts(const std::string& names, std::vector<std::string>& target,
                      const std::string& placeholder, const std::string& help) {
  take(names, placeholder, help, [&target](const std::string& word) { target.push_back(word); });
}

void Arguments::number(const std::string& names, int& target, int least, int most, const std::string& help) {
  impl_->whole_option(names, least, most, help + " [" + std::to_string(target) + "]",
                      [&target](int number) { target = number; });
}

void Arguments::number(const std::string& names, std::optional<int>& target, int least, int most,
                       const std::string& help) {
  impl_->whole_option(names, least, most, help, [&target](int number) { target = number; });
}

void Arguments::number(const std::string& names, std::uint64_t& target, const std::string& help) {
  impl_->count_option(names, help + " [" + std::to_string(target) + "]",
                      [&target](std::uint64_t number) { target = number; });
}

void Arguments::number(const std::string& names, std::optional<std::uint64_t>& target,
                       const std::string& help) {
  impl_->count_option(names, help, [&target](std::uint64_t number) { target = number; });
}

void Arguments::number(const std::string& names, std::optional<double>& target,
                       const std::string& placeholder, const std::string& help) {
  Impl& impl = *impl_;
  impl.option(names, placeholder, help, [&impl, &target, names](const std::string& word) {
    double number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size() || !std::isfinite(number) || number < 0)
      impl.refuse(long_name(names) + " takes a number, at least 0, not '" + word + "'");
    target = number;
  });
}

void Arguments::choice(const std::string& names, std::string& target, std::vector<std::string> allowed,
                       const std::string& help) {
  std::string list;
  for (const std::string& word : allowed) list += (list.empty() ? "" : "|") + word;
  Impl& impl = *impl_;
  impl.option(names, list, help + " [" + target + "]",
              [&impl, &target, names, allowed](const std::string& word) {
                if (std::find(allowed.begin(), allowed.end(), word) == allowed.end())
                  impl.refuse(unknown(long_name(names), word, allowed));
                target = word;
              });
}

void Arguments::positional(const std::string& name, std::string& target, const std::string& help,
                           bool required) {
  impl_->option(name, "", help,
                [this, name, &target](const std::string& word) {
                  if (word.empty()) impl_->refuse(name + " is an empty word");
                  target = word;
                })
      ->required(required)
      ->group("");
  impl_->app.get_option(name)->group("Positionals");
}

void Arguments::positionals(const std::string& name, std::vector<std::string>& target,
                            const std::string& help) {
  impl_->option(name, "", help, [&target](const std::string& word) { target.push_back(word); })
      ->expected(1, -1)
      ->allow_extra_args()
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group("Positionals");
}

void Arguments::examples(std::string text) { impl_->app.footer(std::move(text)); }

std::string Arguments::help() const { return impl_->app.help(); }

std::vector<OptionFacts> Arguments::options() const {
  std::vector<OptionFacts> all;
  for (const CLI::Option* known : impl_->app.get_options()) {
    if (known == impl_->app.get_help_ptr()) continue;
    OptionFacts facts;
    for (const std::string& name : known->get_snames()) facts.names.push_back("-" + name);
    for (const std::string& name : known->get_lnames()) facts.names.push_back("--" + name);
    facts.positional = known->get_positional();
    if (facts.positional) facts.names = {known->get_name()};
    facts.placeholder = known->get_expected_max() == 0 ? "" : known->get_type_name();
    if (facts.placeholder.find('|') != std::string::npos)
      facts.allowed = CLI::detail::split(facts.placeholder, '|');
    facts.help = known->get_description();
    facts.group = known->get_group();
    facts.required = known->get_required();
    facts.repeatable = known->get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
    all.push_back(std::move(facts));
  }
  return all;
}

bool Arguments::parse(std::vector<std::string> words) {
  for (std::string& word : words)
    if (is_negative_number(word)) word.insert(word.begin(), mark);
  std::reverse(words.begin(), words.end());
  try {
    impl_->app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    return false;
  } catch (const CLI::ExtrasError&) {
    const std::string word = unmarked(impl_->app.remaining().front());
    if (const std::string now = impl_->replacement(word); !now.empty())
      impl_->refuse(word + " is now written " + now);
    if (word.size() > 1 && word[0] == '-')
      impl_->refuse(impl_->unknown_option(word.substr(0, word.find('='))));
    impl_->refuse("argument '" + word + "' is one too many");
  } catch (const CLI::RequiredError& error) {
    std::string what = error.what();
    what.resize(std::min(what.find(' '), what.size()));
    impl_->refuse(what + " is missing");
  } catch (const CLI::ParseError& error) {
    impl_->refuse(error.what());
  }
  return true;
}

}  // namespace roundoff::cli
