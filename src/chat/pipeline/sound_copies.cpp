#include "chat/pipeline/sound_copies.h"

#include "chat/audio/sound_copy.h"
#include "chat/core/write_point.h"
#include "chat/report/report_model.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <vector>

namespace chat::pipeline {

namespace {

/// One job for each recording whose sound is not there.
std::vector<const queue::Job*> withoutSound(std::span<const queue::Job> jobs,
                                            const std::filesystem::path& audioFolder) {
    std::map<std::string, const queue::Job*> missing;
    for (const queue::Job& job : jobs) {
        std::error_code error;
        if (job.state == queue::JobState::Completed && !job.recording.empty() &&
            !std::filesystem::exists(soundCopyPath(audioFolder, job.recording), error)) {
            missing.try_emplace(job.recording, &job);
        }
    }
    std::vector<const queue::Job*> all;
    all.reserve(missing.size());
    for (const auto& [recording, job] : missing) {
        all.push_back(job);
    }
    return all;
}

}  // namespace

std::string soundCopyAddress(const std::string& recording) {
    report::ReportCall named;
    named.recording = recording;
    return "audio/" + report::detailName(named) + "." + audio::kSoundCopyExtension;
}

std::filesystem::path soundCopyPath(const std::filesystem::path& audioFolder,
                                    const std::string& recording) {
    return audioFolder.parent_path() / soundCopyAddress(recording);
}

Status placeSoundCopy(audio::ChildDecoder& decoder,
                      const std::filesystem::path& file,
                      const std::string& recording,
                      const std::filesystem::path& audioFolder,
                      const std::stop_token& stop) {
    auto source = decoder.open(file, {}, stop);
    if (!source && source.error().code == ErrorCode::AuFmtUnsupported &&
        audio::canDecodeByFrames(file.extension().string())) {
        // What was heard of it was heard in that way, too.
        audio::DecoderSettings settings;
        settings.byFrames = true;
        source = decoder.open(file, settings, stop);
    }
    return std::move(source).and_then([&](const std::unique_ptr<audio::BlockSource>& opened) {
        return audio::encodeOpus(*opened, soundCopyPath(audioFolder, recording), stop);
    });
}

void placeMissingSound(std::span<const queue::Job> jobs,
                       const std::filesystem::path& audioFolder,
                       int workers,
                       const std::stop_token& stop) {
    const auto missing = withoutSound(jobs, audioFolder);
    audio::ChildDecoder decoder;
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < missing.size(); i = next++) {
            // Whether it is there is asked again when the call is written.
            (void)placeSoundCopy(
                decoder, missing[i]->file, missing[i]->recording, audioFolder, stop);
        }
    };
    std::vector<std::jthread> threads;
    const std::size_t atOnce =
        std::min(missing.size(), static_cast<std::size_t>(std::max(1, workers)));
    threads.reserve(atOnce);
    for (std::size_t i = 0; i < atOnce; ++i) {
        threads.emplace_back(work);
    }
}

void removeUnfinishedSound(const std::filesystem::path& audioFolder) {
    const WritePoint point("sound: unfinished copies go");
    std::error_code error;
    for (std::filesystem::directory_iterator file(audioFolder, error), end; !error && file != end;
         file.increment(error)) {
        if (file->path().extension() != std::string(".") + audio::kSoundCopyExtension) {
            std::error_code ignored;
            std::filesystem::remove(file->path(), ignored);
        }
    }
}

bool soundIsMissing(std::span<const queue::Job> jobs, const std::filesystem::path& audioFolder) {
    return !withoutSound(jobs, audioFolder).empty();
}

}  // namespace chat::pipeline
