// Attention forward and backward (semantics.md, sections 3 and 5): divide first, softmax, causal.
//
// All sequences of one length run together, and (sequence, head) pairs are the lanes: query i and key j <= i are then the
// same operations in every lane, whatever the order of sums. Row (t, i) of a query holds entry t at position i; row
// (i, j) of scores stands at i (i + 1) / 2 + j.
//
// An element's number for random bits does not depend on that grouping: of what belongs to a query and a key it is
// heads * P + (head * length + query) * length + key, where P sums the squares of the lengths of the sequences before it; of what
// belongs to a query it is lane * heads + head; entries are numbered by their row and lane in the result.
#include <algorithm>
#include <cstring>

#include "training/exact/arithmetic.hpp"

#include "formats/error.hpp"

namespace roundoff::training {

struct Exact::Attended::Block {
  std::vector<std::size_t> sequences;
  std::size_t length = 0;
  Tensor q, k, v;  ///< [(t, position)][lanes]
  Tensor weights;  ///< a_j: [(query, key)][lanes]
};

namespace {

std::size_t pair_row(std::size_t query, std::size_t key) { return query * (query + 1) / 2 + key; }

std::vector<std::shared_ptr<Exact::Attended::Block>> by_length(const Batch& batch) {
  std::vector<std::shared_ptr<Exact::Attended::Block>> blocks;
  for (std::size_t s = 0; s < batch.sequences.size(); ++s) {
    const std::size_t length = batch.sequences[s].length;
    auto found =
        std::find_if(blocks.begin(), blocks.end(), [&](const auto& b) { return b->length == length; });
    if (found == blocks.end()) {
      blocks.push_back(std::make_shared<Exact::Attended::Block>());
      blocks.back()->length = length;
      found = blocks.end() - 1;
    }
    (*found)->sequences.push_back(s);
  }
  return blocks;
}

}  // namespace

/// One block's lanes, and the numbers of their elements.
struct AttentionWork {
  Exact& exact;
  const Exact::AttentionShape& shape;
  const Batch& batch;
  const Exact::Attended::Block& block;
  std::vector<std::uint64_t> squares;  ///< by sequence: those of the lengths before it

  AttentionWork(Exact& engine, const Exact::AttentionShape& of, const Batch& with,
                const Exact::Attended::Block& in)
      : exact(engine), shape(of), batch(with), block(in) {
    std::uint64_t sum = 0;
    for (const Batch::Sequence& sequence : batch.sequences) {
      squares.push_back(sum);
      sum += sequence.length * sequence.length;
    }
  }

  std::size_t lanes() const { return block.sequences.size() * shape.heads; }
  std::size_t sequence(std::size_t lane) const { return block.sequences[lane / shape.heads]; }
  std::size_t head(std::size_t lane) const { return lane % shape.heads; }
  std::size_t batch_lane(std::size_t lane, std::size_t position) const {
    return batch.sequences[sequence(lane)].first + position;
  }
  std::uint64_t of_pair(std::size_t lane, std::size_t query, std::size_t key) const {
    const std::size_t length = block.length;
    return shape.heads * squares[sequence(lane)] + (head(lane) * length + query) * length + key;
  }
  std::uint64_t of_query(std::size_t lane, std::size_t query) const {
    return batch_lane(lane, query) * shape.heads + head(lane);
  }
  std::uint64_t of_entry(std::size_t entries, std::size_t lane, std::size_t entry,
                         std::size_t position) const {
    return (head(lane) * entries + entry) * batch.lanes() + batch_lane(lane, position);
  }

  /// [heads entries][lanes of the batch], or of groups, as [(entry, position)][lanes].
  Tensor gathered(const Tensor& x, std::size_t entries, std::size_t groups) const {
    Tensor made = Exact::room(entries * block.length, lanes(), *x.kept);
    const std::size_t size = x.kept->size();
    for (std::size_t t = 0; t < entries; ++t)
      for (std::size_t i = 0; i < block.length; ++i)
        for (std::size_t lane = 0; lane < lanes(); ++lane)
          std::memcpy(made.at(t * block.length + i, lane),
                      x.at(head(lane) / (shape.heads / groups) * entries + t, batch_lane(lane, i)), size);
    return made;
  }
  /// And back: rows (head, entry).
  void scatter(const Tensor& x, std::size_t entries, Tensor& to) const {
    const std::size_t size = x.kept->size();
    for (std::size_t t = 0; t < entries; ++t)
      for (std::size_t i = 0; i < block.length; ++i)
        for (std::size_t lane = 0; lane < lanes(); ++lane)
          std::memcpy(to.at(head(lane) * entries + t, batch_lane(lane, i)), x.at(t * block.length + i, lane),
                      size);
  }
  Tensor pairs(TrainingRole role) const {
    Tensor made = exact.room(pair_row(block.length, 0), lanes(), role);
    return made;
  }

  /// work(query) for every query, shared by threads.
  void each_query(const std::function<void(std::size_t)>& work) const {
    exact.workers_.each(block.length, work);
  }

  /// For every query and key: the dot product over entries of a at the query and b at the key.
  Tensor scores(const Tensor& a_given, const Tensor& b_given, std::size_t entries,
                std::uint64_t place) const {
    const Kept& sums = exact.kept(TrainingRole::accumulators);
    const Tensor a = Exact::members(a_given, sums), b = Exact::members(b_given, sums);
    Tensor made = pairs(TrainingRole::accumulators);
    each_query([&](std::size_t i) {
      std::vector<const void*> x(entries), y(entries);
      for (std::size_t j = 0; j <= i; ++j) {
        for (std::size_t t = 0; t < entries; ++t) {
          x[t] = a.row(t * block.length + i);
          y[t] = b.row(t * block.length + j);
        }
        exact.reduce(exact.dots(), sums,
                     {.x_number = &a.kept->number(),
                      .x = x.data(),
                      .y_number = &b.kept->number(),
                      .y = y.data(),
                      .count = entries,
                      .lanes = lanes()},
                     made.row(pair_row(i, j)), [&](std::size_t lane) { return place + of_pair(lane, i, j); });
      }
    });
    return made;
  }

  /// For every query and entry: the dot product over keys of the pairs' numbers and b at the key.
  Tensor over_keys(const Tensor& pairs_given, const Tensor& b_given, std::size_t entries,
                   std::uint64_t place) const {
    const Kept& sums = exact.kept(TrainingRole::accumulators);
    const Tensor a = Exact::members(pairs_given, sums), b = Exact::members(b_given, sums);
    Tensor made = exact.room(entries * block.length, lanes(), TrainingRole::accumulators);
    each_query([&](std::size_t i) {
      std::vector<const void*> x(i + 1), y(i + 1);
      for (std::size_t t = 0; t < entries; ++t) {
        for (std::size_t j = 0; j <= i; ++j) {
          x[j] = a.row(pair_row(i, j));
          y[j] = b.row(t * block.length + j);
        }
        exact.reduce(exact.dots(), sums,
                     {.x_number = &a.kept->number(),
                      .x = x.data(),
                      .y_number = &b.kept->number(),
                      .y = y.data(),
                      .count = i + 1,
                      .lanes = lanes()},
                     made.row(t * block.length + i),
                     [&](std::size_t lane) { return place + of_entry(entries, lane, t, i); });
      }
    });
    return made;
  }

  /// For every key and entry: the dot product over queries of the pairs' numbers and b at the query.
  Tensor over_queries(const Tensor& pairs_given, const Tensor& b_given, std::size_t entries,
                      std::uint64_t place) const {
    const Kept& sums = exact.kept(TrainingRole::accumulators);
    const Tensor a = Exact::members(pairs_given, sums), b = Exact::members(b_given, sums);
    Tensor made = exact.room(entries * block.length, lanes(), TrainingRole::accumulators);
    each_query([&](std::size_t j) {
      const std::size_t count = block.length - j;
      std::vector<const void*> x(count), y(count);
      for (std::size_t t = 0; t < entries; ++t) {
        for (std::size_t i = j; i < block.length; ++i) {
          x[i - j] = a.row(pair_row(i, j));
          y[i - j] = b.row(t * block.length + i);
        }
        exact.reduce(exact.dots(), sums,
                     {.x_number = &a.kept->number(),
                      .x = x.data(),
                      .y_number = &b.kept->number(),
                      .y = y.data(),
                      .count = count,
                      .lanes = lanes()},
                     made.row(t * block.length + j),
                     [&](std::size_t lane) { return place + of_entry(entries, lane, t, j); });
      }
    });
    return made;
  }

  /// An operation on all numbers of pairs: `other` gives the second operand's row of a query and key (a Tensor of pairs, or
  /// of queries).
  template <class Other>
  Tensor pairwise(Op op, const Tensor& a, const Other& other, const Number& number, TrainingRole role,
                  std::uint64_t place) const {
    Tensor made = pairs(role);
    each_query([&](std::size_t i) {
      std::vector<std::uint8_t> trapped = Exact::marks(*made.kept, lanes());
      for (std::size_t j = 0; j <= i; ++j)
        training::binary(op, {&a.kept->number(), a.row(pair_row(i, j))}, {&number, other(i, j)}, *made.kept,
                         made.row(pair_row(i, j)), lanes(), trapped.empty() ? nullptr : trapped.data(),
                         [&](std::size_t lane) { return place + of_pair(lane, i, j); });
      Exact::require(trapped, "attention");
    });
    return made;
  }
  template <class Work>
  Tensor each_pair(const Tensor& x, TrainingRole role, std::uint64_t place, const Work& work) const {
    Tensor made = pairs(role);
    each_query([&](std::size_t i) {
      std::vector<std::uint8_t> trapped = Exact::marks(*made.kept, lanes());
      for (std::size_t j = 0; j <= i; ++j)
        work(Operand{&x.kept->number(), x.row(pair_row(i, j))}, *made.kept, made.row(pair_row(i, j)),
             trapped.empty() ? nullptr : trapped.data(),
             [&, i, j](std::size_t lane) { return place + of_pair(lane, i, j); });
      Exact::require(trapped, "attention");
    });
    return made;
  }
  Tensor rounded_pairs(const Tensor& x, TrainingRole role, std::uint64_t place) const {
    if (x.kept == &exact.kept(role)) return x;
    return each_pair(x, role, place,
                     [&](Operand from, const Kept& to, std::byte* out, std::uint8_t* trapped,
                         const PlaceAt& at) { training::round(from, to, out, lanes(), trapped, at); });
  }
  /// Entries at positions into another format.
  Tensor rounded_entries(const Tensor& x, std::size_t entries, TrainingRole role, std::uint64_t place) const {
    if (x.kept == &exact.kept(role)) return x;
    Tensor made = exact.room(x.rows, x.lanes, role);
    each_query([&](std::size_t i) {
      std::vector<std::uint8_t> trapped = Exact::marks(*made.kept, lanes());
      for (std::size_t t = 0; t < entries; ++t)
        training::round({&x.kept->number(), x.row(t * block.length + i)}, *made.kept,
                        made.row(t * block.length + i), lanes(), trapped.empty() ? nullptr : trapped.data(),
                        [&](std::size_t lane) { return place + of_entry(entries, lane, t, i); });
      Exact::require(trapped, "attention");
    });
    return made;
  }
  /// A sum or a dot product over the keys of every query: [query][lanes].
  Tensor per_query(const Reducer& reducer, const Tensor& a, const Tensor* b, const Kept& result,
                   std::uint64_t place) const {
    Tensor made = Exact::room(block.length, lanes(), result);
    each_query([&](std::size_t i) {
      std::vector<const void*> x(i + 1), y(i + 1);
      for (std::size_t j = 0; j <= i; ++j) {
        x[j] = a.row(pair_row(i, j));
        if (b != nullptr) y[j] = b->row(pair_row(i, j));
      }
      exact.reduce(reducer, result,
                   {.x_number = &a.kept->number(),
                    .x = x.data(),
                    .y_number = b == nullptr ? nullptr : &b->kept->number(),
                    .y = b == nullptr ? nullptr : y.data(),
                    .count = i + 1,
                    .lanes = lanes()},
                   made.row(i), [&](std::size_t lane) { return place + of_query(lane, i); });
    });
    return made;
  }
  /// The largest score of every query. Diverged for NaN.
  Tensor largest(const Tensor& scores) const {
    Tensor made = Exact::room(block.length, lanes(), *scores.kept);
    each_query([&](std::size_t i) {
      std::vector<const void*> x(i + 1);
      for (std::size_t j = 0; j <= i; ++j) x[j] = scores.row(pair_row(i, j));
      maximum(scores.kept->number(), x, made.row(i), lanes(), "an attention score is NaN");
    });
    return made;
  }
};

void maximum(const Number& number, const std::vector<const void*>& rows, std::byte* out, std::size_t lanes,
             const char* nan) {
  std::vector<std::uint8_t> trapped(lanes);
  if (number.kernels() != nullptr) {
    number.kernels()->max_of(number.kernels()->context(), rows.data(), rows.size(), out, lanes,
                             trapped.data());
    for (std::size_t i = 0; rows.size() == 1 && i < lanes; ++i)
      trapped[i] = number.load(out + i * number.size()).is_nan();
  } else {
    for (std::size_t i = 0; i < lanes; ++i) {
      Value most = number.load(static_cast<const std::byte*>(rows[0]) + i * number.size());
      trapped[i] = most.is_nan();
      for (std::size_t j = 1; j < rows.size() && trapped[i] == 0; ++j) {
        const Value next = number.load(static_cast<const std::byte*>(rows[j]) + i * number.size());
        if (next.is_nan())
          trapped[i] = 1;
        else
          most = formats::maximum(most, next);
      }
      number.store(most, out + i * number.size());
    }
  }
  if (std::find(trapped.begin(), trapped.end(), 1) != trapped.end()) throw Diverged(nan);
}

Tensor Exact::attend(const AttentionShape& shape, const Tensor& q, const Tensor& k, const Tensor& v,
                     const Batch& batch, Attended& kept_for_later) {
  Tensor made = room(shape.heads * shape.d_v, q.lanes, TrainingRole::activations);
  const Tensor scale = shape.scale ? constant(*shape.scale, TrainingRole::scores) : Tensor();
  if (!shape.scale) reserve();
  const std::uint64_t place = reserve(9);
  kept_for_later.blocks = by_length(batch);
  for (const auto& block : kept_for_later.blocks) {
    const AttentionWork work{*this, shape, batch, *block};
    block->q = work.gathered(q, shape.d_k, shape.heads);
    block->k = work.gathered(k, shape.d_k, shape.groups);
    block->v = work.gathered(v, shape.d_v, shape.groups);
    Tensor s = work.rounded_pairs(work.scores(block->q, block->k, shape.d_k, place_of(place, 0)),
                                  TrainingRole::scores, place_of(place, 1));
    std::vector<std::byte> row(work.lanes() * kept(TrainingRole::scores).size());
    if (shape.scale) {
      for (std::size_t i = 0; i < work.lanes(); ++i)
        std::memcpy(row.data() + i * scale.kept->size(), scale.row(0), scale.kept->size());
      s = work.pairwise(
          Op::mul, s, [&](std::size_t, std::size_t) { return row.data(); }, scale.kept->number(),
          TrainingRole::scores, place_of(place, 2));
    }
    Tensor e = s;
    if (policy_.model.softmax == Softmax::stable) {
      const Tensor largest = work.largest(s);
      e = work.pairwise(
          Op::sub, s, [&](std::size_t i, std::size_t) { return largest.row(i); }, largest.kept->number(),
          TrainingRole::softmax, place_of(place, 3));
    }
    e = work.each_pair(
        e, TrainingRole::softmax, place_of(place, 4),
        [&](Operand from, const Kept& to, std::byte* out, std::uint8_t* trapped, const PlaceAt& at) {
          training::unary(Function::exp, from, to, out, work.lanes(), trapped, at);
        });
    const Kept& softmax = kept(TrainingRole::softmax);
    const Tensor z = work.per_query(sums(softmax), e, nullptr, softmax, place_of(place, 5));
    block->weights = work.pairwise(
        Op::div, e, [&](std::size_t i, std::size_t) { return z.row(i); }, z.kept->number(),
        TrainingRole::softmax, place_of(place, 6));
    const Tensor o = work.over_keys(block->weights, block->v, shape.d_v, place_of(place, 7));
    work.scatter(work.rounded_entries(o, shape.d_v, TrainingRole::activations, place_of(place, 8)), shape.d_v,
                 made);
  }
  return made;
}

Exact::AttentionGradients Exact::attend_back(const AttentionShape& shape, const Attended& kept_before,
                                             const Tensor& d_out, const Batch& batch) {
  // By head; the heads that share a key or a value are added below.
  Tensor dq = room(shape.heads * shape.d_k, d_out.lanes, TrainingRole::gradients);
  Tensor dk = room(shape.heads * shape.d_k, d_out.lanes, TrainingRole::gradients);
  Tensor dv = room(shape.heads * shape.d_v, d_out.lanes, TrainingRole::gradients);
  const Tensor scale = shape.scale ? constant(*shape.scale, TrainingRole::scores) : Tensor();
  if (!shape.scale) reserve();
  const std::uint64_t place = reserve(13);
  const Kept &sums = kept(TrainingRole::accumulators), &gradients = kept(TrainingRole::gradients);
  for (const auto& block : kept_before.blocks) {
    const AttentionWork work{*this, shape, batch, *block};
    const Tensor d_o = work.gathered(d_out, shape.d_v, shape.heads);
    const Tensor& a = block->weights;
    work.scatter(work.rounded_entries(work.over_queries(a, d_o, shape.d_v, place_of(place, 0)), shape.d_v,
                                      TrainingRole::gradients, place_of(place, 1)),
                 shape.d_v, dv);
    const Tensor da = work.rounded_pairs(work.scores(d_o, block->v, shape.d_v, place_of(place, 2)),
                                         TrainingRole::gradients, place_of(place, 3));
    const Tensor a_members = members(a, sums), da_members = members(da, sums);
    const Tensor summed = work.per_query(dots(), a_members, &da_members, sums, place_of(place, 4));
    Tensor d = summed;
    if (&sums != &gradients) {
      d = room(block->length, work.lanes(), gradients);
      for (std::size_t i = 0; i < block->length; ++i) {
        std::vector<std::uint8_t> trapped = marks(gradients, work.lanes());
        training::round({&sums.number(), summed.row(i)}, gradients, d.row(i), work.lanes(),
                        trapped.empty() ? nullptr : trapped.data(),
                        [&](std::size_t lane) { return place_of(place, 5) + work.of_query(lane, i); });
        require(trapped, "attention");
      }
    }
    Tensor ds = work.pairwise(
        Op::sub, da, [&](std::size_t i, std::size_t) { return d.row(i); }, gradients.number(),
        TrainingRole::gradients, place_of(place, 6));
    ds = work.pairwise(
        Op::mul, a, [&](std::size_t i, std::size_t j) { return ds.row(pair_row(i, j)); }, gradients.number(),
        TrainingRole::gradients, place_of(place, 7));
    if (shape.scale) {
      std::vector<std::byte> row(work.lanes() * scale.kept->size());
      for (std::size_t i = 0; i < work.lanes(); ++i)
        std::memcpy(row.data() + i * scale.kept->size(), scale.row(0), scale.kept->size());
      ds = work.pairwise(
          Op::mul, ds, [&](std::size_t, std::size_t) { return row.data(); }, scale.kept->number(),
          TrainingRole::gradients, place_of(place, 8));
    }
    work.scatter(work.rounded_entries(work.over_keys(ds, block->k, shape.d_k, place_of(place, 9)), shape.d_k,
                                      TrainingRole::gradients, place_of(place, 10)),
                 shape.d_k, dq);
    work.scatter(work.rounded_entries(work.over_queries(ds, block->q, shape.d_k, place_of(place, 11)),
                                      shape.d_k, TrainingRole::gradients, place_of(place, 12)),
                 shape.d_k, dk);
  }
  return {dq, shared(dk, shape.heads, shape.groups, shape.d_k),
          shared(dv, shape.heads, shape.groups, shape.d_v)};
}

/// The heads of a group are added in order.
Tensor Exact::shared(const Tensor& by_head, std::size_t heads, std::size_t groups, std::size_t entries) {
  const std::size_t together = heads / groups;
  const auto heads_of = [&](std::size_t which) {
    Tensor made = room(groups * entries, by_head.lanes, *by_head.kept);
    for (std::size_t g = 0; g < groups; ++g)
      for (std::size_t t = 0; t < entries; ++t)
        std::memcpy(made.row(g * entries + t), by_head.row((g * together + which) * entries + t),
                    by_head.lanes * by_head.kept->size());
    return made;
  };
  if (together == 1) return by_head;
  Tensor sum = heads_of(0);
  for (std::size_t h = 1; h < together; ++h) sum = binary(Op::add, sum, heads_of(h), TrainingRole::gradients);
  return sum;
}

}  // namespace roundoff::training
