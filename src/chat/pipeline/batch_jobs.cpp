#include "chat/pipeline/batch_jobs.h"

#include "chat/core/files.h"
#include "chat/core/sha256.h"
#include "chat/core/text.h"
#include "chat/pipeline/batch_planner.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

namespace chat::pipeline {

namespace {

/// Bytes a second of telephone sound as recorders write it: 8 kHz, one channel.
constexpr std::array kBytesPerSecond{
    std::pair<std::string_view, double>{".wav", 16'000},
    std::pair<std::string_view, double>{".flac", 8'000},
    std::pair<std::string_view, double>{".ulaw", 8'000},
    std::pair<std::string_view, double>{".alaw", 8'000},
    std::pair<std::string_view, double>{".gsm", 1'650},
};
constexpr double kCompressed = 4'000;  ///< MP3, M4A, Ogg: 32 kbit/s

/// Until calls have ended. For an order it does not matter how fast the machine is, only what a short call costs beside a
/// long one.
constexpr double kAnyShare = 0.1;

queue::NewJob jobOf(const source::SourceRecording& recording) {
    queue::NewJob job;
    job.call = recording.attributes;
    job.file = recording.path;
    job.path = recording.displayPath;
    job.error = recording.error;
    job.bytes = fileBytes(recording.path);
    return job;
}

}  // namespace

std::string unreadSid(const std::filesystem::path& file) {
    return "unread-" + sha256Hex(file.string());
}

Result<BatchJobs> jobsOf(const std::vector<source::SourceRecording>& recordings,
                         const std::stop_token& stop) {
    BatchJobs batch;
    std::set<std::string> known;
    for (const source::SourceRecording& recording : recordings) {
        queue::NewJob job = jobOf(recording);
        if (job.call.sid.empty() && !job.error) {
            if (auto sum = sha256OfFile(job.file, stop)) {
                job.call.sid = std::move(*sum);
            } else if (sum.error().code == ErrorCode::SysStateStopped) {
                return tl::unexpected(sum.error());
            } else {
                job.error = sum.error();
            }
        }
        if (job.call.sid.empty()) {
            job.call.sid = unreadSid(job.file);
        }
        if (known.insert(job.call.sid).second) {
            batch.jobs.push_back(std::move(job));
        } else {
            batch.otherPaths[job.call.sid].push_back(job.path);
        }
    }
    return batch;
}

Result<ProcessingTime> learntTime(queue::JobStore& jobs) {
    constexpr std::size_t kCalls = 200;
    queue::JobFilter ended;
    ended.states = {queue::JobState::Completed};
    return jobs.list(ended, {queue::SortColumn::EndedAt, true}, kCalls, {})
        .map([](const queue::JobPage& page) {
            Seconds lengths{};
            Seconds took{};
            for (const queue::Job& job : page.jobs) {
                lengths += guessedLength(job.file, job.bytes);
                took += job.processing;
            }
            // The guess for lengths that none of them had is what they took in all.
            ProcessingTime time(lengths > Seconds{} && took > Seconds{} ? took / lengths
                                                                        : kAnyShare);
            for (auto job = page.jobs.rbegin(); job != page.jobs.rend(); ++job) {
                // By the length that a plan would guess, so that what is wrong with the guess is learnt too.
                time.learn({guessedLength(job->file, job->bytes), std::nullopt},
                           {{}, job->processing, {}});
            }
            return time;
        });
}

Seconds planPlaces(std::vector<queue::NewJob>& jobs, const ProcessingTime& time, int workers) {
    std::vector<Seconds> expected;
    expected.reserve(jobs.size());
    for (const queue::NewJob& job : jobs) {
        expected.push_back(
            time.predict({guessedLength(job.file, job.bytes), std::nullopt}).total());
    }
    const std::vector<std::size_t> order = planBatch(expected, workers);
    std::int64_t place = 0;
    for (const std::size_t job : order) {
        jobs[job].place = place++;
    }
    const std::vector<Seconds> ends = endsInOrder(order, expected, workers);
    return ends.empty() ? Seconds{} : *std::ranges::max_element(ends);
}

Seconds guessedLength(const std::filesystem::path& file, std::uint64_t bytes) {
    const std::string extension = lowerAscii(file.extension().string());
    const auto* known =
        std::ranges::find(kBytesPerSecond, extension, &std::pair<std::string_view, double>::first);
    return Seconds{static_cast<double>(bytes) /
                   (known != kBytesPerSecond.end() ? known->second : kCompressed)};
}

std::int64_t retryBudget(std::size_t calls) {
    constexpr std::size_t kAnyBatch = 10;
    return static_cast<std::int64_t>(std::max(kAnyBatch, calls / 10));
}

}  // namespace chat::pipeline
