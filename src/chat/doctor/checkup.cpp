#include "chat/doctor/checkup.h"

#include "chat/core/error_log.h"
#include "chat/core/files.h"
#include "chat/doctor/checks.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

namespace chat::doctor {

namespace fs = std::filesystem;

namespace {

std::string settingOf(const Configuration& configuration, std::string_view name) {
    const ConfigValue* value = configuration.find(name);
    const ConfigKey* key = findConfigKey(name);
    return value != nullptr ? value->text : key != nullptr ? std::string(key->standard) : "";
}

fs::path beside(const fs::path& file, const char* ending) {
    return file.string() + ending;
}

/// The running program's file is as old as the installation.
std::chrono::system_clock::time_point programMade() {
    struct stat status{};
    return ::stat("/proc/self/exe", &status) == 0
               ? std::chrono::system_clock::from_time_t(status.st_mtime)
               : std::chrono::system_clock::time_point{};
}

}  // namespace

std::string_view healthName(Health health) {
    return health == Health::Ok ? "ok" : health == Health::Warn ? "warn" : "fail";
}

std::vector<Check> checkUp(const CheckupSettings& settings, const Clock& clock) {
    const fs::path logs = defaultLogFolder();
    const fs::path report = fs::path(".");
    return {
        checkConfiguration(settings.configuration, settings.configurationFile),
        checkStore(settings.store),
        checkModels(settings.models, settingOf(settings.configuration, "model")),
        checkDetector(),
        checkCodecs(),
        checkSandbox(),
        checkTelephony(settings.telephony, clock),
        checkDisk({{"the store", fs::absolute(settings.store).parent_path()},
                   {"reports made here", report},
                   {"models", settings.models}}),
        checkPermissions({dataFolder(),
                          stateFolder(),
                          settings.store,
                          beside(settings.store, "-wal"),
                          beside(settings.store, "-shm"),
                          logs,
                          logs / "chat.log"},
                         {settings.models, settings.configurationFile}),
        checkClock(clock, programMade()),
        checkMachine(std::atoi(settingOf(settings.configuration, "most-memory").c_str())),
    };
}

Health worst(const std::vector<Check>& checks) {
    const auto found = std::ranges::max_element(checks, {}, &Check::health);
    return found == checks.end() ? Health::Ok : found->health;
}

}  // namespace chat::doctor
