// Matrices by rows, shapes, fingerprints and consistency of models.
#include "sim/model/model.hpp"

#include <algorithm>
#include <bit>
#include <string_view>

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff::sim {

namespace {

bool is_positive_zero(const Value& value) { return value.is_zero() && !value.negative; }

template <class Row>
auto find_column(Row& row, int column) {
  return std::lower_bound(row.begin(), row.end(), column, [](const Matrix::Entry& entry, int c) {
    return entry.column < static_cast<std::uint32_t>(c);
  });
}

}  // namespace

Matrix::Row Matrix::row(int r) const {
  if (!source_) return Row(rows_[static_cast<std::size_t>(r)]);
  std::vector<Entry> entries;
  for (int c = 0; c < columns_; ++c) {
    const Value value = Value::of(source_->at(r, c));
    if (!is_positive_zero(value)) entries.push_back({static_cast<std::uint32_t>(c), value});
  }
  return Row(std::move(entries));
}

Value Matrix::at(int r, int c) const {
  if (source_) return Value::of(source_->at(r, c));
  const auto& entries = rows_[static_cast<std::size_t>(r)];
  const auto found = find_column(entries, c);
  return found != entries.end() && found->column == static_cast<std::uint32_t>(c) ? found->value
                                                                                  : Value::zero();
}

Matrix Matrix::part(int first, int count) const {
  if (source_) return {count, columns_, source_->from_row(first)};
  Matrix made(count, columns_);
  for (int r = 0; r < count; ++r)
    made.rows_[static_cast<std::size_t>(r)] = rows_[static_cast<std::size_t>(first + r)];
  return made;
}

void Matrix::own() {
  if (!source_) return;
  for (int r = 0; r < row_count_; ++r) {
    const Row entries = row(r);
    rows_.emplace_back(entries.begin(), entries.end());
  }
  source_.reset();
}

void Matrix::set(int r, int c, const Value& value) {
  own();
  auto& entries = rows_[static_cast<std::size_t>(r)];
  const auto found = find_column(entries, c);
  const bool present = found != entries.end() && found->column == static_cast<std::uint32_t>(c);
  if (is_positive_zero(value)) {
    if (present) entries.erase(found);
  } else if (present) {
    found->value = value;
  } else {
    entries.insert(found, {static_cast<std::uint32_t>(c), value});
  }
}

void Matrix::resize(int rows, int columns) {
  own();
  rows_.resize(static_cast<std::size_t>(rows));
  row_count_ = rows;
  columns_ = columns;
}

bool operator==(const Matrix& a, const Matrix& b) {
  if (a.rows() != b.rows() || a.columns() != b.columns()) return false;
  if (a.source_ && a.source_ == b.source_) return true;
  if (a.source_ && b.source_) {
    for (int r = 0; r < a.rows(); ++r)
      for (int c = 0; c < a.columns(); ++c)
        if (std::bit_cast<std::uint64_t>(a.source_->at(r, c)) !=
            std::bit_cast<std::uint64_t>(b.source_->at(r, c)))
          return false;
    return true;
  }
  for (int r = 0; r < a.rows(); ++r)
    if (!(a.row(r) == b.row(r))) return false;
  return true;
}

std::int64_t Matrix::nonzeros() const {
  std::int64_t count = 0;
  for (int r = 0; r < rows(); ++r)
    for (const Entry& entry : row(r)) count += entry.value.is_zero() ? 0 : 1;
  return count;
}

namespace {

// Visits every linear map of a layer with its name in the model file.
template <class Layer, class Visit>
void each_linear(Layer& layer, Visit visit) {
  if (layer.projection) visit("P", *layer.projection);
  if (layer.attention) {
    visit("Q", layer.attention->query);
    visit("K", layer.attention->key);
    visit("V", layer.attention->value);
    visit("O", layer.attention->output);
  }
  if (layer.feed_forward) {
    visit("1", layer.feed_forward->in);
    visit("2", layer.feed_forward->out);
    if (layer.feed_forward->gate) visit("G", *layer.feed_forward->gate);
  }
}

// Visits every norm of a layer with its name in the model file and the width it must have.
template <class Visit>
void each_norm(const Layer& layer, int d_model, Visit visit) {
  const auto one = [&](const char* name, const std::optional<Norm>& norm, int width) {
    if (norm) visit(name, *norm, width);
  };
  one("norm_before_attention", layer.before_attention, d_model);
  one("norm_after_attention", layer.after_attention, d_model);
  one("norm_before_ff", layer.before_feed_forward, d_model);
  one("norm_after_ff", layer.after_feed_forward, d_model);
  one("norm_of_attention", layer.of_attention, d_model);
  one("norm_of_ff", layer.of_feed_forward, d_model);
  if (!layer.attention) return;
  const Attention& attention = *layer.attention;
  one("norm_q", attention.query_norm, attention.query.out() / (attention.whole_norms ? 1 : attention.heads));
  one("norm_k", attention.key_norm, attention.key.out() / (attention.whole_norms ? 1 : attention.groups()));
}

std::int64_t size_of(const Matrix& m) { return std::int64_t{m.rows()} * m.columns(); }

struct Count {
  std::int64_t all = 0, nonzero = 0;
  void add(const Matrix& m) {
    all += size_of(m);
    nonzero += m.nonzeros();
  }
  void add(const std::optional<Vector>& v) {
    if (!v) return;
    all += static_cast<std::int64_t>(v->size());
    nonzero += std::count_if(v->begin(), v->end(), [](const Value& b) { return !b.is_zero(); });
  }
  void add(const Linear& linear) {
    add(linear.weight);
    add(linear.bias);
    if (linear.factor) add(*linear.factor);
  }
  void add(const Norm& norm) {
    add(norm.weight);
    add(norm.bias);
  }
};

}  // namespace

namespace {

// The width of the stream inside a layer, from its width before.
int width_in(const Layer& layer, int before) {
  return layer.projection ? layer.projection->weight.rows() : before;
}

}  // namespace

Shape shape(const Model& model) {
  Shape s;
  s.d_model = model.d_model();
  int stream = model.d_model();
  s.layers = static_cast<int>(model.layers.size());
  Count count;
  count.add(model.token_embedding);
  count.add(model.position_embedding);
  if (!model.tied) count.add(model.unembedding.weight);
  if (model.unembedding.factor) count.add(*model.unembedding.factor);
  count.add(model.unembedding.bias);
  if (model.final_norm) count.add(*model.final_norm);
  for (const Layer& layer : model.layers) {
    stream = width_in(layer, stream);
    s.d_model = std::max(s.d_model, stream);
    if (layer.again) continue;
    each_linear(layer, [&](std::string_view, const Linear& linear) { count.add(linear); });
    each_norm(layer, stream, [&](std::string_view, const Norm& norm, int) { count.add(norm); });
    if (const auto& attention = layer.attention) {
      const int d_k = attention->query.weight.rows() / attention->heads;
      const int d_v = attention->value.weight.rows() / attention->groups();
      if (attention->slopes) count.add(*attention->slopes);
      for (const Matrix& mask : attention->mask) count.add(mask);
      s.heads = std::max(s.heads, attention->heads);
      s.d_k = std::max(s.d_k, d_k);
      s.d_v = std::max(s.d_v, d_v);
      s.head_width = std::max(s.head_width, attention->heads * std::max(d_k, d_v));
    }
    if (layer.feed_forward) s.d_ff = std::max(s.d_ff, layer.feed_forward->in.weight.rows());
  }
  s.width = std::max({s.d_model, s.head_width, s.d_ff});
  s.parameters = count.all;
  s.nonzero = count.nonzero;
  s.position_table = size_of(model.position_embedding);
  return s;
}

namespace {

// Two independent 64-bit streams of multiply-and-mix steps (the finaliser of SplitMix64, Steele et al. 2014).
class Digest {
 public:
  void word(std::uint64_t w) {
    a_ = mix(a_ ^ (w + 0x9e3779b97f4a7c15ULL));
    b_ = mix((b_ + w) * 0xd6e8feb86659fd93ULL + 0x2545f4914f6cdd1dULL);
  }
  void text(std::string_view s) {
    word(s.size());
    for (char c : s) word(static_cast<unsigned char>(c));
  }
  void value(const Value& v) {
    word(static_cast<std::uint64_t>(v.significand));
    word(static_cast<std::uint64_t>(v.significand >> 64));
    word(static_cast<std::uint64_t>(static_cast<std::uint32_t>(v.exponent)) << 8 |
         static_cast<std::uint64_t>(v.kind) << 1 | static_cast<std::uint64_t>(v.negative));
  }
  void matrix(const Matrix& m) {
    word(static_cast<std::uint64_t>(m.rows()));
    word(static_cast<std::uint64_t>(m.columns()));
    for (int r = 0; r < m.rows(); ++r) {
      const Matrix::Row row = m.row(r);
      word(row.size());
      for (const auto& entry : row) {
        word(entry.column);
        value(entry.value);
      }
    }
  }
  void linear(const Linear& l) {
    matrix(l.weight);
    word(l.bias ? l.bias->size() + 1 : 0);
    if (l.bias)
      for (const Value& b : *l.bias) value(b);
    if (l.factor) {
      text("factor");
      matrix(*l.factor);
    }
  }
  /// Fields that most models do not have: these alone leave a trace.
  void extra(std::string_view name, const std::optional<Value>& v) {
    if (!v) return;
    text(name);
    value(*v);
  }
  void extra(std::string_view name, int number) {
    if (number == 0) return;
    text(name);
    word(static_cast<std::uint64_t>(number));
  }
  void vector(const std::optional<Vector>& v) {
    word(v ? v->size() + 1 : 0);
    if (v)
      for (const Value& x : *v) value(x);
  }
  void norm(const Norm& n) {
    word(static_cast<std::uint64_t>(n.kind));
    value(n.epsilon);
    vector(n.weight);
    vector(n.bias);
    extra("one_plus", n.one_plus ? 1 : 0);
  }
  std::string hex() const { return fmt::format("{:016x}{:016x}", a_, b_); }

 private:
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint64_t a_ = 0x243f6a8885a308d3ULL, b_ = 0x13198a2e03707344ULL;
};

}  // namespace

std::string fingerprint(const Model& model) {
  Digest digest;
  digest.word(model.vocabulary.size());
  for (const auto& token : model.vocabulary) digest.text(token);
  digest.matrix(model.token_embedding);
  digest.matrix(model.position_embedding);
  if (model.periodic_positions) digest.text("periodic");
  digest.linear(model.unembedding);
  if (model.final_norm) digest.norm(*model.final_norm);
  digest.word(model.layers.size());
  for (const Layer& layer : model.layers) {
    each_linear(layer, [&](std::string_view name, const Linear& linear) {
      digest.text(name);
      digest.linear(linear);
    });
    each_norm(layer, 0, [&](std::string_view name, const Norm& norm, int) {
      digest.text(name);
      digest.norm(norm);
    });
    if (const auto& attention = layer.attention) {
      digest.word(static_cast<std::uint64_t>(attention->heads) << 32 |
                  static_cast<std::uint64_t>(attention->groups()));
      digest.word(static_cast<std::uint64_t>(attention->weighting));
      digest.vector(attention->scale ? std::optional<Vector>(Vector{*attention->scale}) : std::nullopt);
      digest.vector(attention->slopes);
      digest.word(attention->mask.size());
      for (const Matrix& mask : attention->mask) digest.matrix(mask);
      if (const auto& rotary = attention->rotary) {
        digest.text("rotary");
        digest.word(static_cast<std::uint64_t>(rotary->interleaved) << 1 |
                    static_cast<std::uint64_t>(rotary->periodic));
        digest.vector(rotary->rate);
        digest.vector(rotary->phase);
        digest.extra("amplitude", rotary->amplitude);
        if (rotary->dynamic) {
          digest.extra("base", rotary->dynamic->base);
          digest.extra("factor", rotary->dynamic->factor);
          digest.extra("positions", rotary->dynamic->positions);
        }
      }
      digest.extra("divides", attention->divides ? 1 : 0);
      digest.extra("cap", attention->cap);
      digest.extra("window", attention->window);
      digest.extra("whole_norms", attention->whole_norms ? 1 : 0);
    }
    digest.extra("parallel", layer.parallel ? 1 : 0);
    digest.extra("keep", layer.keep);
    digest.extra("add", layer.add);
    if (layer.feed_forward) digest.word(static_cast<std::uint64_t>(layer.feed_forward->activation));
  }
  for (const Repetition& part : model.repeated) {
    digest.word(part.first);
    digest.word(part.count);
    digest.text(part.times);
  }
  digest.extra("embedding_scale", model.embedding_scale);
  digest.extra("logit_cap", model.logit_cap);
  digest.extra("candidates", model.candidates);
  if (model.tied) digest.text("tied");
  if (model.arg_min) digest.text("arg_min");
  return digest.hex();
}

namespace {

void validate(const Rotary& rotary, int heads, int d_k, std::size_t layer) {
  const auto fail = [&](const std::string& what) {
    throw UsageError(fmt::format("layer {}: rope {}", layer, what));
  };
  if (rotary.pairs() == 0 || 2 * rotary.pairs() > d_k)
    fail(fmt::format("turns {} pairs of entries, but a head has {} entries", rotary.pairs(), d_k));
  const std::size_t pairs = rotary.rate.size();
  if (!rotary.phase.empty() && rotary.phase.size() != pairs &&
      rotary.phase.size() != pairs * static_cast<std::size_t>(heads))
    fail(fmt::format("has {} phases; give {}, or {} for each of {} heads", rotary.phase.size(), pairs, pairs,
                     heads));
  for (const Value& rate : rotary.rate)
    if (rotary.periodic && (rate.is_zero() || rate.negative || bit_width(rate.significand) > 63))
      fail("has a period that is not positive, or has more than 63 significant bits");
  if (rotary.dynamic && (rotary.periodic || pairs < 2 || rotary.dynamic->positions < 1))
    fail("stretches with the sequence, which takes rates, two pairs and a number of positions");
  for (const Vector* list : {&rotary.rate, &rotary.phase})
    for (const Value& value : *list)
      if (!value.is_finite() || (!value.is_zero() && std::abs(leading_exponent(value)) > 40))
        fail("has a rate or a phase that is not 0 and not between 2^-40 and 2^40");
}

}  // namespace

void validate(const Model& model) {
  int d = model.d_model();
  const auto expect = [](const std::string& what, const Matrix& m, int rows, int columns) {
    if (m.rows() != rows || m.columns() != columns)
      throw UsageError(
          fmt::format("{} is {} x {}, but it must be {} x {}", what, m.rows(), m.columns(), rows, columns));
  };
  const auto expect_map = [&](const std::string& in, std::string_view what, const Linear& map, int rows, int columns) {
    if (map.factor) expect(fmt::format("{}A_{}", in, what), *map.factor, map.weight.columns(), columns);
    expect(fmt::format("{}W_{}", in, what), map.weight, rows, map.factor ? map.weight.columns() : columns);
  };
  const auto expect_bias = [](const std::string& what, const Linear& linear) {
    if (linear.bias && static_cast<int>(linear.bias->size()) != linear.weight.rows())
      throw UsageError(fmt::format("{} has {} entries, but its matrix has {} rows", what, linear.bias->size(),
                                   linear.weight.rows()));
  };
  const auto expect_norm = [](const std::string& what, const Norm& norm, int width) {
    for (const auto* part : {&norm.weight, &norm.bias})
      if (*part && static_cast<int>((*part)->size()) != width)
        throw UsageError(fmt::format("{} has {} entries, but it must have {}", what, (*part)->size(), width));
  };
  const int vocabulary = static_cast<int>(model.vocabulary.size());
  if (vocabulary == 0) throw UsageError("the model has an empty vocabulary; list its tokens in \"vocab\"");
  if (d == 0) throw UsageError("the model has d_model = 0; \"tok_emb\" needs at least one column");
  expect("tok_emb", model.token_embedding, vocabulary, d);
  if (!model.position_embedding.empty())
    expect("pos_emb", model.position_embedding, model.position_embedding.rows(), d);
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    const Layer& layer = model.layers[l];
    const auto in_layer = [&](std::string_view what) { return fmt::format("layer {}: {}", l, what); };
    if (layer.projection) {
      if (layer.projection->weight.empty()) throw UsageError(in_layer("W_P has no rows"));
      expect_map(in_layer(""), "P", *layer.projection, layer.projection->out(), d);
      d = width_in(layer, d);
    }
    each_linear(layer, [&](std::string_view what, const Linear& linear) {
      expect_bias(in_layer(fmt::format("b_{}", what)), linear);
    });
    if (const auto& attention = layer.attention) {
      const int queries = attention->query.weight.rows(), values = attention->value.weight.rows();
      const int heads = attention->heads, groups = attention->groups();
      if (heads < 1 || groups < 1 || heads % groups)
        throw UsageError(fmt::format("layer {}: n_heads = {} must be a positive multiple of n_kv_heads = {}",
                                     l, heads, groups));
      if (queries % heads || values % groups)
        throw UsageError(fmt::format(
            "layer {}: n_heads = {} must divide the rows of W_Q ({}) and n_kv_heads = {} those of W_V ({})",
            l, heads, queries, groups, values));
      if (attention->rotary) validate(*attention->rotary, heads, queries / heads, l);
      expect_map(in_layer(""), "Q", attention->query, queries, d);
      expect_map(in_layer(""), "K", attention->key, queries / heads * groups, d);
      expect_map(in_layer(""), "V", attention->value, values, d);
      expect_map(in_layer(""), "O", attention->output, d, values / groups * heads);
      if (attention->window < 0) throw UsageError(in_layer("window must be at least 1"));
      if (attention->cap && (attention->cap->is_zero() || attention->cap->negative))
        throw UsageError(in_layer("cap must be positive"));
      if (attention->divides && (!attention->scale || attention->scale->is_zero()))
        throw UsageError(in_layer("divides by a scale, which it does not have"));
      if (attention->slopes && static_cast<int>(attention->slopes->size()) != heads)
        throw UsageError(
            fmt::format("layer {}: alibi has {} slopes for {} heads", l, attention->slopes->size(), heads));
      if (!attention->mask.empty() && static_cast<int>(attention->mask.size()) != heads)
        throw UsageError(
            fmt::format("layer {}: mask has {} matrices for {} heads", l, attention->mask.size(), heads));
      for (const Matrix& mask : attention->mask) expect(in_layer("mask"), mask, mask.rows(), mask.rows());
    }
    each_norm(layer, d, [&](std::string_view what, const Norm& norm, int width) {
      expect_norm(in_layer(what), norm, width);
    });
    if (const auto& ff = layer.feed_forward) {
      const int units = ff->in.weight.rows();
      expect_map(in_layer(""), "1", ff->in, units, d);
      if (ff->gate) expect_map(in_layer(""), "G", *ff->gate, units, d);
      expect_map(in_layer(""), "2", ff->out, d, units);
    }
    if (layer.parallel && (!layer.attention || !layer.feed_forward || layer.after_attention || layer.keep || layer.add))
      throw UsageError(in_layer("a parallel layer has both blocks, no norm between them and no weights of sums"));
  }
  expect_map("", "U", model.unembedding, vocabulary, d);
  if (model.candidates < 0 || model.candidates > vocabulary)
    throw UsageError(fmt::format("the next token is one of the first {} of {}", model.candidates, vocabulary));
  if (model.logit_cap && (model.logit_cap->is_zero() || model.logit_cap->negative))
    throw UsageError("logit_cap must be positive");
  expect_bias("b_U", model.unembedding);
  if (model.final_norm) expect_norm("norm_final", *model.final_norm, d);
  if (model.tied && (model.unembedding.factor || model.unembedding.weight != model.token_embedding))
    throw UsageError("a tied head's W_U must be tok_emb; leave W_U out");
}

}  // namespace roundoff::sim
