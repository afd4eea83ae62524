// Laying down the weights of a model by name: layers, attention heads, feed-forward units and logits are
// stated as forms over registers, one statement a row, and `finish` turns them into matrices.
//
// What is a matter of order, and so of semantics, is the order of the statements: the terms of a head's score
// are its d_k dimensions in the order of the `score` calls; heads and units are numbered as they are made;
// registers are summed in the order the stream handed them out. A head with fewer dimensions than its layer's
// widest is padded with zero rows at its end.
#pragma once

#include <deque>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "constructions/stream/form.hpp"
#include "constructions/tasks/task.hpp"

namespace roundoff::constructions {

/// Where a value goes: register += weight * value.
struct Target {
  Register reg;
  Weight weight = 1;
};

class HeadBuilder {
 public:
  /// The next dimension of the score's dot product: + query * key, both forms rounded before they meet.
  HeadBuilder& score(const Form& query, const Form& key);
  /// One value dimension: the attended average of `value`, added to the targets.
  HeadBuilder& copy(const Form& value, std::vector<Target> targets);
  HeadBuilder& copy(const Form& value, Register to) { return copy(value, {{to, 1}}); }

 private:
  friend class ModelBuilder;
  struct Product {
    Form query, key;
  };
  struct Copy {
    Form value;
    std::vector<Target> targets;
  };
  std::vector<Product> products_;
  std::vector<Copy> copies_;
};

class LayerBuilder {
 public:
  HeadBuilder& head() { return heads_.emplace_back(); }
  /// A feed-forward unit: relu(before), added to the targets. Returns the number of the unit.
  int unit(const Form& before, std::vector<Target> targets);
  /// Adds a further target to a unit.
  void write(int unit, Target target);
  /// The constant that the feed-forward block adds to a register (its output bias, which comes last).
  void constant(Register reg, const Weight& weight);

 private:
  friend class ModelBuilder;
  struct Unit {
    Form before;
    std::vector<Target> targets;
  };
  std::deque<HeadBuilder> heads_;
  std::vector<Unit> units_;
  std::vector<Target> constants_;
};

class ModelBuilder {
 public:
  explicit ModelBuilder(const Task& task);

  Stream& stream() { return stream_; }
  Register add(const std::string& name) { return stream_.add(name); }
  std::vector<Register> add(const std::string& name, int count) { return stream_.add(name, count); }

  /// What a token, or a position, adds to a register of the embedding.
  void token(Token token, Register reg, const Weight& weight);
  void position(int position, Register reg, const Weight& weight);
  LayerBuilder& layer() { return layers_.emplace_back(); }
  void logit(Token token, const Form& form);

  Model finish() const;

 private:
  struct Entry {
    int row;
    Register reg;
    Value weight;
  };
  const std::vector<std::string>& vocabulary_;
  int positions_;
  Stream stream_;
  std::vector<Entry> tokens_, places_;
  std::deque<LayerBuilder> layers_;
  std::vector<std::pair<Token, Form>> logits_;
};

}  // namespace roundoff::constructions
