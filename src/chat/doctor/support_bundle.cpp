#include "chat/doctor/support_bundle.h"

#include "chat/audio/codecs.h"
#include "chat/core/machine.h"
#include "chat/core/text.h"
#include "chat/core/time_text.h"
#include "chat/transcribe/model_catalog.h"

#include <nlohmann/json.hpp>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <thread>

namespace chat::doctor {

namespace {

using Json = nlohmann::ordered_json;

/// The value of a line like `PRETTY_NAME="Debian GNU/Linux 12"` or `model name : ...`; empty where there is none.
std::string lineValue(const char* file, std::string_view name, char separator) {
    std::ifstream lines(file);
    std::string line;
    while (std::getline(lines, line)) {
        const auto at = line.find(separator);
        if (at != std::string::npos && trimmed(std::string_view(line).substr(0, at)) == name) {
            std::string value(trimmed(std::string_view(line).substr(at + 1)));
            std::erase(value, '"');
            return printable(value);
        }
    }
    return {};
}

Json machineJson() {
    utsname names{};
    ::uname(&names);  // its node name is left out
    return {{"system", lineValue("/etc/os-release", "PRETTY_NAME", '=')},
            {"kernel", std::string(names.sysname) + " " + names.release},
            {"architecture", names.machine},
            {"processor", lineValue("/proc/cpuinfo", "model name", ':')},
            {"cores", std::thread::hardware_concurrency()},
            {"freeMemoryBytes", freeMemory()},
            {"load", machineLoad()}};
}

/// What may be told of a value: numbers and the words of a fixed list. Of paths, only that there is one.
Json valueJson(const ConfigKey& key, const std::string& text) {
    switch (key.kind) {
        case ConfigKind::Whole:
        case ConfigKind::Number:
        case ConfigKind::Choice:
        case ConfigKind::Zone:
            return text;
        case ConfigKind::Model:
            return text == "auto" || transcribe::findModel(text) != nullptr ? Json(text)
                                                                            : Json("a folder");
        case ConfigKind::Language:
        case ConfigKind::File:
            break;
    }
    return "set";
}

Json settingsJson(const Configuration& configuration) {
    Json settings = Json::object();
    for (const ConfigKey& key : configKeys()) {
        if (const ConfigValue* value = configuration.find(key.name); value != nullptr) {
            settings[std::string(key.name)] = {{"value", valueJson(key, value->text)},
                                               {"from", value->line == 0 ? "environment" : "file"}};
        }
    }
    return settings;
}

/// A code that the catalog does not know can be anything.
std::string knownCode(const std::string& code) {
    return findError(code) != nullptr ? code : "UNKNOWN_TO_THIS_VERSION";
}

Json errorsJson(const std::vector<ErrorRecord>& errors) {
    struct OfCode {
        int failed = 0;
        int others = 0;
        std::chrono::system_clock::time_point last;
    };
    std::map<std::string, OfCode> codes;
    for (const ErrorRecord& error : errors) {
        OfCode& one = codes[knownCode(error.code)];
        ++(error.outcome == ErrorOutcome::Failed ? one.failed : one.others);
        one.last = std::max(one.last, error.time);
    }
    Json all = Json::array();
    for (const auto& [code, one] : codes) {
        all.push_back({{"code", code},
                       {"failed", one.failed},
                       {"wentOnOrRetried", one.others},
                       {"last", utcSecondText(one.last)}});
    }
    return all;
}

}  // namespace

std::string supportBundle(const CheckupSettings& settings,
                          const std::vector<Check>& checks,
                          const std::vector<ErrorRecord>& errors,
                          const Clock& clock) {
    Json results = Json::array();
    for (const Check& check : checks) {
        results.push_back(
            {{"name", check.name}, {"health", healthName(check.health)}, {"what", check.what}});
    }
    const Json bundle{{"made", utcSecondText(clock.now())},
                      {"chat", settings.version},
                      {"ffmpeg", audio::ffmpegVersion()},
                      {"machine", machineJson()},
                      {"health", healthName(worst(checks))},
                      {"checks", std::move(results)},
                      {"settings", settingsJson(settings.configuration)},
                      {"mistakesInSettings", settings.configuration.problems.size()},
                      {"errors", errorsJson(errors)}};
    return bundle.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace chat::doctor
