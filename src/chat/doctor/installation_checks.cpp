#include "chat/audio/codecs.h"
#include "chat/audio/decode_child.h"
#include "chat/audio/speech_detector.h"
#include "chat/core/text.h"
#include "chat/doctor/checks.h"
#include "chat/store/store_health.h"
#include "chat/transcribe/installed_models.h"
#include "chat/transcribe/model_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace chat::doctor {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kSampleRate = 16'000;

bool isWritable(const fs::path& path) {
    return ::access(path.c_str(), W_OK) == 0;
}

std::string littleEndian(std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) {
        text += static_cast<char>(value >> (8 * i) & 0xFFU);
    }
    return text;
}

/// A tenth of a second of a tone, as a WAV file that is on no disk.
FileDescriptor toneFile() {
    constexpr std::uint32_t kFrames = kSampleRate / 10;
    std::string wav = "RIFF" + littleEndian(36 + 2 * kFrames, 4) + "WAVEfmt " +
                      littleEndian(16, 4) + littleEndian(1, 2) + littleEndian(1, 2) +
                      littleEndian(kSampleRate, 4) + littleEndian(2 * kSampleRate, 4) +
                      littleEndian(2, 2) + littleEndian(16, 2) + "data" +
                      littleEndian(2 * kFrames, 4);
    for (std::uint32_t i = 0; i < kFrames; ++i) {
        const double phase = 2 * std::numbers::pi * 440 * i / kSampleRate;
        wav += littleEndian(static_cast<std::uint32_t>(std::lround(8000 * std::sin(phase))), 2);
    }
    FileDescriptor file(::memfd_create("chat-doctor", MFD_CLOEXEC));
    const ssize_t written = ::write(file.get(), wav.data(), wav.size());
    return written == static_cast<ssize_t>(wav.size()) ? std::move(file) : FileDescriptor();
}

/// Samples above a quarter of what the tone reaches.
Result<std::size_t> loudSamples(audio::BlockSource& source) {
    std::size_t loud = 0;
    audio::SoundBlock block;
    for (;;) {
        const auto more = source.read(block);
        if (!more) {
            return tl::unexpected(more.error());
        }
        for (const std::vector<float>& channel : block.channels) {
            loud += static_cast<std::size_t>(
                std::ranges::count_if(channel, [](float sample) { return sample > 0.06F; }));
        }
        if (!*more) {
            return loud;
        }
    }
}

/// The installed models of the catalog by what is wrong with them.
struct Installed {
    std::vector<std::string> whole;
    std::vector<std::string> incomplete;
    std::vector<std::string> broken;
};

Installed lookAt(const std::vector<transcribe::ModelStatus>& models) {
    Installed found;
    for (const transcribe::ModelStatus& model : models) {
        if (model.info == nullptr || !model.installed) {
            continue;
        }
        (!model.complete                        ? found.incomplete
         : transcribe::checkModel(model.folder) ? found.whole
                                                : found.broken)
            .push_back(model.name);
    }
    return found;
}

}  // namespace

Check failedWith(std::string_view name, const Error& error, const fs::path& place) {
    const ErrorInfo& info = errorInfo(error.code);
    return {name,
            Health::Fail,
            fmt::format("{} ({})", info.meaning, info.name),
            place.string(),
            std::string(info.wayOut)};
}

Check checkConfiguration(const Configuration& configuration, const fs::path& file) {
    const std::size_t wrong = configuration.problems.size();
    if (wrong == 0) {
        return {"configuration",
                Health::Ok,
                configuration.values.empty()
                    ? "nothing is set; everything is as it ships"
                    : counted(configuration.values.size(), "setting, valid", "settings, all valid"),
                file.string(),
                ""};
    }
    return {"configuration",
            Health::Fail,
            counted(wrong, "mistake", "mistakes") + "; other commands refuse to start",
            file.string(),
            "chat config validate says which line, and what is allowed there"};
}

Check checkStore(const fs::path& store) {
    std::error_code error;
    if (!fs::exists(fs::symlink_status(store, error))) {
        return {
            "store", Health::Ok, "there is none yet; the first run makes it", store.string(), ""};
    }
    const auto health = store::storeHealth(store);
    if (!health) {
        return failedWith("store", health.error(), store);
    }
    if (!health->sound) {
        return {"store",
                Health::Fail,
                "it is damaged",
                store.string(),
                "Keep what can be read with `chat recover salvage`, or put a backup in its place "
                "with `chat recover restore FILE`."};
    }
    if (!isWritable(store) || !isWritable(fs::absolute(store).parent_path())) {
        return {"store",
                Health::Fail,
                "it cannot be written",
                store.string(),
                "Give yourself the right to write the file and its folder, or name another with "
                "--store or `chat config set store FILE`."};
    }
    const bool older = health->version < health->newest;
    return {"store",
            Health::Ok,
            fmt::format("sound; {}, {} of it free for what comes, form {}{}",
                        sizeText(health->bytes + health->logBytes),
                        sizeText(health->freeBytes),
                        health->version,
                        older ? fmt::format("; the next run brings it to {}", health->newest) : ""),
            store.string(),
            ""};
}

Check checkModels(const fs::path& models, std::string_view wanted) {
    const auto all = transcribe::listModels(models);
    const Installed found = lookAt(all);
    const auto named = std::ranges::find(all, wanted, &transcribe::ModelStatus::name);
    const bool wantedMissing = named != all.end() && named->info != nullptr && !named->complete;
    if (!found.broken.empty()) {
        return {"models",
                Health::Fail,
                fmt::format("damaged: {}", fmt::join(found.broken, ", ")),
                models.string(),
                fmt::format("chat models remove {0} && chat models pull {0}", found.broken[0])};
    }
    if (!found.incomplete.empty()) {
        return {
            "models",
            Health::Warn,
            fmt::format("incomplete: {}", fmt::join(found.incomplete, ", ")),
            models.string(),
            fmt::format("chat models pull {} goes on where it was cut off", found.incomplete[0])};
    }
    if (found.whole.empty() || wantedMissing) {
        const std::string model = wantedMissing ? named->name : "base";
        return {"models",
                Health::Warn,
                found.whole.empty()
                    ? "none is installed: calls are analyzed without words"
                    : fmt::format("{} is not installed, which is what is set", model),
                models.string(),
                fmt::format("chat models pull {}", model)};
    }
    return {"models",
            Health::Ok,
            fmt::format("{}; lengths and outlines are right", fmt::join(found.whole, ", ")),
            models.string(),
            ""};
}

Check checkDetector() {
    const auto detector = audio::makeSileroDetector();
    if (!detector) {
        return failedWith("detector", detector.error());
    }
    std::vector<float> probabilities;
    (*detector)->add(std::vector<float>(kSampleRate), probabilities);
    (*detector)->finish(probabilities);
    const bool sane = !probabilities.empty() && std::ranges::all_of(probabilities, [](float p) {
        return p >= 0 && p < 0.5F;
    });
    if (!sane) {
        return {"detector",
                Health::Fail,
                "the speech detector hears speech where there is none",
                "",
                "Install CHAT again: its weights are damaged."};
    }
    return {
        "detector", Health::Ok, "its weights are whole, and it hears nothing in silence", "", ""};
}

Check checkCodecs() {
    const auto missing = audio::missingCodecs();
    if (!missing.empty()) {
        return {"codecs",
                Health::Fail,
                fmt::format(
                    "FFmpeg {} cannot do: {}", audio::ffmpegVersion(), fmt::join(missing, ", ")),
                "",
                "Install Debian's libavcodec59, or another FFmpeg that has them."};
    }
    return {"codecs",
            Health::Ok,
            fmt::format("FFmpeg {} has all {} that calls and reports need",
                        audio::ffmpegVersion(),
                        audio::neededCodecs()),
            "",
            ""};
}

Check checkSandbox() {
    FileDescriptor tone = toneFile();
    if (!tone) {
        return failedWith("sandbox", {ErrorCode::SysResMemoryError, "", ""});
    }
    audio::ChildDecoder decoder;
    const auto loud = decoder.open(std::move(tone), "wav")
                          .and_then([](const std::unique_ptr<audio::BlockSource>& source) {
                              return loudSamples(*source);
                          });
    if (!loud) {
        return failedWith("sandbox", loud.error(), audio::decoderProgram());
    }
    // Three quarters of a sine's time are below or negative; 500 of 1600 samples are left.
    if (*loud < 500) {
        return {"sandbox",
                Health::Fail,
                "a decoder ran shut in, but sent other sound than it was given",
                audio::decoderProgram().string(),
                "Install CHAT again."};
    }
    return {"sandbox",
            Health::Ok,
            "a decoder was started, shut in, and sent the sound it was given",
            "",
            ""};
}

}  // namespace chat::doctor
