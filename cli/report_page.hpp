// The page of a report: tables first, then what each line of verdicts shows, then every verdict.
#pragma once

#include "analyzer/report.hpp"
#include "cli/html.hpp"

namespace roundoff::cli {

html::Page report_page(const Report& report);

}  // namespace roundoff::cli
