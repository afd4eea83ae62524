// The arithmetic of the exact tier: tensors of a role's numbers, and the operations on them that forward, backward and
// update are spelled in (semantics.md, section 5). Every operation is rounded in its role's format, every sum is formed in
// order; threads share rows, which changes no bit.
//
// Operations are numbered from 0 in every step, in the order in which they are asked for, whether or not they round: the
// number is part of the counter of stochastic rounding, (step, operation, element) and, within a sum, the term.
// theory-notes/training.md lists them.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "training/exact/slopes.hpp"
#include "training/model/batch.hpp"
#include "training/model/policy.hpp"

#include "sim/model/quantise.hpp"
#include "sim/tensors/workers.hpp"

namespace roundoff::training {

/// The computation reached what is no number, and cannot go on.
struct Diverged : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The largest of rows, lane by lane (-0 = +0, the first one wins); Diverged with `nan` where one is NaN.
void maximum(const Number& number, const std::vector<const void*>& rows, std::byte* out, std::size_t lanes,
             const char* nan);

/// Numbers [rows][lanes]: (r, i) is element r * stride + i of the array, and its number for random bits is r * lanes + i.
struct Tensor {
  const Kept* kept = nullptr;
  std::size_t rows = 0, lanes = 0, stride = 0;
  std::shared_ptr<Array> array;

  std::byte* row(std::size_t r) { return array->data() + r * stride * kept->size(); }
  const std::byte* row(std::size_t r) const { return array->data() + r * stride * kept->size(); }
  std::byte* at(std::size_t r, std::size_t i) { return row(r) + i * kept->size(); }
  const std::byte* at(std::size_t r, std::size_t i) const { return row(r) + i * kept->size(); }
  Value value(std::size_t r, std::size_t i) const { return kept->number().load(at(r, i)); }
  bool empty() const { return kept == nullptr; }
};

class Exact {
 public:
  using Tensor = training::Tensor;
  Exact(const TrainingPolicy& policy, int threads, Isa isa = best_isa());

  const TrainingPolicy& policy() const { return policy_; }
  /// Operations are numbered from 0 again. UsageError for a step beyond 2^24.
  void begin_step(std::uint64_t step);
  Workers& workers() { return workers_; }

  const Kept& kept(TrainingRole role) const { return *by_role_[static_cast<std::size_t>(role)]; }
  Tensor room(std::size_t rows, std::size_t lanes, TrainingRole role) const {
    return room(rows, lanes, kept(role));
  }
  static Tensor room(std::size_t rows, std::size_t lanes, const Kept& kept);
  /// One number, rounded once.
  Tensor constant(const Value& value, TrainingRole role);
  Tensor constant(const RealAt& real, TrainingRole role);
  Tensor zeros(std::size_t rows, std::size_t lanes, TrainingRole role) const;

  // ---- element by element ----
  /// A tensor of one lane stands for as many as the other operand has, one of one row likewise.
  Tensor binary(Op op, const Tensor& a, const Tensor& b, TrainingRole role);
  Tensor unary(Function function, const Tensor& x, TrainingRole role);
  /// No operation where the format is the same.
  Tensor round(const Tensor& x, TrainingRole role);
  Tensor activation(Activation activation, const Tensor& x);
  /// dy * f'(pre), or relu's choice of dy or 0.
  Tensor through_activation(Activation activation, const Tensor& dy, const Tensor& pre);

  /// Every lane's entries, in vectors of `size`, through the policy's quantiser of activations or of the cache
  /// (straight through backward). No operation where there is none.
  Tensor quantised(const Tensor& x, TrainingRole role, std::size_t size);

  // ---- sums; products and partial sums in `accumulators` ----
  /// a [R][K] times b [K][L].
  Tensor product(const Tensor& a, const Tensor& b, TrainingRole role, const Tensor* bias = nullptr);
  /// Of the entries of every lane: [1][lanes].
  Tensor dot_of_rows(const Tensor& a, const Tensor& b, TrainingRole role);
  Tensor sum_of_rows(const Tensor& a, TrainingRole role);
  /// The same formed in the role's own format, as the mean of a layer norm is; a has that format.
  Tensor sum_in(const Tensor& a, TrainingRole role);
  /// Over the lanes of every row: [rows][1].
  Tensor sum_of_lanes(const Tensor& a, TrainingRole role);
  static Tensor transposed(const Tensor& a);

  // ---- blocks (embedding.cpp, attention.cpp, loss.cpp) ----
  /// Row tokens[i] of a table [V][d] in lane i.
  Tensor gathered(const Tensor& table, const std::vector<Token>& rows) const;
  /// Row v is the sum of the lanes of dx that read it, in order; 0 where none did.
  Tensor scattered(const Tensor& dx, const std::vector<Token>& rows, std::size_t table_rows);

  struct AttentionShape {
    std::size_t heads = 1, groups = 1, d_k = 1, d_v = 1;
    std::optional<Value> scale;
  };
  /// What the backward pass needs of an attention: by blocks of sequences of one length.
  struct Attended {
    struct Block;
    std::vector<std::shared_ptr<Block>> blocks;
  };
  /// q [heads d_k][lanes], k [groups d_k], v [groups d_v]: the heads' outputs [heads d_v][lanes].
  Tensor attend(const AttentionShape& shape, const Tensor& q, const Tensor& k, const Tensor& v,
                const Batch& batch, Attended& kept);
  struct AttentionGradients {
    Tensor q, k, v;
  };
  AttentionGradients attend_back(const AttentionShape& shape, const Attended& kept, const Tensor& d_out,
                                 const Batch& batch);

  struct Loss {
    Value mean;     ///< in `loss`
    Tensor logits;  ///< the gradient, times the loss scale; empty where none was asked for
  };
  /// Cross-entropy at the targets. Diverged for NaN.
  Loss loss(const Tensor& logits, const Batch& batch, const Value& loss_scale, bool gradient);

 private:
  friend struct AttentionWork;
  Tensor shared(const Tensor& by_head, std::size_t heads, std::size_t groups, std::size_t entries);
  /// Elements of x as members of `as`, where that contains them and has kernels; else x itself.
  static Tensor members(const Tensor& x, const Kept& as);
  std::uint64_t reserve(int operations = 1);  ///< the place of element 0 of the first one
  static std::uint64_t place_of(std::uint64_t first, int operation) {
    return first + (static_cast<std::uint64_t>(operation) << 28);
  }
  const Reducer& dots() const { return *dots_; }
  const Reducer& sums(const Kept& kept) const;
  const Slopes& slopes(Activation activation, const Kept& argument);
  /// A reduction of one call of lanes, into elements of the number that is kept.
  void reduce(const Reducer& reducer, const Kept& kept, const Terms& terms, std::byte* out,
              const PlaceAt& place) const;
  void each_part(const Tensor& shape,
                 const std::function<void(std::size_t row, std::size_t first, std::size_t count)>& work);
  /// Throws where an element was marked.
  static void require(const std::vector<std::uint8_t>& marks, const char* what);
  static std::vector<std::uint8_t> marks(const Kept& kept, std::size_t count);

  TrainingPolicy policy_;
  std::optional<Quantiser> activations_, cache_;
  Isa isa_;
  Workers workers_;
  std::vector<std::unique_ptr<Kept>> formats_;
  std::array<const Kept*, training_role_count> by_role_{};
  std::unique_ptr<Number> wide_;
  std::optional<Reducer> dots_;
  std::vector<std::pair<const Kept*, Reducer>> sums_;
  std::vector<std::pair<std::pair<Activation, const Kept*>, std::unique_ptr<Slopes>>> slopes_;
  std::uint64_t step_ = 0, operation_ = 0;
};

}  // namespace roundoff::training
