#pragma once

#include "chat/report/report_json.h"

#include <string>

namespace chat::report {

/// index.html: the dashboard that was built from dashboard/, with its index put in. `rows` are the
/// index's calls as JSON, separated by commas.
[[nodiscard]] std::string dashboardPage(const Json& summary,
                                        const Json& run,
                                        const std::string& rows,
                                        const ReportSettings& settings);

/// calls/<detail>.js: one call of one function with one JSON string literal; `detail` is JSON text.
[[nodiscard]] std::string callScript(std::string detail);

}  // namespace chat::report
