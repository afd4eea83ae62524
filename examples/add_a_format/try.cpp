// What a new line in the catalogue gives: the format reads, prints, rounds, and has codes. Exits with 1 where
// it does not.
#include <iostream>

#include "formats/notation/catalogue.hpp"
#include "formats/notation/text.hpp"

int main() {
  using namespace roundoff::formats;
  const Format format = parse_format("e3m4:rtz");
  bool right = notation(format) == "e3m4:rtz" && find_entry("e3m4") != nullptr;
  for (u128 code = 0; code < 256; ++code) {
    const Value value = decode(code, format);
    right = right && (value.is_nan() || encode(value, format) == code);
    std::cout << code_text(code, format) << '\t' << hex(value) << '\n';
  }
  right = right && parse_number("100", format).value == Value::integer(30);
  right = right && hex(parse_number("1/3", format).value) == "0x1.5p-2";
  return right ? 0 : 1;
}
