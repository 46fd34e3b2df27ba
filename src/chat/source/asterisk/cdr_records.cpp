#include "chat/source/asterisk/cdr_records.h"

#include "chat/core/text.h"
#include "chat/source/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace chat::source {

namespace {

using Place = std::string CdrRecord::*;

struct Column {
    std::string_view name;
    Place place;
};
constexpr std::array kColumns{Column{"uniqueid", &CdrRecord::uniqueId},
                              Column{"start", &CdrRecord::start},
                              Column{"calldate", &CdrRecord::start},
                              Column{"src", &CdrRecord::caller},
                              Column{"dst", &CdrRecord::dialled},
                              Column{"did", &CdrRecord::did},
                              Column{"channel", &CdrRecord::callingChannel},
                              Column{"dstchannel", &CdrRecord::answeringChannel},
                              Column{"disposition", &CdrRecord::disposition},
                              Column{"userfield", &CdrRecord::userField},
                              Column{"recordingfile", &CdrRecord::recordingFile}};

/// The columns of cdr_csv: cdr/cdr_csv.c of Asterisk, docs.asterisk.org "CDR Specification".
constexpr std::array<std::string_view, 18> kMasterColumns{"accountcode",
                                                          "src",
                                                          "dst",
                                                          "dcontext",
                                                          "clid",
                                                          "channel",
                                                          "dstchannel",
                                                          "lastapp",
                                                          "lastdata",
                                                          "start",
                                                          "answer",
                                                          "end",
                                                          "duration",
                                                          "billsec",
                                                          "disposition",
                                                          "amaflags",
                                                          "uniqueid",
                                                          "userfield"};
constexpr std::size_t kUserField = 17;
constexpr std::size_t kAdditionalColumns = 3;  ///< newcdrcolumns: peeraccount, linkedid, sequence

Place placeOf(std::string_view column) {
    const std::string name = lowerAscii(trimmed(column));
    const auto* const found = std::ranges::find(kColumns, name, &Column::name);
    return found == kColumns.end() ? nullptr : found->place;
}

/// Where the fields of a row without header belong.
std::vector<Place> masterPlaces(std::size_t fields) {
    std::vector<Place> places;
    places.reserve(kMasterColumns.size());
    for (const std::string_view column : kMasterColumns) {
        places.push_back(placeOf(column));
    }
    if (fields == kUserField + kAdditionalColumns) {
        places[kUserField] =
            nullptr;  // loguserfield is off: what stands there is the first of the three
    }
    return places;
}

CdrRecord recordOf(const CsvRow& row, const std::vector<Place>& places) {
    CdrRecord record;
    for (std::size_t i = 0; i < std::min(row.fields.size(), places.size()); ++i) {
        if (places[i] != nullptr) {
            record.*places[i] = trimmed(row.fields[i]);
        }
    }
    return record;
}

}  // namespace

Result<std::vector<CdrRecord>> parseCdr(std::string_view text, std::string_view name) {
    const std::string_view firstLine = text.substr(0, text.find('\n'));
    const bool hasHeader = lowerAscii(firstLine).find("uniqueid") != std::string::npos;
    const auto rows = parseCsv(hasHeader ? text : text.substr(0, text.rfind('\n') + 1), name);
    if (!rows) {
        return tl::unexpected(rows.error());
    }
    std::vector<Place> places;
    std::vector<CdrRecord> records;
    records.reserve(rows->size());
    for (const CsvRow& row : *rows) {
        if (hasHeader && places.empty()) {
            places.reserve(row.fields.size());
            std::ranges::transform(row.fields, std::back_inserter(places), placeOf);
            continue;
        }
        CdrRecord record = recordOf(row, hasHeader ? places : masterPlaces(row.fields.size()));
        if (!record.uniqueId.empty()) {
            records.push_back(std::move(record));
        }
    }
    if (records.empty() && !rows->empty()) {
        return fail(ErrorCode::CfgFmtManifest,
                    fmt::format("{}, line 1, column 1: no call has a unique ID; Asterisk writes it "
                                "with loguniqueid = yes in cdr.conf",
                                name));
    }
    return records;
}

}  // namespace chat::source
