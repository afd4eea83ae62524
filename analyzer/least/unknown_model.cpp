// The executor of semantics.md as a circuit; see unknown_model.hpp.
#include "analyzer/least/unknown_model.hpp"

#include <algorithm>
#include <set>

namespace roundoff::analyzer {

int WidthSplit::width() const { return std::max({d_model, heads * d_head, d_ff}); }

UnknownModel::Row UnknownModel::unknowns(int count) {
  Row row;
  for (int i = 0; i < count; ++i) row.push_back(circuit_.unknown());
  return row;
}

UnknownModel::Map UnknownModel::map(int rows, int columns) {
  Map map;
  for (int r = 0; r < rows; ++r) map.weight.push_back(unknowns(columns));
  map.bias = unknowns(rows);
  return map;
}

UnknownModel::UnknownModel(const Task& task, const WidthSplit& split, const Format& format, bool symmetries,
                           const Watch& watch)
    : task_(task), split_(split), circuit_(format) {
  const int d = split.d_model, inner = split.heads * split.d_head;
  const auto vocabulary = static_cast<int>(task.vocabulary().size());
  for (int t = 0; t < vocabulary; ++t) tokens_.push_back(unknowns(d));
  for (int i = 0; i < task.positions(); ++i) positions_.push_back(unknowns(d));
  unembedding_ = map(vocabulary, d);
  for (int l = 0; l < split.layers; ++l) {
    blocks_.push_back(
        {map(inner, d), map(inner, d), map(inner, d), map(d, inner), map(split.d_ff, d), map(d, split.d_ff)});
  }
  if (symmetries) break_symmetries();

  std::set<std::vector<Token>> done;
  const auto inputs = static_cast<std::uint64_t>(task.input_count());
  for (std::uint64_t j = 0; j < inputs; ++j) {
    if (watch) watch("inputs stated", static_cast<double>(j), static_cast<double>(inputs));
    const Instance instance = task.instance(j);
    std::vector<Token> prefix = task.question(instance);
    for (const Token wanted : task.answer(instance)) {
      if (done.insert(prefix).second) {
        const Row logits = apply(unembedding_, state(prefix, split.layers));
        for (std::size_t t = 0; t < logits.size(); ++t) {  // ties go to the lowest index
          if (t < wanted) circuit_.require_greater(logits[wanted], logits[t]);
          if (t > wanted) circuit_.require_not_less(logits[wanted], logits[t]);
        }
      }
      prefix.push_back(wanted);
    }
  }
}

// A register, a query-key dimension or a value dimension may be negated throughout where the format's range is
// symmetric and rounding is odd: a first entry of each is made >= 0. Registers first; what is then done to rows of
// queries and values leaves registers alone.
void UnknownModel::break_symmetries() {
  const std::vector<Value>& values = circuit_.values();
  if (!(negated(values.front()) == values.back())) return;
  const Number zero = circuit_.constant(Value::integer(0));
  for (const Number& entry : tokens_[0]) circuit_.require_not_less(entry, zero);
  if (split_.d_model == 2) circuit_.require_not_less(tokens_[0][0], tokens_[0][1]);
  for (const Block& block : blocks_) {
    for (const Map* rows : {&block.query, &block.value}) {
      for (const Row& row : rows->weight) circuit_.require_not_less(row[0], zero);
    }
    if (split_.heads == 2 && split_.d_head == 1)
      circuit_.require_not_less(block.query.weight[0][0], block.query.weight[1][0]);
    if (split_.d_ff == 2) circuit_.require_not_less(block.in.weight[0][0], block.in.weight[1][0]);
  }
}

UnknownModel::Row UnknownModel::apply(const Map& map, const Row& x) {
  Row result;
  for (std::size_t r = 0; r < map.weight.size(); ++r) {
    Number sum;
    for (std::size_t c = 0; c < x.size(); ++c) {
      const Number product = circuit_.mul(map.weight[r][c], x[c]);
      sum = c == 0 ? product : circuit_.add(sum, product);
    }
    result.push_back(circuit_.add(sum, map.bias[r]));
  }
  return result;
}

// The residual stream at the last position of a prefix, as it enters a layer.
const UnknownModel::Row& UnknownModel::state(const std::vector<Token>& prefix, int layer) {
  const auto key = std::pair(prefix, layer);
  if (const auto found = states_.find(key); found != states_.end()) return found->second;
  Row x;
  if (layer == 0) {
    const Row &token = tokens_[prefix.back()], &position = positions_[prefix.size() - 1];
    for (std::size_t i = 0; i < token.size(); ++i) x.push_back(circuit_.add(token[i], position[i]));
  } else {
    const Block& block = blocks_[static_cast<std::size_t>(layer) - 1];
    x = state(prefix, layer - 1);
    const auto add = [&](const Row& branch) {
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = circuit_.add(x[i], branch[i]);
    };
    add(apply(block.output, attend(prefix, layer - 1)));
    Row hidden = apply(block.in, x);
    for (Number& unit : hidden) unit = circuit_.relu(unit);
    add(apply(block.out, hidden));
  }
  return states_.emplace(key, std::move(x)).first->second;
}

const UnknownModel::Row& UnknownModel::projected(const std::vector<Token>& prefix, int layer, int which) {
  const auto key = std::tuple(prefix, layer, which);
  if (const auto found = projections_.find(key); found != projections_.end()) return found->second;
  const Block& block = blocks_[static_cast<std::size_t>(layer)];
  const Map& map = which == 0 ? block.query : which == 1 ? block.key : block.value;
  Row row = apply(map, state(prefix, layer));
  return projections_.emplace(key, std::move(row)).first->second;
}

UnknownModel::Row UnknownModel::attend(const std::vector<Token>& prefix, int layer) {
  const Row query = projected(prefix, layer, 0);
  Row out;
  for (int head = 0; head < split_.heads; ++head) {
    const auto first = static_cast<std::size_t>(head * split_.d_head);
    std::vector<Row> keys, values;
    Row scores;
    for (std::size_t j = 1; j <= prefix.size(); ++j) {
      const std::vector<Token> part(prefix.begin(), prefix.begin() + static_cast<std::ptrdiff_t>(j));
      const Row key = projected(part, layer, 1);
      values.push_back(projected(part, layer, 2));
      Number score;
      for (std::size_t t = 0; t < static_cast<std::size_t>(split_.d_head); ++t) {
        const Number product = circuit_.mul(query[first + t], key[first + t]);
        score = t == 0 ? product : circuit_.add(score, product);
      }
      scores.push_back(score);
    }
    Number greatest = scores[0];
    for (const Number& score : scores) greatest = circuit_.max(greatest, score);
    Row shares;
    Number total;
    for (const Number& score : scores) {
      shares.push_back(circuit_.exp(circuit_.sub(score, greatest)));
      total = shares.size() == 1 ? shares[0] : circuit_.add(total, shares.back());
    }
    for (Number& share : shares) share = circuit_.div(share, total);
    for (std::size_t t = 0; t < static_cast<std::size_t>(split_.d_head); ++t) {
      Number sum;
      for (std::size_t j = 0; j < shares.size(); ++j) {
        const Number product = circuit_.mul(shares[j], values[j][first + t]);
        sum = j == 0 ? product : circuit_.add(sum, product);
      }
      out.push_back(sum);
    }
  }
  return out;
}

Model UnknownModel::model(const std::function<bool(int variable)>& truth) const {
  const auto value_of = [&](const Number& number) {
    std::size_t index = 0;
    while (index < number.size() && truth(number[index])) ++index;
    return circuit_.values()[index];
  };
  const auto matrix = [&](const std::vector<Row>& rows) {
    Matrix result(static_cast<int>(rows.size()), static_cast<int>(rows[0].size()));
    for (std::size_t r = 0; r < rows.size(); ++r) {
      for (std::size_t c = 0; c < rows[r].size(); ++c)
        result.set(static_cast<int>(r), static_cast<int>(c), value_of(rows[r][c]));
    }
    return result;
  };
  const auto linear = [&](const Map& map) {
    Vector bias;
    for (const Number& entry : map.bias) bias.push_back(value_of(entry));
    return Linear{matrix(map.weight), bias};
  };
  Model model;
  model.name = "least";
  model.vocabulary = task_.vocabulary();
  model.token_embedding = matrix(tokens_);
  model.position_embedding = matrix(positions_);
  for (const Block& block : blocks_) {
    Layer layer;
    Attention attention;
    attention.heads = split_.heads;
    attention.query = linear(block.query);
    attention.key = linear(block.key);
    attention.value = linear(block.value);
    attention.output = linear(block.output);
    layer.attention = std::move(attention);
    FeedForward feed_forward;
    feed_forward.in = linear(block.in);
    feed_forward.out = linear(block.out);
    layer.feed_forward = std::move(feed_forward);
    model.layers.push_back(std::move(layer));
  }
  model.unembedding = linear(unembedding_);
  return model;
}

}  // namespace roundoff::analyzer
