// A training as tables, documents and a figure.
#pragma once

#include <string>

#include "analyzer/report/chart.hpp"
#include "cli/views/answer.hpp"
#include "training/run.hpp"

namespace roundoff::cli {

std::string_view name(training::Tier tier);
/// Words before the table: the tier, what was trained, how it went.
std::string training_text(const training::TrainSpec& spec, const training::TrainResult& result);
/// The held-out parts, and the losses after quantisation.
Table training_table(const training::TrainResult& result);
Json as_json(const training::TrainSpec& spec, const training::TrainResult& result);
/// Loss by step, smoothed over a fiftieth of the steps.
Chart loss_chart(const training::TrainSpec& spec, const training::TrainResult& result);
/// step, loss, share of updates lost.
std::string curve_csv(const training::TrainResult& result);
/// What `scaling fit` reads: N, D, loss and bits; a row, and one for each of the bits after training.
std::string runs_csv(const training::TrainSpec& spec, const training::TrainResult& result);
/// Of several runs, with one header.
std::string runs_csv(const std::vector<std::string>& tables);

}  // namespace roundoff::cli
