// Attention: s_j = rnd(dot(q, k_j) * scale) for the j that the mask shows, then whatever is added to scores,
// then weights, then o_t = sum_j rnd(a_j * v_(j,t)) in position order, or under `divide = last` o_t =
// rnd(dot(e, v_t) / Z), the dot in `accumulators`; 0 where nothing is seen. Heads are concatenated in order,
// then linear(W_O).
#include <algorithm>

#include "sim/blocks/blocks.hpp"

namespace roundoff::sim {

namespace {

// Stable softmax: the largest score contributes rnd(exp(0)) = rnd(1), no term is negative, and rounding is
// monotone, so every partial sum is at least rnd(1): Z > 0 whenever rnd(1) > 0 survives the formats of the
// sum. A hard maximum counts 1 there.
bool denominator_is_positive(const Policy& policy, bool hard) {
  const Format& softmax = policy[Role::softmax];
  if ((policy.softmax != Softmax::stable && !hard) || softmax.overflow == Overflow::wrap) return false;
  Value one = round(Value::integer(1), softmax).value;
  if (softmax.rounding == Rounding::sr && one != Value::integer(1)) return false;
  if (policy.order.kind == SumOrder::wide) {
    const Format& wide = policy.order.wide_format;
    if (wide.overflow == Overflow::wrap || wide.rounding == Rounding::sr) return false;
    one = round(round(one, wide).value, softmax).value;
  }
  return !one.is_zero();
}

}  // namespace

AttentionBlock::AttentionBlock(Recorder& tape, const Attention& attention)
    : attention_(&attention),
      query_(tape.prepare(attention.query)),
      key_(tape.prepare(attention.key)),
      value_(tape.prepare(attention.value)),
      output_(tape.prepare(attention.output)),
      d_k_(attention.query.weight.rows() / attention.heads),
      d_v_(attention.value.weight.rows() / attention.groups()),
      z_is_positive_(denominator_is_positive(tape.policy(), attention.weighting == Weighting::hard)),
      activations_(tape.policy().quantisers.activations),
      cache_(tape.policy().quantisers.cache) {
  if (attention.query_norm) query_norm_.emplace(tape, *attention.query_norm, d_k_, SiteName::norm_q);
  if (attention.key_norm) key_norm_.emplace(tape, *attention.key_norm, d_k_, SiteName::norm_k);
  if (attention.rotary) rotary_.emplace(*attention.rotary);
  if (attention.scale) scale_ = tape.constant(*attention.scale, Role::scores);
  if (attention.slopes)
    for (const Value& slope : *attention.slopes) slopes_.push_back(tape.constant(slope, Role::weights));
  if (attention.weighting == Weighting::softmax_one) {
    zero_ = tape.constant(Value::zero(), Role::scores);
    one_ = tape.constant(Value::integer(1), Role::softmax);
  }
  const auto positions = static_cast<std::size_t>(tape.program().shape.positions());
  for (int t = 0; t < attention.groups() * d_v_; ++t) values_.push_back(tape.open_list(positions).offset);
}

void AttentionBlock::remember_quantised(Recorder& tape, const std::vector<NodeId>& x) {
  std::vector<NodeId> k = tape.apply(key_, x, Role::cache, SiteName::k);
  std::vector<NodeId> v = tape.apply(value_, x, Role::cache, SiteName::v);
  for (int g = 0; g < attention_->groups(); ++g) {
    std::vector<NodeId> part(k.begin() + std::ptrdiff_t{g} * d_k_, k.begin() + std::ptrdiff_t{g + 1} * d_k_);
    if (key_norm_) part = key_norm_->apply(tape, part, Role::cache, g * d_k_);
    if (rotary_) part = rotary_->key(tape, part, g);
    keys_.push_back(tape.list(cache_.apply(tape, part, Role::cache, SiteName::k)));
    const auto begin = v.begin() + std::ptrdiff_t{g} * d_v_;
    const std::vector<NodeId> kept =
        cache_.apply(tape, std::vector<NodeId>(begin, begin + d_v_), Role::cache, SiteName::v);
    std::copy(kept.begin(), kept.end(), begin);
  }
  for (std::size_t t = 0; t < v.size(); ++t)
    tape.program().operands[values_[t] + static_cast<std::uint32_t>(tape.position())] = v[t];
}

std::vector<NodeId> AttentionBlock::project(Recorder& tape, const std::vector<NodeId>& input) {
  const std::vector<NodeId> x = activations_.apply(tape, input, Role::activations, SiteName::q);
  std::vector<NodeId> q = tape.apply(query_, x, Role::activations, SiteName::q);
  remember_quantised(tape, x);
  return q;
}

std::vector<NodeId> AttentionBlock::attend(Recorder& tape, const std::vector<NodeId>& q) {
  const auto head_of = [&](const std::vector<NodeId>& from, int head) {
    return std::vector<NodeId>(from.begin() + std::ptrdiff_t{head} * d_k_,
                               from.begin() + std::ptrdiff_t{head + 1} * d_k_);
  };
  const int groups = attention_->groups();
  std::vector<NodeId> outputs;
  for (int h = 0; h < attention_->heads; ++h) {
    std::vector<NodeId> part = head_of(q, h);
    if (query_norm_) part = query_norm_->apply(tape, part, Role::activations, h * d_k_);
    if (rotary_) part = rotary_->query(tape, part, h);
    const Weights w = weights(tape, scores(tape, tape.list(part), h), h);
    const OperandList a = tape.list(w.list);
    const int group = h / (attention_->heads / groups);
    for (int t = 0; t < d_v_; ++t) {
      const Site where = tape.site(SiteName::head, h * d_v_ + t);
      const OperandList v{values_[static_cast<std::size_t>(group * d_v_ + t)], a.count};
      outputs.push_back(
          a.count == 0 ? tape.constant(Value::zero(), Role::activations)
          : w.total == no_node
              ? tape.dot(a, v, Role::activations, where)
              : tape.quotient(tape.dot(a, v, Role::accumulators, Recorder::inner(where)), w.total,
                              Role::activations, z_is_positive_, where));
    }
  }
  return tape.apply(output_, activations_.apply(tape, outputs, Role::activations, SiteName::head),
                    Role::activations, SiteName::attn);
}

std::vector<NodeId> AttentionBlock::scores(Recorder& tape, OperandList query, int head) const {
  const int groups = attention_->groups(), group = head / (attention_->heads / groups);
  const bool sloped = !slopes_.empty(), masked = !attention_->mask.empty();
  std::vector<NodeId> scores;
  const int visible = tape.policy().mask == Mask::none     ? tape.program().shape.positions()
                      : tape.policy().mask == Mask::strict ? tape.position()
                                                           : tape.position() + 1;
  for (int j = 0; j < visible; ++j) {
    const Site where = tape.site(SiteName::score, -1, head, j);
    const auto stand = [&](bool more) { return more ? Recorder::inner(where) : where; };
    NodeId s = tape.dot(query, keys_[static_cast<std::size_t>(j * groups + group)], Role::scores,
                        stand(scale_ != no_node || sloped || masked));
    if (scale_ != no_node) s = tape.binary(Op::mul, s, scale_, Role::scores, stand(sloped || masked));
    if (sloped) {
      const NodeId distance = tape.constant(Value::integer(j - tape.position()), Role::scores);
      const NodeId bias = tape.binary(Op::mul, slopes_[static_cast<std::size_t>(head)], distance,
                                      Role::scores, Recorder::inner(where));
      s = tape.binary(Op::add, s, bias, Role::scores, stand(masked));
    }
    if (masked)
      s = tape.binary(Op::add, s,
                      tape.constant(attention_->mask[static_cast<std::size_t>(head)].at(tape.position(), j),
                                    Role::scores),
                      Role::scores, where);
    scores.push_back(s);
  }
  return scores;
}

// e_j = 1 where s_j is the largest score, else 0: rnd(s_j - max) is 0 only there, since every format's
// differences are multiples of its smallest step. Then 1 / m each, or all of it to the first or last.
std::vector<NodeId> AttentionBlock::hard_weights(Recorder& tape, const std::vector<NodeId>& scores,
                                                 int head) const {
  const NodeId largest =
      tape.max(tape.list(scores), Role::scores, tape.site(SiteName::exp, -1, head, -1, true));
  std::vector<NodeId> e;
  for (std::size_t j = 0; j < scores.size(); ++j) {
    const Site where = tape.site(SiteName::exp, -1, head, static_cast<int>(j));
    const NodeId below = tape.binary(Op::sub, scores[j], largest, Role::scores, Recorder::inner(where));
    e.push_back(tape.unary(Function::step, below, Role::softmax, where));
  }
  if (attention_->weighting == Weighting::hard) {
    const NodeId z = tape.sum(tape.list(e), Role::softmax, tape.site(SiteName::z, -1, head));
    for (std::size_t j = 0; j < e.size(); ++j)
      e[j] = tape.quotient(e[j], z, Role::softmax, z_is_positive_,
                           tape.site(SiteName::weight, -1, head, static_cast<int>(j)));
    return e;
  }
  // relu(e_j - whether one came before): 0 and 1 are exact.
  const bool first = attention_->weighting == Weighting::hard_first;
  NodeId seen = no_node;
  for (std::size_t step = 0; step < e.size(); ++step) {
    const std::size_t j = first ? step : e.size() - 1 - step;
    const Site where = tape.site(SiteName::weight, -1, head, static_cast<int>(j));
    const NodeId own = e[j];
    const NodeId rest =
        seen == no_node ? own : tape.binary(Op::sub, own, seen, Role::softmax, Recorder::inner(where));
    e[j] = tape.unary(Function::relu, rest, Role::softmax, where);
    seen = seen == no_node ? own : tape.max(tape.list({seen, own}), Role::softmax, Recorder::inner(where));
  }
  return e;
}

// e_j = rnd(exp(rnd(s_j - max))) or rnd(exp(s_j)); Z = sum(e_1..e_i); a_j = rnd(e_j / Z).
AttentionBlock::Weights AttentionBlock::weights(Recorder& tape, std::vector<NodeId> scores,
                                                int head) const {
  if (scores.empty()) return {};
  const Weighting weighting = attention_->weighting;
  if (weighting >= Weighting::hard) return {hard_weights(tape, scores, head)};
  const bool normalised = weighting != Weighting::exponential;
  const bool one_more = weighting == Weighting::softmax_one;
  if (one_more) scores.push_back(zero_);  // the score that is always there
  const bool stable = normalised && tape.policy().softmax == Softmax::stable;
  NodeId largest = no_node;
  if (stable)
    largest = tape.max(tape.list(scores), Role::scores, tape.site(SiteName::exp, -1, head, -1, true));
  std::vector<NodeId> exps;
  for (std::size_t j = 0; j < scores.size(); ++j) {
    const bool extra = one_more && j + 1 == scores.size();
    const Site where =
        tape.site(normalised ? SiteName::exp : SiteName::weight, -1, head, static_cast<int>(j), extra);
    if (extra && !stable) {
      exps.push_back(one_);
      continue;
    }
    NodeId s = scores[j];
    if (stable) s = tape.binary(Op::sub, s, largest, Role::softmax, Recorder::inner(where));
    exps.push_back(tape.unary(Function::exp, s, Role::softmax, where));
  }
  if (!normalised) return {std::move(exps)};
  const NodeId z = tape.sum(tape.list(exps), Role::softmax, tape.site(SiteName::z, -1, head));
  if (one_more) exps.pop_back();
  if (tape.policy().divide == Divide::last) return {std::move(exps), z};
  for (std::size_t j = 0; j < exps.size(); ++j)
    exps[j] = tape.quotient(exps[j], z, Role::softmax, z_is_positive_,
                            tape.site(SiteName::weight, -1, head, static_cast<int>(j)));
  return {std::move(exps)};
}

}  // namespace roundoff::sim
