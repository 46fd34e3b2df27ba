#include "chat/analyze/error_sentences.h"
#include "chat/analyze/error_trend.h"
#include "chat/core/error_taxonomy.h"
#include "chat/core/time_text.h"

#include <algorithm>

#include "errors_output.h"
#include "json_output.h"

namespace chat::cli {

namespace {

Json impactJson(const analyze::ErrorImpact& impact) {
    return {{"calls", impact.calls},
            {"lost", impact.lost},
            {"lostSeconds", impact.lostSound.count()},
            {"lostOfUnknownLength", impact.unknownLength}};
}

/// Those of the catalog, with what they have come to.
Json strategiesJson(const ErrorsView& view, const std::string& code) {
    Json all = Json::array();
    if (const ErrorInfo* info = findError(code)) {
        for (const Strategy strategy : strategiesOf(info->code)) {
            const queue::StrategyRecord record = strategyRecord(view, code, strategy);
            all.push_back({{"strategy", strategyName(strategy)},
                           {"meaning", strategyMeaning(strategy)},
                           {"tried", record.tried},
                           {"helped", record.helped}});
        }
    }
    return all;
}

Json codeJson(const analyze::ErrorsOfCode& one) {
    return {{"code", one.code},
            {"meaning", errorMeaning(one.code)},
            {"severity", severityName(one.severity)},
            {"errors", one.errors},
            {"impact", impactJson(one.impact)},
            {"first", utcText(one.first)},
            {"last", utcText(one.last)}};
}

Json countsJson(std::span<const ErrorEvent> events, std::string (*value)(const ErrorEvent&)) {
    Json counts = Json::object();
    for (const auto& [name, count] : analyze::counted(events, value)) {
        counts[name] = count;
    }
    return counts;
}

std::string_view traitName(Trait trait) {
    switch (trait) {
        case Trait::Host:
            return "host";
        case Trait::Store:
            return "store";
        case Trait::FileType:
            return "fileType";
        case Trait::Hour:
            return "hour";
        case Trait::Version:
            return "version";
    }
    return "";
}

Json sentencesJson(const Sentences& sentences) {
    Json all = Json::array();
    for (const std::string_view sentence : sentences) {
        if (!sentence.empty()) {
            all.push_back(sentence);
        }
    }
    return all;
}

Json causesJson(const analyze::ErrorAnalysis& analysis) {
    Json causes = Json::array();
    for (const analyze::CommonCause& cause : analysis.causes) {
        causes.push_back({{"code", cause.code}, {"sentence", cause.sentence}});
    }
    return causes;
}

}  // namespace

void printErrorListJson(const ErrorsView& view) {
    Json all = Json::array();
    const std::size_t begin = view.events.size() > view.limit ? view.events.size() - view.limit : 0;
    for (const ErrorEvent& event : view.events.subspan(begin)) {
        Json one = Json::parse(errorRecordJson(event.record));
        one["meaning"] = errorMeaning(event.record.code);
        one["path"] = event.path;
        one["store"] = event.store;
        one["durationSeconds"] = event.duration.count();
        one["lost"] = event.lost;
        all.push_back(std::move(one));
    }
    printJson(all);
}

void printErrorTopJson(const ErrorsView& view) {
    Json all = Json::array();
    const auto& codes = view.analysis.codes;
    for (const auto& one : std::span(codes).first(std::min(view.limit, codes.size()))) {
        all.push_back(codeJson(one));
    }
    printJson(all);
}

void printErrorStatsJson(const ErrorsView& view) {
    const analyze::ErrorAnalysis& analysis = view.analysis;
    Json codes = Json::array();
    for (const auto& one : analysis.codes) {
        codes.push_back(codeJson(one));
        codes.back()["strategies"] = strategiesJson(view, one.code);
    }
    Json bursts = Json::array();
    for (const auto& burst : analysis.bursts) {
        bursts.push_back({{"code", burst.code},
                          {"begin", utcText(burst.begin)},
                          {"end", utcText(burst.end)},
                          {"calls", burst.calls},
                          {"worked", burst.worked}});
    }
    Json together = Json::array();
    for (const auto& pair : analysis.together) {
        together.push_back({{"code", pair.code},
                            {"other", pair.other},
                            {"both", pair.both},
                            {"calls", pair.calls},
                            {"chance", pair.chance}});
    }
    Json correlations = Json::array();
    for (const auto& one : analysis.correlations) {
        correlations.push_back({{"code", one.code},
                                {"trait", traitName(one.trait)},
                                {"value", one.value},
                                {"with", one.with},
                                {"calls", one.calls},
                                {"allWith", one.allWith},
                                {"all", one.all},
                                {"amongErrors", one.amongErrors},
                                {"chance", one.chance}});
    }
    printJson({{"since", view.since},
               {"errors", analysis.errors},
               {"impact", impactJson(analysis.impact)},
               {"modules",
                countsJson(view.events,
                           [](const ErrorEvent& event) {
                               return std::string(errorModule(event.record.code));
                           })},
               {"categories",
                countsJson(view.events,
                           [](const ErrorEvent& event) {
                               return std::string(errorCategory(event.record.code));
                           })},
               {"severities",
                countsJson(view.events,
                           [](const ErrorEvent& event) {
                               return std::string(severityName(event.record.severity));
                           })},
               {"codes", std::move(codes)},
               {"bursts", std::move(bursts)},
               {"together", std::move(together)},
               {"correlations", std::move(correlations)},
               {"causes", causesJson(analysis)}});
}

void printErrorTrendJson(const ErrorsView& view) {
    Json all = Json::array();
    for (const auto& step :
         analyze::errorTrend(view.events, view.analysis.from, view.analysis.to)) {
        all.push_back({{"begin", utcText(step.begin)},
                       {"label", step.label},
                       {"errors", step.errors},
                       {"lost", step.lost}});
    }
    printJson(all);
}

void printErrorExplanationJson(const ErrorsView& view, const std::string& code) {
    Json json{{"code", code}, {"meaning", errorMeaning(code)}};
    if (const ErrorInfo* info = findError(code)) {
        json["severity"] = severityName(info->severity);
        json["retryable"] = info->retryable;
        json["wayOut"] = info->wayOut;
        json["causes"] = sentencesJson(info->causes);
        json["steps"] = sentencesJson(info->steps);
        json["byItself"] = info->byItself;
    }
    const auto& codes = view.analysis.codes;
    const auto found = std::ranges::find(codes, code, &analyze::ErrorsOfCode::code);
    json["strategies"] = strategiesJson(view, code);
    json["here"] = found == codes.end() ? Json(nullptr) : codeJson(*found);
    json["likely"] = nullptr;
    for (const analyze::CommonCause& cause : view.analysis.causes) {
        if (cause.code == code) {
            json["likely"] = cause.sentence;
        }
    }
    printJson(json);
}

}  // namespace chat::cli
