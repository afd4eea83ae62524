// JSON text into a document. The library's own reader would take the last of two fields of one name, round
// integers without a word, and look every field up as it comes in; here a field that is there twice, an integer
// that no double holds and a document that nests too deep are errors, and n fields take time n.
#include <cmath>
#include <unordered_set>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "sim/files/model_json.hpp"

namespace roundoff::sim {
namespace {

constexpr std::size_t deepest = 64;

/// What the bytes of a file that is not JSON are, for the error; "" where nothing is known.
std::string kind_of(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.empty()) return "is empty";
  if (bytes.starts_with("GGUF")) return "is a GGUF file; convert it to safetensors with a config.json beside it";
  if (bytes.starts_with("PK\x03\x04"))
    return "is a zip archive, as PyTorch saves; write it anew as safetensors";
  if (bytes.starts_with("\x80\x02"sv) || bytes.starts_with("\x80\x04"sv))
    return "is a Python pickle; write it anew as safetensors";
  if (bytes.starts_with("\x1f\x8b")) return "is compressed by gzip; unpack it first";
  if (bytes.starts_with("\x7f"
                        "ELF"))
    return "is a program";
  if (bytes.starts_with("SQLite format 3")) return "is a SQLite database, perhaps a store of verdicts";
  if (bytes.starts_with("\x89PNG")) return "is a picture";
  if (bytes.starts_with("\xef\xbb\xbf")) return "starts with a byte order mark; save it as plain UTF-8";
  if (bytes.size() > 9 && bytes[8] == '{') return "looks like safetensors; give it the ending .safetensors";
  return "";
}

class Builder {
 public:
  Builder(std::string_view source, std::string_view text) : source_(source), text_(text) {}

  Json take() { return std::move(root_); }

  // The events of nlohmann's reader.
  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(Json::number_integer_t value) {
    if (value < -(std::int64_t{1} << 53)) held(static_cast<double>(value), value);
    return put(value);
  }
  bool number_unsigned(Json::number_unsigned_t value) {
    if (value > std::uint64_t{1} << 53) held(static_cast<double>(value), value);
    return put(value);
  }
  bool number_float(Json::number_float_t value, const std::string& written) {
    const bool integer = written.find_first_of(".eE") == std::string::npos;
    // Digits alone come here beyond 64 bits: a double prints its integer in full.
    if (integer && (!std::isfinite(value) || fmt::format("{:.0f}", value) != written)) refuse(written);
    return put(value);
  }
  bool string(std::string& value) { return put(std::move(value)); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    Level& level = levels_.back();
    if (!level.names.insert(name).second)
      throw FileError(fmt::format("{}: the field \"{}\" is there twice{}", source_, name, where()));
    level.name = std::move(name);
    return true;
  }
  bool parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception& error) {
    if (error.id == 406)  // out of range: a number that no double comes near
      throw FileError(fmt::format("{}: a number near byte {} is beyond every double; write it as a string",
                                  source_, byte));
    const std::string kind = kind_of(text_);
    if (!kind.empty()) throw FileError(fmt::format("{} {}", source_, kind));
    throw FileError(fmt::format("{}: not JSON (byte {}); write it with `roundoff export`", source_, byte));
  }

 private:
  struct Level {
    Json* json;
    std::string name;  ///< of the field that comes next
    std::unordered_set<std::string> names;
  };

  [[noreturn]] void refuse(const std::string& number) const {
    throw FileError(fmt::format("{}: no double holds the integer {}{}; write it as a string: \"{}\"", source_,
                                number, where(), number));
  }
  template <class Integer>
  void held(double nearest, Integer value) const {
    if (fmt::format("{:.0f}", nearest) != fmt::format("{}", value)) refuse(fmt::format("{}", value));
  }
  std::string where() const {
    std::string path;
    for (const Level& level : levels_)
      if (!level.name.empty()) path += (path.empty() ? "" : ".") + level.name;
    return path.empty() ? "" : " (in " + path + ")";
  }

  Json* place(Json value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Level& level = levels_.back();
    if (level.json->is_array()) {
      level.json->push_back(std::move(value));
      return &level.json->back();
    }
    // Known to be new: put behind the others without a search for the name.
    auto& fields = level.json->get_ref<Json::object_t&>();
    static_cast<Json::object_t::Container&>(fields).emplace_back(level.name, std::move(value));
    return &fields.back().second;
  }
  bool put(Json value) {
    place(std::move(value));
    return true;
  }
  bool open(Json value) {
    if (levels_.size() == deepest) throw FileError(fmt::format("{}: nests deeper than {}", source_, deepest));
    levels_.push_back({place(std::move(value)), "", {}});
    return true;
  }
  bool close() {
    levels_.pop_back();
    return true;
  }

  std::string_view source_, text_;
  Json root_;
  std::vector<Level> levels_;
};

}  // namespace

Json parse_json(std::string_view text, std::string_view source) {
  Builder builder(source, text);
  Json::sax_parse(text, &builder);
  return builder.take();
}

}  // namespace roundoff::sim
