// The precision-aware scaling law as tables, documents and figures.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/report/chart.hpp"
#include "analyzer/scaling/fit.hpp"
#include "cli/views/answer.hpp"

namespace roundoff::cli {

/// A fit's constants with their intervals; what the runs do not tell is marked.
Table constants_table(const ScalingFit& fit);
/// "not identified by these runs: g_kv, n_kv\n", or "".
std::string not_identified_text(const ScalingFit& fit);
/// With "law": what law_of_json reads.
Json as_json(const ScalingFit& fit);

Json as_json(const PrecisionLaw& law);
/// Of a document of `scaling fit --json`, or of its "law" alone. FileError that names the field.
PrecisionLaw law_of_json(const Json& document, const std::string& path);

/// What `scaling predict` says: absent is what was not asked.
struct Prediction {
  PrecisionLaw law;
  ScalingSetting setting = {};  ///< parameters 0: no model was asked about
  std::optional<double> chosen_bits = {}, best_bits = {}, best_bits_without_offsets = {};
};
Table prediction_table(const Prediction& prediction);
Json as_json(const Prediction& prediction);

/// Loss against tokens after quantisation, N_eff/N by role and bits, dPTQ against tokens: curves of the law, and the runs
/// that lie on them.
std::vector<Chart> scaling_charts(const PrecisionLaw& law, const std::vector<ScalingRun>& runs);

}  // namespace roundoff::cli
