#include "chat/pipeline/worker_messages.h"

#include <nlohmann/json.hpp>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace chat::pipeline {

namespace {

using Json = nlohmann::json;

constexpr int kMostWorkers = 64;
constexpr std::size_t kLongestName = 256;
/// Stages are names in the program; there are eight.
constexpr std::size_t kMostStages = 32;
/// A length or time beyond a year is none.
constexpr double kMostSeconds = 366.0 * 86'400;

template <typename... Kinds>
struct Overloaded : Kinds... {
    using Kinds::operator()...;
};

/// Caught where lines are read: the line is then nothing.
[[noreturn]] void refuse() {
    throw std::out_of_range("a value that cannot be");
}

double number(const Json& json, double least, double most) {
    const auto value = json.get<double>();
    if (!json.is_number() || value < least || value > most) {
        refuse();
    }
    return value;
}

template <typename T>
T whole(const Json& json, T least, T most) {
    if (!json.is_number_integer() ||
        (json.is_number_unsigned() &&
         json.get<std::uint64_t>() >
             static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))) {
        refuse();
    }
    const auto value = json.get<std::int64_t>();
    if (std::cmp_less(value, least) || std::cmp_greater(value, most)) {
        refuse();
    }
    return static_cast<T>(value);
}

std::string text(const Json& json, std::size_t longest) {
    auto value = json.get<std::string>();
    if (value.size() > longest) {
        refuse();
    }
    return value;
}

bool yes(const Json& json) {
    return json.get<bool>();
}

/// Paths are bytes of any kind, JSON is UTF-8: each byte becomes the character of its number.
Json jsonOf(const std::filesystem::path& path) {
    std::string characters;
    for (const char c : path.native()) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            characters += c;
        } else {
            characters += static_cast<char>(0xC0U | (byte >> 6U));
            characters += static_cast<char>(0x80U | (byte & 0x3FU));
        }
    }
    return characters;
}

std::filesystem::path pathOf(const Json& json) {
    const auto characters = json.get<std::string>();
    std::string bytes;
    for (std::size_t i = 0; i < characters.size(); ++i) {
        const auto first = static_cast<unsigned char>(characters[i]);
        if (first < 0x80) {
            bytes += characters[i];
        } else if ((first == 0xC2 || first == 0xC3) && i + 1 < characters.size()) {
            bytes += static_cast<char>(((first & 0x03U) << 6U) |
                                       (static_cast<unsigned char>(characters[++i]) & 0x3FU));
        } else {
            refuse();
        }
    }
    return bytes;
}

Seconds seconds(const Json& json) {
    return Seconds{number(json, 0, kMostSeconds)};
}

queue::JobId jobOf(const Json& json) {
    return whole<queue::JobId>(json, 1, std::numeric_limits<queue::JobId>::max());
}

Json jsonOf(const std::optional<Error>& error) {
    if (!error) {
        return nullptr;
    }
    return {{"code", errorName(error->code)}, {"what", error->what}, {"cause", error->cause}};
}

std::optional<Error> errorOf(const Json& json) {
    if (json.is_null()) {
        return std::nullopt;
    }
    const ErrorInfo* info = findError(json.at("code").get<std::string>());
    if (info == nullptr) {
        refuse();
    }
    return Error{
        info->code, text(json.at("what"), kLongestEvent), text(json.at("cause"), kLongestEvent)};
}

Json jsonOf(const CallOutcome& outcome) {
    return {{"status", report::name(outcome.status)},
            {"error", jsonOf(outcome.error)},
            {"duration", outcome.duration.count()},
            {"silences", outcome.silences},
            {"silence", outcome.silence.count()},
            {"longest", outcome.longest.count()},
            {"warnings", outcome.warnings},
            {"reused", outcome.reused},
            {"took",
             Json::array({outcome.took.sound.count(),
                          outcome.took.words.count(),
                          outcome.took.analysis.count()})},
            {"timedWith", outcome.timedWith}};
}

report::CallStatus statusOf(const std::string& name) {
    for (const auto status :
         {report::CallStatus::Analyzed, report::CallStatus::Failed, report::CallStatus::Stopped}) {
        if (name == report::name(status)) {
            return status;
        }
    }
    refuse();
}

CallOutcome outcomeOf(const Json& json) {
    constexpr int kMost = std::numeric_limits<int>::max();
    CallOutcome outcome;
    outcome.status = statusOf(json.at("status").get<std::string>());
    outcome.error = errorOf(json.at("error"));
    outcome.duration = seconds(json.at("duration"));
    outcome.silences = whole(json.at("silences"), 0, kMost);
    outcome.silence = seconds(json.at("silence"));
    outcome.longest = seconds(json.at("longest"));
    outcome.warnings = whole(json.at("warnings"), 0, kMost);
    outcome.reused = yes(json.at("reused"));
    const Json& took = json.at("took");
    outcome.took = {seconds(took.at(0)), seconds(took.at(1)), seconds(took.at(2))};
    outcome.processing = outcome.took.total();
    outcome.timedWith = text(json.at("timedWith"), 2 * kLongestName);
    return outcome;
}

Json jsonOf(const StageSpan& span) {
    return {{"stage", span.stage},
            {"job", span.job},
            {"thread", span.thread},
            {"name", span.threadName},
            {"began", std::chrono::nanoseconds(span.began.time_since_epoch()).count()},
            {"seconds", span.took.count()}};
}

StageSpan spanOf(const Json& json) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    const auto began = std::chrono::nanoseconds(whole<std::int64_t>(json.at("began"), 0, kMost));
    return {text(json.at("stage"), kLongestName),
            whole<queue::JobId>(json.at("job"), 0, std::numeric_limits<queue::JobId>::max()),
            whole<pid_t>(json.at("thread"), 0, std::numeric_limits<pid_t>::max()),
            text(json.at("name"), kLongestName),
            std::chrono::steady_clock::time_point(began),
            seconds(json.at("seconds"))};
}

StagesTook stagesOf(const Json& content) {
    constexpr int kMost = std::numeric_limits<int>::max();
    const Json& json = content.at("timings");
    if (!json.is_array() || json.size() > kMostStages) {
        refuse();
    }
    StagesTook took;
    took.batch = jobOf(content.at("batch"));
    for (const Json& one : json) {
        took.timings.push_back({text(one.at("stage"), kLongestName),
                                seconds(one.at("seconds")),
                                whole(one.at("calls"), 0, kMost),
                                whole(one.at("reused"), 0, kMost)});
    }
    const Json& spans = content.at("spans");
    if (!spans.is_array() || spans.size() > kMostSpans) {
        refuse();
    }
    for (const Json& one : spans) {
        took.spans.push_back(spanOf(one));
    }
    return took;
}

WorkerState stateOf(const Json& json) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    WorkerState state;
    state.workers = whole(json.at("workers"), 1, kMostWorkers);
    state.windows = static_cast<std::size_t>(whole<std::int64_t>(json.at("windows"), 0, kMost));
    state.ready = static_cast<std::size_t>(whole<std::int64_t>(json.at("ready"), 0, kMost));
    state.memory = static_cast<std::uint64_t>(whole<std::int64_t>(json.at("memory"), 0, kMost));
    state.memoryShort = yes(json.at("memoryShort"));
    return state;
}

Json jsonOf(const analyze::AnalysisSettings& settings) {
    const analyze::SilenceSettings& silence = settings.silence;
    return {{"profile", silence.profile},
            {"minSilence", silence.minSilence.count()},
            {"mediumFrom", silence.mediumFrom.count()},
            {"longFrom", silence.longFrom.count()},
            {"longHold", silence.longHold.count()},
            {"context", silence.context.count()},
            {"agentChannel", static_cast<int>(settings.agentChannel)}};
}

analyze::AnalysisSettings analysisOf(const Json& json) {
    analyze::AnalysisSettings settings;
    settings.silence.profile = text(json.at("profile"), kLongestName);
    settings.silence.minSilence = seconds(json.at("minSilence"));
    settings.silence.mediumFrom = seconds(json.at("mediumFrom"));
    settings.silence.longFrom = seconds(json.at("longFrom"));
    settings.silence.longHold = seconds(json.at("longHold"));
    settings.silence.context = seconds(json.at("context"));
    settings.agentChannel = static_cast<analyze::AgentChannel>(
        whole(json.at("agentChannel"), 0, static_cast<int>(analyze::AgentChannel::Right)));
    if (!settings.validate()) {
        refuse();
    }
    return settings;
}

Json jsonOf(const SpeechModel& model) {
    return {{"name", model.name},
            {"folder", jsonOf(model.folder)},
            {"fingerprint", model.fingerprint},
            {"bytes", model.bytes},
            {"beam", model.beam},
            {"language", model.language},
            {"vocabulary", model.vocabulary}};
}

SpeechModel modelOf(const Json& json) {
    SpeechModel model;
    model.name = text(json.at("name"), kLongestName);
    model.folder = pathOf(json.at("folder"));
    model.fingerprint = text(json.at("fingerprint"), kLongestName);
    model.bytes = json.at("bytes").get<std::uint64_t>();
    model.beam = whole(json.at("beam"), 1, 20);
    model.language = text(json.at("language"), kLongestName);
    json.at("vocabulary").get_to(model.vocabulary);
    return model;
}

Json jsonOf(const CallSettings& settings) {
    return {{"model", settings.model ? jsonOf(*settings.model) : Json(nullptr)},
            {"analysis", jsonOf(settings.analysis)},
            // Those that ship are in the worker too.
            {"rules", settings.rules ? Json(settings.rulesText) : Json(nullptr)}};
}

CallSettings callSettingsOf(const Json& json) {
    CallSettings settings;
    if (const Json& model = json.at("model"); !model.is_null()) {
        settings.model = modelOf(model);
    }
    settings.analysis = analysisOf(json.at("analysis"));
    if (const Json& rules = json.at("rules"); !rules.is_null()) {
        settings.rulesText = text(rules, analyze::kLongestRulesFile);
        auto parsed = analyze::parseRules(settings.rulesText, "the rules");
        if (!parsed) {
            refuse();
        }
        settings.rules = std::move(*parsed);
    }
    return settings;
}

Json jsonOf(const WorkPlan& plan) {
    Json batches = Json::array();
    for (const auto& [id, batch] : plan.batches) {
        batches.push_back({{"batch", id},
                           {"settings", jsonOf(batch.settings)},
                           {"copies", jsonOf(batch.copies)}});
    }
    return {{"batches", std::move(batches)},
            {"only", plan.only ? Json(*plan.only) : Json(nullptr)}};
}

WorkPlan planOf(const Json& json) {
    WorkPlan plan;
    for (const Json& one : json.at("batches")) {
        plan.batches.emplace(
            jobOf(one.at("batch")),
            PlannedBatch{callSettingsOf(one.at("settings")), pathOf(one.at("copies"))});
    }
    if (plan.batches.empty()) {
        refuse();
    }
    if (const Json& only = json.at("only"); !only.is_null()) {
        plan.only = jobOf(only);
    }
    return plan;
}

Json jsonOf(const BeginWork& begin) {
    const WorkerSettings& settings = begin.settings;
    return {{"store", jsonOf(settings.storeFile)},
            {"log", jsonOf(settings.logFolder)},
            {"errorsKept", settings.errorsKept.count()},
            {"workers", settings.workers},
            {"mostMemory", settings.mostMemory},
            {"traced", settings.traced},
            {"force", settings.force},
            {"maxAttempts", settings.maxAttempts},
            {"version", settings.version},
            {"plan", jsonOf(begin.plan)}};
}

BeginWork beginOf(const Json& json) {
    BeginWork begin;
    WorkerSettings& settings = begin.settings;
    settings.storeFile = pathOf(json.at("store"));
    settings.logFolder = pathOf(json.at("log"));
    settings.errorsKept = std::chrono::days(whole(json.at("errorsKept"), 0, 100'000));
    settings.workers = whole(json.at("workers"), 1, kMostWorkers);
    settings.mostMemory = number(json.at("mostMemory"), 0, 1);
    settings.traced = yes(json.at("traced"));
    settings.force = yes(json.at("force"));
    settings.maxAttempts = whole(json.at("maxAttempts"), 1, std::numeric_limits<int>::max());
    settings.version = text(json.at("version"), kLongestName);
    begin.plan = planOf(json.at("plan"));
    return begin;
}

std::string line(std::string_view kind, Json content) {
    return Json{{kind, std::move(content)}}.dump(-1, ' ', false, Json::error_handler_t::replace) +
           "\n";
}

template <typename Message>
using MessageReader = std::pair<std::string_view, Message (*)(const Json&)>;

template <typename Message, std::size_t Kinds>
std::optional<Message> messageOf(std::string_view text,
                                 const std::array<MessageReader<Message>, Kinds>& readers) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object() || json.size() != 1) {
        return std::nullopt;
    }
    const auto found = std::ranges::find(
        readers, json.begin().key(), [](const auto& reader) { return std::string(reader.first); });
    if (found == readers.end()) {
        return std::nullopt;
    }
    try {
        return found->second(json.begin().value());
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

constexpr std::array<MessageReader<WorkerEvent>, 9> kEvents{{
    {"began",
     [](const Json& json) -> WorkerEvent {
         return WorkerBegan{text(json.at("worker"), kLongestName)};
     }},
    {"working",
     [](const Json& json) -> WorkerEvent {
         return CallWorking{jobOf(json.at("job")),
                            text(json.at("stage"), kLongestName),
                            number(json.at("share"), 0, 1)};
     }},
    {"ended",
     [](const Json& json) -> WorkerEvent {
         return CallEnded{jobOf(json.at("job")), outcomeOf(json.at("outcome"))};
     }},
    {"waits", [](const Json& json) -> WorkerEvent { return CallWaits{jobOf(json.at("job"))}; }},
    {"stages", [](const Json& json) -> WorkerEvent { return stagesOf(json); }},
    {"state", [](const Json& json) -> WorkerEvent { return stateOf(json); }},
    {"copying", [](const Json&) -> WorkerEvent { return CopyingSound{}; }},
    {"took",
     [](const Json& json) -> WorkerEvent {
         return ModelTook{json.at("peakBytes").get<std::uint64_t>(),
                          number(json.at("cost"), 0, kMostSeconds)};
     }},
    {"over",
     [](const Json& json) -> WorkerEvent {
         return WorkerOver{errorOf(json.at("error")), yes(json.at("stopped"))};
     }},
}};

constexpr std::array<MessageReader<WorkerOrder>, 4> kOrders{{
    {"begin", [](const Json& json) -> WorkerOrder { return beginOf(json); }},
    {"try",
     [](const Json& json) -> WorkerOrder {
         return TryModel{modelOf(json.at("model")), whole(json.at("workers"), 1, kMostWorkers)};
     }},
    {"stop", [](const Json& json) -> WorkerOrder { return StopWork{yes(json.at("now"))}; }},
    {"workers",
     [](const Json& json) -> WorkerOrder { return SetWorkers{whole(json, 1, kMostWorkers)}; }},
}};

}  // namespace

std::string lineOf(const WorkerEvent& event) {
    return std::visit(
        Overloaded{
            [](const WorkerBegan& began) { return line("began", {{"worker", began.worker}}); },
            [](const CallWorking& working) {
                return line(
                    "working",
                    {{"job", working.job}, {"stage", working.stage}, {"share", working.share}});
            },
            [](const CallEnded& ended) {
                return line("ended", {{"job", ended.job}, {"outcome", jsonOf(ended.outcome)}});
            },
            [](const CallWaits& waits) { return line("waits", {{"job", waits.job}}); },
            [](const StagesTook& took) {
                Json all = Json::array();
                for (const report::StageTiming& timing : took.timings) {
                    all.push_back({{"stage", timing.stage},
                                   {"seconds", timing.wall.count()},
                                   {"calls", timing.calls},
                                   {"reused", timing.reused}});
                }
                Json spans = Json::array();
                std::ranges::transform(took.spans, std::back_inserter(spans), [](const auto& span) {
                    return jsonOf(span);
                });
                return line("stages",
                            {{"batch", took.batch},
                             {"timings", std::move(all)},
                             {"spans", std::move(spans)}});
            },
            [](const WorkerState& state) {
                return line("state",
                            {{"workers", state.workers},
                             {"windows", state.windows},
                             {"ready", state.ready},
                             {"memory", state.memory},
                             {"memoryShort", state.memoryShort}});
            },
            [](const CopyingSound&) { return line("copying", Json::object()); },
            [](const ModelTook& took) {
                return line("took", {{"peakBytes", took.peakBytes}, {"cost", took.cost}});
            },
            [](const WorkerOver& over) {
                return line("over", {{"error", jsonOf(over.error)}, {"stopped", over.stopped}});
            },
        },
        event);
}

std::string lineOf(const WorkerOrder& order) {
    return std::visit(
        Overloaded{
            [](const BeginWork& begin) { return line("begin", jsonOf(begin)); },
            [](const TryModel& trial) {
                return line("try", {{"model", jsonOf(trial.model)}, {"workers", trial.workers}});
            },
            [](const StopWork& stop) { return line("stop", {{"now", stop.now}}); },
            [](const SetWorkers& set) { return line("workers", set.workers); },
        },
        order);
}

std::optional<WorkerEvent> eventOf(std::string_view line) {
    return messageOf(line, kEvents);
}

std::optional<WorkerOrder> orderOf(std::string_view line) {
    return messageOf(line, kOrders);
}

void sendLine(int socket, std::string_view line) {
    while (!line.empty()) {
        const ssize_t put = ::send(socket, line.data(), line.size(), MSG_NOSIGNAL);
        if (put >= 0) {
            line.remove_prefix(static_cast<std::size_t>(put));
        } else if (errno != EINTR) {
            return;
        }
    }
}

bool LineBuffer::add(std::string_view bytes) {
    bytes_.erase(0, begin_);
    begin_ = 0;
    bytes_ += bytes;
    const auto first = bytes_.find('\n');
    const auto last = bytes_.rfind('\n');
    // Of those in between all has just come: whoever reads takes less at once than a line may hold.
    return std::min(first, bytes_.size()) <= longest_ &&
           (last == std::string::npos || bytes_.size() - last - 1 <= longest_);
}

std::optional<std::string> LineBuffer::next() {
    const auto end = bytes_.find('\n', begin_);
    if (end == std::string::npos) {
        return std::nullopt;
    }
    std::string line = bytes_.substr(begin_, end - begin_);
    begin_ = end + 1;
    return line;
}

}  // namespace chat::pipeline
