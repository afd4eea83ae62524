// The interpreter's own loops on vectors, by Highway: one family, since this file is compiled anew for each
// instruction set.
//
// Tables are what programs are made of after `tabulate`, and a load per lane is slow. int16: 32 entries a
// register by vpermw on AVX-512; by shuffles of bytes (16 entries each, the low and the high byte apart)
// below that. int32 and float: permutations of registers, several for tables of a few registers; gathers for
// larger tables. The same entries as the plain loops (moves.cpp), which take what is left.
//
// Operations of exact nodes are the container's own: nothing is rounded and nothing leaves the format, so
// that integers may wrap on the way and come back, and floats add without error in any order.
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "sim/lanes/step.hpp"

// clang-format off: the order matters
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/lanes/vector_moves.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "formats/lanes/targets.hpp"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace roundoff::sim::moves::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR

namespace hn = hwy::HWY_NAMESPACE;
using Table = MoveKernels::Table;

// ---- tables of int16 ----

using Shorts = hn::ScalableTag<std::int16_t>;
using Places = hn::ScalableTag<std::uint16_t>;
using ShortVec = hn::Vec<Shorts>;
using PlaceVec = hn::Vec<Places>;

/// Places in a table of `size` entries, for arguments (in - base) >> shift.
class ShortPlaces {
 public:
  HWY_INLINE ShortPlaces(const std::int16_t* in, std::int16_t base, int shift, std::size_t size)
      : in_(in),
        base_(hn::Set(Shorts(), base)),
        last_(hn::Set(Places(), static_cast<std::uint16_t>(size - 1))),
        shift_(shift) {}
  HWY_INLINE PlaceVec at(std::size_t i) const {
    const PlaceVec steps = hn::BitCast(Places(), hn::Sub(hn::LoadU(Shorts(), in_ + i), base_));
    return hn::Min(hn::ShiftRightSame(steps, shift_), last_);
  }

 private:
  const std::int16_t* in_;
  ShortVec base_;
  PlaceVec last_;
  int shift_;
};

#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t most_shorts = 256;

template <int pairs>
HWY_INLINE void short_table(const ShortPlaces& places, const Table& table, std::int16_t* out,
                            std::size_t lanes) {
  ShortVec part[2 * pairs];
  for (int k = 0; k < 2 * pairs; ++k)
    part[k] = hn::LoadU(Shorts(), static_cast<const std::int16_t*>(table.entries) + 32 * k);
  for (std::size_t i = 0; i < lanes; i += 32) {
    const PlaceVec place = places.at(i);
    __m512i found = _mm512_permutex2var_epi16(part[0].raw, place.raw, part[1].raw);
    for (int k = 1; k < pairs; ++k) {
      const __mmask32 here =
          _mm512_cmpge_epu16_mask(place.raw, _mm512_set1_epi16(static_cast<std::int16_t>(64 * k)));
      found = _mm512_mask_mov_epi16(
          found, here, _mm512_permutex2var_epi16(part[2 * k].raw, place.raw, part[2 * k + 1].raw));
    }
    _mm512_storeu_si512(out + i, found);
  }
}

/// One register: half the work of a pair.
HWY_INLINE void one_register(const ShortPlaces& places, const Table& table, std::int16_t* out,
                             std::size_t lanes) {
  const ShortVec part = hn::LoadU(Shorts(), static_cast<const std::int16_t*>(table.entries));
  for (std::size_t i = 0; i < lanes; i += 32)
    _mm512_storeu_si512(out + i, _mm512_permutexvar_epi16(places.at(i).raw, part.raw));
}

HWY_INLINE void short_tables(const ShortPlaces& places, const Table& table, std::int16_t* out,
                             std::size_t lanes) {
  if (table.size <= 32) return one_register(places, table, out, lanes);
  if (table.size <= 64) return short_table<1>(places, table, out, lanes);
  if (table.size <= 128) return short_table<2>(places, table, out, lanes);
  if (table.size <= 192) return short_table<3>(places, table, out, lanes);
  short_table<4>(places, table, out, lanes);
}
#else
constexpr std::size_t most_shorts = 128;

/// Bytes of the entries at each place, in the low byte of each lane: `blocks` tables of 16 bytes. A place
/// outside block k gets its high bit set by the saturating addition, and a shuffle gives 0 for it.
template <std::size_t blocks>
class ByteTable {
 public:
  using Bytes = hn::ScalableTag<std::uint8_t>;
  HWY_INLINE ByteTable(const Table& table, bool high) {
    const hn::FixedTag<std::uint8_t, 16> half;
    for (std::size_t k = 0; k < blocks; ++k) {
      const auto* entries = static_cast<const std::uint8_t*>(table.entries) + 32 * k;
      const auto first = hn::LoadU(half, entries), second = hn::LoadU(half, entries + 16);
      HWY_ALIGN std::uint8_t bytes[16];
      hn::Store(high ? hn::ConcatOdd(half, second, first) : hn::ConcatEven(half, second, first), half, bytes);
      part_[k] = hn::LoadDup128(Bytes(), bytes);
    }
  }
  HWY_INLINE PlaceVec at(PlaceVec place) const {
    const Bytes bytes;
    auto result = hn::Zero(bytes);
    for (std::size_t k = 0; k < blocks; ++k) {
      const auto here =
          hn::BitCast(bytes, hn::Sub(place, hn::Set(Places(), static_cast<std::uint16_t>(16 * k))));
      // the high byte is 0, or 255 for a place before the block
      const auto index = blocks == 1 ? here : hn::SaturatedAdd(here, hn::Set(bytes, 0x70));
      result = hn::Or(result, hn::TableLookupBytesOr0(part_[k], index));
    }
    return hn::And(hn::BitCast(Places(), result), hn::Set(Places(), 0xff));
  }

 private:
  hn::Vec<Bytes> part_[blocks];
};

template <std::size_t blocks>
HWY_INLINE void byte_tables(const ShortPlaces& places, const Table& table, std::int16_t* out,
                            std::size_t lanes) {
  const Shorts d;
  const ByteTable<blocks> low(table, false);
  if (table.bytes) {
    for (std::size_t i = 0; i < lanes; i += hn::MaxLanes(d)) {
      const ShortVec byte = hn::BitCast(d, low.at(places.at(i)));
      hn::StoreU(hn::ShiftRight<8>(hn::ShiftLeft<8>(byte)), d, out + i);
    }
    return;
  }
  const ByteTable<blocks> high(table, true);
  for (std::size_t i = 0; i < lanes; i += hn::MaxLanes(d)) {
    const PlaceVec place = places.at(i);
    hn::StoreU(hn::BitCast(d, hn::Or(low.at(place), hn::ShiftLeft<8>(high.at(place)))), d, out + i);
  }
}

HWY_INLINE void short_tables(const ShortPlaces& places, const Table& table, std::int16_t* out,
                             std::size_t lanes) {
  if (table.size <= 16) return byte_tables<1>(places, table, out, lanes);
  if (table.size <= 32) return byte_tables<2>(places, table, out, lanes);
  if (table.size <= 64) return byte_tables<4>(places, table, out, lanes);
  byte_tables<8>(places, table, out, lanes);
}
#endif

/// Tables of more registers than there are: pairs of entries are gathered as words, and the first of each
/// kept.
HWY_INLINE void gathered_shorts(const ShortPlaces& places, const Table& table, std::int16_t* out,
                                std::size_t lanes) {
  const hn::ScalableTag<std::int32_t> words;
  const hn::ScalableTag<std::uint32_t> indices;
  const auto* entries = static_cast<const std::int32_t*>(table.entries);
  const Shorts d;
  constexpr std::size_t width = hn::MaxLanes(d);
  for (std::size_t i = 0; i < lanes; i += width) {
    HWY_ALIGN std::uint16_t place[width];
    hn::Store(places.at(i), Places(), place);
    for (std::size_t half = 0; half < width; half += width / 2) {
      const hn::Rebind<std::uint16_t, decltype(words)> narrow;
      const auto offset = hn::ShiftLeft<1>(hn::PromoteTo(indices, hn::Load(narrow, place + half)));
      const auto pair = hn::GatherOffset(words, entries, hn::BitCast(words, offset));
      const hn::Rebind<std::int16_t, decltype(words)> short_half;
      const auto low = hn::ShiftRight<16>(hn::ShiftLeft<16>(pair));
      hn::StoreU(hn::DemoteTo(short_half, low), short_half, out + i + half);
    }
  }
}

// ---- tables of int32 and float ----

/// Entries at places, which are below the table's size.
template <class T>
class WordTable {
 public:
  using D = hn::ScalableTag<T>;
  using Index = hn::RebindToSigned<D>;
  static constexpr std::size_t most_parts = 4;

  HWY_INLINE explicit WordTable(const Table& table) : entries_(static_cast<const T*>(table.entries)) {
    constexpr std::size_t width = hn::MaxLanes(D());
    parts_ = (table.size + width - 1) / width;
    if (parts_ > most_parts) return;
    for (std::size_t k = 0; k < parts_; ++k) part_[k] = hn::LoadU(D(), entries_ + k * width);
  }
  HWY_INLINE hn::Vec<D> at(hn::Vec<Index> place) const {
    const D d;
    const Index di;
    constexpr auto width = static_cast<std::int32_t>(hn::MaxLanes(D()));
    if (parts_ > most_parts) return hn::GatherIndex(d, entries_, place);
    const auto index = hn::IndicesFromVec(d, hn::And(place, hn::Set(di, width - 1)));
    hn::Vec<D> result = hn::TableLookupLanes(part_[0], index);
    for (std::size_t k = 1; k < parts_; ++k) {
      const auto here = hn::Gt(place, hn::Set(di, width * static_cast<std::int32_t>(k) - 1));
      result = hn::IfThenElse(hn::RebindMask(d, here), hn::TableLookupLanes(part_[k], index), result);
    }
    return result;
  }

 private:
  const T* entries_;
  std::size_t parts_ = 0;
  hn::Vec<D> part_[most_parts];
};

/// Places of arguments, clamped to the table (lanes that trapped may hold anything).
template <class T>
class WordPlaces {
 public:
  using D = hn::ScalableTag<T>;
  using Index = hn::RebindToSigned<D>;
  using Unsigned = hn::RebindToUnsigned<D>;
  HWY_INLINE explicit WordPlaces(const Table& table)
      : base_(hn::Set(D(), static_cast<T>(table.base))),
        last_(hn::Set(Unsigned(), static_cast<std::uint32_t>(table.size - 1))),
        shift_(table.shift) {
    if constexpr (std::is_floating_point_v<T>)
      unit_ = hn::Set(D(), static_cast<T>(std::ldexp(1.0, -table.shift)));
  }
  HWY_INLINE hn::Vec<Index> of(hn::Vec<D> x) const {
    const auto steps = hn::Sub(x, base_);
    hn::Vec<Unsigned> place;
    if constexpr (std::is_floating_point_v<T>) {
      // base and the argument are multiples of 2^shift, a few apart: difference and quotient are exact
      place = hn::BitCast(Unsigned(), hn::ConvertTo(Index(), hn::Mul(steps, unit_)));
    } else {
      place = hn::ShiftRightSame(hn::BitCast(Unsigned(), steps), shift_);
    }
    return hn::BitCast(Index(), hn::Min(place, last_));
  }
  HWY_INLINE hn::Vec<Index> of_token(hn::Vec<Unsigned> token) const {
    return hn::BitCast(Index(), hn::Min(token, last_));
  }

 private:
  hn::Vec<D> base_, unit_ = hn::Zero(D());
  hn::Vec<Unsigned> last_;
  int shift_;
};

// ---- all containers ----

template <class T>
struct Vectors {
  using D = hn::ScalableTag<T>;
  using V = hn::Vec<D>;
  static constexpr std::size_t width = hn::MaxLanes(D());
  static HWY_INLINE const T* in(const void* array) { return static_cast<const T*>(array); }
  static HWY_INLINE V load(const void* array, std::size_t i) { return hn::LoadU(D(), in(array) + i); }
  static HWY_INLINE void store(V v, void* array, std::size_t i) {
    hn::StoreU(v, D(), static_cast<T*>(array) + i);
  }

  static void embed(const LaneToken* tokens, const Table& table, void* out, std::size_t lanes) {
    if constexpr (sizeof(T) == 2) {
      lookup(tokens, table, out, lanes);
    } else if constexpr (sizeof(T) == 4) {
      const WordTable<T> entries(table);
      const WordPlaces<T> places(table);
      const hn::RebindToUnsigned<D> wide;
      const hn::Rebind<LaneToken, D> narrow;
      for (std::size_t i = 0; i < lanes; i += width)
        store(entries.at(places.of_token(hn::PromoteTo(wide, hn::LoadU(narrow, tokens + i)))), out, i);
    } else {
      plain_moves(Container::f64).embed(tokens, table, out, lanes);
    }
  }
  static void lookup(const void* from, const Table& table, void* out, std::size_t lanes) {
    if constexpr (sizeof(T) == 2) {
      const ShortPlaces places(in(from), static_cast<T>(table.base), table.shift, table.size);
      if (table.size > most_shorts) return gathered_shorts(places, table, static_cast<T*>(out), lanes);
      short_tables(places, table, static_cast<T*>(out), lanes);
    } else if constexpr (sizeof(T) == 4) {
      const WordTable<T> entries(table);
      const WordPlaces<T> places(table);
      for (std::size_t i = 0; i < lanes; i += width) store(entries.at(places.of(load(from, i))), out, i);
    } else {
      plain_moves(Container::f64).lookup(from, table, out, lanes);
    }
  }
  static void choose(const void* from, const Table& table, LaneToken* out, std::size_t lanes) {
    if constexpr (sizeof(T) == 2) {
      lookup(from, table, out, lanes);
    } else {
      constexpr Container container = !std::is_floating_point_v<T> ? Container::i32
                                      : sizeof(T) == 4             ? Container::f32
                                                                   : Container::f64;
      plain_moves(container).choose(from, table, out, lanes);
    }
  }
  static void indicate(const void* from, const void* point, const void* yes, const void* no, void* out,
                       std::size_t lanes) {
    const D d;
    const V at = hn::Set(d, *in(point)), one = hn::Set(d, *in(yes)), other = hn::Set(d, *in(no));
    for (std::size_t i = 0; i < lanes; i += width)
      store(hn::IfThenElse(hn::Eq(load(from, i), at), one, other), out, i);
  }

  static void compare(const void* a, const void* b, const void* yes, const void* no, void* out,
                      std::size_t lanes) {
    const V one = hn::Set(D(), *in(yes)), other = hn::Set(D(), *in(no));
    for (std::size_t i = 0; i < lanes; i += width)
      store(hn::IfThenElse(hn::Eq(load(a, i), load(b, i)), one, other), out, i);
  }

  template <class Value>
  static HWY_INLINE void tallied(const MoveKernels::Tally& tally, void* out, std::size_t lanes,
                                 const Value& value) {
    for (std::size_t i = 0; i < lanes; i += width) {
      const V common = load(tally.common, i);
      V even = hn::Zero(D()), odd = hn::Zero(D());
      std::size_t j = 0;
      const auto found = [&](std::size_t k) HWY_ATTR {
        return hn::IfThenElseZero(hn::Eq(load(tally.others[k], i), common), value(k, i));
      };
      for (; j + 2 <= tally.count; j += 2) {
        even = hn::Add(even, found(j));
        odd = hn::Add(odd, found(j + 1));
      }
      if (j < tally.count) even = hn::Add(even, found(j));
      for (std::size_t k = 0; k < tally.rest_count; ++k) odd = hn::Add(odd, load(tally.rest[k], i));
      store(hn::Add(even, odd), out, i);
    }
  }
  static void tally(const MoveKernels::Tally& tally, void* out, std::size_t lanes) {
    if (tally.values) {
      tallied(tally, out, lanes,
              [&](std::size_t j, std::size_t i) HWY_ATTR { return load(tally.values[j], i); });
    } else {
      const V unit = hn::Set(D(), *in(tally.unit));
      tallied(tally, out, lanes, [&](std::size_t, std::size_t) HWY_ATTR { return unit; });
    }
  }
  static void largest(const void* const* terms, std::size_t count, void* out, std::size_t lanes) {
    for (std::size_t i = 0; i < lanes; i += width) {
      V most = load(terms[0], i);
      for (std::size_t j = 1; j < count; ++j) most = hn::Max(most, load(terms[j], i));
      store(most, out, i);
    }
  }

  static void arg_max(const void* const* terms, std::size_t count, LaneToken* out, std::size_t lanes,
                      std::uint8_t* trapped) {
    using Index = hn::RebindToSigned<D>;
    const Index di;
    for (std::size_t i = 0; i < lanes; i += width) {
      V best = load(terms[0], i);
      auto index = hn::Zero(di);
      V nan = hn::Zero(D());
      if constexpr (std::is_floating_point_v<T>) nan = hn::VecFromMask(D(), hn::IsNaN(best));
      for (std::size_t j = 1; j < count; ++j) {
        const V term = load(terms[j], i);
        const auto larger = hn::Gt(term, best);
        best = hn::IfThenElse(larger, term, best);
        index =
            hn::IfThenElse(hn::RebindMask(di, larger), hn::Set(di, static_cast<hn::TFromD<Index>>(j)), index);
        if constexpr (std::is_floating_point_v<T>) nan = hn::Or(nan, hn::VecFromMask(D(), hn::IsNaN(term)));
      }
      HWY_ALIGN hn::TFromD<Index> chosen[width];
      hn::Store(index, di, chosen);
      for (std::size_t k = 0; k < width; ++k) out[i + k] = static_cast<LaneToken>(chosen[k]);
      if (!trapped || !std::is_floating_point_v<T>) continue;
      hn::Store(hn::BitCast(di, nan), di, chosen);
      for (std::size_t k = 0; k < width && i + k < lanes; ++k)
        if (chosen[k] != 0) trapped[i + k] = 1;
    }
  }

  // The exact product of integers drops `fraction` bits that are 0; of int16 the two halves give it.
  static HWY_INLINE V product(V a, V b, int fraction) {
    if constexpr (sizeof(T) == 2) {
      if (fraction == 0) return hn::Mul(a, b);
      const Places u;
      const auto low = hn::ShiftRightSame(hn::BitCast(u, hn::Mul(a, b)), fraction);
      return hn::Or(hn::BitCast(D(), low), hn::ShiftLeftSame(hn::MulHigh(a, b), 16 - fraction));
    } else {
      static_cast<void>(fraction);
      return hn::Mul(a, b);
    }
  }
  /// The even and the odd terms apart, so that additions overlap;
  /// any order will do, since every partial sum is exact.
  template <class Term>
  static HWY_INLINE void total(std::size_t count, void* out, std::size_t lanes, const Term& term) {
    for (std::size_t i = 0; i < lanes; i += width) {
      V even = term(0, i), odd = hn::Zero(D());
      std::size_t j = 1;
      for (; j + 2 <= count; j += 2) {
        odd = hn::Add(odd, term(j, i));
        even = hn::Add(even, term(j + 1, i));
      }
      if (j < count) odd = hn::Add(odd, term(j, i));
      store(hn::Add(even, odd), out, i);
    }
  }
  // NaN stays NaN; -0 becomes +0.
  static void relu(const void* from, void* out, std::size_t lanes) {
    const V zero = hn::Zero(D());
    for (std::size_t i = 0; i < lanes; i += width) {
      const V x = load(from, i);
      if constexpr (std::is_floating_point_v<T>) {
        store(hn::IfThenElse(hn::Le(x, zero), zero, x), out, i);
      } else {
        store(hn::Max(x, zero), out, i);
      }
    }
  }
  static void add(const void* a, const void* b, void* out, std::size_t lanes) {
    for (std::size_t i = 0; i < lanes; i += width) store(hn::Add(load(a, i), load(b, i)), out, i);
  }
  static void sub(const void* a, const void* b, void* out, std::size_t lanes) {
    for (std::size_t i = 0; i < lanes; i += width) store(hn::Sub(load(a, i), load(b, i)), out, i);
  }
  static void mul(const void* a, const void* b, int fraction, void* out, std::size_t lanes) {
    if (fraction == 0) {
      for (std::size_t i = 0; i < lanes; i += width) store(product(load(a, i), load(b, i), 0), out, i);
    } else {
      for (std::size_t i = 0; i < lanes; i += width) store(product(load(a, i), load(b, i), fraction), out, i);
    }
  }
  static void sum(const void* const* terms, std::size_t count, void* out, std::size_t lanes) {
    total(count, out, lanes, [&](std::size_t j, std::size_t i) HWY_ATTR { return load(terms[j], i); });
  }
  static void dot(const void* const* x, const void* const* y, std::size_t count, int fraction, void* out,
                  std::size_t lanes) {
    if (fraction == 0) {
      total(count, out, lanes,
            [&](std::size_t j, std::size_t i) HWY_ATTR { return product(load(x[j], i), load(y[j], i), 0); });
    } else {
      total(count, out, lanes, [&](std::size_t j, std::size_t i) HWY_ATTR {
        return product(load(x[j], i), load(y[j], i), fraction);
      });
    }
  }
  static void weighted(const void* weights, const void* const* x, std::size_t count, int fraction, void* out,
                       std::size_t lanes) {
    total(count, out, lanes, [&](std::size_t j, std::size_t i) HWY_ATTR {
      return product(hn::Set(D(), in(weights)[j]), load(x[j], i), fraction);
    });
  }

  static MoveKernels kernels(Container container) {
    MoveKernels all = plain_moves(container);
    all.embed = embed;
    all.lookup = lookup;
    all.choose = choose;
    all.indicate = indicate;
    all.compare = compare;
    all.tally = tally;
    if constexpr (!std::is_floating_point_v<T>) all.largest = largest;
    all.arg_max = arg_max;
    all.relu = relu;
    all.add = add;
    all.sub = sub;
    all.mul = mul;
    all.sum = sum;
    all.dot = dot;
    all.weighted = weighted;
    return all;
  }
};

const MoveKernels* choose_kernels(Container container) {
  static const MoveKernels i16 = Vectors<std::int16_t>::kernels(Container::i16);
  static const MoveKernels i32 = Vectors<std::int32_t>::kernels(Container::i32);
  static const MoveKernels f32 = Vectors<float>::kernels(Container::f32);
  static const MoveKernels f64 = Vectors<double>::kernels(Container::f64);
  switch (container) {
    case Container::i16:
      return &i16;
    case Container::i32:
      return &i32;
    case Container::f32:
      return &f32;
    case Container::f64:
      return &f64;
    case Container::i64:
      break;
  }
  return nullptr;
}

#endif
}  // namespace roundoff::sim::moves::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace roundoff::sim {

const MoveKernels* vector_moves(Container container, Isa isa) {
  switch (isa) {
    case Isa::scalar:
      return nullptr;
#ifdef __wasm__
    default:
      return nullptr;
#else
    case Isa::sse4:
      return moves::N_SSE4::choose_kernels(container);
    case Isa::avx2:
      return moves::N_AVX2::choose_kernels(container);
    case Isa::avx512:
      return moves::N_AVX3::choose_kernels(container);
#endif
  }
  return nullptr;
}

}  // namespace roundoff::sim
#endif  // HWY_ONCE
