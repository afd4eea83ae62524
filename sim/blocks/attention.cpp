// Attention: s_j = rnd(dot(q, k_j) * scale) for the j that the mask and the window show, then the cap and whatever is
// added to scores,
// then weights, then o_t = sum_j rnd(a_j * v_(j,t)) in position order, or under `divide = last` o_t =
// rnd(dot(e, v_t) / Z), the dot in `accumulators`; 0 where nothing is seen. Heads are concatenated in order,
// then linear(W_O).
#include <algorithm>

#include "sim/blocks/blocks.hpp"
#include "sim/program/recorder.hpp"
#include "sim/tensors/tape.hpp"

namespace roundoff::sim {

namespace {

// Stable softmax: the largest score contributes rnd(exp(0)) = rnd(1), no term is negative, and rounding is
// monotone, so every partial sum is at least rnd(1): Z > 0 whenever rnd(1) > 0 survives the formats of the
// sum. A hard maximum counts 1 there.
bool denominator_is_positive(const Policy& policy, bool hard) {
  const Format& softmax = policy[Role::softmax];
  if ((policy.softmax != Softmax::stable && !hard) || softmax.overflow == Overflow::wrap) return false;
  Value one = round(Value::integer(1), softmax).value;
  if (softmax.is_stochastic() && one != Value::integer(1)) return false;
  if (policy.order.kind == SumOrder::wide) {
    const Format& wide = policy.order.wide_format;
    if (wide.overflow == Overflow::wrap || wide.is_stochastic()) return false;
    one = round(round(one, wide).value, softmax).value;
  }
  return !one.is_zero();
}

}  // namespace

template <class Tape>
AttentionBlock<Tape>::AttentionBlock(Tape& tape, const Attention& attention)
    : attention_(&attention),
      query_(tape, attention.query),
      key_(tape, attention.key),
      value_(tape, attention.value),
      output_(tape, attention.output),
      cap_(tape, attention.cap, Role::scores),
      d_k_(attention.query.weight.rows() / attention.heads),
      d_v_(attention.value.weight.rows() / attention.groups()),
      z_is_positive_(denominator_is_positive(tape.policy(), attention.weighting == Weighting::hard)),
      activations_(tape.policy().quantisers.activations),
      cache_(tape.policy().quantisers.cache),
      memory_(tape.memory(attention.groups(), d_k_, d_v_)) {
  const bool whole = attention.whole_norms;
  if (attention.query_norm)
    query_norm_.emplace(tape, *attention.query_norm, whole ? attention.query.out() : d_k_, SiteName::norm_q);
  if (attention.key_norm)
    key_norm_.emplace(tape, *attention.key_norm, whole ? attention.key.out() : d_k_, SiteName::norm_k);
  if (attention.rotary) rotary_.emplace(*attention.rotary);
  if (attention.scale) scale_ = tape.constant(*attention.scale, Role::scores);
  if (attention.slopes)
    for (const Value& slope : *attention.slopes) slopes_.push_back(tape.constant(slope, Role::weights));
  if constexpr (requires { memory_.plain_softmax; })
    memory_.plain_softmax = z_is_positive_ && attention.weighting == Weighting::softmax &&
                            tape.policy().softmax == Softmax::stable && !attention.scale && !attention.cap &&
                            !attention.slopes && attention.mask.empty();
}

template <class Tape>
typename Tape::Entries AttentionBlock<Tape>::quantised_input(Tape& tape, const Entries& input) const {
  return activations_.apply(tape, input, attention_->query.in(), Role::activations, SiteName::q);
}

template <class Tape>
void AttentionBlock<Tape>::remember_quantised(Tape& tape, const Entries& x) {
  Entries k = key_.apply(tape, x, Role::cache, SiteName::k);
  const Entries v = value_.apply(tape, x, Role::cache, SiteName::v);
  const bool whole = attention_->whole_norms;
  if (key_norm_ && whole) k = key_norm_->apply(tape, k, Role::cache);
  tape.each(attention_->groups(), [&](int g) {
    Entries part = tape.slice(k, g * d_k_, d_k_);
    if (key_norm_ && !whole) part = key_norm_->apply(tape, part, Role::cache, g * d_k_);
    if (rotary_) part = rotary_->key(tape, part, d_k_, g);
    tape.keep_key(memory_, g, cache_.apply(tape, part, d_k_, Role::cache, SiteName::k));
    tape.keep_value(memory_, g,
                    cache_.apply(tape, tape.slice(v, g * d_v_, d_v_), d_v_, Role::cache, SiteName::v));
  });
}

template <class Tape>
typename Tape::Entries AttentionBlock<Tape>::project(Tape& tape, const Entries& input) {
  const Entries x = quantised_input(tape, input);
  Entries q = query_.apply(tape, x, Role::activations, SiteName::q);
  if (query_norm_ && attention_->whole_norms) q = query_norm_->apply(tape, q, Role::activations);
  remember_quantised(tape, x);
  return q;
}

template <class Tape>
typename Tape::Entries AttentionBlock<Tape>::attend(Tape& tape, const Entries& q) {
  const int heads = attention_->heads, groups = attention_->groups();
  tape.look_back(attention_->window);
  std::vector<Entries> outputs(static_cast<std::size_t>(heads));
  tape.each(heads, [&](int h) {
    Entries part = tape.slice(q, h * d_k_, d_k_);
    if (query_norm_ && !attention_->whole_norms) part = query_norm_->apply(tape, part, Role::activations, h * d_k_);
    if (rotary_) part = rotary_->query(tape, part, d_k_, h);
    Entries& output = outputs[static_cast<std::size_t>(h)];
    if (!tape.sees_any()) {
      output = tape.constants(std::vector<Value>(static_cast<std::size_t>(d_v_), Value::zero()),
                              Role::activations);
      return;
    }
    const Weights w = weights(tape, scores(tape, part, h), h);
    const Place where = Place::entries(SiteName::head, h * d_v_);
    const int group = h / (heads / groups);
    output = w.total ? tape.quotient(tape.mix(memory_, group, w.list, Role::accumulators, where.before()),
                                     *w.total, Role::activations, z_is_positive_, where)
                     : tape.mix(memory_, group, w.list, Role::activations, where);
  });
  return output_.apply(
      tape, activations_.apply(tape, tape.join(outputs), heads * d_v_, Role::activations, SiteName::head),
      Role::activations, SiteName::attn);
}

template <class Tape>
typename Tape::Entries AttentionBlock<Tape>::scores(Tape& tape, const Entries& query, int head) const {
  const bool sloped = !slopes_.empty(), masked = !attention_->mask.empty();
  const Place where = Place::keys(SiteName::score, head);
  Entries s = tape.scores(memory_, head / (attention_->heads / attention_->groups()), query, Role::scores,
                          where.before(scale_ || cap_ || sloped || masked));
  if (scale_)
    s = tape.binary(attention_->divides ? Op::div : Op::mul, s, *scale_, Role::scores,
                    where.before(cap_ || sloped || masked));
  s = cap_.apply(tape, s, where.before(sloped || masked));
  if (sloped) {
    const Entries distance =
        tape.by_key([](int position, int key) { return Value::integer(key - position); }, Role::scores);
    const Entries bias =
        tape.binary(Op::mul, slopes_[static_cast<std::size_t>(head)], distance, Role::scores, where.before());
    s = tape.binary(Op::add, s, bias, Role::scores, where.before(masked));
  }
  if (masked) {
    const Matrix& mask = attention_->mask[static_cast<std::size_t>(head)];
    const Entries added =
        tape.by_key([&](int position, int key) { return mask.at(position, key); }, Role::scores);
    s = tape.binary(Op::add, s, added, Role::scores, where);
  }
  return s;
}

// e_j = 1 where s_j is the largest score, else 0: rnd(s_j - max) is 0 only there, since every format's
// differences are multiples of its smallest step. Then 1 / m each, or all of it to the first or last.
template <class Tape>
typename Tape::Entries AttentionBlock<Tape>::hard_weights(Tape& tape, const Entries& scores, int head) const {
  const Place exp = Place::keys(SiteName::exp, head), weight = Place::keys(SiteName::weight, head);
  const Entries largest =
      tape.max(scores, tape.format_of(Role::scores), Place::step(SiteName::exp, head).before());
  const Entries below = tape.binary(Op::sub, scores, largest, Role::scores, exp.before());
  const Entries e = tape.unary(Function::step, below, Role::softmax, exp);
  if (attention_->weighting == Weighting::hard)
    return tape.quotient(e, tape.sum(e, Role::softmax, Place::step(SiteName::z, head)), Role::softmax,
                         z_is_positive_, weight);
  // relu(e_j - whether one came before): 0 and 1 are exact.
  const Entries seen =
      tape.running_max(e, attention_->weighting == Weighting::hard_first, Role::softmax, weight.before());
  return tape.unary(Function::relu, tape.binary(Op::sub, e, seen, Role::softmax, weight.before()),
                    Role::softmax, weight);
}

// e_j = rnd(exp(rnd(s_j - max))) or rnd(exp(s_j)); Z = sum(e_1..e_i); a_j = rnd(e_j / Z), or e_j and Z. Of
// softmax_one, the score 0 that is always there comes last.
template <class Tape>
typename AttentionBlock<Tape>::Weights AttentionBlock<Tape>::weights(Tape& tape, const Entries& scores,
                                                                     int head) const {
  const Weighting weighting = attention_->weighting;
  if (weighting >= Weighting::hard) return {hard_weights(tape, scores, head), {}};
  const bool casts = tape.policy().attention_cast == AttentionCast::activations &&
                     !tape.same_format(Role::softmax, Role::activations);
  const Place place = Place::keys(SiteName::weight, head), weight = place.before(casts);
  const auto cast = [&](Entries made) {
    return casts ? tape.convert(made, Role::softmax, Role::activations, place) : std::move(made);
  };
  if (weighting == Weighting::exponential)
    return {cast(tape.unary(Function::exp, scores, Role::softmax, weight)), {}};
  const Place exp = Place::keys(SiteName::exp, head), step = Place::step(SiteName::exp, head).before();
  const bool one_more = weighting == Weighting::softmax_one;
  Entries e = scores, more;
  if (one_more) more = tape.constant(Value::zero(), Role::scores);
  if (tape.policy().softmax == Softmax::stable) {
    const Entries largest =
        tape.max(one_more ? tape.join({scores, more}) : scores, tape.format_of(Role::scores), step);
    e = tape.binary(Op::sub, e, largest, Role::softmax, exp.before());
    if (one_more)
      more = tape.unary(Function::exp, tape.binary(Op::sub, more, largest, Role::softmax, step),
                        Role::softmax, step);
  } else if (one_more) {
    more = tape.constant(Value::integer(1), Role::softmax);
  }
  e = tape.unary(Function::exp, e, Role::softmax, exp);
  const Entries z =
      tape.sum(one_more ? tape.join({e, more}) : e, Role::softmax, Place::step(SiteName::z, head));
  if (tape.policy().divide == Divide::last) return {cast(e), z};
  return {cast(tape.quotient(e, z, Role::softmax, z_is_positive_, weight)), {}};
}

template class AttentionBlock<Recorder>;
template class AttentionBlock<Tensors>;

}  // namespace roundoff::sim
