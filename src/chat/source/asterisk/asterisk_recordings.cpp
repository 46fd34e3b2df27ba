#include "chat/source/asterisk/asterisk_recordings.h"

#include "chat/core/files.h"
#include "chat/core/text.h"
#include "chat/source/asterisk/cdr_records.h"
#include "chat/source/call_time.h"
#include "chat/source/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace chat::source {

namespace {

constexpr std::size_t kMaxRecordBytes = 256 * 1024 * 1024;

/// What follows the last "-": a system's name before a unique ID can have some of its own.
std::string tailOf(const std::string& text) {
    return text.substr(text.rfind('-') + 1);
}

/// Who stands behind a channel: "bob" of "SIP/bob-00000001" and "Local/bob@from-queue-00000001;2".
std::string partyOf(const std::string& channel) {
    std::string party = channel.substr(channel.find('/') + 1);
    const std::size_t domain = party.find('@');
    return party.substr(0, domain != std::string::npos ? domain : party.rfind('-'));
}

/// The files below the folder, found by what a record says of them.
class RecordingFiles {
  public:
    explicit RecordingFiles(const std::vector<SourceRecording>& files) {
        for (const SourceRecording& file : files) {
            if (!file.error) {
                byName_.emplace(file.path.filename().native(), &file);
                byTail_.emplace(tailOf(file.path.stem().native()), &file);
            }
        }
    }

    [[nodiscard]] const SourceRecording* find(const CdrRecord& record) const {
        const std::string name = std::filesystem::path(record.recordingFile).filename().native();
        if (const auto named = byName_.find(name); named != byName_.end()) {
            return named->second;
        }
        const auto [from, to] = byTail_.equal_range(tailOf(record.uniqueId));
        for (auto file = from; file != to; ++file) {
            const std::string stem = file->second->path.stem().native();
            if (stem == record.uniqueId || stem.ends_with("-" + record.uniqueId)) {
                return file->second;
            }
        }
        return nullptr;
    }

  private:
    std::unordered_map<std::string, const SourceRecording*> byName_;
    std::unordered_multimap<std::string, const SourceRecording*> byTail_;
};

/// Gives a recording what its call's first record says.
void describe(const CdrRecord& record, const NumberPlan& numbers, SourceRecording& recording) {
    const std::string& dialled = record.did.empty() ? record.dialled : record.did;
    const bool outgoing =
        !numbers.contains(dialled) &&
        (numbers.contains(record.caller) || recording.path.filename().native().starts_with("out-"));
    recording.telId = validUtf8(outgoing ? record.caller : dialled);
    CallAttributes& call = recording.attributes;
    call.sid = validUtf8(record.uniqueId);
    call.phone = validUtf8(outgoing ? record.dialled : record.caller);
    call.agent = outgoing ? validUtf8(partyOf(record.callingChannel)) : "";
    call.orderId = validUtf8(record.userField);
    call.startedAt = normalizedCallTime(record.start).value_or("");
    if (const auto owner = numbers.find(outgoing ? record.caller : dialled);
        owner != numbers.end()) {
        call.chain = owner->second.chain;
        call.store = owner->second.store;
    }
}

}  // namespace

Result<SourceListing> listAsteriskRecordings(const AsteriskSettings& settings,
                                             const NumberPlan& numbers) {
    const std::string name = validUtf8(settings.records.filename().native());
    const auto records =
        readFile(settings.records, kMaxRecordBytes, ErrorCode::CfgFmtManifest)
            .and_then([&](const std::string& text) { return parseCdr(text, name); });
    if (!records) {
        return tl::unexpected(records.error());
    }
    const std::vector<SourceRecording> files = scan(settings.recordings);
    if (files.size() == 1) {
        if (const std::optional<Error>& error = files.front().error) {
            return tl::unexpected(*error);
        }
    }
    const RecordingFiles finder(files);
    SourceListing listing;
    std::unordered_map<std::string, std::size_t> positions;  // by unique ID
    for (const CdrRecord& record : *records) {
        auto known = positions.find(record.uniqueId);
        if (known == positions.end()) {
            const SourceRecording* file = finder.find(record);
            if (file == nullptr) {
                continue;
            }
            known = positions.emplace(record.uniqueId, listing.recordings.size()).first;
            listing.recordings.push_back(*file);
            describe(record, numbers, listing.recordings.back());
        }
        // Every attempt to reach somebody has a record; who answered first took the call.
        std::string& agent = listing.recordings[known->second].attributes.agent;
        if (agent.empty() && record.disposition == "ANSWERED") {
            agent = validUtf8(partyOf(record.answeringChannel));
        }
    }
    if (listing.recordings.empty()) {
        return fail(ErrorCode::SysDataNoRecordings,
                    fmt::format("None of the {} calls in {} has a recording in {}",
                                records->size(),
                                name,
                                validUtf8(settings.recordings.filename().native())));
    }
    return listing;
}

}  // namespace chat::source
