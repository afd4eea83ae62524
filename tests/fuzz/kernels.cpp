// Lane kernels against the definition: the bytes choose a format, a container, an instruction set, an
// operation or a function, and operands by their patterns; every lane must have the definition's bits, or
// trap with it.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "formats/error.hpp"
#include "formats/lanes/lanes.hpp"

using namespace roundoff;

namespace {

/// The bytes, one after the other; zeros when they are used up.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return size_ == 0; }
  unsigned byte() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  unsigned below(unsigned bound) { return byte() % bound; }
  std::uint64_t word() {
    std::uint64_t word = 0;
    for (int i = 0; i < 8; ++i) word = word << 8 | byte();
    return word;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

std::optional<Format> choose_format(Input& in) {
  constexpr std::array names = {"fixed(7,8)",   "fixed(15,16)", "fixed(4,4)",   "fixed(30,20)", "twos(7,8)",
                                "ufixed(8,7)",  "F(0,7)",       "F(3,3)",       "F(5,6)",       "e4m3",
                                "e5m2",         "binary16",     "bfloat16",     "float(8,12)",  "float(7,12)",
                                "float(8,20)",  "float(6,20)",  "float(11,12)", "float(11,24)", "float(9,26)",
                                "float(11,40)", "float(9,40)",  "binary32",     "binary64",     "tf32",
                                "e4m3fnuz"};
  Format format = parse_format(names[in.below(names.size())]);
  format.rounding = static_cast<Rounding>(in.below(7));
  const unsigned overflow = in.below(4);
  constexpr std::array overflows = {":sat", ":inf", ":wrap", ":trap"};
  try {
    return parse_format(notation(format).substr(0, notation(format).find(':')) + ":" +
                        std::string(name(format.rounding)) + overflows[overflow]);
  } catch (const UsageError&) {
    return std::nullopt;  // wrap in a float, say
  }
}

const LaneKernels* kernels_of(const Format& format, Container container, Isa isa) {
  static std::map<std::tuple<std::string, Container, Isa>, std::unique_ptr<LaneKernels>> made;
  auto& kernels = made[{notation(format), container, isa}];
  if (kernels == nullptr) kernels = LaneKernels::make(format, container, isa);
  return kernels.get();
}

/// A member near the pattern: of a double with few or many bits, or of the format's borders.
Value operand(Input& in, Format format) {
  format.overflow = Overflow::sat;
  const unsigned kind = in.byte();
  double number = 0;
  const std::uint64_t bits = in.word() & ~std::uint64_t{0} << (kind % 52);
  std::memcpy(&number, &bits, sizeof number);
  Value value = Value::of(number);
  if (kind >= 192 && value.is_finite() &&
      !value.is_zero()) {  // near the smallest numbers, or of ordinary size
    value.exponent = kind >= 224 ? -3 : format.quantum + static_cast<int>(kind % 16) - 4;
  }
  try {
    return round(value, format).value;
  } catch (const Trap&) {
    return format.has_zero ? Value::zero() : format.highest;
  }
}

template <class Defined>
std::optional<Value> by_definition(const Defined& defined) {
  try {
    return defined();
  } catch (const Trap&) {
    return std::nullopt;
  }
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const std::optional<Format> chosen = choose_format(in);
  if (!chosen) return 0;
  const Format& format = *chosen;
  const auto containers = LaneKernels::containers(format);
  if (containers.empty()) return 0;
  const Container container = containers[in.below(static_cast<unsigned>(containers.size()))];
  const auto isa = static_cast<Isa>(in.below(4));
  if (!supported(isa)) return 0;
  const LaneKernels& k = *kernels_of(format, container, isa);
  const unsigned what = in.below(9);
  const std::size_t lanes = 1 + in.below(40), terms = what < 6 ? 2 : 1 + in.below(6);
  std::vector<std::vector<Value>> x(lanes), y(lanes);
  for (std::size_t i = 0; i < lanes; ++i) {
    for (std::size_t j = 0; j < terms; ++j) {
      x[i].push_back(operand(in, format));
      y[i].push_back(what == 8 && i > 0 ? y[0][j] : operand(in, format));
    }
  }
  const std::size_t bytes = size_of(container);
  std::vector<std::vector<std::byte>> left(terms), right(terms);
  std::vector<const void*> lefts, rights;
  std::vector<std::byte> weights(terms * bytes), out(lanes * bytes);
  for (std::size_t j = 0; j < terms; ++j) {
    left[j].resize(lanes * bytes);
    right[j].resize(lanes * bytes);
    for (std::size_t i = 0; i < lanes; ++i) {
      k.store(x[i][j], left[j].data() + i * bytes);
      k.store(y[i][j], right[j].data() + i * bytes);
    }
    k.store(y[0][j], weights.data() + j * bytes);
    lefts.push_back(left[j].data());
    rights.push_back(right[j].data());
  }
  std::vector<std::uint8_t> trapped(lanes);
  constexpr std::array functions = {Function::exp, Function::sigmoid, Function::silu, Function::sqrt,
                                    Function::relu};
  const Function function = functions[in.below(functions.size())];
  const SumOrder order;
  const auto& c = k.context();
  switch (what) {
    case 0:
      k.add(c, lefts[0], lefts[1], out.data(), lanes, trapped.data());
      break;
    case 1:
      k.sub(c, lefts[0], lefts[1], out.data(), lanes, trapped.data());
      break;
    case 2:
      k.mul(c, lefts[0], lefts[1], out.data(), lanes, trapped.data());
      break;
    case 3:
      k.div(c, lefts[0], lefts[1], out.data(), lanes, trapped.data());
      break;
    case 4:
      k.max(c, lefts[0], lefts[1], out.data(), lanes, trapped.data());
      break;
    case 5:
      k.apply(function, lefts[0], out.data(), lanes, trapped.data());
      break;
    case 6:
      k.sum(c, lefts.data(), terms, out.data(), lanes, trapped.data());
      break;
    case 7:
      k.dot(c, lefts.data(), rights.data(), terms, out.data(), lanes, trapped.data());
      break;
    default:
      k.weighted(c, weights.data(), lefts.data(), terms, out.data(), lanes, trapped.data());
  }
  for (std::size_t i = 0; i < lanes; ++i) {
    const std::optional<Value> expected = by_definition([&] {
      const Value &a = x[i][0], &b = x[i][terms - 1];
      switch (what) {
        case 0:
          return add(a, b, format).value;
        case 1:
          return sub(a, b, format).value;
        case 2:
          return mul(a, b, format).value;
        case 3:
          return div(a, b, format).value;
        case 4:
          return maximum(a, b);
        case 5:
          return apply(function, a, format).value;
        case 6:
          return sum(x[i], order, format).value;
        case 7:
          return dot(x[i], y[i], order, DotMode::rounded, format).value;
        default:
          return dot(y[0], x[i], order, DotMode::rounded, format).value;
      }
    });
    require((trapped[i] != 0) == !expected);
    if (expected) require(k.load(out.data() + i * bytes) == *expected);
  }
  return 0;
}
