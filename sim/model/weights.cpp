#include "sim/model/weights.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/functions/real.hpp"
#include "formats/rounding/rounding.hpp"
#include "sim/model/policy_codec.hpp"

namespace roundoff::sim {
namespace {

/// Whether rounding a number of the matrix to the format may overflow; a matrix in a file is looked through as it lies
/// there.
bool may_overflow(const Matrix& matrix, const Format& format) {
  if (matrix.source() == nullptr || format.lowest.is_zero()) return true;
  const WeightSource& source = *matrix.source();
  const WeightSource::Raw raw = source.raw();
  if (raw.data != nullptr && compare(raw.format.highest, format.highest) <= 0 &&
      compare(raw.format.lowest, format.lowest) >= 0)
    return false;
  const double within =
      std::ldexp(1.0, std::min(leading_exponent(format.highest), leading_exponent(format.lowest)));
  const bool by_column = raw.data != nullptr && raw.row_stride < raw.column_stride;
  const int outer = by_column ? matrix.columns() : matrix.rows(), inner = by_column ? matrix.rows() : matrix.columns();
  for (int i = 0; i < outer; ++i)
    for (int j = 0; j < inner; ++j)
      if (!(std::fabs(by_column ? source.at(j, i) : source.at(i, j)) < within)) return true;
  return false;
}

/// Walks over the weights as a model file names them, until one is wanted; its name and value. Matrices that cannot have
/// one are left out.
template <class Wanted, class May>
class FirstWeight {
 public:
  FirstWeight(const Model& model, Wanted wanted, May may) : wanted_(std::move(wanted)), may_(std::move(may)) {
    matrix("tok_emb", model.token_embedding);
    matrix("pos_emb", model.position_embedding);
    for (std::size_t l = 0; l < model.layers.size() && where.empty(); ++l) {
      prefix_ = fmt::format("layers[{}].", l);
      layer(model.layers[l]);
    }
    prefix_.clear();
    if (where.empty()) norm("norm_final", model.final_norm);
    if (where.empty()) linear("U", model.unembedding);
  }

  std::string where;  ///< "" for none
  Value value;

 private:
  template <class Name>
  void look(const Value& weight, const Name& name) {
    if (!where.empty() || !wanted_(weight)) return;
    where = prefix_ + name();
    value = weight;
  }
  void matrix(std::string_view what, const Matrix& m) {
    if (!where.empty() || !may_(m)) return;
    for (int r = 0; r < m.rows() && where.empty(); ++r)
      for (const auto& entry : m.row(r))
        look(entry.value, [&] { return fmt::format("{}[{}][{}]", what, r, entry.column); });
  }
  void vector(std::string_view what, const std::optional<Vector>& v) {
    for (std::size_t r = 0; v && r < v->size(); ++r)
      look((*v)[r], [&] { return fmt::format("{}[{}]", what, r); });
  }
  void linear(std::string_view what, const Linear& map) {
    if (map.factor) matrix(fmt::format("A_{}", what), *map.factor);
    matrix(fmt::format("W_{}", what), map.weight);
    vector(fmt::format("b_{}", what), map.bias);
  }
  void norm(std::string_view what, const std::optional<Norm>& one) {
    if (!one) return;
    vector(fmt::format("{}.weight", what), one->weight);
    vector(fmt::format("{}.bias", what), one->bias);
  }
  void layer(const Layer& layer) {
    if (layer.projection) linear("P", *layer.projection);
    norm("norm_before_attention", layer.before_attention);
    if (const auto& attention = layer.attention) {
      linear("Q", attention->query);
      linear("K", attention->key);
      linear("V", attention->value);
      linear("O", attention->output);
      if (attention->scale) look(*attention->scale, [] { return std::string("scale"); });
      vector("alibi", attention->slopes);
      norm("norm_q", attention->query_norm);
      norm("norm_k", attention->key_norm);
    }
    norm("norm_of_attention", layer.of_attention);
    norm("norm_after_attention", layer.after_attention);
    norm("norm_before_ff", layer.before_feed_forward);
    if (const auto& ff = layer.feed_forward) {
      linear("1", ff->in);
      linear("2", ff->out);
      if (ff->gate) linear("G", *ff->gate);
    }
    norm("norm_of_ff", layer.of_feed_forward);
    norm("norm_after_ff", layer.after_feed_forward);
  }

  Wanted wanted_;
  May may_;
  std::string prefix_;
};

}  // namespace

std::string inexact_weight(const Model& model, const Policy& policy) {
  const Format& format = policy[Role::weights];
  const auto inexact = [&](const Value& weight) {
    try {
      return round(weight, format).value != weight;
    } catch (const Trap&) {
      return true;
    }
  };
  const FirstWeight first(model, inexact, [](const Matrix&) { return true; });
  if (first.where.empty()) return "";
  return fmt::format("{} = {} is not in {}", first.where, long_decimal(first.value), notation(format));
}

std::string overflowing_weight(const Model& model, const Policy& policy) {
  const Format& format = policy[Role::weights];
  Value made;
  const auto overflows = [&](const Value& weight) {
    if (!weight.is_finite()) return false;
    try {
      const Rounded rounded = round(weight, format);
      made = rounded.value;
      return (rounded.flags & (flag_overflow | flag_saturated)) != 0;
    } catch (const Trap&) {
      return false;
    }
  };
  const FirstWeight first(model, overflows, [&](const Matrix& matrix) { return may_overflow(matrix, format); });
  if (first.where.empty()) return "";
  return fmt::format("{} = {} is beyond {}, which makes {} of it", first.where, long_decimal(first.value),
                     notation(format), long_decimal(made));
}

}  // namespace roundoff::sim
