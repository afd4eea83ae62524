// A second opinion on the executor: a transformer's forward pass written directly from semantics.md, section
// 3, with dense loops over plain vectors and none of sim/record's machinery. Uniform policies only. Slow and
// obvious.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "formats/arithmetic.hpp"
#include "sim/model.hpp"
#include "sim/policy.hpp"

namespace roundoff::witness {

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
        const Value tok = rnd(model_.token_embedding.at(tokens[i], r));
        const Value pos = rnd(model_.position_embedding.at(static_cast<int>(i), r));
        e.push_back(add(tok, pos, format_).value);
        note("- emb", i, -1, -1, r, e.back());
      }
      x.push_back(e);
    }
    for (std::size_t l = 0; l < model_.layers.size(); ++l) layer(l, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Vector logits = linear(model_.unembedding, x[i]);
      std::size_t best = 0;
      for (std::size_t t = 0; t < logits.size(); ++t) {
        note("- logits", i, -1, -1, static_cast<int>(t), logits[t]);
        if (compare(logits[t], logits[best]) > 0) best = t;
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
  Vector linear(const Linear& map, const Vector& x) const {
    Vector y;
    for (int r = 0; r < map.weight.rows(); ++r) {
      Vector w;
      for (int c = 0; c < map.weight.columns(); ++c) w.push_back(rnd(map.weight.at(r, c)));
      Value s = dot_of(w, x);
      if (map.bias) s = add(s, rnd((*map.bias)[static_cast<std::size_t>(r)]), format_).value;
      y.push_back(s);
    }
    return y;
  }

  void layer(std::size_t l, std::vector<Vector>& x) {
    const std::string name = std::to_string(l);
    if (const auto& a = model_.layers[l].attention) {
      std::vector<Vector> q, k, v;
      for (std::size_t i = 0; i < x.size(); ++i) {
        q.push_back(noted(name + " q", i, linear(a->query, x[i])));
        k.push_back(noted(name + " k", i, linear(a->key, x[i])));
        v.push_back(noted(name + " v", i, linear(a->value, x[i])));
      }
      const int d_k = a->query.weight.rows() / a->heads, d_v = a->value.weight.rows() / a->heads;
      for (std::size_t i = 0; i < x.size(); ++i) {
        Vector heads;
        for (int h = 0; h < a->heads; ++h) {
          Vector s, e, w;
          for (std::size_t j = 0; j <= i; ++j) {
            Value score = dot_of(part(q[i], h, d_k), part(k[j], h, d_k));
            if (a->scale) score = mul(score, rnd(*a->scale), format_).value;
            note(name + " score", i, h, static_cast<int>(j), -1, score);
            s.push_back(score);
          }
          Value top = s[0];
          for (const Value& score : s) top = maximum(top, score);
          for (std::size_t j = 0; j <= i; ++j) {
            const Value argument = policy_.softmax == Softmax::stable ? sub(s[j], top, format_).value : s[j];
            e.push_back(apply(Function::exp, argument, format_).value);
            note(name + " exp", i, h, static_cast<int>(j), -1, e.back());
          }
          const Value z = sum_of(e);
          note(name + " z", i, h, -1, -1, z);
          for (std::size_t j = 0; j <= i; ++j) {
            w.push_back(div(e[j], z, format_).value);
            note(name + " weight", i, h, static_cast<int>(j), -1, w.back());
          }
          for (int t = 0; t < d_v; ++t) {
            Vector column;
            for (std::size_t j = 0; j <= i; ++j)
              column.push_back(v[j][static_cast<std::size_t>(h * d_v + t)]);
            heads.push_back(dot_of(w, column));
            note(name + " head", i, -1, -1, h * d_v + t, heads.back());
          }
        }
        x[i] = residual(name + " mid", i, x[i], noted(name + " attn", i, linear(a->output, heads)));
      }
    }
    if (const auto& f = model_.layers[l].feed_forward) {
      for (std::size_t i = 0; i < x.size(); ++i) {
        Vector hidden = noted(name + " pre", i, linear(f->in, x[i]));
        constexpr Function functions[] = {Function::relu, Function::gelu, Function::gelu_tanh, Function::silu,
                                          Function::identity};
        for (Value& u : hidden)
          u = apply(functions[static_cast<std::size_t>(f->activation)], u, format_).value;
        noted(name + " act", i, hidden);
        x[i] = residual(name + " out", i, x[i], noted(name + " ffn", i, linear(f->out, hidden)));
      }
    }
  }

  static Vector part(const Vector& v, int h, int width) {
    return Vector(v.begin() + static_cast<std::ptrdiff_t>(h) * width,
                  v.begin() + static_cast<std::ptrdiff_t>(h + 1) * width);
  }
  Vector residual(const std::string& name, std::size_t i, const Vector& x, const Vector& f) {
    Vector y;
    for (std::size_t r = 0; r < x.size(); ++r) y.push_back(add(x[r], f[r], format_).value);
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

}  // namespace roundoff::witness
