#include "chat/core/error_log.h"
#include "chat/core/files.h"
#include "chat/core/text.h"
#include "chat/doctor/checkup.h"
#include "chat/doctor/support_bundle.h"
#include "chat/transcribe/installed_models.h"

#include <fmt/format.h>
#include <unistd.h>

#include "commands.h"
#include "config_use.h"
#include "json_output.h"
#include "store_option.h"
#include "terminal.h"
#include "wrapped_text.h"

namespace chat::cli {

namespace {

using doctor::Check;
using doctor::Health;

struct DoctorOptions {
    std::string store;
    std::string telephony;
    std::string bundle;
    bool json = false;
};

/// Errors of so long go into a bundle.
constexpr std::chrono::days kErrorsTold{30};

void printCheck(const Check& check) {
    constexpr std::size_t kIndent = 22;
    const bool color = showsColor(STDOUT_FILENO);
    const std::string_view health = doctor::healthName(check.health);
    const char* shade = check.health == Health::Ok     ? "\x1B[32m"
                        : check.health == Health::Warn ? "\x1B[33m"
                                                       : "\x1B[31m";
    // The color is before the padding, which counts it; so the padding is made here.
    const std::string head = fmt::format(
        "  {}{:<6}{}{:<14}", color ? shade : "", health, color ? "\x1B[0m" : "", check.name);
    printWrapped(check.what, kIndent, head);
    if (!check.place.empty()) {
        printWrapped(printable(check.place), kIndent);
    }
    if (!check.wayOut.empty()) {
        printWrapped("do: " + printable(check.wayOut), kIndent);
    }
}

Json checkupJson(const std::vector<Check>& checks) {
    Json all = Json::array();
    for (const Check& check : checks) {
        all.push_back({{"name", check.name},
                       {"health", doctor::healthName(check.health)},
                       {"what", check.what},
                       {"place", check.place.empty() ? Json(nullptr) : Json(check.place)},
                       {"wayOut", check.wayOut.empty() ? Json(nullptr) : Json(check.wayOut)}});
    }
    return {{"health", doctor::healthName(doctor::worst(checks))}, {"checks", std::move(all)}};
}

Status writeBundle(const std::string& file,
                   const doctor::CheckupSettings& settings,
                   const std::vector<Check>& checks,
                   const Clock& clock) {
    return ErrorLog(defaultLogFolder())
        .read(clock.now() - kErrorsTold)
        .and_then([&](const std::vector<ErrorRecord>& errors) {
            return writeFileAtomically(file,
                                       doctor::supportBundle(settings, checks, errors, clock));
        });
}

int run(CLI::App& app, const std::string& configuration, const DoctorOptions& options) {
    const SystemClock clock;
    const ConfigFile file = configFile(configuration);
    doctor::CheckupSettings settings;
    settings.configuration = readConfiguration(file);
    useConfiguration(app, settings.configuration);
    settings.configurationFile = file.path;
    settings.store = storeFileOf(options.store);
    settings.telephony = options.telephony;
    settings.models = transcribe::modelsFolder();
    settings.version = CHAT_VERSION;
    const std::vector<Check> checks = doctor::checkUp(settings, clock);
    if (options.json) {
        printJson(checkupJson(checks));
    } else {
        for (const Check& check : checks) {
            printCheck(check);
        }
    }
    if (!options.bundle.empty()) {
        if (auto written = writeBundle(options.bundle, settings, checks, clock); !written) {
            printError(written.error());
            return kExitNothingDone;
        }
        fmt::print(stderr,
                   "\n{} is text without names, numbers and words of calls; read it, then send "
                   "it.\n",
                   printable(options.bundle));
    }
    return doctor::worst(checks) == Health::Fail ? kExitSomeFailed : kExitDone;
}

}  // namespace

void addDoctor(CLI::App& app, const std::string& configuration, Action& action) {
    auto options = std::make_shared<DoctorOptions>();
    CLI::App* command =
        app.add_subcommand("doctor", "Look whether everything is there that CHAT needs");
    addStoreOption(*command, options->store);
    command
        ->add_option("--telephony",
                     options->telephony,
                     "Telephone system to look whether CHAT is let in (docs/telephony.md)")
        ->type_name("FILE");
    command->add_flag("--json", options->json, "As JSON");
    command
        ->add_option("--bundle",
                     options->bundle,
                     "Also write what helps somebody to help, without personal data")
        ->type_name("FILE");
    command->footer(
        "Looks at the configuration, the store, models, the speech detector, codecs, the decoders' "
        "sandbox,\n"
        "the telephone system, disk, permissions, the clock and memory, and changes nothing.\n"
        "Examples:\n"
        "  chat doctor\n"
        "  chat doctor --json | jq -r '.checks[] | select(.health != \"ok\").wayOut'\n"
        "  chat doctor --bundle support.json     a text to read and to send\n"
        "Exit statuses: 0 all is well, warnings included; 1 something fails; 2 wrong use; 3 the "
        "bundle cannot be\nwritten.");
    command->final_callback([options, &app, &configuration, &action] {
        action = [options, &app, &configuration] { return run(app, configuration, *options); };
    });
}

}  // namespace chat::cli
