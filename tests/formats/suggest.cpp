// The remedy part of error messages.
#include "formats/notation/suggest.hpp"

#include <array>

#include <doctest/doctest.h>

using namespace roundoff::formats;

TEST_CASE("a slip finds the word that was meant, and nonsense finds none") {
  constexpr std::array<std::string_view, 5> words = {"fixed", "twos", "ufixed", "float", "bfloat16"};
  CHECK(nearest("fixd", words) == "fixed");
  CHECK(nearest("FIXED", words) == "fixed");
  CHECK(nearest("flaot", words) == "float");
  CHECK(nearest("ufxed", words) == "ufixed");
  CHECK(nearest("bflaot16", words) == "bfloat16");
  CHECK(nearest("zzz", words) == "");
  CHECK(nearest("", words) == "");
  CHECK(did_you_mean("flot", words) == "; did you mean 'float'?");
  CHECK(did_you_mean("zzz", words) == "; known: fixed, twos, ufixed, float, bfloat16");
}
