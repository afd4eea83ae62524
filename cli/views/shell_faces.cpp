#include "cli/views/shell_faces.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/shell/command.hpp"
#include "formats/error.hpp"

namespace roundoff::cli {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  return fmt::format("{}", fmt::join(words, between));
}

/// All names of a command's options, blank between them.
std::string option_words(const Command& command) {
  std::vector<std::string> words{"--help"};
  for (const OptionFacts& option : options_of(command))
    if (!option.positional) words.insert(words.end(), option.names.begin(), option.names.end());
  return joined(words, " ");
}

/// Inside single quotes of a shell.
std::string single_quoted(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out;
}

std::string bash() {
  std::string names;
  std::string cases;
  for (const Command& command : commands()) {
    names += std::string(names.empty() ? "" : " ") + std::string(command.name);
    std::string values;
    for (const OptionFacts& option : options_of(command))
      if (!option.allowed.empty())
        values += fmt::format("        {}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n",
                              joined(option.names, "|"), joined(option.allowed, " "));
    cases += fmt::format("    {})\n", command.name);
    if (!values.empty()) cases += "      case \"$before\" in\n" + values + "      esac\n";
    cases += fmt::format("      options='{}' ;;\n", option_words(command));
  }
  return fmt::format(
      "# bash completion of roundoff; made by: roundoff help --completions bash\n"
      "_roundoff() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} options=''\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W '{} --help --version' -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"${{COMP_WORDS[1]}}\" in\n{}  esac\n"
      "  if [[ \"$word\" == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
      "  else\n"
      "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
      "  fi\n"
      "}}\n"
      "complete -o filenames -F _roundoff roundoff\n",
      names, cases);
}

/// Brackets and colons have a meaning in zsh's descriptions.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : single_quoted(text))
    out += c == '[' || c == ']' || c == ':' ? std::string("\\") + c : std::string(1, c);
  return out;
}

std::string zsh() {
  std::string text =
      "#compdef roundoff\n# zsh completion of roundoff; made by: roundoff help --completions zsh\n";
  std::string names;
  std::string cases;
  for (const Command& command : commands()) {
    names += fmt::format("    '{}:{}'\n", command.name, zsh_text(command.summary));
    cases += fmt::format("    {})\n      _arguments -s \\\n", command.name);
    for (const OptionFacts& option : options_of(command)) {
      if (option.positional) continue;
      const std::string value = option.placeholder.empty() ? ""
                                : option.allowed.empty()
                                    ? fmt::format(":{}:_files", zsh_text(option.placeholder))
                                    : fmt::format(":value:({})", joined(option.allowed, " "));
      for (const std::string& name : option.names)
        cases += fmt::format("        '{}{}[{}]{}' \\\n", option.repeatable ? "*" : "", name,
                             zsh_text(option.help), value);
    }
    cases += "        '--help[Show this help]' '*:file:_files' ;;\n";
  }
  return text + "_roundoff() {\n  local -a names\n  names=(\n" + names +
         "  )\n  if (( CURRENT == 2 )); then\n    _describe command names\n    return\n  fi\n"
         "  local command=$words[2]\n  shift words\n  (( CURRENT-- ))\n  case $command in\n" +
         cases + "  esac\n}\n_roundoff \"$@\"\n";
}

std::string fish() {
  std::string text =
      "# fish completion of roundoff; made by: roundoff help --completions fish\n"
      "complete -c roundoff -n __fish_use_subcommand -l version -d 'The version'\n";
  for (const Command& command : commands()) {
    text += fmt::format("complete -c roundoff -f -n __fish_use_subcommand -a {} -d '{}'\n", command.name,
                        single_quoted(command.summary));
    for (const OptionFacts& option : options_of(command)) {
      if (option.positional) continue;
      text += fmt::format("complete -c roundoff -n '__fish_seen_subcommand_from {}'", command.name);
      for (const std::string& name : option.names)
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (!option.placeholder.empty()) text += " -r";
      if (!option.allowed.empty()) text += fmt::format(" -f -a '{}'", joined(option.allowed, " "));
      text += fmt::format(" -d '{}'\n", single_quoted(option.help));
    }
  }
  return text;
}

/// Text as roff takes it: backslashes and hyphens escaped, no line that begins with a control character.
std::string roff(std::string_view text) {
  std::string out;
  bool start = true;
  for (const char c : text) {
    if (start && (c == '.' || c == '\'')) out += "\\&";
    out += c == '\\' ? std::string("\\e") : c == '-' ? std::string("\\-") : std::string(1, c);
    start = c == '\n';
  }
  return out;
}

std::string preformatted(std::string_view text) {
  return ".PP\n.nf\n" + roff(text) + (text.ends_with('\n') ? "" : "\n") + ".fi\n";
}

}  // namespace

Json commands_json() {
  Json list = Json::array();
  for (const Command& command : commands()) {
    Json options = Json::array();
    for (const OptionFacts& option : options_of(command)) {
      Json facts{{"names", option.names}};
      facts["value"] = option.placeholder;
      if (!option.allowed.empty()) facts["allowed"] = option.allowed;
      facts["positional"] = option.positional;
      facts["required"] = option.required;
      facts["repeatable"] = option.repeatable;
      facts["group"] = option.group;
      facts["help"] = option.help;
      options.push_back(std::move(facts));
    }
    Json entry{{"name", command.name}};
    entry["summary"] = command.summary;
    entry["options"] = std::move(options);
    list.push_back(std::move(entry));
  }
  Json document;
  document["commands"] = std::move(list);
  return document;
}

std::string completions(std::string_view shell) {
  if (shell == "bash") return bash();
  if (shell == "zsh") return zsh();
  if (shell == "fish") return fish();
  throw UsageError(unknown("shell", shell, {"bash", "zsh", "fish"}));
}

std::string man_page() {
  std::string text =
      ".TH ROUNDOFF 1\n.SH NAME\nroundoff \\- how many bits, and how wide a transformer, a computation "
      "needs\n";
  text += ".SH SYNOPSIS\n.B roundoff\n.I COMMAND\n[options]\n.SH DESCRIPTION\n" + preformatted(overview());
  text += ".SH COMMANDS\n";
  for (const Command& command : commands()) {
    text += fmt::format(".SS {}\n{}.\n", roff(command.name), roff(command.summary));
    for (const OptionFacts& option : options_of(command)) {
      text +=
          fmt::format(".TP\n.B {}{}\n{}\n", roff(joined(option.names, ", ")),
                      option.placeholder.empty() || option.positional ? "" : " " + roff(option.placeholder),
                      roff(option.help));
    }
    text += preformatted(command.examples);
  }
  return text;
}

}  // namespace roundoff::cli
