#include "chat/store/lost_rows.h"

#include <algorithm>

namespace chat::store {

namespace {

constexpr std::size_t kShaLength = 64;

const std::string_view* textAt(const StoredRow& row, std::size_t i) {
    return std::get_if<std::string_view>(&row.values[i]);
}

const std::int64_t* numberAt(const StoredRow& row, std::size_t i) {
    return std::get_if<std::int64_t>(&row.values[i]);
}

/// The call's SID as far as any table knows it.
std::string sidOf(SQLite::Database& salvaged, const std::string& recording) {
    for (const char* table : {"calls", "jobs"}) {
        SQLite::Statement query(
            salvaged,
            std::string("SELECT sid FROM ") + table + " WHERE recording = ? AND sid <> '' LIMIT 1");
        query.bind(1, recording);
        if (query.executeStep()) {
            return query.getColumn(0).getString();
        }
    }
    return recording;
}

}  // namespace

void LostRows::found(const std::string& table, const StoredRow& row) {
    if (row.rowid && table == "stage_results") {
        results_.insert(*row.rowid);
    } else if (row.rowid && table == "calls") {
        calls_.insert(*row.rowid);
    }
}

void LostRows::indexed(const StoredRow& row) {
    const std::size_t size = row.values.size();
    if ((size != 3 && size != 6) || !row.complete) {
        return;
    }
    const std::string_view* recording = textAt(row, 0);
    const std::string_view* second = textAt(row, 1);
    const std::int64_t* rowid = numberAt(row, size - 1);
    if (recording == nullptr || recording->size() != kShaLength || second == nullptr ||
        rowid == nullptr) {
        return;
    }
    if (size == 3) {  // recording, file
        indexedCalls_.emplace(*rowid, *recording);
    } else if (numberAt(row, 2) != nullptr) {  // recording, stage, version, input, settings
        indexedResults_.emplace(*rowid,
                                IndexedResult{std::string(*recording), std::string(*second)});
    }
}

std::vector<LostCall> LostRows::calls(SQLite::Database& salvaged) const {
    std::map<std::string, std::set<std::string>> lost;  // by recording
    for (const auto& [rowid, recording] : indexedCalls_) {
        if (!calls_.contains(rowid)) {
            lost[recording].insert("call");
        }
    }
    for (const auto& [rowid, result] : indexedResults_) {
        if (!results_.contains(rowid)) {
            lost[result.recording].insert(result.stage);
        }
    }
    std::vector<LostCall> calls;
    calls.reserve(lost.size());
    for (const auto& [recording, what] : lost) {
        LostCall& call = calls.emplace_back();
        call.sid = sidOf(salvaged, recording);
        for (const char* one : {"call", "audio", "transcribe", "analyze"}) {
            if (what.contains(one)) {
                call.what.emplace_back(one);
            }
        }
    }
    std::ranges::sort(calls, {}, &LostCall::sid);
    return calls;
}

}  // namespace chat::store
