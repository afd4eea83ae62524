#include "cli/views/lab_state.hpp"

#include <cctype>

#include <fmt/format.h>

namespace roundoff::cli {

std::string address_text(std::string_view text, std::string_view as_they_are) {
  std::string address;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 128 && (std::isalnum(byte) != 0 || as_they_are.find(c) != std::string_view::npos))
      address += c;
    else
      address += fmt::format("%{:02X}", byte);
  }
  return address;
}

std::string lab_state(const Subject& subject, std::string_view input) {
  const TaskSize& size = subject.task->size();
  if (subject.construction == nullptr || subject.policy != subject.implied || size.c != 1 || size.ragged) return "";
  constexpr std::string_view plain = "-_.(),";
  std::string state = fmt::format("transformer?name={}&p={}&input={}", subject.name, size.p, address_text(input, plain));
  if (subject.asked.policy.layer().names_a_format()) state += "&format=" + address_text(subject.format, plain);
  if (!subject.asked.settings.empty())
    state += "&set=" + address_text(fmt::format("{}", fmt::join(subject.asked.settings, ",")), plain);
  return state;
}

}  // namespace roundoff::cli
