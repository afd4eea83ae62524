// Weights of four bits with a scale and a zero point for every `group` inputs, eight to a word of 32 bits:
//   GPTQ (Frantar et al. 2022; the layout of AutoGPTQ): word (i / 8, o) of qweight has input i of output o at bits
//     4 (i mod 8); word (g, o / 8) of qzeros has zero - 1 of output o at bits 4 (o mod 8), modulo 16; in version 2 of
//     the layout the zero itself. g_idx[i], where there, is the group of input i; else i / group.
//   AWQ (Lin et al. 2023; the layout of AutoAWQ's gemm): word (i, o / 8) of qweight and word (g, o / 8) of qzeros have
//     outputs 0 2 4 6 1 3 5 7 of eight, from the lowest bits up.
// A weight is scale * (integer - zero), exactly.
#include <algorithm>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "sim/hub/weights.hpp"

namespace roundoff::sim {

namespace {

constexpr int nibbles = 8;
/// Of output o mod 8, the place among the eight of a word.
constexpr int awq_place[nibbles] = {0, 4, 1, 5, 2, 6, 3, 7};

class PackedView : public WeightSource {
 public:
  PackedView(std::shared_ptr<const PackedParts> parts, std::shared_ptr<const std::vector<int>> group,
             int first)
      : parts_(std::move(parts)), group_(std::move(group)), first_(first) {}

  double at(int r, int c) const override {
    const int o = first_ + r, g = (*group_)[static_cast<std::size_t>(c)];
    const int rows = parts_->rows, words = rows / nibbles;
    const bool awq = parts_->how == Packed::awq;
    const int place = awq ? awq_place[o % nibbles] : o % nibbles;
    const int q = awq ? nibble(*parts_->integers, c * words + o / nibbles, place)
                      : nibble(*parts_->integers, c / nibbles * rows + o, c % nibbles);
    int zero = nibble(*parts_->zeros, g * words + o / nibbles, place);
    if (parts_->how == Packed::gptq) zero = (zero + 1) % 16;
    return parts_->scales->element(static_cast<std::uint64_t>(g) * static_cast<std::uint64_t>(rows) +
                                   static_cast<std::uint64_t>(o)) *
           (q - zero);
  }
  std::shared_ptr<const WeightSource> from_row(int first) const override {
    return std::make_shared<PackedView>(parts_, group_, first_ + first);
  }
  Raw raw() const override { return {}; }

 private:
  static int nibble(const HubTensor& words, int index, int place) {
    const auto word = static_cast<std::int64_t>(words.element(static_cast<std::uint64_t>(index)));
    return static_cast<int>(static_cast<std::uint64_t>(word) >> (4 * place) & 15);
  }

  std::shared_ptr<const PackedParts> parts_;
  std::shared_ptr<const std::vector<int>> group_;
  int first_;
};

}  // namespace

Matrix unpacked(const PackedParts& parts) {
  auto group = std::make_shared<std::vector<int>>();
  const int groups = (parts.columns + parts.group - 1) / parts.group;
  for (int c = 0; c < parts.columns; ++c) {
    group->push_back(parts.groups ? static_cast<int>(parts.groups->element(static_cast<std::uint64_t>(c)))
                                  : c / parts.group);
    if (group->back() < 0 || group->back() >= groups)
      parts.groups->fail(fmt::format("has a g_idx that names group {} of {}", group->back(), groups));
  }
  const auto scales = static_cast<std::uint64_t>(groups) * static_cast<std::uint64_t>(parts.rows);
  for (std::uint64_t i = 0; i < scales; ++i) static_cast<void>(parts.scales->element(i));  // all finite
  return {parts.rows, parts.columns,
          std::make_shared<PackedView>(std::make_shared<const PackedParts>(parts), std::move(group), 0)};
}

}  // namespace roundoff::sim
