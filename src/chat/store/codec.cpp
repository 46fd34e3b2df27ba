#include "chat/store/codec.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

// The library looks these functions up under its own names.
// NOLINTBEGIN(readability-identifier-naming)

namespace nlohmann {

template <>
struct adl_serializer<chat::Seconds> {
    static void to_json(json& j, const chat::Seconds& value) { j = value.count(); }
    static void from_json(const json& j, chat::Seconds& value) {
        value = chat::Seconds(j.get<double>());
    }
};

template <typename T>
struct adl_serializer<std::optional<T>> {
    static void to_json(json& j, const std::optional<T>& value) {
        if (value) {
            j = *value;
        } else {
            j = nullptr;
        }
    }
    static void from_json(const json& j, std::optional<T>& value) {
        value = j.is_null() ? std::nullopt : std::optional<T>(j.get<T>());
    }
};

}  // namespace nlohmann

namespace chat {

namespace {

using nlohmann::json;

// Long arrays of bytes become CBOR byte strings: one byte a value instead of two.
json bytesJson(const std::vector<std::uint8_t>& bytes) {
    return json::binary(bytes);
}

void readBytes(const json& j, std::vector<std::uint8_t>& bytes) {
    bytes = j.get_binary();
}

ErrorCode codeNamed(const std::string& name) {
    const auto all = catalog();
    const auto found = std::ranges::find(all, name, &ErrorInfo::name);
    // A store may hold codes of another version; the sentence beside the code still tells.
    return found == all.end() ? ErrorCode::SysUnkGenericError : found->code;
}

}  // namespace

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Interval, start, end)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(
    RecordingInfo, container, codec, sampleRateHz, channels, bitRate, declaredDuration)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ChannelQuality,
                                   loudnessLufs,
                                   peakDbfs,
                                   noiseFloorDbfs,
                                   snrDb,
                                   clippedShare,
                                   dcOffset,
                                   bandwidthHz,
                                   speechShare,
                                   notFiniteSamples)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Word, text, start, end, probability)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ChannelTranscript, words)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PatternMatch, id, confidence, evidence, at)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ContextTurn, party, text)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Silence,
                                   start,
                                   end,
                                   kind,
                                   category,
                                   announced,
                                   position,
                                   within,
                                   speakerBefore,
                                   speakerAfter,
                                   partyBefore,
                                   partyAfter,
                                   speechProbability,
                                   levelDbfs,
                                   wordsInside,
                                   patterns,
                                   before,
                                   after)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Party, role, channel, roleConfidence, roleEvidence, talk)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(KeywordHit, rule, time, party, text)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CallMetrics,
                                   talk,
                                   talkOver,
                                   talkRatio,
                                   responseMedian,
                                   responseP90,
                                   responses,
                                   silence,
                                   silenceShare,
                                   longestSilence,
                                   deadAir,
                                   words,
                                   lowConfidenceWords)

// These are found by argument-dependent look-up and therefore stand in the types' own namespace.
static void to_json(json& j, const Warning& w) {
    j = json{
        {"code", errorName(w.code)}, {"text", w.text}, {"where", w.where}, {"channel", w.channel}};
}
static void from_json(const json& j, Warning& w) {
    w.code = codeNamed(j.at("code").get<std::string>());
    j.at("text").get_to(w.text);
    j.at("where").get_to(w.where);
    j.at("channel").get_to(w.channel);
}

static void to_json(json& j, const ChannelActivity& a) {
    j = json{{"speech", a.speech},
             {"probabilities", bytesJson(a.probabilities)},
             {"levels", bytesJson(a.levels)}};
}
static void from_json(const json& j, ChannelActivity& a) {
    j.at("speech").get_to(a.speech);
    readBytes(j.at("probabilities"), a.probabilities);
    readBytes(j.at("levels"), a.levels);
}

static void to_json(json& j, const Peaks& p) {
    json channels = json::array();
    for (const auto& channel : p.channels) {
        channels.push_back(bytesJson(channel));
    }
    j = json{{"step", p.step}, {"channels", std::move(channels)}};
}
static void from_json(const json& j, Peaks& p) {
    j.at("step").get_to(p.step);
    for (const json& channel : j.at("channels")) {
        readBytes(channel, p.channels.emplace_back());
    }
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(
    AcousticResult, info, duration, activity, quality, duplicatedChannels, peaks, warnings)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Transcript, model, language, channels, warnings)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CallAnalysis, parties, silences, keywords, metrics, warnings)

// NOLINTEND(readability-identifier-naming)

namespace store {

namespace {

template <typename T>
Result<T> decodeAs(std::span<const std::uint8_t> bytes) {
    try {
        return json::from_cbor(bytes.begin(), bytes.end()).get<T>();
    } catch (const std::exception& error) {
        return fail(ErrorCode::DbDataDamaged, "A stored result cannot be read", error.what());
    }
}

}  // namespace

Bytes encode(const AcousticResult& result) {
    return json::to_cbor(json(result));
}
Bytes encode(const Transcript& result) {
    return json::to_cbor(json(result));
}
Bytes encode(const CallAnalysis& result) {
    return json::to_cbor(json(result));
}

template <>
Result<AcousticResult> decode(std::span<const std::uint8_t> bytes) {
    return decodeAs<AcousticResult>(bytes);
}
template <>
Result<Transcript> decode(std::span<const std::uint8_t> bytes) {
    return decodeAs<Transcript>(bytes);
}
template <>
Result<CallAnalysis> decode(std::span<const std::uint8_t> bytes) {
    return decodeAs<CallAnalysis>(bytes);
}

}  // namespace store
}  // namespace chat
