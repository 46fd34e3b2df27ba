#pragma once

#include "chat/core/error.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chat::source {

struct CsvRow {
    std::vector<std::string> fields;
    int line = 0;  ///< from 1, where the row starts
};

/// Bounds on what a file may make this program hold.
inline constexpr std::size_t kCsvMaxFieldBytes = 64 * 1024;
inline constexpr std::size_t kCsvMaxFields = 256;
inline constexpr std::size_t kCsvMaxRows = 1'000'000;

/// Reads CSV after RFC 4180: fields in double quotes may hold separators, line ends and doubled quotes.
///
/// A byte order mark is left out, lines end with LF, CRLF or CR, blank lines are no rows. The separator
/// is that of comma, semicolon and tab which the first line has most of. Errors: CFG_FMT_MANIFEST with
/// the line and column in bytes, both from 1 (quote that does not end, text before or behind quotes,
/// NUL, a bound exceeded).
[[nodiscard]] Result<std::vector<CsvRow>> parseCsv(std::string_view text, std::string_view name);

}  // namespace chat::source
