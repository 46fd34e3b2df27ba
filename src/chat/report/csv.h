#pragma once

#include "chat/report/report_model.h"

#include <string>
#include <string_view>

namespace chat::report {

/// A text as one CSV field (RFC 4180). A text that a spreadsheet would run as a formula gets an
/// apostrophe in front, which spreadsheets show as plain text.
[[nodiscard]] std::string csvText(std::string_view raw);

/// calls.csv: the header, and one line for a call. Columns: sid, order_id, chain, store_name,
/// agent_name, call_time, duration, silence_count, silence_duration_total, contains_<rule> for each
/// keyword rule, status, processing_time. Durations in seconds; lines end in CRLF.
[[nodiscard]] std::string callsCsvHeader(const ReportSettings& settings);
[[nodiscard]] std::string callsCsvLine(const ReportCall& call, const ReportSettings& settings);

/// silences.csv: the header, and one line for each silence of a call. Columns: sid, order_id, start,
/// end, duration, kind, category, patterns, before, after.
[[nodiscard]] std::string silencesCsvHeader();
[[nodiscard]] std::string silencesCsvLines(const ReportCall& call);

}  // namespace chat::report
