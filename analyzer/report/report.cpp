// Rows from a store, in an order that depends on the questions alone; what follows from them is
// report_lines.cpp.
#include "analyzer/report/report.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "analyzer/evidence/replay.hpp"
#include "analyzer/report/report_lines.hpp"

namespace roundoff::analyzer {
namespace {

auto order(const ReportRow& row) {
  const Question& q = row.question;
  return std::make_tuple(q.task, q.construction, row.name, q.size.p, q.size.c, q.size.k, q.size.l, q.size.n,
                         row.bits, row.key);
}

}  // namespace

Report make_report(Store& store, const Store::Warn& warn) {
  Report report;
  for (const auto& [entry, question, result] : store.rows("", warn)) {
    ReportRow row{entry.key, question, name_of(question), "", 0, result, ""};
    row.format = format_of(row.question);
    row.bits = row.question.policy[Role::activations].bits;
    if (row.result.counterexample) row.replay = replay_command(row.question, *row.result.counterexample);
    report.rows.push_back(std::move(row));
  }
  std::sort(report.rows.begin(), report.rows.end(),
            [](const ReportRow& a, const ReportRow& b) { return order(a) < order(b); });
  report.tables = recall_tables(store);
  report.lines = lines_of(report.rows);
  report.digest = digest(store.dump());
  return report;
}

}  // namespace roundoff::analyzer
