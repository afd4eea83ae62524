// One step of training by semantics.md, section 5, once more: numbers one by one, in plain loops over vectors of Values, by
// the definition of every rounded operation. It shares no line with training/ but the operations of formats/ and the numbering
// of theory-notes/training.md.
#pragma once

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "training/exact/reals.hpp"
#include "training/model/batch.hpp"
#include "training/model/policy.hpp"

#include "formats/functions/enclosure.hpp"
#include "formats/rounding/arithmetic.hpp"
#include "sim/model/model.hpp"

namespace roundoff::training {

class Witness {
 public:
  using R = TrainingRole;
  using Vec = std::vector<Value>;
  using Mat = std::vector<Vec>;  ///< [rows][columns]; of activations [lane][entry]

  TrainingPolicy policy;
  Model model;
  std::map<std::string, Mat> master, first, second, gradients;  ///< vectors are columns
  std::vector<std::string> order;                               ///< of parameters
  std::uint64_t taken = 0;
  Value loss;

  Witness(const Model& m, const TrainingPolicy& p) : policy(p), model(m) {
    std::uint64_t element = 0;
    const auto take = [&](const std::string& name, const Mat& numbers) {
      order.push_back(name);
      for (const Vec& row : numbers) {
        master[name].push_back({});
        for (const Value& v : row)
          master[name].back().push_back(round(v, policy[R::master], {element++, 0}).value);
        first[name].push_back(Vec(row.size(), Value::zero()));
        second[name].push_back(Vec(row.size(), Value::zero()));
      }
    };
    const auto matrix = [&](const std::string& name, const Matrix& from) {
      Mat numbers;
      for (int r = 0; r < from.rows(); ++r) {
        numbers.push_back({});
        for (int c = 0; c < from.columns(); ++c) numbers.back().push_back(from.at(r, c));
      }
      take(name, numbers);
    };
    const auto vector = [&](const std::string& name, const std::optional<Vector>& from) {
      if (!from) return;
      Mat numbers;
      for (const Value& v : *from) numbers.push_back({v});
      take(name, numbers);
    };
    const auto linear = [&](const std::string& name, const Linear& map) {
      matrix(name, map.weight);
      vector(name + ".b", map.bias);
    };
    const auto norm = [&](const std::string& name, const std::optional<Norm>& from) {
      if (!from) return;
      vector(name + ".w", from->weight);
      vector(name + ".b", from->bias);
    };
    matrix("tok", model.token_embedding);
    matrix("pos", model.position_embedding);
    for (std::size_t l = 0; l < model.layers.size(); ++l) {
      const Layer& layer = model.layers[l];
      const std::string path = std::to_string(l);
      norm(path + "n1", layer.before_attention);
      linear(path + "q", layer.attention->query);
      linear(path + "k", layer.attention->key);
      linear(path + "v", layer.attention->value);
      linear(path + "o", layer.attention->output);
      norm(path + "n2", layer.after_attention);
      norm(path + "n3", layer.before_feed_forward);
      linear(path + "1", layer.feed_forward->in);
      if (layer.feed_forward->gate) linear(path + "g", *layer.feed_forward->gate);
      linear(path + "2", layer.feed_forward->out);
      norm(path + "n4", layer.after_feed_forward);
    }
    norm("nf", model.final_norm);
    if (!model.tied) matrix("u", model.unembedding.weight);
    vector("u.b", model.unembedding.bias);
  }

  void step(const Batch& b, std::uint64_t number) {
    batch = b;
    step_ = number;
    operation_ = 0;
    gradients.clear();
    for (const std::string& name : order) weights[name] = converted_rows(master[name], R::master, R::weights);
    forward();
  }

  void update(std::uint64_t step, const std::string& rate, const std::string& beta1, const std::string& beta2,
              const std::string& epsilon, const std::string& scale) {
    // All parameters are one row.
    const std::uint64_t rounding = op(policy[R::gradients] != policy[R::master]);
    const Value divisor = constant(decimal_real(scale), R::master);
    const std::uint64_t divided = op();
    Vec g, m, v, w;
    std::uint64_t e = 0;
    for (const std::string& name : order)
      for (std::size_t r = 0; r < master[name].size(); ++r)
        for (std::size_t c = 0; c < master[name][r].size(); ++c, ++e) {
          Value at = gradients[name][r][c];
          if (policy[R::gradients] != policy[R::master])
            at = round(at, policy[R::master], {rounding + e, 0}).value;
          g.push_back(div(at, divisor, policy[R::master], {divided + e, 0}).value);
          m.push_back(first[name][r][c]), v.push_back(second[name][r][c]), w.push_back(master[name][r][c]);
        }
    ++taken;
    const auto b1 = decimal_real(beta1), b2 = decimal_real(beta2), eps = decimal_real(epsilon),
               lr = decimal_real(rate);
    const auto one = [](int bits) { return Enclosure(Value::integer(1), bits); };
    const Value k1 = constant(b1, R::moments),
                t1 = constant([=](int n) { return one(n) - b1(n); }, R::moments);
    const Value k2 = constant(b2, R::moments),
                t2 = constant([=](int n) { return one(n) - b2(n); }, R::moments);
    const auto each = [&](const Vec& x, const auto& f) {
      Vec made;
      for (std::size_t i = 0; i < x.size(); ++i) made.push_back(f(i));
      return made;
    };
    const auto all = [&](auto operation, const auto& x, const auto& y, R role) {
      const std::uint64_t place = op();
      return each(g, [&](std::size_t i) {
        return operation(x(i), y(i), policy[role], Draw{place + i, 0}).value;
      });
    };
    const auto vec = [](const Vec& x) { return [&x](std::size_t i) { return x[i]; }; };
    const auto same = [](const Value& x) { return [x](std::size_t) { return x; }; };
    const auto plus = [](const Value& x, const Value& y, const Format& f, Draw d) { return add(x, y, f, d); };
    const auto times = [](const Value& x, const Value& y, const Format& f, Draw d) {
      return mul(x, y, f, d);
    };
    const auto over = [](const Value& x, const Value& y, const Format& f, Draw d) { return div(x, y, f, d); };
    const auto minus = [](const Value& x, const Value& y, const Format& f, Draw d) {
      return sub(x, y, f, d);
    };
    const Vec m1 = all(times, same(k1), vec(m), R::moments);
    const Vec m2 = all(times, same(t1), vec(g), R::moments);
    m = all(plus, vec(m1), vec(m2), R::moments);
    const Vec v1 = all(times, same(k2), vec(v), R::moments);
    const Vec square = all(times, vec(g), vec(g), R::moments);
    const Vec v2 = all(times, same(t2), vec(square), R::moments);
    v = all(plus, vec(v1), vec(v2), R::moments);
    const auto to_the = [one, times_taken = taken](const RealAt& b, int n) {
      Enclosure made = one(n);
      for (std::uint64_t i = 0; i < times_taken; ++i) made = made * b(n);
      return made;
    };
    const auto root = [=](int n) { return apply(Function::sqrt, one(n) - to_the(b2, n)); };
    static_cast<void>(step);
    const Value ct = constant([=](int n) { return lr(n) * root(n) / (one(n) - to_the(b1, n)); }, R::master);
    const Value et = constant([=](int n) { return eps(n) * root(n); }, R::master);
    const Vec top = all(times, same(ct), vec(m), R::master);
    const std::uint64_t place = op();
    const Vec roots = each(v, [&](std::size_t i) {
      return apply(Function::sqrt, v[i], policy[R::moments], {place + i, 0}).value;
    });
    const Vec bottom = all(plus, vec(roots), same(et), R::master);
    const Vec u = all(over, vec(top), vec(bottom), R::master);
    w = all(minus, vec(w), vec(u), R::master);
    e = 0;
    for (const std::string& name : order)
      for (std::size_t r = 0; r < master[name].size(); ++r)
        for (std::size_t c = 0; c < master[name][r].size(); ++c, ++e)
          first[name][r][c] = m[e], second[name][r][c] = v[e], master[name][r][c] = w[e];
  }

 private:
  std::uint64_t op(bool = true) { return step_ << 40 | operation_++ << 28; }
  std::uint64_t lanes() const { return batch.tokens.size(); }
  const Format& f(R role) const { return policy[role]; }

  Value constant(const RealAt& real, R role) { return rounded_real(real, f(role), {op(), 0}); }
  Value constant(const Value& value, R role) { return round(value, f(role), {op(), 0}).value; }

  /// x[lane][entry] -> operation(x, entry, lane), numbered entry * lanes + lane.
  template <class F>
  Mat each(const Mat& x, const F& of) {
    const std::uint64_t place = op();
    Mat made = x;
    for (std::size_t i = 0; i < x.size(); ++i)
      for (std::size_t r = 0; r < x[i].size(); ++r)
        made[i][r] = of(x[i][r], r, i, Draw{place + r * x.size() + i, 0});
    return made;
  }
  Mat converted(const Mat& x, R from, R to) {
    if (f(from) == f(to)) return op(), x;
    return each(x,
                [&](const Value& v, std::size_t, std::size_t, Draw d) { return round(v, f(to), d).value; });
  }
  /// [row][column], numbered row * columns + column.
  Mat converted_rows(const Mat& x, R from, R to) {
    const std::uint64_t place = op();
    Mat made = x;
    if (f(from) == f(to)) return made;
    for (std::size_t r = 0; r < x.size(); ++r)
      for (std::size_t c = 0; c < x[r].size(); ++c)
        made[r][c] = round(x[r][c], f(to), {place + r * x[r].size() + c, 0}).value;
    return made;
  }
  Value dotted(const Vec& x, const Vec& y, std::uint64_t place) const {
    return dot(x, y, policy.model.order, policy.model.dot, f(R::accumulators), place).value;
  }
  Value summed(const Vec& x, R role, std::uint64_t place) const {
    return sum(x, policy.model.order, f(role), place).value;
  }

  Mat linear(const std::string& name, const Mat& x, R role) {
    const Mat& w = weights[name];
    const std::uint64_t place = op();
    Mat made(x.size(), Vec(w.size()));
    for (std::size_t i = 0; i < x.size(); ++i)
      for (std::size_t r = 0; r < w.size(); ++r) made[i][r] = dotted(w[r], x[i], place + r * x.size() + i);
    if (weights.count(name + ".b") != 0)
      made = each(made, [&](const Value& v, std::size_t r, std::size_t, Draw d) {
        return add(v, weights[name + ".b"][r][0], f(R::accumulators), d).value;
      });
    return converted(made, R::accumulators, role);
  }
  Mat linear_back(const std::string& name, const Mat& dy, const Mat& x) {
    const Mat& w = weights[name];
    std::uint64_t place = op();
    Mat dw = w;
    for (std::size_t o = 0; o < w.size(); ++o)
      for (std::size_t c = 0; c < w[o].size(); ++c) {
        Vec left, right;
        for (std::size_t i = 0; i < x.size(); ++i) left.push_back(dy[i][o]), right.push_back(x[i][c]);
        dw[o][c] = dotted(left, right, place + o * w[o].size() + c);
      }
    gradients[name] = converted_rows(dw, R::accumulators, R::gradients);
    if (weights.count(name + ".b") != 0) gradients[name + ".b"] = over_lanes(dy);
    place = op();
    Mat dx(x.size(), Vec(w[0].size()));
    for (std::size_t i = 0; i < x.size(); ++i)
      for (std::size_t c = 0; c < w[0].size(); ++c) {
        Vec column;
        for (const Vec& row : w) column.push_back(row[c]);
        dx[i][c] = dotted(column, dy[i], place + c * x.size() + i);
      }
    return converted(dx, R::accumulators, R::gradients);
  }
  /// The sum over lanes of every entry: terms rounded to `accumulators`, the sum to `gradients`.
  Mat over_lanes(const Mat& x) {
    std::uint64_t place = op();
    Mat terms = x;
    if (f(R::gradients) != f(R::accumulators))
      for (std::size_t i = 0; i < x.size(); ++i)
        for (std::size_t r = 0; r < x[i].size(); ++r)
          terms[i][r] = round(x[i][r], f(R::accumulators), {place + i * x[i].size() + r, 0}).value;
    place = op();
    const std::uint64_t last = op();
    Mat made;
    for (std::size_t r = 0; r < x[0].size(); ++r) {
      Vec column;
      for (const Vec& row : terms) column.push_back(row[r]);
      Value total = summed(column, R::accumulators, place + r);
      if (f(R::gradients) != f(R::accumulators)) total = round(total, f(R::gradients), {last + r, 0}).value;
      made.push_back({total});
    }
    return made;
  }
  /// Of entries in every lane, to `role`.
  Mat dots(const Mat& x, const Mat& y, R role) {
    const std::uint64_t place = op();
    Mat made;
    for (std::size_t i = 0; i < x.size(); ++i) made.push_back({dotted(x[i], y[i], place + i)});
    return converted(made, R::accumulators, role);
  }

  struct Kept {
    Mat x, r;
  };
  Mat norm(const std::string& name, const std::optional<Norm>& n, Mat x, Kept& kept) {
    if (!n) return x;
    const Value width = constant(Value::integer(static_cast<std::int64_t>(x[0].size())), R::norms);
    if (n->kind == Norm::layer) {
      const std::uint64_t place = op();
      Mat mean;
      for (std::size_t i = 0; i < x.size(); ++i) mean.push_back({summed(x[i], R::norms, place + i)});
      mean = each(mean, [&](const Value& v, std::size_t, std::size_t, Draw d) {
        return div(v, width, f(R::norms), d).value;
      });
      x = each(x, [&](const Value& v, std::size_t, std::size_t i, Draw d) {
        return sub(v, mean[i][0], f(R::norms), d).value;
      });
    }
    Mat m = dots(x, x, R::norms);
    m = each(m, [&](const Value& v, std::size_t, std::size_t, Draw d) {
      return div(v, width, f(R::norms), d).value;
    });
    const Value eps = constant(n->epsilon, R::norms);
    m = each(m, [&](const Value& v, std::size_t, std::size_t, Draw d) {
      return add(v, eps, f(R::norms), d).value;
    });
    const Mat r = each(m, [&](const Value& v, std::size_t, std::size_t, Draw d) {
      return apply(Function::rsqrt, v, f(R::norms), d).value;
    });
    Mat y = each(x, [&](const Value& v, std::size_t, std::size_t i, Draw d) {
      return mul(v, r[i][0], f(R::norms), d).value;
    });
    if (n->weight)
      y = each(y, [&](const Value& v, std::size_t k, std::size_t, Draw d) {
        return mul(v, weights[name + ".w"][k][0], f(R::norms), d).value;
      });
    if (n->bias)
      y = each(y, [&](const Value& v, std::size_t k, std::size_t, Draw d) {
        return add(v, weights[name + ".b"][k][0], f(R::norms), d).value;
      });
    kept = {x, r};
    return converted(y, R::norms, R::activations);
  }
  Mat norm_back(const std::string& name, const std::optional<Norm>& n, const Mat& dy, const Kept& kept) {
    if (!n) return dy;
    const Format& g = f(R::gradients);
    const Value width = constant(Value::integer(static_cast<std::int64_t>(dy[0].size())), R::gradients);
    if (n->bias) gradients[name + ".b"] = over_lanes(dy);
    Mat u = dy;
    if (n->weight) {
      const Mat scaled = each(kept.x, [&](const Value& v, std::size_t, std::size_t i, Draw d) {
        return mul(v, kept.r[i][0], g, d).value;
      });
      gradients[name + ".w"] = over_lanes(each(dy, [&](const Value& v, std::size_t k, std::size_t i, Draw d) {
        return mul(v, scaled[i][k], g, d).value;
      }));
      u = each(dy, [&](const Value& v, std::size_t k, std::size_t, Draw d) {
        return mul(v, weights[name + ".w"][k][0], g, d).value;
      });
    }
    const Mat d = dots(u, kept.x, R::gradients);
    const Mat rr = each(
        kept.r, [&](const Value& v, std::size_t, std::size_t, Draw at) { return mul(v, v, g, at).value; });
    const Mat drr = each(d, [&](const Value& v, std::size_t, std::size_t i, Draw at) {
      return mul(v, rr[i][0], g, at).value;
    });
    const Mat common = each(
        drr, [&](const Value& v, std::size_t, std::size_t, Draw at) { return div(v, width, g, at).value; });
    const Mat part = each(kept.x, [&](const Value& v, std::size_t, std::size_t i, Draw at) {
      return mul(v, common[i][0], g, at).value;
    });
    const Mat less = each(u, [&](const Value& v, std::size_t k, std::size_t i, Draw at) {
      return sub(v, part[i][k], g, at).value;
    });
    Mat dx = each(less, [&](const Value& v, std::size_t, std::size_t i, Draw at) {
      return mul(kept.r[i][0], v, g, at).value;
    });
    if (n->kind == Norm::layer) {
      const Mat terms = converted(dx, R::gradients, R::accumulators);
      const std::uint64_t place = op();
      Mat sums;
      for (std::size_t i = 0; i < dx.size(); ++i)
        sums.push_back({summed(terms[i], R::accumulators, place + i)});
      sums = converted(sums, R::accumulators, R::gradients);
      sums = each(sums, [&](const Value& v, std::size_t, std::size_t, Draw at) {
        return div(v, width, g, at).value;
      });
      dx = each(dx, [&](const Value& v, std::size_t, std::size_t i, Draw at) {
        return sub(v, sums[i][0], g, at).value;
      });
    }
    return dx;
  }

  struct Attended {
    std::vector<std::vector<Mat>> a;  ///< [sequence][head][query][key]
  };
  std::uint64_t square(std::size_t s) const {
    std::uint64_t sum = 0;
    for (std::size_t k = 0; k < s; ++k) sum += batch.sequences[k].length * batch.sequences[k].length;
    return sum;
  }
  Mat attend(const Attention& at, const Mat& q, const Mat& k, const Mat& v, Attended& kept) {
    const std::size_t heads = static_cast<std::size_t>(at.heads),
                      groups = static_cast<std::size_t>(at.groups());
    const std::size_t dk = q[0].size() / heads, dv = v[0].size() / groups;
    Value scale;
    const std::uint64_t scale_place = op();
    if (at.scale) scale = round(*at.scale, f(R::scores), {scale_place, 0}).value;
    std::vector<std::uint64_t> o;
    for (int i = 0; i < 9; ++i) o.push_back(op());
    Mat made(q.size(), Vec(heads * dv));
    for (std::size_t s = 0; s < batch.sequences.size(); ++s) {
      kept.a.push_back({});
      const std::size_t begin = batch.sequences[s].first, length = batch.sequences[s].length;
      for (std::size_t h = 0; h < heads; ++h) {
        const std::size_t g = h / (heads / groups);
        kept.a[s].push_back({});
        for (std::size_t i = 0; i < length; ++i) {
          const auto pair = [&](std::size_t j) { return heads * square(s) + (h * length + i) * length + j; };
          Vec score, e, a;
          for (std::size_t j = 0; j <= i; ++j) {
            Value x = dotted(Vec(q[begin + i].begin() + h * dk, q[begin + i].begin() + (h + 1) * dk),
                             Vec(k[begin + j].begin() + g * dk, k[begin + j].begin() + (g + 1) * dk),
                             o[0] + pair(j));
            if (f(R::accumulators) != f(R::scores)) x = round(x, f(R::scores), {o[1] + pair(j), 0}).value;
            if (at.scale) x = mul(x, scale, f(R::scores), {o[2] + pair(j), 0}).value;
            score.push_back(x);
          }
          Value most = score[0];
          for (const Value& x : score) most = maximum(most, x);
          for (std::size_t j = 0; j <= i; ++j) {
            Value x = score[j];
            if (policy.model.softmax == Softmax::stable)
              x = sub(x, most, f(R::softmax), {o[3] + pair(j), 0}).value;
            e.push_back(apply(Function::exp, x, f(R::softmax), {o[4] + pair(j), 0}).value);
          }
          const Value z = summed(e, R::softmax, o[5] + (begin + i) * heads + h);
          for (std::size_t j = 0; j <= i; ++j)
            a.push_back(div(e[j], z, f(R::softmax), {o[6] + pair(j), 0}).value);
          for (std::size_t t = 0; t < dv; ++t) {
            Vec values;
            for (std::size_t j = 0; j <= i; ++j) values.push_back(v[begin + j][g * dv + t]);
            const std::uint64_t entry = (h * dv + t) * lanes() + begin + i;
            Value x = dotted(a, values, o[7] + entry);
            if (f(R::accumulators) != f(R::activations))
              x = round(x, f(R::activations), {o[8] + entry, 0}).value;
            made[begin + i][h * dv + t] = x;
          }
          kept.a[s][h].push_back(a);
        }
      }
    }
    return made;
  }
  void attend_back(const Attention& at, const Mat& q, const Mat& k, const Mat& v, const Attended& kept,
                   const Mat& d_out, Mat& dq, Mat& dk_all, Mat& dv_all) {
    const std::size_t heads = static_cast<std::size_t>(at.heads),
                      groups = static_cast<std::size_t>(at.groups());
    const std::size_t dk = q[0].size() / heads, dv = v[0].size() / groups;
    const Format& g = f(R::gradients);
    const bool converts = f(R::accumulators) != g;
    const auto to_g = [&](const Value& x, std::uint64_t place) {
      return converts ? round(x, g, {place, 0}).value : x;
    };
    Value scale;
    const std::uint64_t scale_place = op();
    if (at.scale) scale = round(*at.scale, f(R::scores), {scale_place, 0}).value;
    std::vector<std::uint64_t> o;
    for (int i = 0; i < 13; ++i) o.push_back(op());
    dq = Mat(q.size(), Vec(heads * dk));
    Mat dk_head = dq, dv_head(q.size(), Vec(heads * dv));
    for (std::size_t s = 0; s < batch.sequences.size(); ++s) {
      const std::size_t begin = batch.sequences[s].first, length = batch.sequences[s].length;
      for (std::size_t h = 0; h < heads; ++h) {
        const std::size_t group = h / (heads / groups);
        const Mat& a = kept.a[s][h];
        Mat ds(length);
        for (std::size_t i = 0; i < length; ++i) {
          const auto pair = [&](std::size_t j) { return heads * square(s) + (h * length + i) * length + j; };
          const std::uint64_t query = (begin + i) * heads + h;
          const Vec d_o(d_out[begin + i].begin() + h * dv, d_out[begin + i].begin() + (h + 1) * dv);
          Vec da;
          for (std::size_t j = 0; j <= i; ++j)
            da.push_back(to_g(
                dotted(d_o, Vec(v[begin + j].begin() + group * dv, v[begin + j].begin() + (group + 1) * dv),
                       o[2] + pair(j)),
                o[3] + pair(j)));
          const Value d = to_g(dotted(a[i], da, o[4] + query), o[5] + query);
          for (std::size_t j = 0; j <= i; ++j) {
            Value x = sub(da[j], d, g, {o[6] + pair(j), 0}).value;
            x = mul(a[i][j], x, g, {o[7] + pair(j), 0}).value;
            if (at.scale) x = mul(x, scale, g, {o[8] + pair(j), 0}).value;
            ds[i].push_back(x);
          }
          for (std::size_t t = 0; t < dk; ++t) {
            Vec keys;
            for (std::size_t j = 0; j <= i; ++j) keys.push_back(k[begin + j][group * dk + t]);
            const std::uint64_t entry = (h * dk + t) * lanes() + begin + i;
            dq[begin + i][h * dk + t] = to_g(dotted(ds[i], keys, o[9] + entry), o[10] + entry);
          }
        }
        for (std::size_t j = 0; j < length; ++j) {
          for (std::size_t t = 0; t < dk; ++t) {
            Vec left, right;
            for (std::size_t i = j; i < length; ++i)
              left.push_back(ds[i][j]), right.push_back(q[begin + i][h * dk + t]);
            const std::uint64_t entry = (h * dk + t) * lanes() + begin + j;
            dk_head[begin + j][h * dk + t] = to_g(dotted(left, right, o[11] + entry), o[12] + entry);
          }
          for (std::size_t t = 0; t < dv; ++t) {
            Vec left, right;
            for (std::size_t i = j; i < length; ++i)
              left.push_back(a[i][j]), right.push_back(d_out[begin + i][h * dv + t]);
            const std::uint64_t entry = (h * dv + t) * lanes() + begin + j;
            dv_head[begin + j][h * dv + t] = to_g(dotted(left, right, o[0] + entry), o[1] + entry);
          }
        }
      }
    }
    dk_all = shared(dk_head, heads, groups, dk);
    dv_all = shared(dv_head, heads, groups, dv);
  }
  Mat shared(const Mat& by_head, std::size_t heads, std::size_t groups, std::size_t entries) {
    const std::size_t together = heads / groups;
    Mat made(by_head.size(), Vec(groups * entries));
    for (std::size_t which = 0; which < together; ++which) {
      const std::uint64_t place = which == 0 ? 0 : op();
      for (std::size_t i = 0; i < made.size(); ++i)
        for (std::size_t r = 0; r < made[i].size(); ++r) {
          const Value& part = by_head[i][(r / entries * together + which) * entries + r % entries];
          made[i][r] = which == 0
                           ? part
                           : add(made[i][r], part, f(R::gradients), {place + r * made.size() + i, 0}).value;
        }
    }
    return made;
  }
  Mat through(Activation activation, const Mat& dy, const Mat& pre) {
    const std::uint64_t a = op(), b = op();
    Mat made = dy;
    for (std::size_t i = 0; i < dy.size(); ++i)
      for (std::size_t r = 0; r < dy[i].size(); ++r) {
        const std::uint64_t e = r * dy.size() + i;
        if (activation == Activation::identity) continue;
        if (activation == Activation::relu) {
          if (!(compare(pre[i][r], Value::zero()) > 0)) made[i][r] = Value::zero();
          continue;
        }
        made[i][r] = mul(dy[i][r], slope(activation, pre[i][r], f(R::gradients), {a + e, 0}), f(R::gradients),
                         {b + e, 0})
                         .value;
      }
    return made;
  }
  Mat activated(Activation activation, const Mat& x) {
    constexpr Function functions[] = {Function::relu, Function::gelu, Function::gelu_tanh, Function::silu,
                                      Function::identity};
    return each(x, [&](const Value& v, std::size_t, std::size_t, Draw d) {
      return apply(functions[static_cast<int>(activation)], v, f(R::activations), d).value;
    });
  }
  Mat plus(const Mat& x, const Mat& y, R role) {
    return each(x, [&](const Value& v, std::size_t r, std::size_t i, Draw d) {
      return add(v, y[i][r], f(role), d).value;
    });
  }
  Mat times(const Mat& x, const Mat& y, R role) {
    return each(x, [&](const Value& v, std::size_t r, std::size_t i, Draw d) {
      return mul(v, y[i][r], f(role), d).value;
    });
  }
  /// Sums of what lanes read a row, in order.
  Mat scattered(const Mat& dx_given, const std::vector<std::size_t>& rows, std::size_t count) {
    const std::uint64_t rounding = op(), place = op();
    Mat made(count, Vec(dx_given[0].size(), Value::zero()));
    for (std::size_t v = 0; v < count; ++v)
      for (std::size_t r = 0; r < made[v].size(); ++r) {
        Vec terms;
        for (std::size_t i = 0; i < rows.size(); ++i)
          if (rows[i] == v)
            terms.push_back(
                f(R::gradients) == f(R::accumulators)
                    ? dx_given[i][r]
                    : round(dx_given[i][r], f(R::accumulators), {rounding + r * rows.size() + i, 0}).value);
        if (!terms.empty()) made[v][r] = summed(terms, R::accumulators, place + v * made[v].size() + r);
      }
    return converted_rows(made, R::accumulators, R::gradients);
  }

  void forward() {
    struct KeptLayer {
      Kept n1, n2, n3, n4;
      Mat in, q, k, v, heads, ff, gate, pre, activated, hidden;
      Attended attended;
    };
    std::vector<KeptLayer> kept(model.layers.size());
    std::vector<std::size_t> tokens(batch.tokens.begin(), batch.tokens.end()), positions;
    for (const auto& s : batch.sequences)
      for (std::size_t i = 0; i < s.length; ++i) positions.push_back(i);
    Mat x, p;
    for (std::size_t i = 0; i < tokens.size(); ++i)
      x.push_back(weights["tok"][tokens[i]]), p.push_back(weights["pos"][positions[i]]);
    x = plus(x, p, R::activations);
    for (std::size_t l = 0; l < model.layers.size(); ++l) {
      const Layer& layer = model.layers[l];
      KeptLayer& k = kept[l];
      const std::string path = std::to_string(l);
      k.in = norm(path + "n1", layer.before_attention, x, k.n1);
      k.q = linear(path + "q", k.in, R::activations);
      k.k = linear(path + "k", k.in, R::cache);
      k.v = linear(path + "v", k.in, R::cache);
      k.heads = attend(*layer.attention, k.q, k.k, k.v, k.attended);
      x = plus(x, linear(path + "o", k.heads, R::activations), R::activations);
      x = norm(path + "n2", layer.after_attention, x, k.n2);
      k.ff = norm(path + "n3", layer.before_feed_forward, x, k.n3);
      k.pre = linear(path + "1", k.ff, R::activations);
      if (layer.feed_forward->gate) {
        k.gate = linear(path + "g", k.ff, R::activations);
        k.activated = activated(layer.feed_forward->activation, k.gate);
        k.hidden = times(k.activated, k.pre, R::activations);
      } else {
        k.hidden = activated(layer.feed_forward->activation, k.pre);
      }
      x = plus(x, linear(path + "2", k.hidden, R::activations), R::activations);
      x = norm(path + "n4", layer.after_feed_forward, x, k.n4);
    }
    Kept nf;
    const Mat head = norm("nf", model.final_norm, x, nf);
    if (model.tied) weights["u"] = weights["tok"];
    const Mat logits = linear("u", head, R::logits);

    // The loss.
    std::vector<std::size_t> at;
    for (std::size_t i = 0; i < batch.targets.size(); ++i)
      if (batch.targets[i] >= 0) at.push_back(i);
    Mat s, most;
    for (const std::size_t i : at) {
      s.push_back(logits[i]);
      Value m = logits[i][0];
      for (const Value& v : logits[i]) m = maximum(m, v);
      most.push_back({m});
    }
    const bool stable = policy.model.softmax == Softmax::stable;
    Mat e = s;
    if (stable)
      e = each(e, [&](const Value& v, std::size_t, std::size_t i, Draw d) {
        return sub(v, most[i][0], f(R::loss), d).value;
      });
    e = each(e, [&](const Value& v, std::size_t, std::size_t, Draw d) {
      return apply(Function::exp, v, f(R::loss), d).value;
    });
    std::uint64_t place = op();
    Mat z;
    for (std::size_t i = 0; i < e.size(); ++i) z.push_back({summed(e[i], R::loss, place + i)});
    Mat each_loss = each(z, [&](const Value& v, std::size_t, std::size_t, Draw d) {
      return apply(Function::log, v, f(R::loss), d).value;
    });
    if (stable) each_loss = plus(each_loss, most, R::loss);
    each_loss = each(each_loss, [&](const Value& v, std::size_t, std::size_t i, Draw d) {
      return sub(v, s[i][static_cast<std::size_t>(batch.targets[at[i]])], f(R::loss), d).value;
    });
    place = op();
    Vec losses;
    for (const Vec& v : each_loss) losses.push_back(v[0]);
    const Value total = summed(losses, R::loss, place);
    const Value count = Value::integer(static_cast<std::int64_t>(at.size()));
    const Value divisor = constant(count, R::loss);
    loss = div(total, divisor, f(R::loss), {op(), 0}).value;
    Mat a = each(e, [&](const Value& v, std::size_t, std::size_t i, Draw d) {
      return div(v, z[i][0], f(R::loss), d).value;
    });
    a = each(a, [&](const Value& v, std::size_t r, std::size_t i, Draw d) {
      const bool hit = static_cast<int>(r) == batch.targets[at[i]];
      return sub(v, hit ? Value::integer(1) : Value::zero(), f(R::gradients), d).value;
    });
    const Value factor = constant(
        [&](int bits) { return Enclosure(loss_scale, bits) / Enclosure(count, bits); }, R::gradients);
    a = each(a, [&](const Value& v, std::size_t, std::size_t, Draw d) {
      return mul(v, factor, f(R::gradients), d).value;
    });
    Mat dl(logits.size(), Vec(logits[0].size(), Value::zero()));
    for (std::size_t i = 0; i < at.size(); ++i) dl[at[i]] = a[i];

    // Backward.
    Mat dx = norm_back("nf", model.final_norm, linear_back("u", dl, head), nf);
    for (std::size_t l = model.layers.size(); l-- > 0;) {
      const Layer& layer = model.layers[l];
      const KeptLayer& k = kept[l];
      const std::string path = std::to_string(l);
      const Activation act = layer.feed_forward->activation;
      dx = norm_back(path + "n4", layer.after_feed_forward, dx, k.n4);
      const Mat dh = linear_back(path + "2", dx, k.hidden);
      Mat df;
      if (layer.feed_forward->gate) {
        const Mat da = times(dh, k.pre, R::gradients);
        const Mat from_gate = linear_back(path + "g", through(act, da, k.gate), k.ff);
        const Mat up = times(dh, k.activated, R::gradients);
        const Mat from_up = linear_back(path + "1", up, k.ff);
        df = plus(from_gate, from_up, R::gradients);
      } else {
        df = linear_back(path + "1", through(act, dh, k.pre), k.ff);
      }
      df = norm_back(path + "n3", layer.before_feed_forward, df, k.n3);
      dx = plus(dx, df, R::gradients);
      dx = norm_back(path + "n2", layer.after_attention, dx, k.n2);
      const Mat d_heads = linear_back(path + "o", dx, k.heads);
      Mat dq, dk, dv;
      attend_back(*layer.attention, k.q, k.k, k.v, k.attended, d_heads, dq, dk, dv);
      const Mat q = linear_back(path + "q", dq, k.in), kk = linear_back(path + "k", dk, k.in),
                v = linear_back(path + "v", dv, k.in);
      df = plus(plus(q, kk, R::gradients), v, R::gradients);
      df = norm_back(path + "n1", layer.before_attention, df, k.n1);
      dx = plus(dx, df, R::gradients);
    }
    Mat tok = scattered(dx, tokens, weights["tok"].size());
    if (model.tied) {
      const std::uint64_t add_place = op();
      for (std::size_t r = 0; r < tok.size(); ++r)
        for (std::size_t c = 0; c < tok[r].size(); ++c)
          tok[r][c] =
              add(tok[r][c], gradients["u"][r][c], f(R::gradients), {add_place + r * tok[r].size() + c, 0})
                  .value;
    }
    gradients["tok"] = tok;
    gradients["pos"] = scattered(dx, positions, weights["pos"].size());
  }

 public:
  Value loss_scale = Value::integer(1);

 private:
  Batch batch;
  std::map<std::string, Mat> weights;
  std::uint64_t step_ = 0, operation_ = 0;
};

}  // namespace roundoff::training
