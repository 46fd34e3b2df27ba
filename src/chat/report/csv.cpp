#include "chat/report/csv.h"

#include "chat/core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace chat::report {

namespace {

std::string seconds(Seconds value) {
    return fmt::format("{:.3f}", value.count());
}

std::string contextText(const std::vector<ContextTurn>& turns) {
    std::string text;
    for (const ContextTurn& turn : turns) {
        text += (text.empty() ? "" : " / ") + turn.text;
    }
    return text;
}

std::string patternsText(const Silence& silence) {
    std::string text;
    for (const PatternMatch& match : silence.patterns) {
        text += (text.empty() ? "" : ";") + match.id;
    }
    return text;
}

}  // namespace

std::string csvText(std::string_view raw) {
    std::string text = validUtf8(raw);
    if (!text.empty() &&
        std::string_view("=+-@\t\r\n").find(text.front()) != std::string_view::npos) {
        text.insert(0, "'");
    }
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
        return text;
    }
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c;
        if (c == '"') {
            quoted += '"';
        }
    }
    return quoted + '"';
}

std::string callsCsvHeader(const ReportSettings& settings) {
    std::string line =
        "sid,order_id,chain,store_name,agent_name,call_time,duration,silence_count,silence_"
        "duration_total";
    for (const std::string& rule : settings.keywordRules) {
        line += "," + csvText("contains_" + rule);
    }
    return line + ",status,processing_time\r\n";
}

std::string callsCsvLine(const ReportCall& call, const ReportSettings& settings) {
    const CallAttributes& a = call.attributes;
    std::string line;
    for (const std::string* text :
         {&a.sid, &a.orderId, &a.chain, &a.store, &a.agent, &a.startedAt}) {
        line += csvText(*text) + ",";
    }
    const bool analyzed = call.status == CallStatus::Analyzed;
    line += analyzed ? fmt::format("{},{},{}",
                                   seconds(call.sound.duration),
                                   call.analysis.silences.size(),
                                   seconds(call.analysis.metrics.silence))
                     : ",,";
    for (const std::string& rule : settings.keywordRules) {
        const bool heard = std::ranges::find(call.analysis.keywords, rule, &KeywordHit::rule) !=
                           call.analysis.keywords.end();
        // Without words nobody can tell whether one was said.
        line += !call.transcript ? "," : heard ? ",true" : ",false";
    }
    line += fmt::format(",{},", name(call.status));
    return line + (analyzed ? seconds(call.processing) : "") + "\r\n";
}

std::string silencesCsvHeader() {
    return "sid,order_id,start,end,duration,kind,category,patterns,before,after\r\n";
}

std::string silencesCsvLines(const ReportCall& call) {
    std::string lines;
    for (const Silence& silence : call.analysis.silences) {
        lines += fmt::format("{},{},{},{},{},{},{},{},{},{}\r\n",
                             csvText(call.attributes.sid),
                             csvText(call.attributes.orderId),
                             seconds(silence.start),
                             seconds(silence.end),
                             seconds(silence.length()),
                             name(silence.kind),
                             name(silence.category),
                             csvText(patternsText(silence)),
                             csvText(contextText(silence.before)),
                             csvText(contextText(silence.after)));
    }
    return lines;
}

}  // namespace chat::report
