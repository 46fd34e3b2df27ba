#include "chat/transcribe/model_measurements.h"

#include "chat/core/files.h"
#include "chat/core/machine.h"
#include "chat/core/write_point.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <exception>
#include <numbers>
#include <thread>
#include <utility>

namespace chat::transcribe {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestFile = std::size_t{1} << 20;

bool sameUse(const ModelMeasurement& a, const ModelMeasurement& b) {
    return a.model == b.model && a.workers == b.workers && a.beam == b.beam;
}

/// A buzz at a voice's pitch that comes and goes like syllables.
SpeechWindow builtInSound() {
    constexpr double kPitch = 120;
    constexpr double kSyllables = 4;
    SpeechWindow window;
    window.plan.pieces = {{{Seconds{0}, kWindowLength}, Seconds{0}}};
    window.plan.speech = {{Seconds{0}, kWindowLength}};
    window.language = "en";
    window.samples.resize(static_cast<std::size_t>(kWindowLength.count() * kAnalysisRateHz));
    for (std::size_t i = 0; i < window.samples.size(); ++i) {
        const double t = static_cast<double>(i) / kAnalysisRateHz;
        double sound = 0;
        for (int overtone = 1; overtone <= 20; ++overtone) {
            sound += std::sin(2 * std::numbers::pi * kPitch * overtone * t) / overtone;
        }
        const double syllable = std::sin(std::numbers::pi * kSyllables * t);
        window.samples[i] = static_cast<float>(0.1 * sound * syllable * syllable);
    }
    return window;
}

}  // namespace

std::filesystem::path measurementsFile() {
    return cacheFolder() / "model_measurements.json";
}

std::vector<ModelMeasurement> readMeasurements(const std::filesystem::path& file) {
    std::vector<ModelMeasurement> known;
    const auto text = readFile(file, kLongestFile, ErrorCode::SysUnkGenericError);
    if (!text) {
        return known;
    }
    try {
        for (const Json& one : Json::parse(*text)) {
            known.push_back({one.at("model").get<std::string>(),
                             one.at("bytes").get<std::uint64_t>(),
                             one.at("workers").get<int>(),
                             one.at("beam").get<int>(),
                             one.at("peakBytes").get<std::uint64_t>(),
                             one.at("cost").get<double>()});
        }
    } catch (const std::exception&) {
        known.clear();
    }
    return known;
}

const ModelMeasurement* findMeasurement(const std::vector<ModelMeasurement>& known,
                                        const ModelMeasurement& like) {
    const auto found = std::ranges::find_if(known, [&](const ModelMeasurement& one) {
        return sameUse(one, like) && one.bytes == like.bytes;
    });
    return found == known.end() ? nullptr : &*found;
}

Status noteMeasurement(const std::filesystem::path& file, const ModelMeasurement& measurement) {
    const WritePoint point("models: a measurement");
    std::vector<ModelMeasurement> known = readMeasurements(file);
    std::erase_if(known, [&](const ModelMeasurement& one) { return sameUse(one, measurement); });
    known.push_back(measurement);
    Json all = Json::array();
    for (const ModelMeasurement& one : known) {
        all.push_back({{"model", one.model},
                       {"bytes", one.bytes},
                       {"workers", one.workers},
                       {"beam", one.beam},
                       {"peakBytes", one.peakBytes},
                       {"cost", one.cost}});
    }
    return makePrivateFolder(file.parent_path()).and_then([&] {
        return writeFileAtomically(file, all.dump(1) + "\n");
    });
}

Status measureModel(const std::function<Result<std::unique_ptr<Transcriber>>()>& load,
                    const Clock& clock,
                    ModelMeasurement& measurement) {
    const auto transcriber = load();
    if (!transcriber) {
        return tl::unexpected(transcriber.error());
    }
    const SpeechWindow window = builtInSound();
    const auto workers = static_cast<std::size_t>(std::max(1, measurement.workers));
    std::vector<Status> outcomes(workers);
    const auto began = clock.steadyNow();
    {
        std::vector<std::jthread> threads;
        threads.reserve(workers);
        for (Status& outcome : outcomes) {
            threads.emplace_back([&] {
                if (const auto heard = (*transcriber)->transcribe(window); !heard) {
                    outcome = tl::unexpected(heard.error());
                }
            });
        }
    }
    const Seconds took = clock.steadyNow() - began;
    for (Status& outcome : outcomes) {
        if (!outcome) {
            return std::move(outcome);
        }
    }
    measurement.peakBytes = peakMemory();
    // The speech of all parties together fills a call: a window's time for a window's length.
    measurement.cost = took / kWindowLength;
    return {};
}

}  // namespace chat::transcribe
