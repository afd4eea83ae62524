// A transformer as a value: exact weights (dyadic rationals), independent of any format. It is rounded to the
// policy's formats when a program is recorded from it. Shapes follow commands.md, "Model JSON".
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "formats/format.hpp"
#include "sim/names.hpp"

namespace roundoff::sim {

/// An index in the vocabulary.
using Token = std::uint32_t;
/// The same where many inputs are filled in at once and run in lanes: vocabularies of at most so many tokens,
/// at twice the speed. Larger ones are run by the reference.
using LaneToken = std::uint16_t;
inline constexpr int most_lane_tokens = 1 << 16;

/// Numbers of a dense matrix that stay where they are, as in a file: all finite, all doubles. Many gigabytes of
/// weights are then a view of the file, and no copy.
class WeightSource {
 public:
  WeightSource() = default;
  virtual ~WeightSource() = default;
  WeightSource(const WeightSource&) = delete;
  WeightSource& operator=(const WeightSource&) = delete;

  virtual double at(int r, int c) const = 0;
  /// The same matrix from row `first` on.
  virtual std::shared_ptr<const WeightSource> from_row(int first) const = 0;
  /// The bytes themselves: entry (r, c) is the code of a member of `format`, little-endian, at element
  /// r * row_stride + c * column_stride.
  struct Raw {
    Format format;
    const std::byte* data = nullptr;
    std::size_t row_stride = 0, column_stride = 0;
  };
  virtual Raw raw() const = 0;
};

/// A matrix by rows; the entries of a row are in increasing column order and none is +0 (a stored -0 is
/// kept). A construction's matrices are sparse; the semantics is dense: a missing entry is the weight +0.
/// A matrix may be a view of a source instead, until an entry is set.
class Matrix {
 public:
  struct Entry {
    std::uint32_t column;
    Value value;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  /// A row's entries: a view of what the matrix holds, or read from its source.
  class Row {
   public:
    explicit Row(const std::vector<Entry>& kept) : entries_(&kept) {}
    explicit Row(std::vector<Entry>&& read) : read_(std::move(read)) {}
    auto begin() const { return entries().begin(); }
    auto end() const { return entries().end(); }
    std::size_t size() const { return entries().size(); }
    bool empty() const { return entries().empty(); }
    const Entry& operator[](std::size_t i) const { return entries()[i]; }
    const Entry& front() const { return entries().front(); }
    friend bool operator==(const Row& a, const Row& b) { return a.entries() == b.entries(); }

   private:
    const std::vector<Entry>& entries() const { return entries_ != nullptr ? *entries_ : read_; }
    const std::vector<Entry>* entries_ = nullptr;
    std::vector<Entry> read_;
  };

  Matrix() = default;
  Matrix(int rows, int columns)
      : rows_(static_cast<std::size_t>(rows)), row_count_(rows), columns_(columns) {}
  Matrix(int rows, int columns, std::shared_ptr<const WeightSource> source)
      : row_count_(rows), columns_(columns), source_(std::move(source)) {}

  int rows() const { return row_count_; }
  int columns() const { return columns_; }
  bool empty() const { return row_count_ == 0; }
  Row row(int r) const;
  Value at(int r, int c) const;
  /// Null where the entries are the matrix's own.
  const std::shared_ptr<const WeightSource>& source() const { return source_; }
  /// Rows [first, first + count).
  Matrix part(int first, int count) const;
  /// Replaces the entry (setting +0 removes it).
  void set(int r, int c, const Value& value);
  /// Appends rows of +0 / widens with columns of +0.
  void resize(int rows, int columns);
  std::int64_t nonzeros() const;

  friend bool operator==(const Matrix& a, const Matrix& b);

 private:
  void own();

  std::vector<std::vector<Entry>> rows_;
  int row_count_ = 0, columns_ = 0;
  std::shared_ptr<const WeightSource> source_;
};

using Vector = std::vector<Value>;

/// y = W x + b; without a bias there is no addition. A factorised map is y = W rnd(A x) + b.
struct Linear {
  Matrix weight;                    ///< W: [out x in], or [out x rank] of a factorised map
  std::optional<Vector> bias;       ///< [out]
  std::optional<Matrix> factor{};   ///< A: [rank x in]
  int in() const { return factor ? factor->columns() : weight.columns(); }
  int out() const { return weight.rows(); }
  friend bool operator==(const Linear&, const Linear&) = default;
};

/// Normalisation, step by step in theory-notes/norms.md.
struct Norm {
  enum Kind : std::uint8_t { rms, layer } kind = rms;
  Value epsilon;                 ///< added to the mean square; zero: no addition
  std::optional<Vector> weight;  ///< [width]
  std::optional<Vector> bias;    ///< [width]
  bool one_plus = false;         ///< the weight is 1 + w, rounded to `norms`
  friend bool operator==(const Norm&, const Norm&) = default;
};

/// How scores become attention weights. softmax: e_j / Z; softmax_one: e_j / (1 + Z), the one being the exp
/// of a score 0 that is always present; exponential: rnd(exp(s_j)), not normalised; hard: 1 / m at each of
/// the m largest scores; hard_first, hard_last: 1 at the first or the last of them.
enum class Weighting : std::uint8_t { softmax, softmax_one, exponential, hard, hard_first, hard_last };

/// Rotary positions (theory-notes/rotary.md): pair t of a head's query or key is turned by an angle that is
/// linear in the position p. Pairs are entries (t, t + pairs), or (2t, 2t+1) where `interleaved`; entries
/// beyond 2 * pairs stay. The angle is p * rate + phase in radians, or 2 pi (p + phase) / rate where
/// `periodic`. Phases turn queries only. Sines and cosines are rounded to the role `rotary`; with an amplitude
/// they are multiplied by it and rounded once more.
struct Rotary {
  /// Rates that depend on the length N of the sequence where it is above `positions` (dynamic NTK scaling):
  /// base' = base * (factor * N / positions - factor + 1) ^ (pairs / (pairs - 1)). `unrolled` makes plain rates of
  /// them.
  struct Dynamic {
    Value base, factor;
    int positions = 0;
    friend bool operator==(const Dynamic&, const Dynamic&) = default;
  };
  bool interleaved = false;
  bool periodic = false;
  Vector rate;   ///< [pairs] radians per position, or positions per turn
  Vector phase;  ///< [pairs], or [heads * pairs], radians or positions; empty: none
  std::optional<Value> amplitude;
  std::optional<Dynamic> dynamic;
  int pairs() const { return static_cast<int>(rate.size()); }
  friend bool operator==(const Rotary&, const Rotary&) = default;
};

struct Attention {
  int heads = 1;
  int key_heads = 0;  ///< heads of W_K and W_V, a divisor of `heads` (grouped queries); 0: as many as heads
  Linear query;       ///< [heads*d_k x d_model]
  Linear key;         ///< [key_heads*d_k x d_model]
  Linear value;       ///< [key_heads*d_v x d_model]
  Linear output;      ///< [d_model x heads*d_v]
  std::optional<Value> scale;    ///< absent: no multiplication
  std::optional<Vector> slopes;  ///< ALiBi, per head: s = rnd(s + rnd(slope * (j - i))); absent: no addition
  std::vector<Matrix> mask;      ///< added to the scores, per head [N x N] (query, key); empty: no addition
  bool divides = false;          ///< by the scale, instead of multiplying
  std::optional<Value> cap;      ///< after the scale: s = rnd(cap * rnd(tanh(rnd(s / cap))))
  int window = 0;                ///< position i sees keys j > i - window alone; 0: all that the mask shows
  std::optional<Norm> query_norm, key_norm;  ///< over the d_k entries of each head
  bool whole_norms = false;                  ///< these norms are over all heads together
  std::optional<Rotary> rotary;              ///< after these norms
  Weighting weighting = Weighting::softmax;

  int groups() const { return key_heads == 0 ? heads : key_heads; }
  friend bool operator==(const Attention&, const Attention&) = default;
};

enum class Activation : std::uint8_t { relu, gelu, gelu_tanh, silu, identity };

/// out(act(in(x))), or gated: out(rnd(act(gate(x)) * in(x))).
struct FeedForward {
  Linear in;                   ///< W_1, b_1: [d_ff x d_model]
  Linear out;                  ///< W_2, b_2: [d_model x d_ff]
  std::optional<Linear> gate;  ///< W_G, b_G: [d_ff x d_model]
  Activation activation = Activation::relu;
  friend bool operator==(const FeedForward&, const FeedForward&) = default;
};

/// x = rnd(x + attention(x)); x = rnd(x + feed_forward(x)). A layer may lack either. A `before` norm is
/// applied to the block's input, an `after` norm to the residual sum. A projection comes first, x = W_P x +
/// b_P, and may change the width of the stream. An `of` norm is applied to what a block adds. In a parallel
/// layer both blocks read the stream as it entered: x = rnd(rnd(feed_forward(x) + attention(x)) + x). `keep` and
/// `add` weigh both sums: x = rnd(rnd(keep * x) + rnd(add * f(x))).
struct Layer {
  std::optional<Linear> projection;  ///< [width after x width before]
  std::optional<Attention> attention;
  std::optional<FeedForward> feed_forward;
  std::optional<Norm> before_attention, after_attention, before_feed_forward, after_feed_forward;
  std::optional<Norm> of_attention, of_feed_forward;
  bool parallel = false;
  std::optional<Value> keep, add;
  bool again = false;  ///< one more turn of an earlier layer: its weights are counted there
  friend bool operator==(const Layer&, const Layer&) = default;
};

/// `count` layers from `first` on that are run several times in turn (sim/model/repeat.hpp).
struct Repetition {
  std::size_t first = 0, count = 1;
  std::string times;  ///< an expression in n, k, p, l, N
  friend bool operator==(const Repetition&, const Repetition&) = default;
};

struct Model {
  std::string name;
  std::vector<std::string> vocabulary;
  Matrix token_embedding;           ///< [V x d_model]
  Matrix position_embedding;        ///< [N x d_model]; empty: no positions
  bool periodic_positions = false;  ///< position i has row i mod N, and there is no last one
  std::vector<Layer> layers;
  std::vector<Repetition> repeated;    ///< in order, apart; a model that is run has none: `unrolled`
  bool grows = false;                  ///< layers were repeated as often as the size says
  std::optional<Norm> final_norm;      ///< before the unembedding
  Linear unembedding;                  ///< [V x d_model]
  std::vector<std::string> registers;  ///< names of the residual dimensions, for people; may be empty
  std::optional<Value> embedding_scale;  ///< token embeddings are multiplied by it, before positions are added
  std::optional<Value> logit_cap;        ///< y = rnd(cap * rnd(tanh(rnd(y / cap))))
  int candidates = 0;    ///< the next token is one of the first so many; 0: any
  bool tied = false;     ///< the unembedding is the token embedding (and counts once as parameters)
  bool arg_min = false;  ///< the next token has the least logit: the arg max of rnd(0 - logit)

  /// The width of the stream as it leaves the embedding.
  int d_model() const { return token_embedding.columns(); }
  /// Whether sequences of so many positions have all of them in the table, where there is one.
  bool has_positions(int count) const {
    return position_embedding.empty() || periodic_positions || count <= position_embedding.rows();
  }
  friend bool operator==(const Model&, const Model&) = default;
};

/// semantics.md, section 5. `width` = max(d_model, heads * max(d_k, d_v), d_ff), maxima over layers.
struct Shape {
  int d_model = 0, heads = 0, d_k = 0, d_v = 0, d_ff = 0, layers = 0;
  int head_width = 0;  ///< max over layers of heads * max(d_k, d_v)
  int width = 0;
  std::int64_t parameters = 0, nonzero = 0, position_table = 0;
};
Shape shape(const Model& model);

/// 128 bits over every weight and option, as 32 hexadecimal digits: the identity of a model in stores and
/// certificates.
std::string fingerprint(const Model& model);

/// Throws UsageError naming the first inconsistent matrix.
void validate(const Model& model);

}  // namespace roundoff::sim
