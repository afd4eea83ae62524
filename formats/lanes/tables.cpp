#include "formats/lanes/tables.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <mutex>
#include <type_traits>
#include <vector>

#include "formats/error.hpp"
#include "formats/lanes/context.hpp"

namespace roundoff::formats::lanes {
namespace {

/// Element: the container's type. An entry holds the pattern of a result exclusive-or `unknown`, so that 0,
/// what memory starts with, says that the entry is not known yet. `unknown` and `trap` are patterns that are
/// no result: of formats up to 16 bits, an integer has fewer digits, and a NaN is the one that `store`
/// writes.
template <class Element>
class TableOf final : public Table {
  using Word = std::conditional_t<sizeof(Element) == 8, std::uint64_t, std::uint32_t>;
  static constexpr bool floating = std::is_floating_point_v<Element>;
  static constexpr Word unknown = sizeof(Word) == 4 ? 0x7fc0dead : 0x7ff80000dead0000;
  static constexpr Word trap = unknown + 1;

 public:
  TableOf(const LaneKernels::Context& context, Function function) : context_(context), function_(function) {
    if constexpr (floating) {
      const Value smallest = Value::scaled(false, 1, context.format.quantum);
      shift_ = std::numeric_limits<Element>::digits - context.format.precision;
      first_ = (word(smallest) >> shift_) - 1;
      top_ = (word(magnitude(context.format.highest)) >> shift_) - first_;
      if (!context.format.lowest.is_zero()) {
        top_ = std::max<Word>(top_, (word(magnitude(context.format.lowest)) >> shift_) - first_);
      }
      entries_ = std::vector<std::atomic<Word>>(2 * (top_ + 3));
    } else {
      first_ = word(context.format.lowest);
      entries_ = std::vector<std::atomic<Word>>(word(context.format.highest) - first_ + 1);
    }
  }

  void apply(const void* a, void* out, std::size_t count, std::uint8_t* trapped) override {
    const auto* x = static_cast<const std::byte*>(a);
    auto* y = static_cast<std::byte*>(out);
    for (std::size_t i = 0; i < count; ++i, x += sizeof(Element), y += sizeof(Element)) {
      std::atomic<Word>& entry = entries_[index(x)];
      Word known = entry.load(std::memory_order_relaxed);
      if (known == 0) {
        known = asked(x) ^ unknown;
        entry.store(known, std::memory_order_relaxed);
      }
      const Word result = known ^ unknown;
      if (result == trap) {
        if (trapped != nullptr) trapped[i] = 1;
      } else {
        std::memcpy(y, &result, sizeof(Element));  // the low bytes: x86 is little-endian
      }
    }
  }

 private:
  static Value magnitude(const Value& value) { return value.negative ? negated(value) : value; }

  static Word pattern(const std::byte* element) {
    if constexpr (floating) {
      Word bits = 0;
      std::memcpy(&bits, element, sizeof bits);
      return bits;
    } else {
      Element number = 0;
      std::memcpy(&number, element, sizeof number);
      return static_cast<Word>(number);
    }
  }
  Word word(const Value& value) const {
    alignas(8) std::byte element[sizeof(std::uint64_t)];
    context_.store(value, element);
    return pattern(element);
  }

  /// Members in order: magnitudes by their leading bits, of which `precision` make all the difference.
  std::size_t index(const std::byte* element) const {
    const Word bits = pattern(element);
    if constexpr (!floating) {
      return static_cast<Word>(bits - first_);
    } else {
      constexpr Word sign = Word{1} << (8 * sizeof(Word) - 1);
      constexpr Word infinity = sizeof(Word) == 4 ? 0x7f800000 : 0x7ff0000000000000;
      const Word size = bits & ~sign;
      Word place = size >> shift_;
      place = size == 0 ? 0 : std::min<Word>(place - first_, top_ + 1);
      if (size > infinity) place = top_ + 2;
      return place + ((bits & sign) != 0 ? top_ + 3 : 0);
    }
  }

  Word asked(const std::byte* element) const {
    try {
      return word(formats::apply(function_, context_.load(element), context_.format).value);
    } catch (const Trap&) {
      return trap;
    }
  }

  LaneKernels::Context context_;
  Function function_;
  int shift_ = 0;
  Word first_ = 0, top_ = 0;
  std::vector<std::atomic<Word>> entries_;
};

std::shared_ptr<Table> made(const Format& format, Container container, Function function) {
  LaneKernels::Context context;
  context.format = format;
  context.container = container;
  switch (container) {
    case Container::i16:
      return std::make_shared<TableOf<std::int16_t>>(context, function);
    case Container::i32:
      return std::make_shared<TableOf<std::int32_t>>(context, function);
    case Container::i64:
      return std::make_shared<TableOf<std::int64_t>>(context, function);
    case Container::f32:
      return std::make_shared<TableOf<float>>(context, function);
    case Container::f64:
      break;
  }
  return std::make_shared<TableOf<double>>(context, function);
}

struct Known {
  Format format;
  Container container;
  Function function;
  std::shared_ptr<Table> table;
};

}  // namespace

std::shared_ptr<Table> Table::of(const Format& format, Container container, Function function) {
  if (format.bits > 16 || format.layout == Layout::list) return nullptr;
  static std::mutex mutex;
  static std::vector<Known> known;
  constexpr std::size_t most = 128;  // of at most some megabytes each; the oldest give way
  const std::lock_guard lock(mutex);
  for (const Known& k : known) {
    if (k.container == container && k.function == function && k.format == format) return k.table;
  }
  if (known.size() == most) known.erase(known.begin());
  known.push_back({format, container, function, made(format, container, function)});
  return known.back().table;
}

}  // namespace roundoff::formats::lanes
