#pragma once

#include "chat/source/folder/folder_source.h"
#include "chat/source/recordings.h"
#include "chat/source/rest/rest_source.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "fakes/demo_server.h"
#include "fakes/temporary_folder.h"

namespace chat::source {

/// Seven calls of two chains as a folder with a manifest. The sounds are bytes that nobody decodes here.
class CallFolder {
  public:
    static constexpr std::size_t kSoundBytes = 300'000;

    CallFolder() {
        for (int i = 0; i < 7; ++i) {
            static_cast<void>(folder_.file("call" + std::to_string(i) + ".wav", sound(i)));
        }
        manifest_ = folder_.file(
            "calls.csv",
            "file,sid,order_id,chain,store,agent,call_time,phone\n"
            "call0.wav,CA0,A-1,Pizza & Söhne,Harbor,Ada,2026-11-12T09:41:00,+49 30 1\n"
            "call1.wav,CA1,A-2,Pizza & Söhne,Harbor,Bob,2026-11-12T18:00:00,+49 30 2\n"
            "call2.wav,CA2,A-1,Pizza & Söhne,North,Ada,2026-11-13T09:00:00,+49 30 1\n"
            "call3.wav,CA3,,Auto Parts,Harbor,Cyd,2026-11-13T23:59:59,\n"
            "call4.wav,a/b c?d=e&f#%,B-9,Auto Parts,East,Cyd,2026-11-14T00:00:00,+1 5\n"
            "call5.wav,CA5,\"=cmd|'/C calc'!A0\",Auto Parts,East,<script>,2026-11-11T10:00:00,\n"
            "call6.wav,CA6,,,,,,\n");
    }

    [[nodiscard]] static std::string sound(int number) {
        std::string bytes(kSoundBytes, '\0');
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            bytes[i] = static_cast<char>(i * i / 7 + i + static_cast<std::size_t>(number));
        }
        return bytes;
    }
    [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
    [[nodiscard]] std::vector<std::string> serverArguments() const {
        return {"--manifest", manifest_.string()};
    }
    [[nodiscard]] SourceListing listing() const {
        ListingOptions options;
        options.manifest = manifest_;
        return listRecordings({}, options).value();
    }

  private:
    tests::TemporaryFolder folder_;
    std::filesystem::path manifest_;
};

/// Settings to ask a demo server with.
inline RestSettings settingsFor(const tests::DemoServer& server) {
    RestSettings settings;
    settings.address = server.address();
    settings.certificateFile = server.certificateFile();
    settings.allowAddresses = {"127.0.0.1"};
    settings.firstDelay = std::chrono::milliseconds(1);
    settings.longestDelay = std::chrono::milliseconds(5);
    return settings;
}

/// All bytes that a source gives of a recording, and how it ended.
struct Read {
    Result<RecordingPart> part;
    std::string bytes;
};
inline Read readAll(CallSource& source, const std::string& sid, const RecordingPart& from = {}) {
    std::string bytes;
    auto part =
        source.readRecording(sid,
                             from,
                             [&](const RecordingPart& /*part*/, std::string_view more) -> Status {
                                 bytes += more;
                                 return {};
                             },
                             {});
    return {std::move(part), std::move(bytes)};
}

/// The SIDs of a page, with commas between them.
inline std::string sidsOf(const Result<CallPage>& page) {
    if (!page) {
        return std::string(errorName(page.error().code));
    }
    std::string sids;
    for (const FoundCall& found : page->calls) {
        sids += (sids.empty() ? "" : ",") + found.call.sid;
    }
    return sids;
}

}  // namespace chat::source
