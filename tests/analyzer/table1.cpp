// Table 1 in a small form: every figure comes from a verdict in the store, and the store gives the same table
// again.
#include "analyzer/table1/table1.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "analyzer/report/report.hpp"
#include "tests/analyzer/subjects.hpp"
#include "tests/scratch.hpp"

using namespace roundoff::analyzer;
using namespace roundoff::analyzer::test;

TEST_CASE("a small Table 1 has the paper's cells, and every point is a verdict of the store") {
  const roundoff::test::Scratch scratch;
  Store store(scratch.path("table1.sqlite"));
  Table1Options options;
  options.work = 2e7;
  options.store = &store;
  const Table1 table = table1(options);
  REQUIRE(table.cells.size() >= 6);
  CHECK(table.cells[0].row == "ADD");
  CHECK(table.cells[0].paper_bound == "O(n^2)");
  std::size_t points = 0;
  for (const Cell& cell : table.cells) {
    CHECK((cell.series.empty() ? !cell.remark.empty() : true));
    for (const Series& series : cell.series) {
      CHECK((!series.points.empty() || !series.stopped.empty()));
      for (const MeasuredPoint& point : series.points) {
        ++points;
        CHECK(passes(point.attempt.result.verdict));
        CHECK(point.attempt.shape.width > 0);
        const Policy policy =
            policy_for(find_construction(series.construction), parse_format(point.attempt.format));
        CHECK(outside_the_theorem(policy) == cell.outside);
        // one setting below: narrower, or as narrow where the knob does not decide the width
        for (const Attempt& below : point.below) CHECK(below.value <= point.attempt.value);
      }
    }
    if (cell.best) CHECK_FALSE(cell.bounds.empty());
  }
  CHECK(points > 0);
  for (const Cell& cell : {table.cells[0], table.cells[1]}) {
    REQUIRE(cell.paper);
    CHECK(cell.series[*cell.paper].theorem.rfind("Feng et al.", 0) == 0);
  }

  // Asked again, nothing is computed: an interruption at the first question would show.
  const std::size_t known = store.list().size();
  const Table1 again = table1(options);
  CHECK(store.list().size() == known);
  for (std::size_t c = 0; c < table.cells.size(); ++c) {
    REQUIRE(again.cells[c].series.size() == table.cells[c].series.size());
    for (std::size_t s = 0; s < table.cells[c].series.size(); ++s) {
      CHECK(again.cells[c].series[s].width.law.statement == table.cells[c].series[s].width.law.statement);
      CHECK(again.cells[c].series[s].points.size() == table.cells[c].series[s].points.size());
    }
  }
}

TEST_CASE("columns are counted right in any number of levels that a column has blocks for") {
  for (const int k : {3, 5, 6, 9, 10}) {
    const TaskSize size{.p = 2, .n = 1, .k = k};
    const Knob& layers = find_construction("iteradd-const").knobs.front();
    for (int level = layers.least(size); level <= layers.most(size); ++level) {
      const Example subject = example("iteradd-const", size, "", {{"layers", level}});
      const Result result = subject.verify(by(Method::exhaustive));
      CAPTURE(k);
      CAPTURE(level);
      CHECK(result.verdict == Verdict::holds);
    }
  }
}

TEST_CASE("a certificate that runs out of steps says so, the same on every number of threads") {
  const Example subject = example("add-match", {.p = 2, .n = 12});
  VerifyOptions options;
  options.at_once = options.exhaustive_limit = 0;
  options.count = 64;
  options.adversarial = 64;
  options.limits.steps = 5e3;
  options.threads = 1;
  const Result one = subject.verify(options);
  options.threads = 2;
  const Result two = subject.verify(options);
  CHECK(one.verdict == Verdict::holds);
  CHECK(one.obstacle == Obstacle{Reason::steps, 5000});
  CHECK(text(one) == text(two));
  options.limits.steps = 1e8;
  CHECK(subject.verify(options).verdict == Verdict::certified);
}

TEST_CASE("a report has a row for every verdict and charts of their minima") {
  const roundoff::test::Scratch scratch;
  Store store(scratch.path("forwards.sqlite")), backwards(scratch.path("backwards.sqlite"));
  const VerifyOptions options = by(Method::exhaustive);
  std::vector<Example> examples;
  for (int n = 2; n <= 4; ++n) {
    for (int window = 1; window <= n; ++window)
      examples.push_back(example("add-dnf", {.p = 2, .n = n}, "", {{"window", window}}));
    for (const char* format : {"fixed(3,0)", "fixed(5,0)", "fixed(6,0)"})
      examples.push_back(example("add-hinge", {.p = 2, .n = n}, format));
  }
  for (const Example& each : examples) ask(&store, each.question(options), each.model, *each.task, options);
  for (auto each = examples.rbegin(); each != examples.rend(); ++each)
    ask(&backwards, each->question(options), each->model, *each->task, options);
  const Report report = make_report(store);
  std::vector<Chart> charts;
  for (const ReportLine& line : report.lines)
    charts.insert(charts.end(), line.charts.begin(), line.charts.end());
  CHECK(report.rows.size() == examples.size());
  std::size_t refuted = 0;
  for (const ReportRow& row : report.rows) {
    CHECK(row.replay.empty() == !row.result.counterexample);
    if (row.result.verdict != Verdict::refuted) continue;
    ++refuted;
    CHECK(row.replay.find("roundoff run " + row.question.construction) == 0);
    CHECK(row.replay.find(row.result.counterexample->input) != std::string::npos);
  }
  CHECK(refuted > 3);
  const auto widths = std::find_if(charts.begin(), charts.end(),
                                   [](const Chart& chart) { return chart.id == "add-p2-width"; });
  REQUIRE(widths != charts.end());
  const auto dnf = std::find_if(widths->series.begin(), widths->series.end(), [](const ChartSeries& series) {
    return series.name == "add-dnf" && series.kind == ChartSeries::measured;
  });
  REQUIRE(dnf != widths->series.end());
  CHECK(dnf->points.size() == 3);
  for (const ChartSeries::Point& point : dnf->points) {
    int least = 1 << 30;
    for (const ReportRow& row : report.rows) {
      if (row.question.construction == "add-dnf" && row.question.size.n == point.x &&
          passes(row.result.verdict))
        least = std::min(least, row.question.shape.width);
    }
    CHECK(point.y == least);
  }
  const Report other = make_report(backwards);
  REQUIRE(other.rows.size() == report.rows.size());
  for (std::size_t i = 0; i < report.rows.size(); ++i) CHECK(other.rows[i].key == report.rows[i].key);
  CHECK(other.lines.size() == report.lines.size());
}
