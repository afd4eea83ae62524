// What the floors use of C++20 and the libc++ of Debian 12's emscripten (13) does not have. Included before every file
// of the page's engine (toolchain.cmake).
#pragma once

#include <bit>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <type_traits>

#if defined(_LIBCPP_VERSION) && _LIBCPP_VERSION < 14000
namespace std {  // NOLINT: standing in for the library

template <class To, class From>
  requires(sizeof(To) == sizeof(From) && is_trivially_copyable_v<To> && is_trivially_copyable_v<From>)
constexpr To bit_cast(const From& from) noexcept {
  return __builtin_bit_cast(To, from);
}

/// Of decimal text, as options give it.
inline from_chars_result from_chars(const char* first, const char* last, double& number) {
  const string text(first, last);
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != string::npos || text[0] == '+')
    return {first, errc::invalid_argument};
  char* end = nullptr;
  const double read = strtod(text.c_str(), &end);
  if (end == text.c_str()) return {first, errc::invalid_argument};
  number = read;
  return {first + (end - text.c_str()), errc{}};
}

class jthread : public thread {
 public:
  using thread::thread;
  jthread(jthread&&) noexcept = default;
  ~jthread() {
    if (joinable()) join();
  }
};

}  // namespace std
#endif
