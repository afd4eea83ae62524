// What happens to text before words are encoded: normal forms, and cutting into pieces by expressions over Unicode's
// classes, in the words of tokenizer.json. The tables of Unicode are ICU's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/files/model_json.hpp"

namespace roundoff::sim {

using Pieces = std::vector<std::string>;

/// A step on UTF-8 text. UsageError for text that makes no sense to it.
using Normaliser = std::function<std::string(const std::string&)>;
using PieceCutter = std::function<Pieces(const Pieces&)>;

/// Of "normalizer" and "pre_tokenizer"; null for none. FileError led by `source` for a kind that is not built here and for
/// an expression that makes no sense.
Normaliser read_normaliser(const Json& json, const std::string& source);
/// `byte_level` is set where pieces are then written in the alphabet of bytes.
PieceCutter read_cutter(const Json& json, const std::string& source, bool& byte_level);

/// Where text is no UTF-8: the byte; else npos.
std::size_t first_bad_byte(std::string_view text);

}  // namespace roundoff::sim
