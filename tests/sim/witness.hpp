// A second opinion on the executor: a transformer's forward pass written directly from semantics.md, section
// 3, with dense loops over plain vectors and none of sim/record's machinery. Uniform policies only. Slow and
// obvious.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "formats/error.hpp"
#include "formats/functions/rotary_angles.hpp"
#include "formats/rounding/arithmetic.hpp"
#include "sim/model/model.hpp"
#include "sim/model/policy.hpp"

namespace roundoff::sim::witness {

/// Every value of a run by name: "1 score 5 0 3" is layer 1, site score, position 5, head 0, key 3.
using Trace = std::map<std::string, Value>;

class Transformer {
 public:
  Transformer(const Model& model, const Policy& policy)
      : model_(model), policy_(policy), format_(policy.formats[0]) {}

  Trace run(const std::vector<Token>& tokens) {
    trace_.clear();
    std::vector<Vector> x;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      Vector e;
      for (int r = 0; r < model_.d_model(); ++r) {
        Value tok = rnd(model_.token_embedding.at(tokens[i], r));
        if (model_.embedding_scale) tok = mul(tok, rnd(*model_.embedding_scale), format_).value;
        const Value pos = rnd(model_.position_embedding.at(static_cast<int>(i), r));
        e.push_back(add(tok, pos, format_).value);
        note("- emb", i, -1, -1, r, e.back());
      }
      x.push_back(e);
    }
    for (std::size_t l = 0; l < model_.layers.size(); ++l) layer(l, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (model_.final_norm) x[i] = norm("- norm_final", i, *model_.final_norm, x[i], 0);
      Vector logits = linear(model_.unembedding, x[i]);
      for (Value& y : logits) y = capped(y, model_.logit_cap);
      std::size_t best = 0;
      for (std::size_t t = 0; t < logits.size(); ++t) {
        note("- logits", i, -1, -1, static_cast<int>(t), logits[t]);
        if (model_.candidates != 0 && static_cast<int>(t) >= model_.candidates) continue;
        if (logits[best].is_nan() && policy_.nan == NanRule::propagate) continue;
        if (logits[t].is_nan()) {
          if (policy_.nan == NanRule::trap) throw Trap("NaN reaches the arg max");
          best = t;
          continue;
        }
        const auto order = compare(logits[t], logits[best]);
        if (model_.arg_min ? order < 0 : order > 0) best = t;
      }
      note("- next", i, -1, -1, -1, Value::integer(static_cast<std::int64_t>(best)));
    }
    return trace_;
  }

 private:
  Value rnd(const Value& v) const { return round(v, format_).value; }

  Value sum_of(const Vector& terms) const { return sum(terms, policy_.order, format_).value; }
  Value dot_of(const Vector& a, const Vector& b) const {
    if (policy_.dot != DotMode::rounded) return dot(a, b, policy_.order, policy_.dot, format_).value;
    Vector products;
    for (std::size_t j = 0; j < a.size(); ++j) products.push_back(mul(a[j], b[j], format_).value);
    return sum_of(products);
  }
  Value capped(const Value& x, const std::optional<Value>& cap) const {
    if (!cap) return x;
    const Value part = div(x, rnd(*cap), format_).value;
    return mul(roundoff::formats::apply(Function::tanh, part, format_).value, rnd(*cap), format_).value;
  }
  Vector linear(const Linear& map, const Vector& given) const {
    Vector y;
    const Vector x = map.factor ? linear({*map.factor, {}}, given) : given;
    for (int r = 0; r < map.weight.rows(); ++r) {
      Vector w;
      for (int c = 0; c < map.weight.columns(); ++c) w.push_back(rnd(map.weight.at(r, c)));
      Value s = dot_of(w, x);
      if (map.bias) s = add(s, rnd((*map.bias)[static_cast<std::size_t>(r)]), format_).value;
      y.push_back(s);
    }
    return y;
  }

  Vector norm(const std::string& name, std::size_t i, const Norm& n, Vector x, int first) {
    const Value d = rnd(Value::integer(static_cast<std::int64_t>(x.size())));
    if (n.kind == Norm::layer) {
      const Value mean = div(sum_of(x), d, format_).value;
      for (Value& e : x) e = sub(e, mean, format_).value;
    }
    Value m = div(dot_of(x, x), d, format_).value;
    if (!n.epsilon.is_zero()) m = add(m, rnd(n.epsilon), format_).value;
    const Value r = roundoff::formats::apply(Function::rsqrt, m, format_).value;
    for (std::size_t e = 0; e < x.size(); ++e) {
      x[e] = mul(x[e], r, format_).value;
      if (n.weight && n.one_plus)
        x[e] = mul(x[e], add(Value::integer(1), rnd((*n.weight)[e]), format_).value, format_).value;
      else if (n.weight)
        x[e] = mul(x[e], rnd((*n.weight)[e]), format_).value;
      if (n.bias) x[e] = add(x[e], rnd((*n.bias)[e]), format_).value;
      note(name, i, -1, -1, first + static_cast<int>(e), x[e]);
    }
    return x;
  }

  void layer(std::size_t l, std::vector<Vector>& x) {
    const std::string name = std::to_string(l);
    const Layer& layer = model_.layers[l];
    std::vector<Vector> beside;  // what attention adds, in a parallel layer
    if (layer.projection)
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = noted(name + " proj", i, linear(*layer.projection, x[i]));
    const auto normed = [&](const char* site, std::size_t i, const std::optional<Norm>& n, const Vector& v) {
      return n ? norm(name + " " + site, i, *n, v, 0) : v;
    };
    if (const auto& a = layer.attention) {
      std::vector<Vector> q, k, v;
      const int groups = a->groups();
      const int d_k = a->query.weight.rows() / a->heads, d_v = a->value.weight.rows() / groups;
      const auto norm_heads = [&](const char* site, std::size_t i, const std::optional<Norm>& n, Vector x_all,
                                  int count) {
        if (!n) return x_all;
        if (a->whole_norms) return norm(name + " " + site, i, *n, x_all, 0);
        for (int h = 0; h < count; ++h) {
          const Vector y = norm(name + " " + site, i, *n, part(x_all, h, d_k), h * d_k);
          std::copy(y.begin(), y.end(), x_all.begin() + std::ptrdiff_t{h} * d_k);
        }
        return x_all;
      };
      for (std::size_t i = 0; i < x.size(); ++i) {
        const Vector input = normed("norm_attn", i, layer.before_attention, x[i]);
        q.push_back(
            norm_heads("norm_q", i, a->query_norm, noted(name + " q", i, linear(a->query, input)), a->heads));
        k.push_back(
            norm_heads("norm_k", i, a->key_norm, noted(name + " k", i, linear(a->key, input)), groups));
        v.push_back(noted(name + " v", i, linear(a->value, input)));
      }
      if (a->rotary) {
        for (std::size_t i = 0; i < x.size(); ++i) {
          for (int h = 0; h < a->heads; ++h) turn(name + " rope_q", i, *a->rotary, q[i], h * d_k, h);
          for (int g = 0; g < groups; ++g) turn(name + " rope_k", i, *a->rotary, k[i], g * d_k, -1);
        }
      }
      for (std::size_t i = 0; i < x.size(); ++i) {
        Vector heads;
        for (int h = 0; h < a->heads; ++h) {
          const int group = h * groups / a->heads;
          Vector s, e, w;
          const std::size_t shown = policy_.mask == Mask::none ? x.size() : policy_.mask == Mask::strict ? i : i + 1;
          const auto window = static_cast<std::size_t>(a->window);
          const std::size_t begin = std::min(shown, window == 0 || i + 1 < window ? 0 : i + 1 - window);
          const std::size_t visible = shown - begin;
          for (std::size_t j = begin; j < shown; ++j) {
            Value score = dot_of(part(q[i], h, d_k), part(k[j], group, d_k));
            if (a->scale)
              score = (a->divides ? div(score, rnd(*a->scale), format_) : mul(score, rnd(*a->scale), format_)).value;
            score = capped(score, a->cap);
            if (a->slopes) {
              const Value distance =
                  rnd(Value::integer(static_cast<std::int64_t>(j) - static_cast<std::int64_t>(i)));
              score = add(score, mul(rnd((*a->slopes)[static_cast<std::size_t>(h)]), distance, format_).value,
                          format_)
                          .value;
            }
            if (!a->mask.empty())
              score =
                  add(score,
                      rnd(a->mask[static_cast<std::size_t>(h)].at(static_cast<int>(i), static_cast<int>(j))),
                      format_)
                      .value;
            note(name + " score", i, h, static_cast<int>(j), -1, score);
            s.push_back(score);
          }
          bool last = false;
          Value total;
          if (visible == 0) {
            // nothing is seen
          } else if (a->weighting >= Weighting::hard) {
            w = hard(name, i, h, s, a->weighting, static_cast<int>(begin));
          } else {
            const bool plain = policy_.softmax == Softmax::plain || a->weighting == Weighting::exponential;
            if (a->weighting == Weighting::softmax_one) s.push_back(rnd(Value::zero()));
            const Value top = plain ? s[0] : most(s);
            for (const Value& score : s)
              e.push_back(roundoff::formats::apply(Function::exp,
                                                   plain ? score : sub(score, top, format_).value, format_)
                              .value);
            for (std::size_t j = 0; j < visible; ++j)
              note(name + (a->weighting == Weighting::exponential ? " weight" : " exp"), i, h,
                   static_cast<int>(begin + j), -1, e[j]);
            if (a->weighting == Weighting::exponential) {
              w = e;
            } else {
              if (plain && a->weighting == Weighting::softmax_one) e.back() = rnd(Value::integer(1));
              const Value z = sum_of(e);
              note(name + " z", i, h, -1, -1, z);
              last = policy_.divide == Divide::last;
              total = z;
              if (last) w.assign(e.begin(), e.begin() + static_cast<std::ptrdiff_t>(visible));
              for (std::size_t j = 0; j < visible && !last; ++j) {
                w.push_back(div(e[j], z, format_).value);
                note(name + " weight", i, h, static_cast<int>(begin + j), -1, w.back());
              }
            }
          }
          for (int t = 0; t < d_v; ++t) {
            Vector column;
            for (std::size_t j = 0; j < visible; ++j)
              column.push_back(v[begin + j][static_cast<std::size_t>(group * d_v + t)]);
            if (visible == 0) {
              heads.push_back(Value::zero());
              continue;
            }
            heads.push_back(dot_of(w, column));
            if (last) heads.back() = div(heads.back(), total, format_).value;
            note(name + " head", i, -1, -1, h * d_v + t, heads.back());
          }
        }
        const Vector added = normed("norm_of_attn", i, layer.of_attention, noted(name + " attn", i, linear(a->output, heads)));
        if (layer.parallel)
          beside.push_back(added);
        else
          x[i] = normed("norm_mid", i, layer.after_attention, residual(name + " mid", i, x[i], added, layer));
      }
    }
    if (const auto& f = layer.feed_forward) {
      for (std::size_t i = 0; i < x.size(); ++i) {
        const Vector input = normed("norm_ffn", i, layer.before_feed_forward, x[i]);
        Vector hidden = noted(name + " pre", i, linear(f->in, input));
        const Vector gate = f->gate ? noted(name + " gate", i, linear(*f->gate, input)) : hidden;
        constexpr Function functions[] = {Function::relu, Function::gelu, Function::gelu_tanh, Function::silu,
                                          Function::identity};
        for (std::size_t u = 0; u < hidden.size(); ++u) {
          const Value act =
              roundoff::formats::apply(functions[static_cast<std::size_t>(f->activation)], gate[u], format_)
                  .value;
          hidden[u] = f->gate ? mul(act, hidden[u], format_).value : act;
        }
        noted(name + " act", i, hidden);
        Vector added = normed("norm_of_ffn", i, layer.of_feed_forward, noted(name + " ffn", i, linear(f->out, hidden)));
        if (layer.parallel) added = residual(name + " mid", i, added, beside[i], {});
        const Vector sum = layer.parallel ? residual(name + " out", i, added, x[i], {})
                                          : residual(name + " out", i, x[i], added, layer);
        x[i] = normed("norm_out", i, layer.after_feed_forward, sum);
      }
    }
  }

  void turn(const std::string& name, std::size_t i, const Rotary& rotary, Vector& v, int begin, int head) {
    const int pairs = rotary.pairs();
    Vector y = v;
    for (int t = 0; t < pairs; ++t) {
      Value phase = Value::zero();
      if (head >= 0 && !rotary.phase.empty())
        phase = rotary.phase[static_cast<std::size_t>(
            static_cast<int>(rotary.phase.size()) > pairs ? head * pairs + t : t)];
      const Value& rate = rotary.rate[static_cast<std::size_t>(t)];
      const auto p = static_cast<std::int64_t>(i);
      const Angle angle = rotary.periodic ? Angle{scaled_sum(p, Value::integer(1), phase), rate}
                                          : Angle{scaled_sum(p, rate, phase), Value::zero()};
      Value c = cosine(angle, format_).value, s = sine(angle, format_).value;
      if (rotary.amplitude) {
        c = mul(c, rnd(*rotary.amplitude), format_).value;
        s = mul(s, rnd(*rotary.amplitude), format_).value;
      }
      const auto first = static_cast<std::size_t>(begin + (rotary.interleaved ? 2 * t : t));
      const auto second = static_cast<std::size_t>(begin + (rotary.interleaved ? 2 * t + 1 : t + pairs));
      const auto times = [&](const Value& a, const Value& b) { return mul(a, b, format_).value; };
      y[first] = sub(times(v[first], c), times(v[second], s), format_).value;
      y[second] = add(times(v[second], c), times(v[first], s), format_).value;
    }
    v = y;
    for (int t = 0; t < 2 * pairs; ++t)
      note(name, i, -1, -1, begin + t, v[static_cast<std::size_t>(begin + t)]);
  }

  Value most(const Vector& s) const {
    Value top = s[0];
    for (const Value& score : s) {
      if (policy_.nan == NanRule::propagate && (score.is_nan() || top.is_nan()))
        top = Value::nan();
      else
        top = maximum(top, score);
    }
    return top;
  }

  // By the definition: who has the largest score shares the weight, or the first or the last has it all.
  Vector hard(const std::string& name, std::size_t i, int h, const Vector& s, Weighting weighting, int begin) {
    const Value top = most(s);
    Vector e, w;
    // Among finite scores the largest is told by itself; infinities and NaN are told by s - max, as in softmax.
    const bool finite = std::all_of(s.begin(), s.end(), [](const Value& score) { return score.is_finite(); });
    for (const Value& score : s) {
      if (finite)
        e.push_back(compare(score, top) == 0 ? rnd(Value::integer(1)) : Value::zero());
      else
        e.push_back(
            roundoff::formats::apply(Function::step, sub(score, top, format_).value, format_).value);
    }
    if (!finite) {
      const bool forward = weighting == Weighting::hard_first;
      if (weighting == Weighting::hard) note(name + " z", i, h, -1, -1, sum_of(e));
      for (std::size_t j = 0; j < s.size(); ++j) {
        note(name + " exp", i, h, begin + static_cast<int>(j), -1, e[j]);
        if (weighting == Weighting::hard) {
          w.push_back(div(e[j], sum_of(e), format_).value);
        } else {
          Vector before = forward ? Vector(e.begin(), e.begin() + static_cast<std::ptrdiff_t>(j))
                                  : Vector(e.begin() + static_cast<std::ptrdiff_t>(j) + 1, e.end());
          const Value seen = before.empty() ? Value::zero() : before.size() == 1 ? before[0] : most(before);
          w.push_back(
              roundoff::formats::apply(Function::relu, sub(e[j], seen, format_).value, format_).value);
        }
        note(name + " weight", i, h, begin + static_cast<int>(j), -1, w[j]);
      }
      return w;
    }
    const auto is_top = [&](std::size_t j) { return compare(s[j], top) == 0; };
    std::size_t chosen = 0;
    while (!is_top(chosen)) ++chosen;
    if (weighting == Weighting::hard_last)
      for (std::size_t j = 0; j < s.size(); ++j)
        if (is_top(j)) chosen = j;
    const Value z = sum_of(e);
    if (weighting == Weighting::hard) note(name + " z", i, h, -1, -1, z);
    for (std::size_t j = 0; j < s.size(); ++j) {
      note(name + " exp", i, h, begin + static_cast<int>(j), -1, e[j]);
      w.push_back(weighting == Weighting::hard ? div(e[j], z, format_).value
                  : j == chosen                ? e[j]
                                               : Value::zero());
      note(name + " weight", i, h, begin + static_cast<int>(j), -1, w[j]);
    }
    return w;
  }

  static Vector part(const Vector& v, int h, int width) {
    return Vector(v.begin() + static_cast<std::ptrdiff_t>(h) * width,
                  v.begin() + static_cast<std::ptrdiff_t>(h + 1) * width);
  }
  Vector residual(const std::string& name, std::size_t i, const Vector& x, const Vector& f, const Layer& layer) {
    Vector y;
    for (std::size_t r = 0; r < x.size(); ++r) {
      const Value kept = layer.keep ? mul(x[r], rnd(*layer.keep), format_).value : x[r];
      const Value added = layer.add ? mul(f[r], rnd(*layer.add), format_).value : f[r];
      y.push_back(add(kept, added, format_).value);
    }
    return noted(name, i, y);
  }
  Vector noted(const std::string& name, std::size_t i, const Vector& v) {
    for (std::size_t r = 0; r < v.size(); ++r) note(name, i, -1, -1, static_cast<int>(r), v[r]);
    return v;
  }
  void note(const std::string& name, std::size_t i, int head, int key, int index, const Value& value) {
    trace_[name + " " + std::to_string(i) + " " + std::to_string(head) + " " + std::to_string(key) + " " +
           std::to_string(index)] = value;
  }

  const Model& model_;
  const Policy& policy_;
  const Format& format_;
  Trace trace_;
};

}  // namespace roundoff::sim::witness
