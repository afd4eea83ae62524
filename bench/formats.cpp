// The format layer's speed, each figure beside MPFR's in the same run (bench/README.md):
//   product   a 256^3 matrix product, every product and every partial sum rounded, k in order
//   tiny-product   the same of factors so small that most products are subnormal, or next to it
//   divide, FUNCTION   one operation on arrays
// Formats named on the command line are timed instead: both products in each.
// A rounded operation is one item: 2 * 256^3 - 256^2 of them in a product, a few less than 2 * 256^3 as the
// first term is not added to anything. MPFR does some rows of the same product; where it has the mode, its
// numbers are compared with those of every instruction set before anything is timed.
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "bench/mpfr_format.hpp"
#include "bench/ratios.hpp"
#include "formats/lanes/lanes.hpp"
#include "formats/notation/text.hpp"
#include "formats/random.hpp"

namespace roundoff::bench {
namespace {

constexpr std::size_t side = 256, mpfr_rows = 2;

/// Members of the format, about uniform in [-2, 2] * 2^exponent.
std::vector<Value> members(const Format& format, std::size_t count, std::uint64_t seed, int exponent) {
  std::vector<Value> values;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t bits = random_bits(seed, 0, i);
    values.push_back(round(Value::scaled((bits & 1) != 0, bits >> 1, exponent - 62), format).value);
  }
  return values;
}

std::vector<std::byte> stored(const LaneKernels& kernels, const std::vector<Value>& values) {
  const std::size_t size = size_of(kernels.container());
  std::vector<std::byte> bytes(values.size() * size + 64);
  for (std::size_t i = 0; i < values.size(); ++i) kernels.store(values[i], bytes.data() + i * size);
  return bytes;
}

void fill(MpfrArray& array, const std::vector<Value>& values) {
  const MpfrRange range;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].is_zero()) {
      mpfr_set_zero(array[i], values[i].negative ? -1 : 1);
    } else {
      const Big exact = Big::of(values[i]);
      mpfr_set(array[i], exact, MPFR_RNDN);
    }
  }
}

bool same(const Value& value, mpfr_srcptr number) {
  if (value.is_nan()) return mpfr_nan_p(number) != 0;
  if (value.is_infinite()) return mpfr_inf_p(number) != 0 && value.negative == (mpfr_signbit(number) != 0);
  return mpfr_nan_p(number) == 0 && to_double(value) == mpfr_get_d(number, MPFR_RNDN);
}

[[noreturn]] void differs(const std::string& what) {
  fmt::print(stderr, "{}: the kernel and MPFR differ\n", what);
  std::exit(1);
}

class Product {
 public:
  Product(const Format& of, int exponent)
      : format(of), a(members(of, side * side, 1, exponent)), b(members(of, side * side, 2, exponent)) {}
  const Format format;
  const std::vector<Value> a, b;

  std::vector<std::byte> by_lanes(const LaneKernels& kernels, const std::vector<std::byte>& left,
                                  const std::vector<std::byte>& right) const {
    std::vector<std::byte> out(left.size());
    lanes(kernels, left, right, out);
    return out;
  }
  static void lanes(const LaneKernels& kernels, const std::vector<std::byte>& left,
                    const std::vector<std::byte>& right, std::vector<std::byte>& out) {
    const std::size_t row = side * size_of(kernels.container());
    const void* rows[side];
    for (std::size_t k = 0; k < side; ++k) rows[k] = right.data() + k * row;
    for (std::size_t i = 0; i < side; ++i) {
      kernels.weighted(kernels.context(), left.data() + i * row, rows, side, out.data() + i * row, side,
                       nullptr);
    }
  }
  static void mpfr(const MpfrFormat& rounded, MpfrArray& left, MpfrArray& right, MpfrArray& out, mpfr_ptr t) {
    // Rows of the right factor in the inner loop, as for the lanes: in MPFR too, columns would miss the
    // cache.
    for (std::size_t i = 0; i < mpfr_rows; ++i) {
      for (std::size_t j = 0; j < side; ++j) rounded(mpfr_mul, out[i * side + j], left[i * side], right[j]);
      for (std::size_t k = 1; k < side; ++k) {
        for (std::size_t j = 0; j < side; ++j) {
          const mpfr_ptr sum = out[i * side + j];
          rounded(mpfr_mul, t, left[i * side + k], right[k * side + j]);
          rounded(mpfr_add, sum, sum, t);
        }
      }
    }
  }
};

constexpr std::int64_t operations(std::size_t rows) {
  return static_cast<std::int64_t>(rows * side * (2 * side - 1));
}

using Sets = std::vector<std::shared_ptr<LaneKernels>>;

/// The best container of the format, by every instruction set here.
Sets kernel_sets(const Format& format) {
  Sets sets;
  for (const Isa isa : {Isa::scalar, Isa::sse4, Isa::avx2, Isa::avx512}) {
    if (std::shared_ptr<LaneKernels> kernels =
            LaneKernels::make(format, LaneKernels::containers(format).front(), isa)) {
      sets.push_back(std::move(kernels));
    }
  }
  return sets;
}

/// The operands of a format, made when a benchmark that was asked for first wants them.
class Lazy {
 public:
  explicit Lazy(const Format& format, int exponent = 0) : format_(format), exponent_(exponent) {}
  const Product* operator->() {
    if (!product_) product_ = std::make_unique<Product>(format_, exponent_);
    return product_.get();
  }

 private:
  Format format_;
  int exponent_;
  std::unique_ptr<Product> product_;
};

/// Registered benchmarks run after main has parsed the options; what they need stays alive with them.
template <class Body>
void time(const std::string& name, Body body) {
  benchmark::RegisterBenchmark(name.c_str(), body);
}

void product(const std::string& notation, const char* group = "product", int exponent = 0) {
  auto p = std::make_shared<Lazy>(parse_format(notation), exponent);
  time(fmt::format("{}/{}/mpfr", group, notation), [p](benchmark::State& state) {
    const MpfrFormat rounded((*p)->format);
    MpfrArray a(side * side, (*p)->format.precision), b(side * side, (*p)->format.precision),
        out(side * side, (*p)->format.precision), t(1, (*p)->format.precision);
    fill(a, (*p)->a);
    fill(b, (*p)->b);
    for (auto _ : state) Product::mpfr(rounded, a, b, out, t[0]);
    state.SetItemsProcessed(state.iterations() * operations(mpfr_rows));
    if (!rounded.has_mode()) return;
    for (const auto& kernels : kernel_sets((*p)->format)) {
      const auto result = (*p)->by_lanes(*kernels, stored(*kernels, (*p)->a), stored(*kernels, (*p)->b));
      for (std::size_t i = 0; i < mpfr_rows * side; ++i) {
        if (!same(kernels->load(result.data() + i * size_of(kernels->container())), out[i])) {
          differs("product in " + roundoff::formats::notation((*p)->format) + ", " +
                  std::string(name(kernels->isa())));
        }
      }
    }
  });
  for (const auto& kernels : kernel_sets(parse_format(notation))) {
    time(fmt::format("{}/{}/{}", group, notation, name(kernels->isa())),
         [p, kernels](benchmark::State& state) {
           const auto a = stored(*kernels, (*p)->a), b = stored(*kernels, (*p)->b);
           auto out = a;
           for (auto _ : state) Product::lanes(*kernels, a, b, out);
           state.SetItemsProcessed(state.iterations() * operations(side));
         });
  }
}

/// Of factors up to 2 * 2^e: 2^2e is half the smallest normal number, or a quarter.
void tiny_product(const std::string& notation) {
  const Format format = parse_format(notation);
  const int normal = format.quantum + format.precision - 1;
  product(notation, "tiny-product", (normal - (normal % 2 == 0 ? 2 : 1)) / 2);
}

constexpr std::size_t count = 4096, mpfr_count = 512;

void division(const std::string& notation) {
  auto p = std::make_shared<Lazy>(parse_format(notation));
  time("divide/" + notation + "/mpfr", [p](benchmark::State& state) {
    const MpfrFormat rounded((*p)->format);
    MpfrArray a(count, (*p)->format.precision), b(count, (*p)->format.precision),
        out(1, (*p)->format.precision);
    fill(a, {(*p)->a.begin(), (*p)->a.begin() + count});
    fill(b, {(*p)->b.begin(), (*p)->b.begin() + count});
    for (auto _ : state) {
      for (std::size_t i = 0; i < count; ++i) rounded(mpfr_div, out[0], a[i], b[i]);
    }
    state.SetItemsProcessed(state.iterations() * count);
  });
  for (const auto& kernels : kernel_sets(parse_format(notation))) {
    time("divide/" + notation + "/" + std::string(name(kernels->isa())),
         [p, kernels](benchmark::State& state) {
           const auto a = stored(*kernels, (*p)->a), b = stored(*kernels, (*p)->b);
           auto out = a;
           for (auto _ : state)
             kernels->div(kernels->context(), a.data(), b.data(), out.data(), count, nullptr);
           state.SetItemsProcessed(state.iterations() * count);
         });
  }
}

int mpfr_gelu(mpfr_ptr y, mpfr_srcptr x, mpfr_rnd_t mode) {
  // x erfc(-x / sqrt 2) / 2 with 20 guard bits, rounded once more: what a user of MPFR would write
  static Big t(80), root(80);
  {
    const MpfrRange range;
    mpfr_sqrt_ui(root, 2, MPFR_RNDN);
    mpfr_div(t, x, root, MPFR_RNDN);
    mpfr_neg(t, t, MPFR_RNDN);
    mpfr_erfc(t, t, MPFR_RNDN);
    mpfr_mul(t, t, x, MPFR_RNDN);
  }
  return mpfr_div_2ui(y, t, 1, mode);
}

void function(Function f, const std::string& notation) {
  const std::string title = std::string(name(f)) + "/" + notation + "/";
  auto p = std::make_shared<Lazy>(parse_format(notation));
  time(title + "mpfr", [p, f](benchmark::State& state) {
    const MpfrFormat rounded((*p)->format);
    MpfrArray x(mpfr_count, (*p)->format.precision), out(1, (*p)->format.precision);
    fill(x, {(*p)->a.begin(), (*p)->a.begin() + mpfr_count});
    for (auto _ : state) {
      for (std::size_t i = 0; i < mpfr_count; ++i) {
        if (f == Function::exp) {
          rounded(mpfr_exp, out[0], x[i]);
        } else {
          rounded(mpfr_gelu, out[0], x[i]);
        }
      }
    }
    state.SetItemsProcessed(state.iterations() * mpfr_count);
  });
  for (const auto& kernels : kernel_sets(parse_format(notation))) {
    time(title + std::string(name(kernels->isa())), [p, f, kernels](benchmark::State& state) {
      const auto x = stored(*kernels, (*p)->a);
      auto out = x;
      kernels->apply(f, x.data(), out.data(), count, nullptr);  // tables are filled as they are asked
      for (auto _ : state) kernels->apply(f, x.data(), out.data(), count, nullptr);
      state.SetItemsProcessed(state.iterations() * count);
    });
  }
}

void register_all() {
  for (const char* format : {"e4m3", "bfloat16", "binary16", "float(8,12)", "float(11,24)", "float(11,40)",
                             "fixed(7,8)", "fixed(15,16)"}) {
    product(format);
  }
  for (const char* mode : {"rna", "rnz", "rtz", "rup", "rdn", "rod"}) {
    for (const char* format : {"e4m3", "bfloat16", "binary16", "float(8,12)", "float(8,20)", "binary32",
                               "float(11,24)", "float(11,26)", "fixed(7,8)", "fixed(15,10)"}) {
      product(fmt::format("{}:{}", format, mode));
    }
  }
  for (const char* mode : {"rna", "rnz"}) product(fmt::format("float(11,40):{}", mode));
  for (const char* format : {"e4m3", "bfloat16", "binary16", "float(8,12)", "binary32:rod", "float(11,24)",
                             "float(8,12):rnz", "float(8,12):rod", "float(11,24):rod", "float(11,40)"}) {
    tiny_product(format);
  }
  for (const char* format :
       {"e4m3", "bfloat16", "float(8,12)", "float(11,24)", "float(11,40)", "fixed(7,8)", "fixed(15,16)"}) {
    division(format);
  }
  for (const char* format : {"e4m3", "bfloat16", "binary16", "float(8,12)", "float(11,12)", "float(11,24)",
                             "fixed(7,8)", "fixed(15,16)"}) {
    function(Function::exp, format);
  }
  for (const char* format : {"e4m3", "bfloat16", "binary16"}) function(Function::gelu, format);
}

}  // namespace
}  // namespace roundoff::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);  // takes its own options away
  for (int i = 1; i < argc; ++i) {
    roundoff::bench::product(argv[i]);
    roundoff::bench::tiny_product(argv[i]);
  }
  if (argc == 1) roundoff::bench::register_all();
  roundoff::bench::Ratios ratios("mpfr");
  benchmark::RunSpecifiedBenchmarks(&ratios);
  return 0;
}
