#pragma once

#include "chat/store/database_pages.h"

#include <functional>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace chat::store {

using Blob = std::span<const std::uint8_t>;
/// A column as it is written; text and blobs are seen only while the row is visited.
using Value = std::variant<std::monostate, std::int64_t, double, std::string_view, Blob>;

/// A row of a table, or an entry of an index.
struct StoredRow {
    std::optional<std::int64_t>
        rowid;  ///< of a table with rowids; none: an entry of an index or such a table
    std::vector<Value> values;
    bool complete =
        true;  ///< false: what lies on other pages is lost; the values are those before that
};

/// Visits every row that stands on a page, in the order of the page. Gives the number of cells that make no sense.
std::size_t visitRows(const DatabasePages& pages,
                      std::uint32_t number,
                      const std::function<void(const StoredRow&)>& visit);

}  // namespace chat::store
