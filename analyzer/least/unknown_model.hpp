// A transformer whose weights are all unknown, and the clauses that say: it is right on every input of a task.
#pragma once

#include <functional>

#include "analyzer/least/circuit.hpp"
#include "constructions/tasks/task.hpp"
#include "sim/model/model.hpp"
#include "sim/program/program.hpp"

namespace roundoff::analyzer {

/// The sizes of a transformer of equal layers.
struct WidthSplit {
  int layers = 1, d_model = 1, heads = 1, d_head = 1, d_ff = 1;
  int width() const;
  friend bool operator==(const WidthSplit&, const WidthSplit&) = default;
};

class UnknownModel {
 public:
  /// States that the model writes every answer of the task, under stable softmax and sequential sums, one format
  /// for all roles; biases everywhere, embeddings free. Symmetric models are left out: signs of registers, of query
  /// and key dimensions and of value dimensions, and the order of two registers, two heads or two units (sums of two
  /// terms commute; the order of more is semantics).
  /// `symmetries` false leaves them in: the answer must be the same, only later.
  /// `watch` is told of every input; what it throws ends the work.
  UnknownModel(const Task& task, const WidthSplit& split, const Format& format, bool symmetries = true,
               const Watch& watch = {});

  const Formula& formula() const { return circuit_.formula(); }
  /// The model of a satisfying assignment.
  Model model(const std::function<bool(int variable)>& truth) const;

 private:
  using Row = std::vector<Number>;
  struct Map {
    std::vector<Row> weight;
    Row bias;
  };
  struct Block {
    Map query, key, value, output, in, out;
  };
  struct Prefix {
    std::vector<Token> tokens;
    auto operator<=>(const Prefix&) const = default;
  };

  Row unknowns(int count);
  Map map(int rows, int columns);
  Row apply(const Map& map, const Row& x);
  const Row& state(const std::vector<Token>& prefix, int layer);
  const Row& projected(const std::vector<Token>& prefix, int layer, int which);
  Row attend(const std::vector<Token>& prefix, int layer);
  void break_symmetries();

  const Task& task_;
  WidthSplit split_;
  Circuit circuit_;
  std::vector<Row> tokens_, positions_;
  Map unembedding_;
  std::vector<Block> blocks_;
  std::map<std::pair<std::vector<Token>, int>, Row> states_;
  std::map<std::tuple<std::vector<Token>, int, int>, Row> projections_;
};

}  // namespace roundoff::analyzer
