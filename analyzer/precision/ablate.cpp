#include "analyzer/precision/ablate.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff::analyzer {

namespace {

std::string* quantiser_of(Policy& policy, Role role) {
  switch (role) {
    case Role::weights:
      return &policy.quantisers.weights;
    case Role::activations:
      return &policy.quantisers.activations;
    case Role::cache:
      return &policy.quantisers.cache;
    default:
      return nullptr;
  }
}

void move_role(const Policy& from, Policy& to, int role) {
  const auto r = static_cast<Role>(role);
  to.formats[static_cast<std::size_t>(role)] = from[r];
  Policy source = from;
  if (std::string* quantiser = quantiser_of(to, r)) *quantiser = *quantiser_of(source, r);
}

}  // namespace

std::vector<PolicyPart> differing_parts(const Policy& a, const Policy& b) {
  std::vector<PolicyPart> parts;
  for (int role = 0; role < role_count; ++role)
    parts.push_back({std::string(name(static_cast<Role>(role))), move_role, role});
  parts.push_back({"order", [](const Policy& from, Policy& to, int) { to.order = from.order; }, -1});
  parts.push_back({"dot", [](const Policy& from, Policy& to, int) { to.dot = from.dot; }, -1});
  parts.push_back({"softmax", [](const Policy& from, Policy& to, int) { to.softmax = from.softmax; }, -1});
  parts.push_back({"divide", [](const Policy& from, Policy& to, int) { to.divide = from.divide; }, -1});
  std::erase_if(parts, [&](const PolicyPart& part) {
    Policy changed = a;
    part.move(b, changed, part.role);
    return changed == a;
  });
  return parts;
}

Ablation ablate(const Model& model, const Policy& from, const Policy& to, const TokenBlocks& blocks,
                const PrecisionOptions& options) {
  const PolicyRun base = run_policy(model, from, blocks, options);
  const auto against = [&](const Policy& policy) {
    return compare(base, run_policy(model, policy, blocks, options), blocks);
  };
  Ablation made;
  made.all = against(to);
  for (const PolicyPart& part : differing_parts(from, to)) {
    Policy alone = from, left_out = to;
    part.move(to, alone, part.role);
    part.move(from, left_out, part.role);
    made.rows.push_back({part.name, against(alone), against(left_out)});
  }
  std::stable_sort(made.rows.begin(), made.rows.end(), [](const Ablation::Row& a, const Ablation::Row& b) {
    // What leaves no distribution costs most.
    if (a.alone.lost_b != b.alone.lost_b) return a.alone.lost_b > b.alone.lost_b;
    return a.alone.divergence.mean > b.alone.divergence.mean;
  });
  return made;
}

BitsScan least_bits(const Model& model, const Policy& from, Role role, bool exponent, const BitsGoal& goal,
                    const TokenBlocks& blocks, const PrecisionOptions& options) {
  const Format& format = from[role];
  if (format.layout != Layout::floating || format.bits - format.precision < 2)
    throw UsageError(fmt::format("the role {} is {}; the bits of a floating-point format can be varied",
                                 name(role), notation(format)));
  const int exponent_bits = format.bits - format.precision, significand = format.precision;
  const PolicyRun base = run_policy(model, from, blocks, options);
  BitsScan scan;
  for (int bits = exponent ? exponent_bits : significand; bits >= (exponent ? 2 : 1); --bits) {
    BitsScan::Row row;
    row.bits = bits;
    row.format = parse_format(
        fmt::format("float({},{})", exponent ? bits : exponent_bits, exponent ? significand : bits));
    Policy policy = from;
    policy.formats[static_cast<std::size_t>(role)] = row.format;
    row.against = compare(base, run_policy(model, policy, blocks, options), blocks);
    row.enough = row.against.lost_b == 0 &&
                 (goal.no_flips ? row.against.flips == 0 : row.against.loss_difference.mean <= goal.loss);
    scan.rows.push_back(std::move(row));
  }
  bool all = true;
  for (const BitsScan::Row& row : scan.rows) {
    all = all && row.enough;
    if (all)
      scan.least = row.bits;
    else if (row.enough)
      scan.below.push_back(row.bits);
  }
  return scan;
}

}  // namespace roundoff::analyzer
