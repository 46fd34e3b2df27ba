#include "chat/store/codec.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

// The library looks these functions up under its own names.
// NOLINTBEGIN(readability-identifier-naming)

namespace nlohmann {

/// Types are written as arrays of their members, in this order: names would take most of the room, on disk and
/// while a long call is read. Whoever changes a list changes the version of the stage that writes it.
template <auto... Members>
struct Row {
    template <typename T>
    static void to_json(json& j, const T& value) {
        j = json::array();
        j.get_ref<json::array_t&>().reserve(sizeof...(Members));
        (j.push_back(value.*Members), ...);
    }
    template <typename T>
    static void from_json(const json& j, T& value) {
        if (j.size() != sizeof...(Members)) {
            throw std::invalid_argument("a row of another length");
        }
        std::size_t i = 0;
        (j.at(i++).get_to(value.*Members), ...);
    }
};

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

/// One byte a value instead of two.
template <>
struct adl_serializer<std::vector<std::uint8_t>> {
    static void to_json(json& j, const std::vector<std::uint8_t>& bytes) {
        j = json::binary(bytes);
    }
    static void from_json(const json& j, std::vector<std::uint8_t>& bytes) {
        bytes = j.get_binary();
    }
};

/// By name, so that numbers may move. A store may hold codes of another version; the sentence beside the code
/// still tells.
template <>
struct adl_serializer<chat::ErrorCode> {
    static void to_json(json& j, const chat::ErrorCode& code) { j = chat::errorName(code); }
    static void from_json(const json& j, chat::ErrorCode& code) {
        const auto all = chat::catalog();
        const auto found = std::ranges::find(all, j.get<std::string>(), &chat::ErrorInfo::name);
        code = found == all.end() ? chat::ErrorCode::SysUnkGenericError : found->code;
    }
};

template <>
struct adl_serializer<chat::Interval> : Row<&chat::Interval::start, &chat::Interval::end> {};
template <>
struct adl_serializer<chat::Warning> : Row<&chat::Warning::code,
                                           &chat::Warning::text,
                                           &chat::Warning::where,
                                           &chat::Warning::channel> {};
template <>
struct adl_serializer<chat::RecordingInfo> : Row<&chat::RecordingInfo::container,
                                                 &chat::RecordingInfo::codec,
                                                 &chat::RecordingInfo::sampleRateHz,
                                                 &chat::RecordingInfo::channels,
                                                 &chat::RecordingInfo::bitRate,
                                                 &chat::RecordingInfo::declaredDuration> {};
template <>
struct adl_serializer<chat::ChannelQuality> : Row<&chat::ChannelQuality::loudnessLufs,
                                                  &chat::ChannelQuality::peakDbfs,
                                                  &chat::ChannelQuality::noiseFloorDbfs,
                                                  &chat::ChannelQuality::snrDb,
                                                  &chat::ChannelQuality::clippedShare,
                                                  &chat::ChannelQuality::dcOffset,
                                                  &chat::ChannelQuality::bandwidthHz,
                                                  &chat::ChannelQuality::speechShare,
                                                  &chat::ChannelQuality::notFiniteSamples> {};
template <>
struct adl_serializer<chat::HoldSound>
    : Row<&chat::HoldSound::where, &chat::HoldSound::kind, &chat::HoldSound::tonality> {};
template <>
struct adl_serializer<chat::ChannelActivity> : Row<&chat::ChannelActivity::speech,
                                                   &chat::ChannelActivity::holds,
                                                   &chat::ChannelActivity::probabilities,
                                                   &chat::ChannelActivity::levels> {};
template <>
struct adl_serializer<chat::Peaks> : Row<&chat::Peaks::step, &chat::Peaks::channels> {};
template <>
struct adl_serializer<chat::AcousticResult> : Row<&chat::AcousticResult::info,
                                                  &chat::AcousticResult::duration,
                                                  &chat::AcousticResult::activity,
                                                  &chat::AcousticResult::quality,
                                                  &chat::AcousticResult::duplicatedChannels,
                                                  &chat::AcousticResult::peaks,
                                                  &chat::AcousticResult::warnings> {};
template <>
struct adl_serializer<chat::Word>
    : Row<&chat::Word::text, &chat::Word::start, &chat::Word::end, &chat::Word::probability> {};
template <>
struct adl_serializer<chat::ChannelTranscript> : Row<&chat::ChannelTranscript::words> {};
template <>
struct adl_serializer<chat::Transcript> : Row<&chat::Transcript::model,
                                              &chat::Transcript::language,
                                              &chat::Transcript::channels,
                                              &chat::Transcript::warnings> {};
template <>
struct adl_serializer<chat::PatternMatch> : Row<&chat::PatternMatch::id,
                                                &chat::PatternMatch::confidence,
                                                &chat::PatternMatch::evidence,
                                                &chat::PatternMatch::at> {};
template <>
struct adl_serializer<chat::ContextTurn>
    : Row<&chat::ContextTurn::party, &chat::ContextTurn::text> {};
template <>
struct adl_serializer<chat::Silence> : Row<&chat::Silence::start,
                                           &chat::Silence::end,
                                           &chat::Silence::kind,
                                           &chat::Silence::category,
                                           &chat::Silence::announced,
                                           &chat::Silence::position,
                                           &chat::Silence::within,
                                           &chat::Silence::speakerBefore,
                                           &chat::Silence::speakerAfter,
                                           &chat::Silence::partyBefore,
                                           &chat::Silence::partyAfter,
                                           &chat::Silence::expectedNext,
                                           &chat::Silence::partyExpected,
                                           &chat::Silence::speechProbability,
                                           &chat::Silence::levelDbfs,
                                           &chat::Silence::wordsInside,
                                           &chat::Silence::patterns,
                                           &chat::Silence::before,
                                           &chat::Silence::after> {};
template <>
struct adl_serializer<chat::Party> : Row<&chat::Party::role,
                                         &chat::Party::channel,
                                         &chat::Party::roleConfidence,
                                         &chat::Party::roleEvidence,
                                         &chat::Party::talk> {};
template <>
struct adl_serializer<chat::KeywordHit> : Row<&chat::KeywordHit::rule,
                                              &chat::KeywordHit::time,
                                              &chat::KeywordHit::party,
                                              &chat::KeywordHit::text> {};
template <>
struct adl_serializer<chat::Hold> : Row<&chat::Hold::start,
                                        &chat::Hold::end,
                                        &chat::Hold::kind,
                                        &chat::Hold::party,
                                        &chat::Hold::tonality> {};
template <>
struct adl_serializer<chat::CallMetrics> : Row<&chat::CallMetrics::talk,
                                               &chat::CallMetrics::talkOver,
                                               &chat::CallMetrics::talkRatio,
                                               &chat::CallMetrics::responseMedian,
                                               &chat::CallMetrics::responseP90,
                                               &chat::CallMetrics::responses,
                                               &chat::CallMetrics::silence,
                                               &chat::CallMetrics::silenceShare,
                                               &chat::CallMetrics::longestSilence,
                                               &chat::CallMetrics::deadAir,
                                               &chat::CallMetrics::hold,
                                               &chat::CallMetrics::longHolds,
                                               &chat::CallMetrics::nonTalk,
                                               &chat::CallMetrics::interruptions,
                                               &chat::CallMetrics::words,
                                               &chat::CallMetrics::lowConfidenceWords> {};
template <>
struct adl_serializer<chat::CallAnalysis> : Row<&chat::CallAnalysis::parties,
                                                &chat::CallAnalysis::silences,
                                                &chat::CallAnalysis::holds,
                                                &chat::CallAnalysis::keywords,
                                                &chat::CallAnalysis::metrics,
                                                &chat::CallAnalysis::difficulty,
                                                &chat::CallAnalysis::channelDifficulty,
                                                &chat::CallAnalysis::warnings> {};

}  // namespace nlohmann

// NOLINTEND(readability-identifier-naming)

namespace chat::store {

using nlohmann::json;

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

}  // namespace chat::store
