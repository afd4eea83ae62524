#include "training/exact/arithmetic.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "sim/lanes/layout.hpp"

namespace roundoff::training {

namespace {

constexpr std::size_t part = 4096;  // elements that a thread takes at a time, about

std::vector<const void*> rows_of(const Tensor& x, std::size_t first = 0) {
  std::vector<const void*> made(x.rows);
  for (std::size_t r = 0; r < x.rows; ++r) made[r] = x.at(r, first);
  return made;
}

ReduceRoom& own_room() {
  thread_local ReduceRoom room;
  return room;
}

}  // namespace

Exact::Exact(const TrainingPolicy& policy, int threads, Isa isa)
    : policy_(policy), isa_(isa), workers_(threads) {
  for (std::size_t i = 0; i < training_role_count; ++i) {
    const Format& format = policy_[static_cast<TrainingRole>(i)];
    const Kept*& kept = by_role_[i];
    for (const auto& known : formats_)
      if (known->format() == format) kept = known.get();
    if (kept == nullptr) kept = formats_.emplace_back(std::make_unique<Kept>(format, isa)).get();
  }
  const auto quantiser = [](const std::string& name, std::optional<Quantiser>& to) {
    if (name.empty()) return;
    to = parse_quantiser(name);
    if (!is_recordable(*to))
      throw UsageError(
          name + " quantises weights only; for activations and cache take an MX format, nvfp4 or intB/G");
  };
  quantiser(policy_.model.quantisers.activations, activations_);
  quantiser(policy_.model.quantisers.cache, cache_);
  if (policy_.model.order.kind == SumOrder::wide)
    wide_ = std::make_unique<Number>(policy_.model.order.wide_format, isa);
  dots_.emplace(kept(TrainingRole::accumulators).rounding(),
                Reduction{policy_.model.order, policy_.model.dot}, wide_.get());
  sums_.reserve(formats_.size());
  for (const auto& known : formats_)
    sums_.emplace_back(known.get(), Reducer(known->rounding(),
                                            Reduction{policy_.model.order, DotMode::rounded}, wide_.get()));
}

void Exact::begin_step(std::uint64_t step) {
  if (step >= 1ULL << 24)
    throw UsageError("exact training ends at step 2^24: the counter of random bits has no more");
  step_ = step;
  operation_ = 0;
}

std::uint64_t Exact::reserve(int operations) {
  const std::uint64_t first = step_ << 40 | operation_ << 28;
  operation_ += static_cast<std::uint64_t>(operations);
  if (operation_ > 1ULL << 12)
    throw UsageError("a step of exact training has at most 4096 operations on tensors; take fewer layers");
  return first;
}

const Reducer& Exact::sums(const Kept& kept) const {
  for (const auto& [of, reducer] : sums_)
    if (of == &kept) return reducer;
  throw std::logic_error("no such role");
}

Tensor Exact::room(std::size_t rows, std::size_t lanes, const Kept& kept) {
  // Rows that start at the same place of a page would share few sets of the cache.
  const std::size_t line = 64 / std::min<std::size_t>(64, kept.size());
  const std::size_t stride = rows > 1 && lanes >= 4 * line ? (lanes + line - 1) / line * line + line : lanes;
  return {&kept, rows, lanes, stride, std::make_shared<Array>(rows * stride * kept.size())};
}

Tensor Exact::zeros(std::size_t rows, std::size_t lanes, TrainingRole role) const {
  Tensor made = room(rows, lanes, role);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t i = 0; i < lanes; ++i) made.kept->number().store(Value::zero(), made.at(r, i));
  return made;
}

Tensor Exact::constant(const Value& value, TrainingRole role) {
  Tensor made = room(1, 1, role);
  made.kept->number().store(formats::round(value, made.kept->format(), Draw{reserve(), 0}).value,
                            made.row(0));
  return made;
}

Tensor Exact::constant(const RealAt& real, TrainingRole role) {
  Tensor made = room(1, 1, role);
  made.kept->number().store(rounded_real(real, made.kept->format(), Draw{reserve(), 0}), made.row(0));
  return made;
}

std::vector<std::uint8_t> Exact::marks(const Kept& kept, std::size_t count) {
  return std::vector<std::uint8_t>(kept.number().may_trap() ? count : 0);
}

void Exact::require(const std::vector<std::uint8_t>& marks, const char* what) {
  if (std::find(marks.begin(), marks.end(), 1) != marks.end())
    throw Trap(fmt::format("{} has a result that its format does not have", what));
}

void Exact::each_part(
    const Tensor& shape,
    const std::function<void(std::size_t row, std::size_t first, std::size_t count)>& work) {
  if (shape.lanes >= part) {
    const std::size_t parts = (shape.lanes + part - 1) / part;
    workers_.each(shape.rows * parts, [&](std::size_t k) {
      const std::size_t first = k % parts * part;
      work(k / parts, first, std::min(part, shape.lanes - first));
    });
    return;
  }
  const std::size_t together = std::max<std::size_t>(1, part / std::max<std::size_t>(1, shape.lanes));
  workers_.each((shape.rows + together - 1) / together, [&](std::size_t k) {
    for (std::size_t r = k * together; r < std::min(shape.rows, (k + 1) * together); ++r)
      work(r, 0, shape.lanes);
  });
}

namespace {

/// Elements (row, first ...) of x, where x may have one row or one lane for all.
const std::byte* spread(const Tensor& x, std::size_t row, std::size_t first, std::size_t count, Array& room) {
  const std::size_t r = x.rows == 1 ? 0 : row;
  if (x.lanes != 1) return x.at(r, first);
  std::byte* made = room.room(count * x.kept->size());
  for (std::size_t i = 0; i < count; ++i) std::memcpy(made + i * x.kept->size(), x.row(r), x.kept->size());
  return made;
}

}  // namespace

Tensor Exact::binary(Op op, const Tensor& a, const Tensor& b, TrainingRole role) {
  Tensor made = room(std::max(a.rows, b.rows), std::max(a.lanes, b.lanes), role);
  const std::uint64_t place = reserve();
  each_part(made, [&](std::size_t r, std::size_t first, std::size_t count) {
    thread_local Array left, right;
    std::vector<std::uint8_t> trapped = marks(*made.kept, count);
    training::binary(op, {&a.kept->number(), spread(a, r, first, count, left)},
                     {&b.kept->number(), spread(b, r, first, count, right)}, *made.kept, made.at(r, first),
                     count, trapped.empty() ? nullptr : trapped.data(),
                     [&](std::size_t i) { return place + r * made.lanes + first + i; });
    require(trapped, "a step of training");
  });
  return made;
}

Tensor Exact::unary(Function function, const Tensor& x, TrainingRole role) {
  Tensor made = room(x.rows, x.lanes, role);
  const std::uint64_t place = reserve();
  each_part(made, [&](std::size_t r, std::size_t first, std::size_t count) {
    std::vector<std::uint8_t> trapped = marks(*made.kept, count);
    training::unary(function, {&x.kept->number(), x.at(r, first)}, *made.kept, made.at(r, first), count,
                    trapped.empty() ? nullptr : trapped.data(),
                    [&](std::size_t i) { return place + r * made.lanes + first + i; });
    require(trapped, "a function in training");
  });
  return made;
}

Tensor Exact::round(const Tensor& x, TrainingRole role) {
  const std::uint64_t place = reserve();
  if (x.kept == &kept(role)) return x;
  Tensor made = room(x.rows, x.lanes, role);
  each_part(made, [&](std::size_t r, std::size_t first, std::size_t count) {
    std::vector<std::uint8_t> trapped = marks(*made.kept, count);
    training::round({&x.kept->number(), x.at(r, first)}, *made.kept, made.at(r, first), count,
                    trapped.empty() ? nullptr : trapped.data(),
                    [&](std::size_t i) { return place + r * made.lanes + first + i; });
    require(trapped, "a conversion in training");
  });
  return made;
}

Tensor Exact::activation(Activation activation, const Tensor& x) {
  constexpr Function functions[] = {Function::relu, Function::gelu, Function::gelu_tanh, Function::silu,
                                    Function::identity};
  return unary(functions[static_cast<std::size_t>(activation)], x, TrainingRole::activations);
}

Tensor Exact::through_activation(Activation activation, const Tensor& dy, const Tensor& pre) {
  const std::uint64_t place = reserve(2);  // the derivative, the product
  if (activation == Activation::identity) return dy;
  if (activation == Activation::relu) {
    Tensor made = room(dy.rows, dy.lanes, *dy.kept);
    const Number &number = pre.kept->number(), &gradient = dy.kept->number();
    std::vector<std::byte> zero(gradient.size());
    gradient.store(Value::zero(), zero.data());
    each_part(made, [&](std::size_t r, std::size_t first, std::size_t count) {
      std::vector<double> x(count);
      if (number.in_doubles()) number.to_doubles(pre.at(r, first), x.data(), count);
      for (std::size_t i = 0; i < count; ++i) {
        const bool passes =
            number.in_doubles() ? x[i] > 0 : compare(pre.value(r, first + i), Value::zero()) > 0;
        std::memcpy(made.at(r, first + i), passes ? dy.at(r, first + i) : zero.data(), gradient.size());
      }
    });
    return made;
  }
  Tensor slopes = room(dy.rows, dy.lanes, TrainingRole::gradients);
  const Slopes& slopes_of = this->slopes(activation, *pre.kept);
  each_part(slopes, [&](std::size_t r, std::size_t first, std::size_t count) {
    slopes_of(pre.at(r, first), slopes.at(r, first), count,
              [&](std::size_t i) { return place + r * slopes.lanes + first + i; });
  });
  Tensor made = room(dy.rows, dy.lanes, TrainingRole::gradients);
  const std::uint64_t second = place_of(place, 1);
  each_part(made, [&](std::size_t r, std::size_t first, std::size_t count) {
    std::vector<std::uint8_t> trapped = marks(*made.kept, count);
    training::binary(Op::mul, {&dy.kept->number(), dy.at(r, first)},
                     {&slopes.kept->number(), slopes.at(r, first)}, *made.kept, made.at(r, first), count,
                     trapped.empty() ? nullptr : trapped.data(),
                     [&](std::size_t i) { return second + r * made.lanes + first + i; });
    require(trapped, "a gradient");
  });
  return made;
}

const Slopes& Exact::slopes(Activation activation, const Kept& argument) {
  for (const auto& [of, known] : slopes_)
    if (of == std::pair(activation, &argument)) return *known;
  slopes_.emplace_back(std::pair(activation, &argument),
                       std::make_unique<Slopes>(activation, argument, kept(TrainingRole::gradients)));
  return *slopes_.back().second;
}

Tensor Exact::quantised(const Tensor& x, TrainingRole role, std::size_t size) {
  const std::optional<Quantiser>& quantiser = role == TrainingRole::cache ? cache_ : activations_;
  if (!quantiser) return x;
  Tensor made = room(x.rows, x.lanes, *x.kept);
  formats::QuantiseOptions options;
  options.own = x.kept->number().format();
  workers_.each(x.lanes, [&](std::size_t i) {
    std::vector<Value> part(size);
    for (std::size_t first = 0; first < x.rows; first += size) {
      for (std::size_t r = 0; r < size; ++r) part[r] = x.value(first + r, i);
      const std::vector<Value> values = formats::quantise(part, *quantiser, options).values();
      for (std::size_t r = 0; r < size; ++r)
        made.kept->number().store(formats::round(values[r], options.own).value, made.at(first + r, i));
    }
  });
  return made;
}

Tensor Exact::members(const Tensor& x, const Kept& as) {
  const Number& to = as.number();
  if (x.kept == &as || to.kernels() == nullptr || same_elements(to, x.kept->number()) ||
      !contains(to, x.kept->number()))
    return x;
  Tensor made = room(x.rows, x.lanes, as);
  for (std::size_t r = 0; r < x.rows; ++r) convert({&x.kept->number(), x.row(r)}, to, made.row(r), x.lanes);
  return made;
}

Tensor Exact::transposed(const Tensor& a) {
  Tensor made = room(a.lanes, a.rows, *a.kept);
  const auto copy = [&]<class T>(T) {
    constexpr std::size_t tile = 32;
    for (std::size_t r0 = 0; r0 < a.rows; r0 += tile)
      for (std::size_t i0 = 0; i0 < a.lanes; i0 += tile)
        for (std::size_t i = i0; i < std::min(a.lanes, i0 + tile); ++i)
          for (std::size_t r = r0; r < std::min(a.rows, r0 + tile); ++r)
            reinterpret_cast<T*>(made.row(i))[r] = reinterpret_cast<const T*>(a.row(r))[i];
  };
  switch (a.kept->size()) {
    case 2:
      copy(std::int16_t{});
      break;
    case 4:
      copy(std::int32_t{});
      break;
    case 8:
      copy(std::int64_t{});
      break;
    default:
      copy(Value{});
  }
  return made;
}

void Exact::reduce(const Reducer& reducer, const Kept& kept, const Terms& terms, std::byte* out,
                   const PlaceAt& place) const {
  std::vector<std::uint8_t> trapped = marks(kept, terms.lanes);
  std::uint8_t* const marked = trapped.empty() ? nullptr : trapped.data();
  if (!kept.draws()) {
    reducer(terms, out, marked, own_room(), place);
  } else {  // Values, kept as elements
    Array values(terms.lanes * kept.rounding().size());
    reducer(terms, values.data(), marked, own_room(), place);
    for (std::size_t i = 0; i < terms.lanes; ++i)
      kept.number().store(kept.rounding().load(values.data() + i * kept.rounding().size()),
                          out + i * kept.size());
  }
  require(trapped, "a sum of training");
}

Tensor Exact::product(const Tensor& a_given, const Tensor& b_given, TrainingRole role, const Tensor* bias) {
  const Kept& sums = kept(TrainingRole::accumulators);
  const std::uint64_t place = reserve();
  const Tensor a = members(a_given, sums), b = members(b_given, sums);
  Tensor made = room(a.rows, b.lanes, sums);
  // Lanes in blocks whose terms stay in the cache, and rows in as many parts as threads can share.
  constexpr std::size_t block = 256, rows_together = 16;
  const std::size_t blocks = (b.lanes + block - 1) / block,
                    groups = (a.rows + rows_together - 1) / rows_together;
  workers_.each(blocks * groups, [&](std::size_t k) {
    const std::size_t first = k % blocks * block, count = std::min(block, b.lanes - first);
    const std::vector<const void*> terms = rows_of(b, first);
    const std::size_t last = std::min(a.rows, (k / blocks + 1) * rows_together);
    for (std::size_t r = k / blocks * rows_together; r < last; ++r)
      reduce(dots(), sums,
             {.x_number = &b.kept->number(),
              .x = terms.data(),
              .y_number = &a.kept->number(),
              .weights = a.row(r),
              .count = a.lanes,
              .lanes = count},
             made.at(r, first), [&, r](std::size_t i) { return place + r * made.lanes + first + i; });
  });
  if (bias != nullptr) made = binary(Op::add, made, *bias, TrainingRole::accumulators);
  return round(made, role);
}

Tensor Exact::dot_of_rows(const Tensor& a_given, const Tensor& b_given, TrainingRole role) {
  const Kept& sums = kept(TrainingRole::accumulators);
  const std::uint64_t place = reserve();
  const Tensor a = members(a_given, sums), b = members(b_given, sums);
  Tensor made = room(1, a.lanes, sums);
  each_part(made, [&](std::size_t, std::size_t first, std::size_t count) {
    const std::vector<const void*> x = rows_of(a, first), y = rows_of(b, first);
    reduce(dots(), sums,
           {.x_number = &a.kept->number(),
            .x = x.data(),
            .y_number = &b.kept->number(),
            .y = y.data(),
            .count = a.rows,
            .lanes = count},
           made.at(0, first), [&](std::size_t i) { return place + first + i; });
  });
  return round(made, role);
}

Tensor Exact::sum_in(const Tensor& a_given, TrainingRole role) {
  const Kept& result = kept(role);
  const Tensor a = members(a_given, result);
  const std::uint64_t place = reserve();
  Tensor made = room(1, a.lanes, result);
  each_part(made, [&](std::size_t, std::size_t first, std::size_t count) {
    const std::vector<const void*> x = rows_of(a, first);
    reduce(sums(result), result,
           {.x_number = &a.kept->number(), .x = x.data(), .count = a.rows, .lanes = count}, made.at(0, first),
           [&](std::size_t i) { return place + first + i; });
  });
  return made;
}

Tensor Exact::sum_of_rows(const Tensor& a, TrainingRole role) {
  return round(sum_in(round(a, TrainingRole::accumulators), TrainingRole::accumulators), role);
}

Tensor Exact::sum_of_lanes(const Tensor& a, TrainingRole role) {
  const Tensor summed = sum_of_rows(transposed(a), role);
  return transposed(summed);
}

Tensor Exact::gathered(const Tensor& table, const std::vector<Token>& rows) const {
  Tensor made = room(table.lanes, rows.size(), *table.kept);
  const std::size_t size = table.kept->size();
  for (std::size_t r = 0; r < made.rows; ++r)
    for (std::size_t i = 0; i < rows.size(); ++i) std::memcpy(made.at(r, i), table.at(rows[i], r), size);
  return made;
}

Tensor Exact::scattered(const Tensor& dx_given, const std::vector<Token>& rows, std::size_t table_rows) {
  const Kept& sums = kept(TrainingRole::accumulators);
  // The terms are rounded to `accumulators`, as those of every sum.
  const Tensor by_lane = transposed(round(dx_given, TrainingRole::accumulators));
  const std::uint64_t place = reserve();
  Tensor made = zeros(table_rows, dx_given.rows, TrainingRole::accumulators);
  std::vector<std::vector<const void*>> readers(table_rows);
  for (std::size_t i = 0; i < rows.size(); ++i) readers[rows[i]].push_back(by_lane.row(i));
  workers_.each(table_rows, [&](std::size_t v) {
    if (readers[v].empty()) return;
    reduce(this->sums(sums), sums,
           {.x_number = &by_lane.kept->number(),
            .x = readers[v].data(),
            .count = readers[v].size(),
            .lanes = made.lanes},
           made.row(v), [&](std::size_t i) { return place + v * made.lanes + i; });
  });
  return round(made, TrainingRole::gradients);
}

}  // namespace roundoff::training
