#pragma once

#include "chat/report/report_model.h"
#include "chat/report/summary.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

/// The parts of report.json as schema/report.schema.json describes them. For use inside report/ only.
namespace chat::report {

using Json = nlohmann::ordered_json;

/// One of the report's calls, as text: a long call's words and silences are many, and a tree of them is
/// twenty times their text.
[[nodiscard]] std::string callText(const ReportCall& call);
[[nodiscard]] Json summaryJson(const Summary& summary, const ReportSettings& settings);
[[nodiscard]] Json runJson(const RunFacts& run, const ReportSettings& settings);

/// What the dashboard's index holds of one call, and of one call alone when it is opened
/// (schema/dashboard.schema.json).
[[nodiscard]] std::string callRowText(const ReportCall& call);
[[nodiscard]] std::string callDetailText(const ReportCall& call, std::string_view callText);

/// JSON as text; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string jsonText(const Json& json);

/// JSON text made safe inside a script element: `<`, `>`, `&`, U+2028 and U+2029 as \uXXXX.
[[nodiscard]] std::string scriptSafe(std::string_view json);

}  // namespace chat::report
