// Fetches the recordings of a list as a run does: several threads, one source, fetch/.
// Usage: bench_fetch TELEPHONY_FILE LIST FOLDER      (a SID on each line of LIST; FOLDER/SID is written)

#include "chat/core/clock.h"
#include "chat/fetch/fetch_recording.h"
#include "chat/source/rest/rest_source.h"

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace chat;

int run(const std::filesystem::path& telephony,
        const std::filesystem::path& list,
        const std::filesystem::path& folder) {
    const auto settings = source::readRestSettings(telephony);
    if (!settings) {
        std::fprintf(stderr, "%s\n", settings.error().what.c_str());
        return 2;
    }
    const SystemClock clock;
    const auto calls = source::openRestSource(*settings, clock);
    if (!calls) {
        std::fprintf(stderr, "%s\n", calls.error().what.c_str());
        return 2;
    }
    std::vector<std::string> sids;
    std::ifstream lines(list);
    for (std::string line; std::getline(lines, line);) {
        sids.push_back(line);
    }
    const auto read = [&](const std::string& sid,
                          const RecordingPart& from,
                          const TakeBytes& take,
                          const std::stop_token& stop) {
        return (*calls)->readRecording(sid, from, take, stop);
    };
    std::atomic<std::size_t> next{0};
    std::atomic<int> failed{0};
    const auto fetchSome = [&] {
        for (std::size_t i = next++; i < sids.size(); i = next++) {
            const auto fetched = fetch::fetchRecording(read, sids[i], folder / sids[i], {});
            if (!fetched) {
                std::fprintf(
                    stderr, "%s %s\n", fetched.error().what.c_str(), fetched.error().cause.c_str());
                ++failed;
            }
        }
    };
    std::vector<std::jthread> threads;
    threads.reserve(static_cast<std::size_t>(settings->connections));
    for (int i = 0; i < settings->connections; ++i) {
        threads.emplace_back(fetchSome);
    }
    threads.clear();
    return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: bench_fetch TELEPHONY_FILE LIST FOLDER\n");
        return 2;
    }
    return run(argv[1], argv[2], argv[3]);
}
