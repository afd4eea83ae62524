#include "cli/shell/printable.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace roundoff::cli {
namespace {

/// The length of the UTF-8 sequence at the front of `text`, 0 where there is none; `code` is what it says.
std::size_t sequence(std::string_view text, char32_t& code) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = byte(0) < 0x80 ? 1 : byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : byte(0) >= 0xc2 ? 2 : 0;
  if (length == 0 || length > text.size() || byte(0) > 0xf4) return 0;
  code = length == 1 ? byte(0) : byte(0) & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3f);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  return code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? 0 : length;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    char32_t code = 0;
    const std::size_t length = sequence(text, code);
    // C0, DEL, C1, and the marks that turn the direction of writing.
    const bool moves = (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7f && code < 0xa0) ||
                       (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    if (length != 0 && !moves) {
      shown += text.substr(0, length);
    } else {
      for (std::size_t i = 0; i < std::max<std::size_t>(length, 1); ++i)
        shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i]));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return shown;
}

}  // namespace roundoff::cli
