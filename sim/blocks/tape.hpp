// What blocks are spelled on: a *tape*. There are two, and one spelling of every block for both:
//
//   Recorder (sim/program/recorder.hpp)  writes every operation down as a node of a program, at one position
//   Tensors  (sim/tensors/tape.hpp)      does it at once, for many positions and sequences as lanes
//
// `Tape::Entries` is a vector of numbers, at every position that the tape stands at. An operation on entries is
// done entry by entry, each rounded to a format; a vector of one entry stands for as many as the other operand
// has. The entries of scores are the keys that a position sees, in order. What a tape offers:
//
//   constant(value, role), constants(values, role), member(value, format)   rounded once; members as they are
//   binary, unary, round, convert, quotient         entry by entry
//   max, sum, dot                                   of all entries, in order: one entry
//   slice, interleave, join                         entries in another arrangement: no operation
//   prepare, apply                                  linear maps
//   embedding, embed, position_row, by_position, by_key   what depends on the token, the position or the key
//   memory, keep, scores, mix                       keys and values, and dot products with them
//   look_back, sees_any                             how far the mask shows keys here, and whether it shows any
//   running_max, arg_max, each
//
// Every operation is given its Place.
#pragma once

#include "sim/program/program.hpp"

namespace roundoff::sim {

/// Where the results of an operation stand in the model: its entries are numbered by `first + i * stride`, or by
/// keys, or are steps without a number. `inner` marks intermediate steps, as in Site.
struct Place {
  enum Numbering : std::uint8_t { by_index, by_key, unnumbered };

  SiteName name = SiteName::none;
  Numbering numbering = unnumbered;
  bool inner = false;
  int head = -1, first = 0, stride = 1;

  static Place entries(SiteName name, int first = 0, int stride = 1) {
    return {name, by_index, false, -1, first, stride};
  }
  static Place keys(SiteName name, int head) { return {name, by_key, false, head, 0, 1}; }
  static Place step(SiteName name, int head = -1) { return {name, unnumbered, false, head, 0, 1}; }
  /// The same place, of a step before the last one where `more` follow.
  Place before(bool more = true) const {
    Place place = *this;
    place.inner = place.inner || more;
    return place;
  }
};

}  // namespace roundoff::sim
