#include "chat/store/fetched_recordings.h"

#include "chat/core/sha256.h"
#include "chat/core/write_point.h"
#include "chat/store/job_query.h"
#include "chat/store/sqlite_connection.h"

#include <fmt/format.h>
#include <SQLiteCpp/Transaction.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace chat::store {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kNameBytes = 64;
/// Of the files that a recording has (fetch/fetch_recording.h).
constexpr std::array kEndings{
    std::string_view(""), std::string_view(".part"), std::string_view(".part.etag")};

/// The recordings that have any file in the folder; none where there is no folder.
std::set<fs::path> recordingsIn(const fs::path& folder) {
    std::set<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator file(folder, error), end; !error && file != end;
         file.increment(error)) {
        const std::string name = file->path().filename().string();
        const std::string first = name.substr(0, kNameBytes);
        const bool isHash = first.size() == kNameBytes &&
                            first.find_first_not_of("0123456789abcdef") == std::string::npos;
        if (isHash && std::ranges::find(kEndings, name.substr(kNameBytes)) != kEndings.end()) {
            found.insert(folder / first);
        }
    }
    return found;
}

std::vector<queue::Job> jobsOfFile(SqliteConnection& sqlite, const fs::path& file) {
    SQLite::Statement& query = sqlite.statement(
        fmt::format("SELECT {} FROM jobs INDEXED BY jobs_of_recording WHERE source IS NOT NULL AND "
                    "file = ? AND removed = 0",
                    kJobColumns));
    query.bind(1, file.string());
    std::vector<queue::Job> jobs;
    while (query.executeStep()) {
        jobs.push_back(jobOf(query));
    }
    return jobs;
}

}  // namespace

fs::path fetchedFolder(const fs::path& store) {
    return fs::absolute(store).lexically_normal().string() + ".recordings";
}

fs::path fetchedFile(const fs::path& store, const std::string& address, const std::string& sid) {
    return fetchedFolder(store) / sha256Hex(address + "\n" + sid);
}

Status removeFetched(const fs::path& file) {
    const WritePoint point("fetch: a recording goes");
    for (const std::string_view ending : kEndings) {
        std::error_code error;
        const fs::path one = file.string() + std::string(ending);
        fs::remove(one, error);
        if (error) {
            return tl::unexpected(
                systemError(error.value(), "remove", one.string(), ErrorCode::SysPermUnwritable));
        }
    }
    return {};
}

Status removeUnwanted(const fs::path& store, const IsWanted& isWanted, const Clock& clock) {
    const std::set<fs::path> recordings = recordingsIn(fetchedFolder(store));
    if (recordings.empty()) {
        return {};
    }
    auto connection = SqliteConnection::open(store, clock);
    if (!connection) {
        return tl::unexpected(connection.error());
    }
    return (*connection)->guarded([&]() -> Status {
        // Whoever finds a recording there, or names one, does so in a transaction before or after this one.
        SQLite::Transaction transaction((*connection)->database(),
                                        SQLite::TransactionBehavior::IMMEDIATE);
        Status all;
        for (const fs::path& file : recordings) {
            if (isWanted(jobsOfFile(**connection, file))) {
                continue;
            }
            if (auto removed = removeFetched(file); !removed && all) {
                all = removed;
            }
        }
        return all;
    });
}

}  // namespace chat::store
