#include "sim/hub/gguf.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"

namespace roundoff::sim {

namespace {

/// Reads little-endian numbers and strings from the front.
class GgufCursor {
 public:
  GgufCursor(std::string_view bytes, const GgufFile& file) : bytes_(bytes), file_(file) {}

  std::size_t at() const { return at_; }
  template <class Integer>
  Integer number() {
    need(sizeof(Integer));
    std::uint64_t value = 0;
    for (std::size_t byte = 0; byte < sizeof(Integer); ++byte)
      value |= std::uint64_t{static_cast<unsigned char>(bytes_[at_ + byte])} << (8 * byte);
    at_ += sizeof(Integer);
    return static_cast<Integer>(value);
  }
  std::string text() {
    const auto size = number<std::uint64_t>();
    need(size);
    std::string made(bytes_.substr(at_, size));
    at_ += size;
    return made;
  }
  /// A count of things of `size` bytes at least.
  std::uint64_t count(std::uint64_t size) {
    const auto many = number<std::uint64_t>();
    if (many > (bytes_.size() - at_) / size)
      file_.fail(
          fmt::format("announces {} entries in {} bytes; was it truncated?", many, bytes_.size() - at_));
    return many;
  }
  void need(std::uint64_t size) const {
    if (size > bytes_.size() - at_) file_.fail("ends in the middle of its header; was it truncated?");
  }

 private:
  std::string_view bytes_;
  const GgufFile& file_;
  std::size_t at_ = 0;
};

enum class GgufType : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

Json gguf_scalar(GgufCursor& in, GgufType type, const GgufFile& file) {
  switch (type) {
    case GgufType::u8:
      return in.number<std::uint8_t>();
    case GgufType::i8:
      return static_cast<std::int8_t>(in.number<std::uint8_t>());
    case GgufType::u16:
      return in.number<std::uint16_t>();
    case GgufType::i16:
      return static_cast<std::int16_t>(in.number<std::uint16_t>());
    case GgufType::u32:
      return in.number<std::uint32_t>();
    case GgufType::i32:
      return static_cast<std::int32_t>(in.number<std::uint32_t>());
    case GgufType::f32:
      return static_cast<double>(std::bit_cast<float>(in.number<std::uint32_t>()));
    case GgufType::boolean:
      return in.number<std::uint8_t>() != 0;
    case GgufType::text:
      return in.text();
    case GgufType::u64:
      return in.number<std::uint64_t>();
    case GgufType::i64:
      return static_cast<std::int64_t>(in.number<std::uint64_t>());
    case GgufType::f64:
      return std::bit_cast<double>(in.number<std::uint64_t>());
    case GgufType::array:
      break;
  }
  file.fail(
      fmt::format("has a value of type {}, which GGUF does not have", static_cast<std::uint32_t>(type)));
}

/// Null for arrays, which nothing here asks for.
Json gguf_value(GgufCursor& in, const GgufFile& file) {
  const auto type = static_cast<GgufType>(in.number<std::uint32_t>());
  if (type != GgufType::array) return gguf_scalar(in, type, file);
  const auto element = static_cast<GgufType>(in.number<std::uint32_t>());
  const std::uint64_t many = in.count(element == GgufType::text ? 8 : 1);
  for (std::uint64_t i = 0; i < many; ++i) static_cast<void>(gguf_scalar(in, element, file));
  return nullptr;
}

}  // namespace

void GgufFile::fail(const std::string& what) const { throw FileError(fmt::format("{} {}", source_, what)); }

GgufFile::GgufFile(std::shared_ptr<const Bytes> bytes, std::string_view source)
    : bytes_(std::move(bytes)), source_(source) {
  const std::string_view all = bytes_->view();
  GgufCursor in(all, *this);
  if (all.substr(0, 4) != "GGUF") fail("is no GGUF file: it does not start with these letters");
  in.number<std::uint32_t>();
  const auto version = in.number<std::uint32_t>();
  if (version != 2 && version != 3)
    fail(fmt::format("is GGUF of version {}{}; 2 and 3 can be read", version,
                     version > 0xffff ? " (big-endian?)" : ""));
  // A tensor takes 24 bytes at least, an entry of metadata 13.
  const std::uint64_t tensors = in.count(24), values = in.count(13);
  for (std::uint64_t i = 0; i < values; ++i) {
    std::string key = in.text();
    metadata_[key] = gguf_value(in, *this);
  }
  std::vector<std::uint64_t> offsets;
  for (std::uint64_t i = 0; i < tensors; ++i) {
    Entry entry;
    entry.name = in.text();
    const auto dimensions = in.number<std::uint32_t>();
    if (dimensions > 4) fail(fmt::format("has the tensor {} of {} dimensions", entry.name, dimensions));
    entry.elements = 1;
    for (std::uint32_t k = 0; k < dimensions; ++k) {
      const auto size = in.number<std::uint64_t>();
      // q4_0, the smallest kind, has two elements a byte.
      if (size != 0 && entry.elements > 2 * all.size() / size)
        fail(fmt::format("has the tensor {} with more elements than its bytes hold", entry.name));
      entry.elements *= size;
      entry.dimensions.insert(entry.dimensions.begin(), size);
    }
    entry.kind = in.number<std::uint32_t>();
    entry.blocks = find_gguf_blocks(entry.kind);
    offsets.push_back(in.number<std::uint64_t>());
    entries_.push_back(std::move(entry));
  }
  std::uint64_t alignment = 32;
  if (const auto found = metadata_.find("general.alignment"); found != metadata_.end()) {
    if (!found->is_number_unsigned() || *found == 0 || *found > 1 << 20)
      fail("has a strange \"general.alignment\"");
    alignment = found->get<std::uint64_t>();
  }
  const std::uint64_t start = (in.at() + alignment - 1) / alignment * alignment;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (entry.blocks == nullptr) continue;
    const auto count = static_cast<std::uint64_t>(entry.blocks->count);
    const std::uint64_t row = entry.dimensions.empty() ? 1 : entry.dimensions.back();
    if (row % count != 0)
      fail(fmt::format("has the tensor {} with rows of {}, which are no whole blocks of {}", entry.name, row,
                       count));
    const std::uint64_t size = entry.elements / count * static_cast<std::uint64_t>(entry.blocks->bytes);
    if (start > all.size() || offsets[i] > all.size() - start || size > all.size() - start - offsets[i])
      fail(fmt::format("has the tensor {} beyond its end; was it truncated?", entry.name));
    entry.data = reinterpret_cast<const unsigned char*>(all.data()) + start + offsets[i];
  }
}

std::vector<std::shared_ptr<const GgufFile>> load_gguf(const std::string& path) {
  std::vector<std::shared_ptr<const GgufFile>> files{
      std::make_shared<const GgufFile>(Bytes::map(path), path)};
  const Json& metadata = files[0]->metadata();
  const auto count = metadata.find("split.count");
  if (count == metadata.end() || !count->is_number_unsigned() || *count <= 1) return files;
  const auto parts = count->get<std::uint64_t>();
  const std::string of = fmt::format("-of-{:05}.gguf", parts);
  if (parts > 99999 || !path.ends_with(of) || path.size() < of.size() + 6)
    files[0]->fail(fmt::format("is one of {} parts, but its name does not end in -00001{}", parts, of));
  const std::string stem = path.substr(0, path.size() - of.size() - 5);
  files.clear();
  for (std::uint64_t i = 1; i <= parts; ++i) {
    const std::string name = fmt::format("{}{:05}{}", stem, i, of);
    files.push_back(std::make_shared<const GgufFile>(Bytes::map(name), name));
  }
  return files;
}

}  // namespace roundoff::sim
