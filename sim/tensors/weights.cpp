#include "sim/tensors/weights.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"

namespace roundoff::sim {

/// All members of a format of at most 16 bits: by code, and in order for the way back.
struct StoredMatrix::Table {
  std::vector<double> number;  ///< [code]
  std::vector<float> single;   ///< [code]
  std::vector<std::pair<std::int64_t, std::uint16_t>> codes;

  /// Doubles as integers in the same order, -0 below +0; all NaN are one.
  static std::int64_t key(double x) {
    const auto bits = std::bit_cast<std::int64_t>(x != x ? std::numeric_limits<double>::quiet_NaN() : x);
    return bits < 0 ? std::numeric_limits<std::int64_t>::min() - bits - 1 : bits;
  }

  explicit Table(const Format& format) {
    const std::size_t count = std::size_t{1} << format.bits;
    number.assign(count, 0), single.assign(count, 0);
    for (std::size_t code = 0; code < count; ++code) {
      Value value;
      try {
        value = decode(code, format);
      } catch (const UsageError&) {
        continue;  // no member has this code
      }
      number[code] = to_double(value);
      single[code] = static_cast<float>(number[code]);
      codes.push_back({key(number[code]), static_cast<std::uint16_t>(code)});
    }
    std::sort(codes.begin(), codes.end());
  }

  std::uint16_t code(double x) const {
    return std::lower_bound(codes.begin(), codes.end(), std::pair{key(x), std::uint16_t{0}})->second;
  }
};

namespace {

constexpr int rows_at_once = 16;

bool same_codes(const Format& a, const Format& b) {
  return a.layout == b.layout && a.encoding == b.encoding && a.bits == b.bits && a.precision == b.precision &&
         a.quantum == b.quantum && a.highest == b.highest && a.lowest == b.lowest;
}

/// Every member is a binary32 whose lower 16 bits are zero.
bool fits_upper(const Format& f) {
  return f.is_grid() && f.precision <= 8 && f.quantum >= -133 &&
         (f.highest.is_zero() || leading_exponent(f.highest) < 128);
}

template <class T>
T read(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

StoredMatrix::StoredMatrix(const Matrix& matrix, const Number& number,
                           const std::optional<Quantiser>& quantiser, const WeightPlace& place,
                           Workers& workers)
    : number_(&number), rows_(matrix.rows()), columns_(matrix.columns()) {
  const Format& format = number.format();
  const bool codes = number.in_doubles() && format.bits <= 16 && format.encoding != Encoding::none;
  packing_ = !number.in_doubles()                                                    ? Packing::elements
             : codes && format.bits <= 8                                             ? Packing::bytes
             : fits_upper(format) && number.kernels()->container() == Container::f32 ? Packing::upper
             : codes                                                                 ? Packing::words
                                                                                     : Packing::elements;
  unit_ = packing_ == Packing::bytes ? 1 : packing_ == Packing::elements ? number.size() : 2;
  if (packing_ == Packing::bytes || packing_ == Packing::words) {
    static std::mutex mutex;
    static std::vector<std::pair<Format, std::shared_ptr<const Table>>> tables;
    const std::lock_guard lock(mutex);
    for (const auto& [of, table] : tables)
      if (of == format) table_ = table;
    if (!table_) tables.push_back({format, table_ = std::make_shared<const Table>(format)});
  }
  if (!quantiser && !number.draws() && map(matrix)) return;
  row_stride_ = static_cast<std::size_t>(columns_);
  own_ = Array(static_cast<std::size_t>(rows_) * row_stride_ * unit_);
  data_ = own_.data();
  const bool by_kernels = matrix.source() && !quantiser && number.in_doubles();
  formats::QuantiseOptions shared;
  if (quantiser) shared = shared_by_rows(matrix, *quantiser, format);
  // By definition, as the recorder rounds them.
  const Value zero = quantiser ? Value::zero() : formats::round(Value::zero(), format).value;
  const RowOf row_of = [&](int r, Vector& row) {
    if (quantiser) {
      row = quantised_row(matrix, r, *quantiser, format, shared);
      return;
    }
    row.assign(static_cast<std::size_t>(columns_), zero);
    for (const Matrix::Entry& entry : matrix.row(r)) {
      const Draw draw{place ? place(r, static_cast<int>(entry.column)) : 0, 0};
      row[entry.column] = formats::round(entry.value, format, draw).value;
    }
  };
  const int blocks = (rows_ + rows_at_once - 1) / rows_at_once;
  workers.each(static_cast<std::size_t>(blocks), [&](std::size_t block) {
    const int first = static_cast<int>(block) * rows_at_once, count = std::min(rows_at_once, rows_ - first);
    if (by_kernels)
      pack_source(*matrix.source(), first, count);
    else
      pack(row_of, first, count);
  });
}

bool StoredMatrix::map(const Matrix& matrix) {
  if (!matrix.source() || std::endian::native != std::endian::little) return false;
  const WeightSource::Raw raw = matrix.source()->raw();
  if (raw.data == nullptr || !same_codes(raw.format, number_->format())) return false;
  const bool real = packing_ == Packing::elements && number_->in_doubles() &&
                    number_->kernels()->container() >= Container::f32 &&
                    raw.format.bits == static_cast<int>(8 * unit_);
  const bool halves = packing_ == Packing::upper && raw.format.bits == 16 && raw.format.quantum == -133;
  if (!real && !halves && packing_ != Packing::bytes && packing_ != Packing::words) return false;
  mapped_ = matrix.source();
  data_ = raw.data;
  row_stride_ = raw.row_stride, column_stride_ = raw.column_stride;
  return true;
}

void StoredMatrix::pack(const RowOf& row_of, int first, int count) {
  const auto columns = static_cast<std::size_t>(columns_);
  Array elements(columns * number_->size());
  Vector row;
  for (int r = first; r < first + count; ++r) {
    row_of(r, row);
    for (std::size_t c = 0; c < columns; ++c) number_->store(row[c], elements.data() + c * number_->size());
    pack(elements.data(), columns, own_.data() + static_cast<std::size_t>(r) * columns * unit_);
  }
}

void StoredMatrix::pack_source(const WeightSource& source, int first, int count) {
  static const Number binary64(parse_format("binary64"), Isa::scalar);
  const auto columns = static_cast<std::size_t>(columns_);
  std::vector<double> numbers(columns * static_cast<std::size_t>(count));
  for (int c = 0; c < columns_; ++c)
    for (int r = 0; r < count; ++r)
      numbers[static_cast<std::size_t>(r) * columns + static_cast<std::size_t>(c)] = source.at(first + r, c);
  Array elements(numbers.size() * number_->size());
  std::vector<std::uint8_t> trapped(numbers.size());
  round({&binary64, numbers.data()}, *number_, elements.data(), numbers.size(), trapped.data());
  const auto bad = std::find(trapped.begin(), trapped.end(), 1);
  if (bad != trapped.end())  // throws
    formats::round(Value::of(numbers[static_cast<std::size_t>(bad - trapped.begin())]), number_->format());
  pack(elements.data(), numbers.size(), own_.data() + static_cast<std::size_t>(first) * columns * unit_);
}

void StoredMatrix::pack(const void* elements, std::size_t count, std::byte* to) const {
  if (packing_ == Packing::elements) {
    std::memcpy(to, elements, count * unit_);
    return;
  }
  if (packing_ == Packing::upper) {
    const auto* from = static_cast<const float*>(elements);
    for (std::size_t i = 0; i < count; ++i) {
      const auto half = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(from[i]) >> 16);
      std::memcpy(to + 2 * i, &half, 2);
    }
    return;
  }
  std::vector<double> numbers(count);
  number_->to_doubles(elements, numbers.data(), count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint16_t code = table_->code(numbers[i]);
    std::memcpy(to + i * unit_, &code, unit_);
  }
}

template <class To>
void StoredMatrix::unpack_as(int first, int count, bool transposed, To* out) const {
  const auto each = [&](auto number) {
    constexpr int tile = 16;  // columns at a time, so that lines of both sides are used whole
    const auto n = static_cast<std::size_t>(count), columns = static_cast<std::size_t>(columns_);
    if (!transposed && column_stride_ == 1) {
      for (int r = 0; r < count; ++r) {
        const std::byte* from = at(first + r, 0);
        To* to = out + static_cast<std::size_t>(r) * columns;
        for (std::size_t c = 0; c < columns; ++c) to[c] = number(from + c * unit_);
      }
      return;
    }
    if (transposed && row_stride_ == 1) {
      for (int c = 0; c < columns_; ++c) {
        const std::byte* from = at(first, c);
        To* to = out + static_cast<std::size_t>(c) * n;
        for (std::size_t r = 0; r < n; ++r) to[r] = number(from + r * unit_);
      }
      return;
    }
    for (int c0 = 0; c0 < columns_; c0 += tile)
      for (int r = 0; r < count; ++r)
        for (int c = c0; c < std::min(c0 + tile, columns_); ++c) {
          const auto column = static_cast<std::size_t>(c), row = static_cast<std::size_t>(r);
          out[transposed ? column * n + row : row * columns + column] = number(at(first + r, c));
        }
  };
  switch (packing_) {
    case Packing::bytes:
      if constexpr (sizeof(To) == sizeof(float))
        return each([&](const std::byte* from) { return table_->single[static_cast<std::uint8_t>(*from)]; });
      else
        return each([&](const std::byte* from) { return table_->number[static_cast<std::uint8_t>(*from)]; });
    case Packing::words:
      if constexpr (sizeof(To) == sizeof(float))
        return each([&](const std::byte* from) { return table_->single[read<std::uint16_t>(from)]; });
      else
        return each([&](const std::byte* from) { return table_->number[read<std::uint16_t>(from)]; });
    case Packing::upper:
      return each([](const std::byte* from) {
        const auto bits = static_cast<std::uint32_t>(read<std::uint16_t>(from)) << 16;
        return static_cast<To>(std::bit_cast<float>(bits));
      });
    case Packing::elements:
      break;
  }
  if (number_->kernels()->container() == Container::f32)
    return each([](const std::byte* from) { return static_cast<To>(read<float>(from)); });
  if (number_->kernels()->container() == Container::f64)
    return each([](const std::byte* from) { return static_cast<To>(read<double>(from)); });
  each([&](const std::byte* from) {
    double x = 0;
    number_->to_doubles(from, &x, 1);
    return static_cast<To>(x);
  });
}

void StoredMatrix::unpack(int first, int count, const Number& as, void* out) const {
  if (number_->in_doubles() && as.in_doubles()) {
    if (as.kernels()->container() == Container::f32)
      return unpack_as(first, count, false, static_cast<float*>(out));
    if (as.kernels()->container() == Container::f64)
      return unpack_as(first, count, false, static_cast<double*>(out));
    std::vector<double> numbers(static_cast<std::size_t>(count) * static_cast<std::size_t>(columns_));
    unpack_as(first, count, false, numbers.data());
    return as.from_doubles(numbers.data(), out, numbers.size());
  }
  for (int r = 0; r < count; ++r)
    for (int c = 0; c < columns_; ++c)
      as.store(
          number_->load(at(first + r, c)),
          static_cast<std::byte*>(out) + (static_cast<std::size_t>(r) * static_cast<std::size_t>(columns_) +
                                          static_cast<std::size_t>(c)) *
                                             as.size());
}

void StoredMatrix::unpack_transposed(int first, int count, const Number& as, void* out) const {
  if (number_->in_doubles() && as.in_doubles()) {
    if (as.kernels()->container() == Container::f32)
      return unpack_as(first, count, true, static_cast<float*>(out));
    if (as.kernels()->container() == Container::f64)
      return unpack_as(first, count, true, static_cast<double*>(out));
    std::vector<double> numbers(static_cast<std::size_t>(count) * static_cast<std::size_t>(columns_));
    unpack_as(first, count, true, numbers.data());
    return as.from_doubles(numbers.data(), out, numbers.size());
  }
  for (int c = 0; c < columns_; ++c)
    for (int r = 0; r < count; ++r)
      as.store(number_->load(at(first + r, c)),
               static_cast<std::byte*>(out) + (static_cast<std::size_t>(c) * static_cast<std::size_t>(count) +
                                               static_cast<std::size_t>(r)) *
                                                  as.size());
}

}  // namespace roundoff::sim
