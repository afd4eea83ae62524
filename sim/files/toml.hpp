// toml++ behind one header (it is slow to compile: include it in few files). The library checks some of what it reads by
// assertions, which a bad file must not run into: they are kept in every build, and are errors here.
#pragma once

#include <string_view>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "sim/names.hpp"

namespace roundoff::sim {

struct TomlAssertion {};
[[noreturn]] inline void fail_toml() { throw TomlAssertion(); }

}  // namespace roundoff::sim

#ifdef NDEBUG
#define ROUNDOFF_RELEASE
#undef NDEBUG
#endif
#define TOML_ASSERT(expression) ((expression) ? static_cast<void>(0) : ::roundoff::sim::fail_toml())
#include <toml++/toml.h>
#ifdef ROUNDOFF_RELEASE
#define NDEBUG
#undef ROUNDOFF_RELEASE
#endif
#include <cassert>  // by NDEBUG again

namespace roundoff::sim {

/// FileError with `source`, the line and what is wrong.
inline toml::table parse_toml(std::string_view text, std::string_view source) {
  try {
    return toml::parse(text, source);
  } catch (const toml::parse_error& error) {
    throw FileError(fmt::format("{}:{}: {}", source, error.source().begin.line, error.description()));
  } catch (const TomlAssertion&) {
    throw FileError(fmt::format(
        "{}: not TOML: a key, or the name of a table, starts with a character that none has", source));
  }
}

}  // namespace roundoff::sim
