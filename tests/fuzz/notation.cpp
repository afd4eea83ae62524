// The notation parser on any bytes: it returns or throws UsageError, quickly; a format without variables
// prints a notation that reads back to an equal format; a family with variables evaluates or refuses; numbers
// parse or are refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "formats/error.hpp"
#include "formats/notation/family.hpp"
#include "formats/notation/text.hpp"

using namespace roundoff;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const FormatFamily family(text);
    static_cast<void>(family.growth());
    Bindings bindings;
    bindings.n = 12, bindings.k = 5, bindings.p = 10, bindings.l = 7, bindings.N = 1000;
    const Format format = family.at(bindings);
    const Format again = parse_format(notation(format));
    if (!(again == format) || !(parse_format(notation(again)) == format)) std::abort();
  } catch (const UsageError&) {
  }
  try {
    static const Format half = parse_format("binary16");
    const Value value = parse_number(text, half).value;
    if (!(parse_number(hex(value), half).value == value)) std::abort();
    static_cast<void>(decimal(parse_exact(text)));
  } catch (const UsageError&) {
  }
  return 0;
}
