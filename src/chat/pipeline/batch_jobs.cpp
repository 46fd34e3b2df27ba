#include "chat/pipeline/batch_jobs.h"

#include "chat/core/sha256.h"

#include <set>

namespace chat::pipeline {

namespace {

queue::NewJob jobOf(const source::SourceRecording& recording) {
    queue::NewJob job;
    job.call = recording.attributes;
    job.file = recording.path;
    job.path = recording.displayPath;
    job.error = recording.error;
    std::error_code error;
    const auto size = std::filesystem::file_size(recording.path, error);
    job.bytes = error ? 0 : size;
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

}  // namespace chat::pipeline
