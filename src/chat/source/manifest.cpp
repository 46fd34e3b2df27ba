#include "chat/source/manifest.h"

#include "chat/core/files.h"
#include "chat/core/text.h"
#include "chat/source/call_time.h"
#include "chat/source/csv.h"
#include "chat/source/manifest_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace chat::source {

namespace {

constexpr std::size_t kMaxBytes = 64 * 1024 * 1024;
constexpr std::size_t kMaxValueBytes = 500;
constexpr std::size_t kMaxPathBytes = 4096;
constexpr std::size_t kMaxWarnings = 100;

constexpr ManifestColumn kFile{"file", nullptr};
constexpr ManifestColumn kSid{"sid", &CallAttributes::sid};
constexpr ManifestColumn kOrder{"order_id", &CallAttributes::orderId};
constexpr ManifestColumn kChain{"chain", &CallAttributes::chain};
constexpr ManifestColumn kStore{"store", &CallAttributes::store};
constexpr ManifestColumn kAgent{"agent", &CallAttributes::agent};
constexpr ManifestColumn kTime{"call_time", &CallAttributes::startedAt};
constexpr ManifestColumn kPhone{"phone", &CallAttributes::phone};

constexpr std::array<std::pair<std::string_view, const ManifestColumn*>, 18> kColumns{{
    {"file", &kFile},
    {"path", &kFile},
    {"filename", &kFile},
    {"recording", &kFile},
    {"sid", &kSid},
    {"callsid", &kSid},
    {"order", &kOrder},
    {"orderid", &kOrder},
    {"chain", &kChain},
    {"chainname", &kChain},
    {"store", &kStore},
    {"storename", &kStore},
    {"agent", &kAgent},
    {"agentname", &kAgent},
    {"calltime", &kTime},
    {"startedat", &kTime},
    {"phone", &kPhone},
    {"customerphone", &kPhone},
}};

Status readCsvEntries(std::string_view text, std::string_view name, ManifestBuilder& builder) {
    const auto rows = parseCsv(text, name);
    if (!rows) {
        return tl::unexpected(rows.error());
    }
    std::vector<const ManifestColumn*> columns;
    if (!rows->empty()) {
        for (const std::string& title : rows->front().fields) {
            columns.push_back(manifestColumn(title));
        }
    }
    if (std::find(columns.begin(), columns.end(), &kFile) == columns.end()) {
        return fail(ErrorCode::CfgFmtManifest,
                    fmt::format("{}, line {}, column 1: the header has no column named file",
                                name,
                                rows->empty() ? 1 : rows->front().line));
    }
    for (std::size_t r = 1; r < rows->size(); ++r) {
        const CsvRow& row = (*rows)[r];
        // A separator too many would move every value behind it into the wrong column.
        if (row.fields.size() > columns.size()) {
            builder.refuse(row.line,
                           fmt::format("there are {} fields where the header has {}; the line is "
                                       "left out (a text with a separator in it needs quotes)",
                                       row.fields.size(),
                                       columns.size()));
            continue;
        }
        builder.start(row.line);
        for (std::size_t i = 0; i < row.fields.size(); ++i) {
            if (columns[i] != nullptr) {
                builder.value(*columns[i], row.fields[i]);
            }
        }
        builder.finish();
    }
    return {};
}

}  // namespace

const ManifestColumn* manifestColumn(std::string_view name) {
    std::string squeezed = lowerAscii(trimmed(name));
    std::erase_if(squeezed, [](char c) { return c == '_' || c == '-' || c == ' '; });
    const auto found = std::find_if(kColumns.begin(), kColumns.end(), [&](const auto& column) {
        return column.first == squeezed;
    });
    return found == kColumns.end() ? nullptr : found->second;
}

void ManifestBuilder::start(int line) {
    entry_ = {};
    entry_.line = line;
}

void ManifestBuilder::refuse(int line, std::string_view what) {
    if (manifest_.warnings.size() == kMaxWarnings) {
        ++furtherWarnings_;
        return;
    }
    manifest_.warnings.push_back(Warning{ErrorCode::CfgValManifestEntry,
                                         fmt::format("{}, line {}: {}.", name_, line, what),
                                         {},
                                         -1});
}

void ManifestBuilder::setFile(std::string_view text) {
    if (text.size() > kMaxPathBytes || text.find('\0') != std::string_view::npos) {
        refuse(entry_.line, "the file's name is not one that a file can have");
    } else {
        entry_.file = text;
    }
}

void ManifestBuilder::value(const ManifestColumn& column, std::string_view text) {
    text = trimmed(text);
    std::string& place =
        column.attribute == nullptr ? entry_.file : entry_.attributes.*column.attribute;
    if (text.empty() || !place.empty()) {
        return;
    }
    if (column.attribute == nullptr) {
        setFile(text);
        return;
    }
    if (text.size() > kMaxValueBytes || text.find('\0') != std::string_view::npos) {
        refuse(entry_.line,
               fmt::format("{} is longer than {} bytes or has a zero byte in it",
                           column.name,
                           kMaxValueBytes));
        return;
    }
    if (&column != &kTime) {
        place = validUtf8(text);
        if (place != text) {
            refuse(entry_.line,
                   fmt::format("{} is not UTF-8; what cannot be read was replaced", column.name));
        }
    } else if (auto time = normalizedCallTime(text)) {
        place = std::move(*time);
    } else {
        refuse(entry_.line,
               fmt::format("{} is not a date and time such as 2026-11-12T09:41:00", column.name));
    }
}

void ManifestBuilder::finish() {
    if (entry_.file.empty()) {
        refuse(entry_.line, "no file is named");
        return;
    }
    if (const auto [at, isNew] = lineOfFile_.try_emplace(entry_.file, entry_.line); !isNew) {
        refuse(entry_.line, fmt::format("the file is named on line {} already", at->second));
        return;
    }
    std::string& sid = entry_.attributes.sid;
    if (!sid.empty()) {
        if (const auto [at, isNew] = lineOfSid_.try_emplace(sid, entry_.line); !isNew) {
            refuse(
                entry_.line,
                fmt::format("the sid stands on line {} already and is left out here", at->second));
            sid.clear();
        }
    }
    manifest_.entries.push_back(std::move(entry_));
}

Manifest ManifestBuilder::manifest() && {
    if (furtherWarnings_ > 0) {
        manifest_.warnings.push_back(Warning{
            ErrorCode::CfgValManifestEntry,
            fmt::format("{}: {} further values or lines cannot be used.", name_, furtherWarnings_),
            {},
            -1});
    }
    return std::move(manifest_);
}

Result<Manifest> parseManifest(std::string_view text, std::string_view name) {
    ManifestBuilder builder(name);
    std::string_view start = text;
    if (start.starts_with("\xEF\xBB\xBF")) {
        start.remove_prefix(3);
    }
    start = trimmed(start);
    const bool json = start.starts_with('[') || start.starts_with('{');
    const Status read =
        json ? readJsonEntries(text, name, builder) : readCsvEntries(text, name, builder);
    if (!read) {
        return tl::unexpected(read.error());
    }
    return std::move(builder).manifest();
}

Result<Manifest> readManifest(const std::filesystem::path& path) {
    const auto text = readFile(path, kMaxBytes, ErrorCode::CfgFmtManifest);
    if (!text) {
        return tl::unexpected(text.error());
    }
    return parseManifest(*text, path.filename().string());
}

}  // namespace chat::source
