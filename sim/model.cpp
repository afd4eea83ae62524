// Matrices by rows, shapes, fingerprints and consistency of models.
#include "sim/model.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff {

namespace {

bool is_positive_zero(const Value& value) { return value.is_zero() && !value.negative; }

template <class Row>
auto find_column(Row& row, int column) {
  return std::lower_bound(row.begin(), row.end(), column, [](const Matrix::Entry& entry, int c) {
    return entry.column < static_cast<std::uint32_t>(c);
  });
}

}  // namespace

Value Matrix::at(int r, int c) const {
  const auto& entries = row(r);
  const auto found = find_column(entries, c);
  return found != entries.end() && found->column == static_cast<std::uint32_t>(c) ? found->value
                                                                                  : Value::zero();
}

void Matrix::set(int r, int c, const Value& value) {
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
  rows_.resize(static_cast<std::size_t>(rows));
  columns_ = columns;
}

std::int64_t Matrix::nonzeros() const {
  std::int64_t count = 0;
  for (const auto& entries : rows_)
    count += std::count_if(entries.begin(), entries.end(),
                           [](const Entry& entry) { return !entry.value.is_zero(); });
  return count;
}

namespace {

// Visits every linear map of a layer with its name in the model file.
template <class Layer, class Visit>
void each_linear(Layer& layer, Visit visit) {
  if (layer.attention) {
    visit("Q", layer.attention->query);
    visit("K", layer.attention->key);
    visit("V", layer.attention->value);
    visit("O", layer.attention->output);
  }
  if (layer.feed_forward) {
    visit("1", layer.feed_forward->in);
    visit("2", layer.feed_forward->out);
  }
}

std::int64_t size_of(const Matrix& m) { return std::int64_t{m.rows()} * m.columns(); }

struct Count {
  std::int64_t all = 0, nonzero = 0;
  void add(const Matrix& m) {
    all += size_of(m);
    nonzero += m.nonzeros();
  }
  void add(const Linear& linear) {
    add(linear.weight);
    if (!linear.bias) return;
    all += static_cast<std::int64_t>(linear.bias->size());
    nonzero +=
        std::count_if(linear.bias->begin(), linear.bias->end(), [](const Value& b) { return !b.is_zero(); });
  }
};

}  // namespace

Shape shape(const Model& model) {
  Shape s;
  s.d_model = model.d_model();
  s.layers = static_cast<int>(model.layers.size());
  Count count;
  count.add(model.token_embedding);
  count.add(model.position_embedding);
  count.add(model.unembedding);
  for (const Layer& layer : model.layers) {
    each_linear(layer, [&](std::string_view, const Linear& linear) { count.add(linear); });
    if (const auto& attention = layer.attention) {
      const int d_k = attention->query.weight.rows() / attention->heads;
      const int d_v = attention->value.weight.rows() / attention->heads;
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
      word(m.row(r).size());
      for (const auto& entry : m.row(r)) {
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
  digest.linear(model.unembedding);
  digest.word(model.layers.size());
  for (const Layer& layer : model.layers) {
    digest.word((layer.attention ? 1u : 0u) | (layer.feed_forward ? 2u : 0u));
    each_linear(layer, [&](std::string_view, const Linear& linear) { digest.linear(linear); });
    if (layer.attention) {
      digest.word(static_cast<std::uint64_t>(layer.attention->heads));
      digest.word(layer.attention->scale ? 1 : 0);
      if (layer.attention->scale) digest.value(*layer.attention->scale);
    }
    if (layer.feed_forward) digest.word(static_cast<std::uint64_t>(layer.feed_forward->activation));
  }
  return digest.hex();
}

void validate(const Model& model) {
  const int d = model.d_model();
  const auto expect = [](const std::string& what, const Matrix& m, int rows, int columns) {
    if (m.rows() != rows || m.columns() != columns)
      throw UsageError(
          fmt::format("{} is {} x {}, but it must be {} x {}", what, m.rows(), m.columns(), rows, columns));
  };
  const auto expect_bias = [](const std::string& what, const Linear& linear) {
    if (linear.bias && static_cast<int>(linear.bias->size()) != linear.weight.rows())
      throw UsageError(fmt::format("{} has {} entries, but its matrix has {} rows", what, linear.bias->size(),
                                   linear.weight.rows()));
  };
  const int vocabulary = static_cast<int>(model.vocabulary.size());
  if (vocabulary == 0) throw UsageError("the model has an empty vocabulary; list its tokens in \"vocab\"");
  if (d == 0) throw UsageError("the model has d_model = 0; \"tok_emb\" needs at least one column");
  expect("tok_emb", model.token_embedding, vocabulary, d);
  if (!model.position_embedding.empty())
    expect("pos_emb", model.position_embedding, model.position_embedding.rows(), d);
  expect("W_U", model.unembedding.weight, vocabulary, d);
  expect_bias("b_U", model.unembedding);
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    const Layer& layer = model.layers[l];
    const auto in_layer = [&](std::string_view what) { return fmt::format("layer {}: {}", l, what); };
    each_linear(layer, [&](std::string_view what, const Linear& linear) {
      expect_bias(in_layer(fmt::format("b_{}", what)), linear);
    });
    if (const auto& attention = layer.attention) {
      const int keys = attention->query.weight.rows(), values = attention->value.weight.rows();
      if (attention->heads < 1 || keys % attention->heads || values % attention->heads)
        throw UsageError(
            fmt::format("layer {}: n_heads = {} does not divide the rows of W_Q ({}) and W_V ({})", l,
                        attention->heads, keys, values));
      expect(in_layer("W_Q"), attention->query.weight, keys, d);
      expect(in_layer("W_K"), attention->key.weight, keys, d);
      expect(in_layer("W_V"), attention->value.weight, values, d);
      expect(in_layer("W_O"), attention->output.weight, d, values);
    }
    if (const auto& ff = layer.feed_forward) {
      const int units = ff->in.weight.rows();
      expect(in_layer("W_1"), ff->in.weight, units, d);
      expect(in_layer("W_2"), ff->out.weight, d, units);
    }
  }
}

}  // namespace roundoff
