// "Did you mean": the known word nearest to a mistyped one, for the remedy part of an error message.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace roundoff::formats {

/// Of ASCII letters.
char lower(char c);

/// The nearest candidate when it is near enough to be a slip (edit distance with transpositions, letters of
/// either case alike; at most a third of the word, and at least one letter in common), else "". The first of
/// equals.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

/// `; did you mean 'fixed'?`, or where nothing is near `; known: fixed, twos, ufixed` (at most 12 of them),
/// to be appended to a message that names the word.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace roundoff::formats
