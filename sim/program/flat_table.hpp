// Open addressing for what recording and passes look up once a node: numbers by hash, without an allocation
// each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace roundoff::sim {

/// A hash that has taken in one more part.
inline std::uint64_t mixed(std::uint64_t hash, std::uint64_t part) {
  hash = (hash ^ part) * 0x9e3779b97f4a7c15ULL;
  return hash ^ hash >> 29;
}

/// A set of 32-bit numbers that the owner hashes and compares.
class FlatTable {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  /// The member that is `equal(member)` among those of this hash, or `fresh`, which is put in.
  template <class Equal>
  std::uint32_t find_or_insert(std::uint64_t hash, std::uint32_t fresh, const Equal& equal) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    for (std::size_t at = home(hash);; at = (at + 1) & (slots_.size() - 1)) {
      Slot& slot = slots_[at];
      if (slot.member == none) {
        slot = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(hash), fresh};
        ++size_;
        return fresh;
      }
      if (slot.high == hash >> 32 && slot.low == static_cast<std::uint32_t>(hash) && equal(slot.member))
        return slot.member;
    }
  }

 private:
  struct Slot {
    std::uint32_t high = 0, low = 0, member = none;
  };
  std::size_t home(std::uint64_t hash) const {
    hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15ULL;
    return (hash >> 32) & (slots_.size() - 1);
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : 2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.member == none) continue;
      std::size_t at = home(std::uint64_t{slot.high} << 32 | slot.low);
      while (slots_[at].member != none) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = slot;
    }
  }
  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace roundoff::sim
