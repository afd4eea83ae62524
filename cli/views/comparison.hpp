// A comparison of two policies on text, in every form: figures for people, JSON, tables, charts.
#pragma once

#include <string>
#include <utility>

#include "analyzer/precision/ablate.hpp"
#include "cli/names.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/html.hpp"

namespace roundoff::cli {

/// "3.1416 +- 0.002", as many digits as matter.
std::string figure_text(double figure);
std::string estimate_text(const Estimate& estimate);
Json estimate_json(const Estimate& estimate);

/// "bfloat16 order=blocked:8": formats, quantisers, and what else is not as these commands have it unless told.
std::string policy_text(const Policy& policy);

/// What the two policies of a comparison are called; KL is of the first against the second.
using Sides = std::pair<std::string, std::string>;
/// `vocabulary`: what tokens are called.
std::string comparison_text(const Comparison& comparison, const Sides& sides,
                            const std::vector<std::string>& vocabulary);
Json comparison_json(const Comparison& comparison, const Sides& sides);
/// By layer: drift.
Table drift_table(const Comparison& comparison);
/// Drift by layer and divergence by position.
void add_to(html::Page& page, const Comparison& comparison, const Sides& sides);

Table ablation_table(const Ablation& ablation);
Json ablation_json(const Ablation& ablation);
void add_to(html::Page& page, const Ablation& ablation);
Table bits_table(const BitsScan& scan);
Json bits_json(const BitsScan& scan);

}  // namespace roundoff::cli
