// The page of a report: tables first, then what each line of verdicts shows, then every verdict.
#pragma once

#include "analyzer/report/report.hpp"
#include "cli/names.hpp"
#include "cli/views/html.hpp"

namespace roundoff::cli {

html::Page report_page(const Report& report);

}  // namespace roundoff::cli
