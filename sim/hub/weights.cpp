#include "sim/hub/weights.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::sim {

HubWeights::HubWeights(Tensors tensors, Dialect dialect) : by_name_(std::move(tensors)), dialect_(dialect) {}

void HubWeights::strip(std::string_view prefix) {
  Tensors stripped;
  for (auto& [name, tensor] : by_name_) {
    std::string_view rest = name;
    if (rest.starts_with(prefix)) rest.remove_prefix(prefix.size());
    if (!stripped.emplace(rest, tensor).second) tensor->fail(fmt::format("has the tensor {} twice", rest));
  }
  by_name_ = std::move(stripped);
}

const HubTensor& HubWeights::need(const std::string& name, const std::vector<std::uint64_t>& wanted) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    std::vector<std::string_view> known;
    for (const auto& [each, unused] : by_name_) known.push_back(each);
    if (by_name_.empty()) throw FileError(fmt::format("the checkpoint lacks the tensor {}", name));
    by_name_.begin()->second->fail(fmt::format("lacks the tensor {}{}", name, did_you_mean(name, known)));
  }
  const std::vector<std::uint64_t> there = found->second->dimensions();
  if (there != wanted)
    found->second->fail(fmt::format("has the tensor {} of shape [{}], but the config wants {}", name,
                                    fmt::join(there, ", "), fmt::join(wanted, " x ")));
  used_.insert(name);
  return *found->second;
}

Matrix HubWeights::matrix(const std::string& name, int rows, int columns, bool transposed) {
  const auto r = static_cast<std::uint64_t>(rows), c = static_cast<std::uint64_t>(columns);
  using Wanted = std::vector<std::uint64_t>;
  return need(name, transposed ? Wanted{c, r} : Wanted{r, c}).matrix(transposed);
}

Vector HubWeights::vector(const std::string& name, int size) {
  const HubTensor& tensor = need(name, {static_cast<std::uint64_t>(size)});
  Vector v;
  for (int i = 0; i < size; ++i) v.push_back(Value::of(tensor.element(static_cast<std::uint64_t>(i))));
  return v;
}

std::optional<Vector> HubWeights::optional_vector(const std::string& name, int size) {
  return has(name) ? std::optional<Vector>(vector(name, size)) : std::nullopt;
}

Linear HubWeights::linear(const std::string& name, int out, int in, bool transposed) {
  const bool integers = packed_ != Packed::none && !has(name + ".weight");
  return {integers ? packed_matrix(name, out, in) : matrix(name + ".weight", out, in, transposed),
          optional_vector(name + ".bias", out)};
}

Matrix HubWeights::packed_matrix(const std::string& name, int rows, int columns) {
  constexpr int per_word = 8;
  const int group = group_ < 0 ? columns : group_;
  const auto r = static_cast<std::uint64_t>(rows), c = static_cast<std::uint64_t>(columns);
  const auto groups = static_cast<std::uint64_t>((columns + group - 1) / group);
  need(name + ".qweight", packed_ == Packed::awq ? std::vector<std::uint64_t>{c, r / per_word}
                                                 : std::vector<std::uint64_t>{c / per_word, r});
  need(name + ".qzeros", {groups, r / per_word});
  need(name + ".scales", {groups, r});
  PackedParts parts{by_name_.at(name + ".qweight"),
                    by_name_.at(name + ".qzeros"),
                    by_name_.at(name + ".scales"),
                    nullptr,
                    packed_,
                    rows,
                    columns,
                    group};
  if (has(name + ".g_idx")) {
    need(name + ".g_idx", {c});
    parts.groups = by_name_.at(name + ".g_idx");
  }
  for (const auto& tensor : {parts.integers, parts.zeros, parts.groups})
    if (tensor && !tensor->whole())
      tensor->fail(fmt::format("has packed integers of {} that are no integers", name));
  if (rows % per_word != 0 || columns % per_word != 0)
    parts.integers->fail(fmt::format("has {} of {} x {} integers of four bits, which are no multiples of {}",
                                     name, rows, columns, per_word));
  return unpacked(parts);
}

void HubWeights::done(std::initializer_list<std::string_view> buffers) const {
  for (const auto& [name, tensor] : by_name_) {
    const bool skipped = std::any_of(buffers.begin(), buffers.end(),
                                     [&name = name](std::string_view end) { return name.ends_with(end); });
    if (!used_.contains(name) && !skipped)
      tensor->fail(fmt::format("has the tensor {}, which this architecture has no place for", name));
  }
}

Linear part(const Linear& whole, int first, int count) {
  Linear result{whole.weight.part(first, count), {}};
  if (whole.bias) result.bias.emplace(whole.bias->begin() + first, whole.bias->begin() + first + count);
  return result;
}

namespace {

/// Rows of another source in another order.
class GatheredRows : public WeightSource {
 public:
  GatheredRows(std::shared_ptr<const WeightSource> from, int parts, int which, int size, int first)
      : from_(std::move(from)), parts_(parts), which_(which), size_(size), first_(first) {}
  double at(int r, int c) const override { return from_->at(row(first_ + r), c); }
  std::shared_ptr<const WeightSource> from_row(int first) const override {
    return std::make_shared<GatheredRows>(from_, parts_, which_, size_, first_ + first);
  }
  Raw raw() const override { return {}; }

 private:
  int row(int r) const { return r / size_ * parts_ * size_ + which_ * size_ + r % size_; }
  std::shared_ptr<const WeightSource> from_;
  int parts_, which_, size_, first_;
};

}  // namespace

Linear gathered(const Linear& whole, int blocks, int parts, int which, int size) {
  Linear result{Matrix(blocks * size, whole.weight.columns(),
                       std::make_shared<GatheredRows>(whole.weight.source(), parts, which, size, 0)),
                {}};
  if (!whole.bias) return result;
  result.bias.emplace();
  for (int b = 0; b < blocks; ++b)
    for (int i = 0; i < size; ++i)
      result.bias->push_back((*whole.bias)[static_cast<std::size_t>((b * parts + which) * size + i)]);
  return result;
}

}  // namespace roundoff::sim
