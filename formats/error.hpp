// Errors, one type a kind of remedy. A message is one line that names the offending input and says how to
// mend it; the command line maps the type to an exit code and adds nothing.
#pragma once

#include <stdexcept>
#include <string>

namespace roundoff::formats {

/// The request cannot be carried out as written: a bad notation, option, operand or name (exit code 2).
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A file cannot be read or says something impossible (exit code 3).
struct FileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A computation reached a result that its format does not have (semantics.md, section 1): overflow under
/// `trap`, 0/0 in a format without NaN, inf - inf in fixed point, NaN at an arg max. The message names
/// operation and operands; the executor adds the place.
struct Trap : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace roundoff::formats
