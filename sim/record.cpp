// Recording, layer by layer and position by position. Each function here is one line of semantics.md,
// section 3.
#include "sim/record.hpp"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/text.hpp"

namespace roundoff {

bool zero_weights_exact(const Format& format, const Reduction& reduction) {
  const bool order_by_term =
      reduction.order.kind == SumOrder::sequential || reduction.order.kind == SumOrder::exact;
  return format.is_plain() && order_by_term && format.rounding != Rounding::sr;
}

namespace {

struct List {
  std::uint32_t offset = 0, count = 0;
};

// A linear map prepared for recording: its rows as lists of constant nodes, its bias as constants.
struct PreparedLinear {
  int columns = 0;
  std::vector<List> rows;                        // constant nodes
  std::vector<std::vector<std::uint32_t>> kept;  // columns of each row, when zero weights are left out
  std::vector<NodeId> bias;
};

struct PreparedLayer {
  PreparedLinear query, key, value, output, in, out;
  NodeId scale = no_node;
  int heads = 0, d_k = 0, d_v = 0;
  // Keys and values of all positions so far: lists over dimensions for keys, over positions for values.
  std::vector<List> keys;             // [position * heads + head], d_k nodes
  std::vector<std::uint32_t> values;  // [head * d_v + t]: offset of a list with room for every position
};

class Recorder {
 public:
  Recorder(const Model& model, const Policy& policy, const SequenceShape& shape, const RecordOptions& options)
      : model_(model), policy_(policy), options_(options) {
    program_.shape = shape;
    reduction_ = reduction({policy.order, policy.dot});
    skip_zero_ = options.skip_zero_weights &&
                 zero_weights_exact(policy[Role::accumulators], program_.reductions[reduction_]) &&
                 policy[Role::activations].is_plain() && policy[Role::weights].is_plain();
    for (int role = 0; role < role_count; ++role)
      role_format_[static_cast<std::size_t>(role)] = format(policy.formats[static_cast<std::size_t>(role)]);
    // Stable softmax: the largest score contributes rnd(exp(0)) = rnd(1), no term is negative, and rounding
    // is monotone, so every partial sum is at least rnd(1): Z > 0 whenever rnd(1) > 0 survives the order's
    // formats.
    const Format& softmax = policy[Role::softmax];
    bool positive = policy.softmax == Softmax::stable && softmax.overflow != Overflow::wrap;
    if (positive) {
      Value one = round(Value::integer(1), softmax).value;
      if (policy.order.kind == SumOrder::wide) {
        one = round(one, policy.order.wide_format).value;
        one = round(one, softmax).value;
        positive = policy.order.wide_format.overflow != Overflow::wrap;
      }
      if (one.is_zero() || (softmax.rounding == Rounding::sr && one != Value::integer(1))) positive = false;
    }
    softmax_positive_ = positive;
  }

  Program run() {
    prepare();
    const int positions = program_.shape.positions();
    for (int i = 0; i < positions; ++i) {
      position_ = i;
      std::vector<NodeId> x = embedding();
      for (layer_ = 0; layer_ < static_cast<int>(layers_.size()); ++layer_) {
        const Layer& layer = model_.layers[static_cast<std::size_t>(layer_)];
        PreparedLayer& prepared = layers_[static_cast<std::size_t>(layer_)];
        if (layer.attention) x = residual(x, attention(x, prepared), SiteName::mid);
        if (layer.feed_forward)
          x = residual(x, feed_forward(x, prepared, layer.feed_forward->activation), SiteName::out);
      }
      layer_ = -1;
      const bool output = i >= program_.shape.first_output;
      if (output || options_.all_outputs) {
        const NodeId next = choose(x);
        if (output) program_.outputs.push_back(next);
      }
      program_.position_end.push_back(static_cast<NodeId>(program_.nodes.size()));
    }
    return std::move(program_);
  }

 private:
  // ---- nodes ----
  std::uint8_t format(const Format& f) {
    const auto found = std::find(program_.formats.begin(), program_.formats.end(), f);
    if (found == program_.formats.end()) program_.formats.push_back(f);
    return static_cast<std::uint8_t>(std::find(program_.formats.begin(), program_.formats.end(), f) -
                                     program_.formats.begin());
  }
  std::uint8_t reduction(const Reduction& r) {
    const auto found = std::find(program_.reductions.begin(), program_.reductions.end(), r);
    if (found != program_.reductions.end())
      return static_cast<std::uint8_t>(found - program_.reductions.begin());
    program_.reductions.push_back(r);
    return static_cast<std::uint8_t>(program_.reductions.size() - 1);
  }
  std::uint8_t at(Role role) const { return role_format_[static_cast<std::size_t>(role)]; }

  NodeId push(const Node& node, const Site& site) {
    program_.nodes.push_back(node);
    program_.sites.push_back(site);
    return static_cast<NodeId>(program_.nodes.size() - 1);
  }
  Site site(SiteName name, int index = -1, int head = -1, int key = -1, bool inner = false) const {
    return {name, inner, static_cast<std::int16_t>(layer_), static_cast<std::int16_t>(head), position_,
            key,  index};
  }
  NodeId constant(const Value& value, Role role) {
    const auto [found, fresh] = constants_.try_emplace(value, no_node);
    if (fresh) {
      program_.constants.push_back(value);
      found->second = push({.op = Op::constant,
                            .format = at(role),
                            .a = static_cast<std::uint32_t>(program_.constants.size() - 1)},
                           {});
    }
    return found->second;
  }
  // A model weight, rounded to the weights' format; `place` names it for stochastic rounding.
  NodeId weight(const Value& value, std::uint64_t place) {
    return constant(round(value, policy_[Role::weights], {place, 0}).value, Role::weights);
  }
  List push_list(const std::vector<NodeId>& ids) {
    const List list{static_cast<std::uint32_t>(program_.operands.size()),
                    static_cast<std::uint32_t>(ids.size())};
    program_.operands.insert(program_.operands.end(), ids.begin(), ids.end());
    return list;
  }
  NodeId unary(Function function, NodeId a, Role role, const Site& where) {
    return push({.op = Op::unary, .format = at(role), .function = function, .a = a}, where);
  }
  NodeId binary(Op op, NodeId a, NodeId b, Role role, const Site& where) {
    return push({.op = op, .format = at(role), .a = a, .b = b}, where);
  }
  NodeId dot(List x, List y, Role role, const Site& where) {
    return push({.op = Op::dot,
                 .format = at(role),
                 .reduction = reduction_,
                 .a = x.offset,
                 .b = y.offset,
                 .c = x.count},
                where);
  }
  // A value formed in `from`, rounded once more to the role that receives it (no operation within one
  // format).
  bool same_format(Role from, Role to) const { return at(from) == at(to); }

  // ---- preparation: weights rounded once, when the model is loaded ----
  PreparedLinear prepare(const Linear& linear) {
    PreparedLinear prepared;
    prepared.columns = linear.weight.columns();
    const NodeId zero = constant(Value::zero(), Role::weights);
    const std::uint64_t matrix = ++matrices_;
    for (int r = 0; r < linear.weight.rows(); ++r) {
      const std::uint64_t place = matrix << 40 | static_cast<std::uint64_t>(r) << 20;
      std::vector<NodeId> row;
      if (skip_zero_) {
        std::vector<std::uint32_t> kept;
        for (const auto& entry : linear.weight.row(r)) {
          const NodeId w = weight(entry.value, place | entry.column);
          if (w == zero) continue;
          row.push_back(w);
          kept.push_back(entry.column);
        }
        prepared.kept.push_back(std::move(kept));
      } else {
        row.assign(static_cast<std::size_t>(prepared.columns), zero);
        for (const auto& entry : linear.weight.row(r))
          row[entry.column] = weight(entry.value, place | entry.column);
      }
      prepared.rows.push_back(push_list(row));
    }
    if (linear.bias)
      for (std::size_t r = 0; r < linear.bias->size(); ++r)
        prepared.bias.push_back(weight((*linear.bias)[r], matrix << 40 | 1ULL << 39 | r));
    return prepared;
  }

  void prepare() {
    const int positions = program_.shape.positions();
    for (const Layer& layer : model_.layers) {
      PreparedLayer prepared;
      if (const auto& attention = layer.attention) {
        prepared.query = prepare(attention->query);
        prepared.key = prepare(attention->key);
        prepared.value = prepare(attention->value);
        prepared.output = prepare(attention->output);
        prepared.heads = attention->heads;
        prepared.d_k = attention->query.weight.rows() / attention->heads;
        prepared.d_v = attention->value.weight.rows() / attention->heads;
        if (attention->scale)
          prepared.scale = constant(round(*attention->scale, policy_[Role::scores]).value, Role::scores);
        for (int t = 0; t < prepared.heads * prepared.d_v; ++t)
          prepared.values.push_back(
              push_list(std::vector<NodeId>(static_cast<std::size_t>(positions), 0)).offset);
      }
      if (layer.feed_forward) {
        prepared.in = prepare(layer.feed_forward->in);
        prepared.out = prepare(layer.feed_forward->out);
      }
      layers_.push_back(std::move(prepared));
    }
    unembedding_ = prepare(model_.unembedding);
    const std::uint64_t matrix = ++matrices_;
    for (int r = 0; r < model_.d_model(); ++r) {
      std::vector<Value> table;
      for (int token = 0; token < program_.shape.vocabulary; ++token)
        table.push_back(
            round(model_.token_embedding.at(token, r), policy_[Role::weights],
                  {matrix << 40 | static_cast<std::uint64_t>(token) << 20 | static_cast<std::uint64_t>(r), 0})
                .value);
      program_.tables.push_back(std::move(table));
    }
  }

  // ---- the blocks ----
  // rnd(tok + pos), both rounded to the format first.
  std::vector<NodeId> embedding() {
    std::vector<NodeId> x;
    const bool positions = !model_.position_embedding.empty();
    for (int r = 0; r < model_.d_model(); ++r) {
      const NodeId token =
          push({.op = Op::embed,
                .format = at(Role::weights),
                .a = static_cast<std::uint32_t>(position_),
                .b = static_cast<std::uint32_t>(r)},
               site(SiteName::emb, r, -1, -1, positions || !same_format(Role::weights, Role::activations)));
      if (positions) {
        const NodeId pos =
            weight(model_.position_embedding.at(position_, r),
                   1ULL << 62 | static_cast<std::uint64_t>(position_) << 20 | static_cast<std::uint64_t>(r));
        x.push_back(binary(Op::add, token, pos, Role::activations, site(SiteName::emb, r)));
      } else {
        x.push_back(converted(token, Role::weights, Role::activations, site(SiteName::emb, r)));
      }
    }
    return x;
  }

  NodeId converted(NodeId a, Role from, Role to, const Site& where) {
    return same_format(from, to) ? a : push({.op = Op::round, .format = at(to), .a = a}, where);
  }

  // rnd(dot(W_i, x) + b_i): the bias comes last; no bias, no addition.
  std::vector<NodeId> linear(const PreparedLinear& map, const std::vector<NodeId>& x, Role role,
                             SiteName name) {
    const List all = skip_zero_ ? List{} : push_list(x);
    const bool converts = !same_format(Role::accumulators, role);
    std::vector<NodeId> y;
    for (std::size_t r = 0; r < map.rows.size(); ++r) {
      const int index = static_cast<int>(r);
      const bool biased = !map.bias.empty();
      NodeId value;
      if (skip_zero_ && map.kept[r].empty()) {
        value = constant(Value::zero(), Role::weights);
        // a row of zero weights still has a value of its own at its site
        value = push({.op = Op::round, .format = at(Role::accumulators), .a = value},
                     site(name, index, -1, -1, biased || converts));
      } else {
        List list = all;
        if (skip_zero_) {
          std::vector<NodeId> chosen;
          for (std::uint32_t c : map.kept[r]) chosen.push_back(x[c]);
          list = push_list(chosen);
        }
        value = dot(map.rows[r], list, Role::accumulators, site(name, index, -1, -1, biased || converts));
      }
      if (biased)
        value = binary(Op::add, value, map.bias[r], Role::accumulators, site(name, index, -1, -1, converts));
      y.push_back(converted(value, Role::accumulators, role, site(name, index)));
    }
    return y;
  }

  std::vector<NodeId> attention(const std::vector<NodeId>& x, PreparedLayer& layer) {
    const std::vector<NodeId> q = linear(layer.query, x, Role::activations, SiteName::q);
    const std::vector<NodeId> k = linear(layer.key, x, Role::cache, SiteName::k);
    const std::vector<NodeId> v = linear(layer.value, x, Role::cache, SiteName::v);
    const auto heads = static_cast<std::size_t>(layer.heads);
    const auto slice = [&](const std::vector<NodeId>& from, std::size_t head, int width) {
      const auto first = from.begin() + static_cast<std::ptrdiff_t>(head) * width;
      return push_list({first, first + width});
    };
    for (std::size_t h = 0; h < heads; ++h) layer.keys.push_back(slice(k, h, layer.d_k));
    for (std::size_t t = 0; t < v.size(); ++t)
      program_.operands[layer.values[t] + static_cast<std::uint32_t>(position_)] = v[t];
    std::vector<NodeId> outputs;
    for (std::size_t h = 0; h < heads; ++h) {
      const List weights = push_list(attention_weights(slice(q, h, layer.d_k), layer, static_cast<int>(h)));
      for (int t = 0; t < layer.d_v; ++t) {
        const int index = static_cast<int>(h) * layer.d_v + t;
        const List values{layer.values[static_cast<std::size_t>(index)], weights.count};
        const bool converts = !same_format(Role::accumulators, Role::activations);
        const NodeId value =
            dot(weights, values, Role::accumulators, site(SiteName::head, index, -1, -1, converts));
        outputs.push_back(
            converted(value, Role::accumulators, Role::activations, site(SiteName::head, index)));
      }
    }
    return linear(layer.output, outputs, Role::activations, SiteName::attn);
  }

  // s_j = rnd(dot(q, k_j) * scale); e_j = rnd(exp(rnd(s_j - max))) or rnd(exp(s_j)); Z = sum(e); a_j =
  // rnd(e_j / Z).
  std::vector<NodeId> attention_weights(List q, const PreparedLayer& layer, int head) {
    const auto visible = static_cast<std::size_t>(position_) + 1;
    const bool scaled = layer.scale != no_node;
    const bool converts = !same_format(Role::accumulators, Role::scores);
    std::vector<NodeId> scores, exps, weights;
    for (std::size_t j = 0; j < visible; ++j) {
      const int key = static_cast<int>(j);
      NodeId s =
          dot(q, layer.keys[j * static_cast<std::size_t>(layer.heads) + static_cast<std::size_t>(head)],
              Role::accumulators, site(SiteName::score, -1, head, key, scaled || converts));
      s = converted(s, Role::accumulators, Role::scores, site(SiteName::score, -1, head, key, scaled));
      if (scaled) s = binary(Op::mul, s, layer.scale, Role::scores, site(SiteName::score, -1, head, key));
      scores.push_back(s);
    }
    if (policy_.softmax == Softmax::stable) {
      const List list = push_list(scores);
      const NodeId max = push({.op = Op::max, .format = at(Role::scores), .a = list.offset, .c = list.count},
                              site(SiteName::exp, -1, head, -1, true));
      for (std::size_t j = 0; j < visible; ++j)
        scores[j] = binary(Op::sub, scores[j], max, Role::softmax,
                           site(SiteName::exp, -1, head, static_cast<int>(j), true));
    }
    for (std::size_t j = 0; j < visible; ++j)
      exps.push_back(
          unary(Function::exp, scores[j], Role::softmax, site(SiteName::exp, -1, head, static_cast<int>(j))));
    const List list = push_list(exps);
    const NodeId z = push({.op = Op::sum,
                           .format = at(Role::softmax),
                           .reduction = reduction({policy_.order, DotMode::rounded}),
                           .a = list.offset,
                           .c = list.count},
                          site(SiteName::z, -1, head));
    for (std::size_t j = 0; j < visible; ++j)
      weights.push_back(push({.op = Op::div,
                              .format = at(Role::softmax),
                              .nonzero_divisor = softmax_positive_,
                              .a = exps[j],
                              .b = z},
                             site(SiteName::weight, -1, head, static_cast<int>(j))));
    return weights;
  }

  std::vector<NodeId> feed_forward(const std::vector<NodeId>& x, const PreparedLayer& layer,
                                   Activation activation) {
    constexpr Function functions[] = {Function::relu, Function::gelu, Function::gelu_tanh, Function::silu,
                                      Function::identity};
    std::vector<NodeId> hidden = linear(layer.in, x, Role::activations, SiteName::pre);
    for (std::size_t u = 0; u < hidden.size(); ++u)
      hidden[u] = unary(functions[static_cast<std::size_t>(activation)], hidden[u], Role::activations,
                        site(SiteName::act, static_cast<int>(u)));
    return linear(layer.out, hidden, Role::activations, SiteName::ffn);
  }

  std::vector<NodeId> residual(const std::vector<NodeId>& x, const std::vector<NodeId>& f, SiteName name) {
    std::vector<NodeId> y;
    for (std::size_t r = 0; r < x.size(); ++r)
      y.push_back(binary(Op::add, x[r], f[r], Role::activations, site(name, static_cast<int>(r))));
    return y;
  }

  // The next token is the arg max of the logits, ties to the lowest token index.
  NodeId choose(const std::vector<NodeId>& x) {
    const List logits = push_list(linear(unembedding_, x, Role::logits, SiteName::logits));
    return push({.op = Op::arg_max, .format = at(Role::logits), .a = logits.offset, .c = logits.count},
                site(SiteName::next));
  }

  const Model& model_;
  const Policy& policy_;
  const RecordOptions& options_;
  Program program_;
  std::array<std::uint8_t, role_count> role_format_{};
  std::uint8_t reduction_ = 0;
  bool skip_zero_ = false;
  bool softmax_positive_ = false;
  std::unordered_map<Value, NodeId> constants_;
  std::vector<PreparedLayer> layers_;
  PreparedLinear unembedding_;
  std::uint64_t matrices_ = 0;
  int position_ = -1;
  int layer_ = -1;
};

}  // namespace

Program record(const Model& model, const Policy& policy, const SequenceShape& shape,
               const RecordOptions& options) {
  if (shape.vocabulary != static_cast<int>(model.vocabulary.size()))
    throw UsageError(fmt::format(
        "the task has {} tokens but the model's vocabulary has {}; use the task the model was built for",
        shape.vocabulary, model.vocabulary.size()));
  if (!model.position_embedding.empty() && model.position_embedding.rows() < shape.positions())
    throw UsageError(
        fmt::format("the input needs {} positions but the model has only {}; build it for a larger n",
                    shape.positions(), model.position_embedding.rows()));
  return Recorder(model, policy, shape, options).run();
}

std::string inexact_weight(const Model& model, const Policy& policy) {
  const Format& format = policy[Role::weights];
  std::string found;
  const auto check = [&](const std::string& where, const Value& value) {
    if (found.empty() && round(value, format).value != value)
      found = fmt::format("{} = {} is not in {}", where, decimal(value), notation(format));
  };
  const auto check_matrix = [&](std::string_view what, const Matrix& m) {
    for (int r = 0; r < m.rows(); ++r)
      for (const auto& entry : m.row(r)) check(fmt::format("{}[{}][{}]", what, r, entry.column), entry.value);
  };
  const auto check_linear = [&](const std::string& layer, std::string_view what, const Linear& linear) {
    check_matrix(fmt::format("{}W_{}", layer, what), linear.weight);
    if (linear.bias)
      for (std::size_t r = 0; r < linear.bias->size(); ++r)
        check(fmt::format("{}b_{}[{}]", layer, what, r), (*linear.bias)[r]);
  };
  check_matrix("tok_emb", model.token_embedding);
  check_matrix("pos_emb", model.position_embedding);
  for (std::size_t l = 0; l < model.layers.size() && found.empty(); ++l) {
    const std::string where = fmt::format("layers[{}].", l);
    if (const auto& attention = model.layers[l].attention) {
      check_linear(where, "Q", attention->query);
      check_linear(where, "K", attention->key);
      check_linear(where, "V", attention->value);
      check_linear(where, "O", attention->output);
      if (attention->scale) check(where + "scale", *attention->scale);
    }
    if (const auto& ff = model.layers[l].feed_forward) {
      check_linear(where, "1", ff->in);
      check_linear(where, "2", ff->out);
    }
  }
  if (found.empty()) check_linear("", "U", model.unembedding);
  return found;
}

}  // namespace roundoff
