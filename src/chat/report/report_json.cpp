#include "chat/report/report_json.h"

#include "chat/core/sha256.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <set>

namespace chat::report {

namespace {

/// Figures are given to the thousandth: finer digits would be noise that hides equality.
double rounded(double value) {
    return std::round(value * 1000) / 1000;
}
double rounded(Seconds value) {
    return rounded(value.count());
}

/// An object's text, member by member.
class ObjectText {
  public:
    ObjectText& add(std::string_view key, const Json& value) {
        return addText(key, jsonText(value));
    }
    /// `value` is JSON already.
    ObjectText& addText(std::string_view key, std::string_view value) {
        text_ += text_.empty() ? "{\"" : ",\"";
        text_ += key;
        text_ += "\":";
        text_ += value;
        return *this;
    }
    [[nodiscard]] std::string take() { return std::move(text_) + "}"; }

  private:
    std::string text_;
};

/// The text of an array of what `toText` makes of each element.
template <typename Range, typename ToText>
std::string arrayText(const Range& range, ToText toText) {
    std::string text = "[";
    for (const auto& element : range) {
        text += text.size() == 1 ? "" : ",";
        text += toText(element);
    }
    return text + "]";
}

Json orNull(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}
Json orNull(const std::optional<Seconds>& value) {
    return value ? Json(rounded(*value)) : Json(nullptr);
}
Json orNull(const std::optional<double>& value) {
    return value ? Json(rounded(*value)) : Json(nullptr);
}
Json indexOrNull(int index) {
    return index < 0 ? Json(nullptr) : Json(index);
}

using report::name;  // beside those that only JSON needs

const char* name(Role role) {
    constexpr std::array kNames{"unknown", "agent", "customer"};
    return kNames[static_cast<std::size_t>(role)];
}
const char* name(CallPosition position) {
    constexpr std::array kNames{"start", "middle", "end"};
    return kNames[static_cast<std::size_t>(position)];
}
const char* name(SilenceWithin within) {
    constexpr std::array kNames{"edge", "turn", "between", "unknown"};
    return kNames[static_cast<std::size_t>(within)];
}

const char* name(HoldKind kind) {
    return kind == HoldKind::Tone ? "tone" : "music";
}

Json problem(ErrorCode code, const std::string& text) {
    const ErrorInfo& info = errorInfo(code);
    return {{"code", info.name},
            {"severity", severityName(info.severity)},
            {"text", text},
            {"wayOut", info.wayOut}};
}

Json warningJson(const Warning& warning) {
    Json json = problem(warning.code, warning.text);
    if (warning.where.end > warning.where.start) {
        json["start"] = rounded(warning.where.start);
        json["end"] = rounded(warning.where.end);
    }
    if (warning.channel >= 0) {
        json["channel"] = warning.channel;
    }
    return json;
}

Json errorJson(const ReportCall& call) {
    return call.error ? problem(call.error->code, call.error->what) : Json(nullptr);
}

std::vector<const Warning*> warningsOf(const ReportCall& call) {
    std::vector<const Warning*> all;
    const auto take = [&](const std::vector<Warning>& warnings) {
        for (const Warning& warning : warnings) {
            all.push_back(&warning);
        }
    };
    take(call.sound.warnings);
    if (call.transcript) {
        take(call.transcript->warnings);
    }
    take(call.analysis.warnings);
    return all;
}

std::string wordsText(const ReportCall& call, const Party& party) {
    const auto channel = static_cast<std::size_t>(party.channel);
    if (!call.transcript || channel >= call.transcript->channels.size()) {
        return "[]";
    }
    return arrayText(call.transcript->channels[channel].words, [](const Word& word) {
        return jsonText({{"text", word.text},
                         {"start", rounded(word.start)},
                         {"end", rounded(word.end)},
                         {"probability", rounded(word.probability)}});
    });
}

Json contextJson(const std::vector<ContextTurn>& turns) {
    Json json = Json::array();
    for (const ContextTurn& turn : turns) {
        json.push_back({{"party", turn.party}, {"text", turn.text}});
    }
    return json;
}

Json silenceJson(const Silence& silence) {
    Json patterns = Json::array();
    for (const PatternMatch& match : silence.patterns) {
        patterns.push_back({{"id", match.id},
                            {"confidence", rounded(match.confidence)},
                            {"evidence", match.evidence},
                            {"at", rounded(match.at)}});
    }
    return {{"start", rounded(silence.start)},
            {"end", rounded(silence.end)},
            {"kind", name(silence.kind)},
            {"category", name(silence.category)},
            {"announced", silence.announced},
            {"position", name(silence.position)},
            {"within", name(silence.within)},
            {"speakerBefore", name(silence.speakerBefore)},
            {"speakerAfter", name(silence.speakerAfter)},
            {"partyBefore", indexOrNull(silence.partyBefore)},
            {"partyAfter", indexOrNull(silence.partyAfter)},
            {"expectedNext", name(silence.expectedNext)},
            {"partyExpected", indexOrNull(silence.partyExpected)},
            {"evidence",
             {{"speechProbability", rounded(silence.speechProbability)},
              {"levelDbfs", rounded(silence.levelDbfs)},
              {"wordSeconds", rounded(silence.wordsInside)}}},
            {"patterns", std::move(patterns)},
            {"before", contextJson(silence.before)},
            {"after", contextJson(silence.after)}};
}

Json metricsJson(const ReportCall& call) {
    if (call.status != CallStatus::Analyzed) {
        return nullptr;
    }
    const CallMetrics& m = call.analysis.metrics;
    return {{"talkSeconds", rounded(m.talk)},
            {"talkOverSeconds", orNull(m.talkOver)},
            {"talkRatio", orNull(m.talkRatio)},
            {"responseMedianSeconds", orNull(m.responseMedian)},
            {"responseP90Seconds", orNull(m.responseP90)},
            {"responses", m.responses},
            {"silenceSeconds", rounded(m.silence)},
            {"silenceShare", rounded(m.silenceShare)},
            {"longestSilenceSeconds", rounded(m.longestSilence)},
            {"deadAirSeconds", rounded(m.deadAir)},
            {"holdSeconds", rounded(m.hold)},
            {"longHolds", m.longHolds},
            {"nonTalkSeconds", rounded(m.nonTalk)},
            {"interruptions", m.interruptions ? Json(*m.interruptions) : Json(nullptr)},
            {"words", m.words},
            {"lowConfidenceWords", m.lowConfidenceWords}};
}

Json qualityJson(const ReportCall& call) {
    if (call.status != CallStatus::Analyzed) {
        return nullptr;
    }
    Json channels = Json::array();
    const auto& difficulties = call.analysis.channelDifficulty;
    for (std::size_t i = 0; i < call.sound.quality.size(); ++i) {
        const ChannelQuality& q = call.sound.quality[i];
        channels.push_back(
            {{"loudnessLufs", rounded(q.loudnessLufs)},
             {"peakDbfs", rounded(q.peakDbfs)},
             {"noiseFloorDbfs", rounded(q.noiseFloorDbfs)},
             {"snrDb", rounded(q.snrDb)},
             {"clippedShare", std::round(q.clippedShare * 1e6) / 1e6},
             {"dcOffset", rounded(q.dcOffset)},
             {"bandwidthHz", rounded(q.bandwidthHz)},
             {"speechShare", rounded(q.speechShare)},
             {"notFiniteSamples", q.notFiniteSamples},
             {"difficulty", i < difficulties.size() ? orNull(difficulties[i]) : Json(nullptr)}});
    }
    const RecordingInfo& info = call.sound.info;
    return {{"container", info.container},
            {"codec", info.codec},
            {"sampleRateHz", info.sampleRateHz},
            {"bitRate", info.bitRate},
            {"duplicatedChannels", call.sound.duplicatedChannels},
            {"difficulty", orNull(call.analysis.difficulty)},
            {"transcribed", call.transcript.has_value()},
            {"language",
             call.transcript && !call.transcript->language.empty() ? Json(call.transcript->language)
                                                                   : Json(nullptr)},
            {"channels", std::move(channels)}};
}

Json groupsJson(const std::vector<SilenceGroup>& groups) {
    Json json = Json::array();
    for (const SilenceGroup& group : groups) {
        json.push_back(
            {{"id", group.id}, {"count", group.count}, {"seconds", rounded(group.length)}});
    }
    return json;
}

/// The words that a reader of a list sees beside a silence: those that gave it its label, else the
/// end of what was said before.
std::string shortEvidence(const Silence& silence) {
    if (!silence.patterns.empty()) {
        return silence.patterns.front().evidence;
    }
    if (silence.before.empty()) {
        return {};
    }
    constexpr std::size_t kLongest = 60;
    const std::string& text = silence.before.back().text;
    if (text.size() <= kLongest) {
        return text;
    }
    const auto space = text.find(' ', text.size() - kLongest);
    return space == std::string::npos ? std::string() : "\xE2\x80\xA6" + text.substr(space + 1);
}

}  // namespace

const char* name(CallStatus status) {
    constexpr std::array kNames{"analyzed", "failed", "stopped"};
    return kNames[static_cast<std::size_t>(status)];
}

const char* name(SilenceCategory category) {
    constexpr std::array kNames{"short", "medium", "long"};
    return kNames[static_cast<std::size_t>(category)];
}

const char* name(SilenceKind kind) {
    return kind == SilenceKind::Noise ? "noise" : "silence";
}

std::string detailName(const ReportCall& call) {
    return sha256Hex(call.recording.empty() ? "path:" + call.path : call.recording).substr(0, 16);
}

std::string callText(const ReportCall& call) {
    const CallAttributes& a = call.attributes;
    Json keywords = Json::array();
    for (const KeywordHit& hit : call.analysis.keywords) {
        keywords.push_back({{"rule", hit.rule},
                            {"time", rounded(hit.time)},
                            {"party", hit.party},
                            {"text", hit.text}});
    }
    Json warnings = Json::array();
    for (const Warning* warning : warningsOf(call)) {
        warnings.push_back(warningJson(*warning));
    }
    return ObjectText()
        .add("sid", a.sid)
        .add("path", call.path)
        .add("otherPaths", call.otherPaths)
        .add("orderId", orNull(a.orderId))
        .add("chain", orNull(a.chain))
        .add("store", orNull(a.store))
        .add("agent", orNull(a.agent))
        .add("phone", orNull(a.phone))
        .add("startedAt", orNull(a.startedAt))
        .add("durationSeconds", rounded(call.sound.duration))
        .add("channels", call.sound.info.channels)
        .add("status", name(call.status))
        .addText("parties",
                 arrayText(call.analysis.parties,
                           [&](const Party& party) {
                               return ObjectText()
                                   .add("role", name(party.role))
                                   .add("channel", party.channel)
                                   .add("roleConfidence", rounded(party.roleConfidence))
                                   .add("roleEvidence", party.roleEvidence)
                                   .addText("words", wordsText(call, party))
                                   .add("talkSeconds", rounded(party.talk))
                                   .take();
                           }))
        .addText("silences",
                 arrayText(call.analysis.silences,
                           [](const Silence& silence) { return jsonText(silenceJson(silence)); }))
        .addText("holds",
                 arrayText(call.analysis.holds,
                           [](const Hold& hold) {
                               return jsonText({{"start", rounded(hold.start)},
                                                {"end", rounded(hold.end)},
                                                {"kind", name(hold.kind)},
                                                {"party", hold.party},
                                                {"tonality", rounded(hold.tonality)}});
                           }))
        .add("keywords", keywords)
        .add("metrics", metricsJson(call))
        .add("quality", qualityJson(call))
        .add("warnings", warnings)
        .add("error", errorJson(call))
        .add("audio", orNull(call.audio))
        .add("detail", detailName(call))
        .take();
}

Json summaryJson(const Summary& summary, const ReportSettings& settings) {
    Json keywords = Json::array();
    for (const std::string& rule : settings.keywordRules) {
        keywords.push_back({{"rule", rule}, {"calls", summary.callsWithKeyword(rule)}});
    }
    const auto perCall = [&](double sum) {
        return summary.processed == 0 ? Json(nullptr) : Json(rounded(sum / summary.processed));
    };
    return {{"total", summary.total},
            {"processed", summary.processed},
            {"failed", summary.failed},
            {"callsWithSilence", summary.callsWithSilence},
            {"silences", summary.silences},
            {"callsWithKeyword", std::move(keywords)},
            {"meanSilencesPerCall", perCall(summary.silences)},
            {"meanDurationSeconds", perCall(summary.duration.count())},
            {"durationSeconds", rounded(summary.duration)},
            {"silenceSeconds", rounded(summary.silence)},
            {"deadAirSeconds", rounded(summary.deadAir)},
            {"talkSeconds", rounded(summary.talk)},
            {"byCategory", groupsJson(summary.byCategory())},
            {"byPattern", groupsJson(summary.byPattern())}};
}

Json runJson(const RunFacts& run, const ReportSettings& settings) {
    Json timings = Json::array();
    for (const StageTiming& timing : run.timings) {
        timings.push_back({{"stage", timing.stage},
                           {"seconds", rounded(timing.wall)},
                           {"calls", timing.calls},
                           {"reused", timing.reused}});
    }
    return {{"program", "chat"},
            {"version", run.version},
            {"startedAt", run.startedAt},
            {"lastUpdate", run.lastUpdate},
            {"elapsedSeconds", rounded(run.elapsed)},
            {"complete", run.complete},
            {"settings",
             {{"profile", settings.profile},
              {"minSilenceSeconds", rounded(settings.minSilence)},
              {"mediumFromSeconds", rounded(settings.mediumFrom)},
              {"longFromSeconds", rounded(settings.longFrom)},
              {"contextSeconds", rounded(settings.context)},
              {"longHoldSeconds", rounded(settings.longHold)},
              {"beam", settings.beam},
              {"language", settings.language},
              {"agentChannel", settings.agentChannel},
              {"audio", settings.audio}}},
            {"model", orNull(run.model)},
            {"detector", run.detector},
            {"workers", run.workers},
            {"peakMemoryBytes", run.peakMemoryBytes},
            {"timings", std::move(timings)},
            {"notes", run.notes}};
}

std::string callRowText(const ReportCall& call) {
    const auto silenceText = [](const Silence& silence) {
        return jsonText(
            {{"start", rounded(silence.start)},
             {"end", rounded(silence.end)},
             {"kind", name(silence.kind)},
             {"category", name(silence.category)},
             {"announced", silence.announced},
             {"position", name(silence.position)},
             {"pattern",
              silence.patterns.empty() ? Json(nullptr) : Json(silence.patterns.front().id)},
             {"evidence", shortEvidence(silence)},
             {"speakerBefore", name(silence.speakerBefore)},
             {"speakerAfter", name(silence.speakerAfter)}});
    };
    std::set<std::string> rules;
    for (const KeywordHit& hit : call.analysis.keywords) {
        rules.insert(hit.rule);
    }
    const CallAttributes& a = call.attributes;
    return ObjectText()
        .add("detail", detailName(call))
        .add("sid", a.sid)
        .add("path", call.path)
        .add("orderId", orNull(a.orderId))
        .add("chain", orNull(a.chain))
        .add("store", orNull(a.store))
        .add("agent", orNull(a.agent))
        .add("startedAt", orNull(a.startedAt))
        .add("durationSeconds", rounded(call.sound.duration))
        .add("channels", call.sound.info.channels)
        .add("status", name(call.status))
        .add("transcribed", call.transcript.has_value())
        .add("metrics", metricsJson(call))
        .addText("silences", arrayText(call.analysis.silences, silenceText))
        .add("keywords", rules)
        .add("warnings", warningsOf(call).size())
        .add("error", errorJson(call))
        .add("audio", orNull(call.audio))
        .take();
}

std::string callDetailText(const ReportCall& call, std::string_view callText) {
    return ObjectText()
        .add("detail", detailName(call))
        .addText("call", callText)
        .add("peaks",
             {{"stepSeconds", call.sound.peaks.step.count()},
              {"channels", call.sound.peaks.channels}})
        .take();
}

std::string jsonText(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string scriptSafe(std::string_view json) {
    std::string text;
    text.reserve(json.size());
    for (std::size_t i = 0; i < json.size(); ++i) {
        const std::string_view rest = json.substr(i);
        if (rest.starts_with('<')) {
            text += "\\u003c";
        } else if (rest.starts_with('>')) {
            text += "\\u003e";
        } else if (rest.starts_with('&')) {
            text += "\\u0026";
        } else if (rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
            text += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
            i += 2;
        } else {
            text += rest.front();
        }
    }
    return text;
}

}  // namespace chat::report
