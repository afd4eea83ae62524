// mul-n2: MUL in logarithmic precision with width O(n^2), as in the paper: every output position fetches all
// digits and forms all n^2 products itself (theory-notes/mul-n2.md). One attention layer; no fraction bits
// are needed.
#include <fmt/format.h>

#include "constructions/construction.hpp"
#include "constructions/gadgets/group_digits.hpp"
#include "constructions/gadgets/lookup.hpp"

namespace roundoff::constructions {

namespace {

std::string refuses_mul_n2(const TaskSize& size, const Policy& policy, const Settings& settings) {
  if (power(size.p, size.c) * size.n > 1e4) return "p^c n is beyond 10^4: take fewer digits a token";
  return needs_group_digits(policy, GroupPlan(MulLayout(size), settings.at("group")));
}

Model build_mul_n2(const Task& task, const Policy& policy, const Settings& settings) {
  const MulLayout at(task.size());
  const GroupPlan plan(at, settings.at("group"));
  const Weight m = gap(policy);

  ModelBuilder model(task);
  const Register one = model.add("one");
  const std::vector<Register> reaches = model.add("token >=", at.base - 1);  // [d >= u], u = 1 .. B-1
  const std::vector<Register> is_a = model.add("is a", at.n), is_b = model.add("is b", at.n);
  std::vector<std::vector<Register>> a;
  for (int i = 0; i < at.n; ++i) a.push_back(model.add(fmt::format("a{} >=", i), at.base - 1));
  const std::vector<Register> b = model.add("b", at.n);
  const GroupDigits groups(model, at, plan, one, policy);

  for (int position = 0; position < at.positions(); ++position) model.position(position, one, 1);
  for (int d = 1; d < at.base; ++d) {
    for (int u = 1; u <= d; ++u)
      model.token(static_cast<Token>(d), reaches[static_cast<std::size_t>(u - 1)], 1);
  }
  for (int t = 0; t < at.n; ++t) {
    model.position(at.a(t), is_a[static_cast<std::size_t>(t)], 1);
    model.position(at.b(t), is_b[static_cast<std::size_t>(t)], 1);
  }

  // Layer 1. One head a digit: the score is M at its position and 0 elsewhere. Then x y = sum over u of [x
  // >= u] y, with units relu(y - (B-1) + (B-1) [x >= u]), added up into the groups' sums with the weights of
  // their columns.
  LayerBuilder& products = model.layer();
  for (int t = 0; t < at.n; ++t) {
    HeadBuilder& fetch = products.head();
    fetch.score(one, m * is_a[static_cast<std::size_t>(t)]);
    for (std::size_t u = 0; u < reaches.size(); ++u)
      fetch.copy(reaches[u], a[static_cast<std::size_t>(t)][u]);
  }
  for (int t = 0; t < at.n; ++t) {
    HeadBuilder& fetch = products.head();
    fetch.score(one, m * is_b[static_cast<std::size_t>(t)]);
    fetch.copy(sum(reaches), b[static_cast<std::size_t>(t)]);
  }
  const int most = at.base - 1;
  for (int i = 0; i < at.n; ++i) {
    for (int j = 0; j < at.n && i + j < at.answer; ++j) {
      const Weight weight = static_cast<int>(power(at.base, (i + j) % plan.m));
      for (const Register reach : a[static_cast<std::size_t>(i)]) {
        products.unit(most * reach + b[static_cast<std::size_t>(j)] - most,
                      {{groups.total((i + j) / plan.m), weight}});
      }
    }
  }

  groups.finish(model, task, plan.bounds(), nullptr);
  return model.finish();
}

}  // namespace

Construction mul_n2() {
  return {
      .name = "mul-n2",
      .task = "mul",
      .theorem = "Feng et al. 2024, theorem 5.3",
      .regime = Regime::logarithmic,
      .width =
          "N = ceil_div(n,c); L = ceil_div(l,c); B = power(p,c); G = ceil_div(L,group); P = power(B,group); "
          "low = min(N,L); high = L - low; "
          "max((low*(low+1)/2 + high*(N-1) - high*(high-1)/2) * (B-1), G*(N*(B-1) - ceil_div(N*(B-1),P)), "
          "2*N*(B-1), N*(B+2) + B + 4*G + group + 4, 1 + 2*((P-B)/(B-1) - group + 1))",
      .family =
          "fixed(max(2, lg(n) + lg(p-1) + (c-1)*(lg(p)+1) + c*lg(p)*max(1,ceil((logp(n*(p-1))+2*(c-1))/c))), "
          "0)",
      .floats = {.family = "float(ceil(lg(max(2*ceil(ceil(l/c)/max(1,ceil((logp(n*(p-1))+2*(c-1))/c)))+2, "
                           "lg(n)+lg(p-1)+(c-1)*(lg(p)+1)+c*lg(p)*max(1,ceil((logp(n*(p-1))+2*(c-1))/c))+8, "
                           "2*c*lg(p)+4)))+1, max(3, "
                           "lg(n)+lg(p-1)+(c-1)*(lg(p)+1)+c*lg(p)*max(1,ceil((logp(n*(p-1))+2*(c-1))/"
                           "c))+min(p-2,1)*c*lg(p)*max(1,ceil((logp(n*(p-1))+2*(c-1))/c)), 2*c*lg(p)))",
                 .width = "N = ceil_div(n,c); L = ceil_div(l,c); B = power(p,c); G = ceil_div(L,group); P = "
                          "power(B,group); "
                          "low = min(N,L); high = L - low; "
                          "max((low*(low+1)/2 + high*(N-1) - high*(high-1)/2) * (B-1), 2*G*(N*(B-1) - "
                          "ceil_div(N*(B-1),P)), "
                          "2*N*(B-1), N*(B+2) + B + 4*G + group + 4, 1 + 4*((P-B)/(B-1) - group + 1))"},
      .summary = "all n^2 products at every output position, columns summed in groups of log n; 6 layers",
      .note = "mul-n2",
      .knobs = {{.name = "group",
                 .summary = "columns a group: fewer take narrower numbers and more layers",
                 .standard = whole_group,
                 .least = [](const TaskSize&) { return 1; },
                 .most = whole_group}},
      .refuses = refuses_mul_n2,
      .build = build_mul_n2};
}

}  // namespace roundoff::constructions
