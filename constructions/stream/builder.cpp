// Statements into matrices; see builder.hpp.
#include "constructions/stream/builder.hpp"

#include <algorithm>
#include <stdexcept>

namespace roundoff::constructions {

HeadBuilder& HeadBuilder::score(const Form& query, const Form& key) {
  products_.push_back({query, key});
  return *this;
}

HeadBuilder& HeadBuilder::copy(const Form& value, std::vector<Target> targets) {
  copies_.push_back({value, std::move(targets)});
  return *this;
}

int LayerBuilder::unit(const Form& before, std::vector<Target> targets) {
  units_.push_back({before, std::move(targets)});
  return static_cast<int>(units_.size()) - 1;
}

void LayerBuilder::write(int unit, Target target) {
  units_[static_cast<std::size_t>(unit)].targets.push_back(std::move(target));
}

void LayerBuilder::constant(Register reg, const Weight& weight) { constants_.push_back({reg, weight}); }

ModelBuilder::ModelBuilder(const Task& task) : vocabulary_(task.vocabulary()), positions_(task.positions()) {}

void ModelBuilder::token(Token token, Register reg, const Weight& weight) {
  tokens_.push_back({static_cast<int>(token), reg, weight.value});
}

void ModelBuilder::position(int position, Register reg, const Weight& weight) {
  if (position < 0 || position >= positions_)
    throw std::logic_error("a weight for a position that the model lacks");
  places_.push_back({position, reg, weight.value});
}

void ModelBuilder::logit(Token token, const Form& form) { logits_.emplace_back(token, form); }

namespace {

/// Sets an entry that must be free: one matrix entry is stated once.
void lay(Matrix& matrix, int row, int column, const Value& value) {
  if (!matrix.at(row, column).is_zero()) throw std::logic_error("a weight is stated twice");
  matrix.set(row, column, value);
}

void lay(Linear& linear, int row, const Form& form) {
  for (const Form::Term& term : form.terms()) lay(linear.weight, row, term.reg.dimension, term.weight);
  if (form.bias().is_zero()) return;
  if (!linear.bias) linear.bias = Vector(static_cast<std::size_t>(linear.weight.rows()));
  (*linear.bias)[static_cast<std::size_t>(row)] = form.bias();
}

}  // namespace

Model ModelBuilder::finish() const {
  const int width = stream_.width(), tokens = static_cast<int>(vocabulary_.size());
  Model model;
  model.vocabulary = vocabulary_;
  model.registers = stream_.names();
  model.token_embedding = Matrix(tokens, width);
  model.position_embedding = Matrix(positions_, width);
  for (const Entry& entry : tokens_) lay(model.token_embedding, entry.row, entry.reg.dimension, entry.weight);
  for (const Entry& entry : places_)
    lay(model.position_embedding, entry.row, entry.reg.dimension, entry.weight);

  for (const LayerBuilder& built : layers_) {
    Layer layer;
    if (!built.heads_.empty()) {
      std::size_t d_k = 1, d_v = 1;
      for (const HeadBuilder& head : built.heads_) {
        d_k = std::max(d_k, head.products_.size());
        d_v = std::max(d_v, head.copies_.size());
      }
      Attention attention;
      attention.heads = static_cast<int>(built.heads_.size());
      attention.query.weight = attention.key.weight = Matrix(attention.heads * static_cast<int>(d_k), width);
      attention.value.weight = Matrix(attention.heads * static_cast<int>(d_v), width);
      attention.output.weight = Matrix(width, attention.heads * static_cast<int>(d_v));
      int first_key = 0, first_value = 0;
      for (const HeadBuilder& head : built.heads_) {
        int row = first_key;
        for (const HeadBuilder::Product& product : head.products_) {
          lay(attention.query, row, product.query);
          lay(attention.key, row, product.key);
          ++row;
        }
        row = first_value;
        for (const HeadBuilder::Copy& copy : head.copies_) {
          lay(attention.value, row, copy.value);
          for (const Target& target : copy.targets) {
            lay(attention.output.weight, target.reg.dimension, row, target.weight.value);
          }
          ++row;
        }
        first_key += static_cast<int>(d_k);
        first_value += static_cast<int>(d_v);
      }
      layer.attention = std::move(attention);
    }
    if (!built.units_.empty()) {
      FeedForward block;
      const int units = static_cast<int>(built.units_.size());
      block.in.weight = Matrix(units, width);
      block.out.weight = Matrix(width, units);
      for (int u = 0; u < units; ++u) {
        const LayerBuilder::Unit& unit = built.units_[static_cast<std::size_t>(u)];
        lay(block.in, u, unit.before);
        for (const Target& target : unit.targets) {
          lay(block.out.weight, target.reg.dimension, u, target.weight.value);
        }
      }
      for (const Target& constant : built.constants_) {
        if (!block.out.bias) block.out.bias = Vector(static_cast<std::size_t>(width));
        (*block.out.bias)[static_cast<std::size_t>(constant.reg.dimension)] = constant.weight.value;
      }
      layer.feed_forward = std::move(block);
    }
    model.layers.push_back(std::move(layer));
  }

  model.unembedding.weight = Matrix(tokens, width);
  for (const auto& [token, form] : logits_) lay(model.unembedding, token, form);
  return model;
}

}  // namespace roundoff::constructions
