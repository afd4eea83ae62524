// Matrices of weights, rounded once when they are loaded and kept in as few bytes as their format needs: one byte
// where it has at most 8 bits, two where it has at most 16 (or where a binary32 has nothing in its lower half),
// else elements of its container. Where a file holds the very codes of the format, they stay there. Rows are
// unpacked when they are used.
#pragma once

#include <optional>

#include "sim/model/quantise.hpp"
#include "sim/tensors/numbers.hpp"
#include "sim/tensors/workers.hpp"

namespace roundoff::sim {

/// Where a weight stands, for stochastic rounding.
using WeightPlace = std::function<std::uint64_t(int row, int column)>;

class StoredMatrix {
 public:
  StoredMatrix() = default;
  /// The matrix through `quantiser` (where given), rounded to the format of `number`.
  StoredMatrix(const Matrix& matrix, const Number& number, const std::optional<Quantiser>& quantiser,
               const WeightPlace& place, Workers& workers);

  int rows() const { return rows_; }
  int columns() const { return columns_; }
  const Number& number() const { return *number_; }
  /// Rows [first, first + count) as elements of `as`, of which every weight is a member.
  void unpack(int first, int count, const Number& as, void* out) const;
  /// The same by columns: entry (r, c) at out[c * count + r].
  void unpack_transposed(int first, int count, const Number& as, void* out) const;
  /// Bytes of memory that the weights take, what is mapped from a file not counted.
  std::size_t owned() const { return own_.size(); }

 private:
  enum class Packing : std::uint8_t {
    elements,  ///< of the number's container
    bytes,     ///< codes
    words,     ///< codes
    upper,     ///< the upper half of a binary32
  };
  struct Table;

  bool map(const Matrix& matrix);
  /// Row r of a matrix as members of the format.
  using RowOf = std::function<void(int r, Vector& row)>;
  void pack(const RowOf& row_of, int first, int count);
  void pack_source(const WeightSource& source, int first, int count);
  void pack(const void* elements, std::size_t count, std::byte* to) const;
  template <class To>
  void unpack_as(int first, int count, bool transposed, To* out) const;
  const std::byte* at(int r, int c) const {
    return data_ +
           (static_cast<std::size_t>(r) * row_stride_ + static_cast<std::size_t>(c) * column_stride_) * unit_;
  }

  const Number* number_ = nullptr;
  int rows_ = 0, columns_ = 0;
  Packing packing_ = Packing::elements;
  std::size_t unit_ = 0, row_stride_ = 0, column_stride_ = 1;
  const std::byte* data_ = nullptr;
  Array own_;
  std::shared_ptr<const WeightSource> mapped_;
  std::shared_ptr<const Table> table_;
};

}  // namespace roundoff::sim
