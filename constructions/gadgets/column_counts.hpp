// Adding columns of small numbers in constant precision, by AND and OR alone (theory-notes/iteradd-const.md):
// the part that IterADD and MUL share. All of it happens at one position, in feed-forward layers.
//
// An item is a number 0 .. r in one-hot complement: register v is 0 when the number is v, and 1 when not. A
// block of items is added by one unit a tuple of their values, relu(1 - sum of registers), which is 1 for the
// tuple that is there and 0 else: exact in 2-bit numbers for any fan-in, whatever the order of the sum.
// Exactly one tuple is there, so that a value of the sum is the sum of its tuples' units, without carry or
// saturation.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "constructions/construction.hpp"
#include "constructions/gadgets/flipflop.hpp"
#include "constructions/tasks/digits.hpp"

namespace roundoff::constructions {

using Item = std::vector<Register>;

class ColumnCounts {
 public:
  /// Columns 0 .. columns-1 of base p; what is carried beyond them is dropped.
  ColumnCounts(ModelBuilder& model, Register one, int columns, int p);

  void put(int column, Item item) { items_[static_cast<std::size_t>(column)].push_back(std::move(item)); }
  /// Registers for a number 0 .. greatest.
  Item add_item(const std::string& name, int greatest);

  /// Lays the layers that reduce every column to two items: counts in `layers` levels of blocks, then further
  /// rounds of one level each. The first goes into `free`, a layer without feed-forward block yet, unless it
  /// is null.
  void reduce(int layers, LayerBuilder* free);
  /// Then the verdicts of the columns, the carry and the digit of the output's column, and their sum modulo
  /// p: three layers and the logits. `output(i)` is the position that predicts digit i, and `end` the one
  /// that predicts <eos>.
  void finish(const Task& task, const std::function<int(int)>& output, int end, const Weight& max);

  /// The greatest number of units that a layer of `reduce` takes for one column of k items 0 .. p-1 (capped
  /// at 10^15).
  static std::int64_t units(int k, int p, int layers);

 private:
  using Writes = std::function<std::vector<Target>(int sum)>;
  void add_block(LayerBuilder& layer, const std::vector<Item>& block, const Writes& writes);
  void add_columns(LayerBuilder& layer);
  LayerBuilder& next();

  ModelBuilder& model_;
  Register one_;
  int p_;
  std::vector<std::vector<Item>> items_;
  LayerBuilder* free_ = nullptr;
};

/// What designs begin with whose output positions fetch every digit: tokens as items, and a layer with one head a
/// digit, whose score is MAX at that digit's position and 0 elsewhere.
class FetchedDigits {
 public:
  /// Columns 0 .. columns-1 of base p; every position of `positions` is a query.
  FetchedDigits(ModelBuilder& model, int positions, int columns, int p, const Weight& max);
  /// The digit at a position, fetched.
  Item fetch(const std::string& name, int position);

 private:
  ModelBuilder& model_;
  Weight max_;
  Register one_;
  std::vector<Register> is_not_;  ///< of a token: 1 where it is not this digit

 public:
  ColumnCounts columns;
  LayerBuilder& layer;  ///< that fetches
};

/// The knob `layers`, the number of levels, where the tallest column has `Tallest(size)` items: the least
/// that keeps blocks small by default.
template <int (*Tallest)(const TaskSize& size)>
inline const Knob layers_knob = {.name = "layers",
                              .summary = "levels L in which a column is counted",
                              .standard = [](const TaskSize& size) { return Tallest(size) > 3 ? 2 : 1; },
                              .least = [](const TaskSize&) { return 1; },
                              .most =
                                  [](const TaskSize& size) {
                                    return std::max(1,
                                                    ceil_log(2, static_cast<std::uint64_t>(Tallest(size))));
                                  }};
/// Reason to refuse levels whose widest layer, of `columns` columns of `tallest` items, is out of hand; ""
/// else.
std::string needs_levels(int tallest, int columns, int p, int layers);

/// The width of a construction that puts items with these greatest values into columns: `own` registers and
/// `units` of its first feed-forward block besides, heads of together `heads` dimensions. Counted from the
/// design, not from a model.
std::int64_t column_width(std::vector<std::vector<int>> greatest, int p, int layers, std::int64_t own,
                          std::int64_t heads, std::int64_t units);
/// Of iteradd-const and mul-const.
std::int64_t iteradd_const_width(int n, int k, int p, int layers);
std::int64_t mul_const_width(int n, int l, int p, int layers);

/// Reasons to refuse that all users share, "" when the policy will do.
std::string needs_columns(const Policy& policy);

}  // namespace roundoff::constructions
