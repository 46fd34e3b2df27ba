#include "chat/pipeline/sound_copies.h"

#include "chat/audio/sound_copy.h"
#include "chat/report/report_model.h"

namespace chat::pipeline {

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
    const auto target = soundCopyPath(audioFolder, recording);
    std::error_code error;
    if (std::filesystem::exists(target, error)) {
        return {};
    }
    return decoder.open(file, {}, stop).and_then([&](std::unique_ptr<audio::BlockSource> source) {
        return audio::encodeOpus(*source, target, stop);
    });
}

}  // namespace chat::pipeline
