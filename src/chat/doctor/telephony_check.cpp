#include "chat/core/text.h"
#include "chat/doctor/checks.h"
#include "chat/source/telephony/open_telephony.h"

#include <fmt/format.h>

#include <memory>

namespace chat::doctor {

using namespace std::chrono_literals;

Check checkTelephony(const std::filesystem::path& file, const Clock& clock) {
    if (file.empty()) {
        return {"telephony", Health::Ok, "none is set; calls come from recordings on disk", "", ""};
    }
    auto settings = source::readTelephonySettings(file);
    if (!settings) {
        Check check = failedWith("telephony", settings.error(), file);
        if (settings.error().code == ErrorCode::CfgValSetting) {
            check.wayOut = "Correct " + settings.error().what;
        }
        return check;
    }
    source::RestSettings& server = settings->server;
    // A person waits: what does not answer soon is told, not tried again.
    server.attempts = 1;
    server.connectTimeout = 5s;
    server.stallTimeout = 10s;
    server.requestTimeout = 15s;
    server.credential.patience = 5s;
    const auto began = clock.steadyNow();
    const auto chains = source::openTelephony(*settings, clock, {})
                            .and_then([](const std::unique_ptr<source::CallSource>& system) {
                                return system->chains({});
                            });
    if (!chains) {
        Check check = failedWith("telephony", chains.error(), server.address);
        if (chains.error().code == ErrorCode::CfgPermCredential) {
            check.wayOut = fmt::format("{}. {}", chains.error().what, check.wayOut);
        }
        return check;
    }
    const auto took = std::chrono::round<std::chrono::milliseconds>(clock.steadyNow() - began);
    Check check{"telephony",
                Health::Ok,
                fmt::format("it let CHAT in and named {} within {} ms",
                            counted(chains->size(), "chain", "chains"),
                            took.count()),
                "",
                ""};
    if (server.address.starts_with("http:")) {
        check.health = Health::Warn;
        check.what += "; without TLS, so others in the network can read along";
        check.place = server.address;
        check.wayOut = "Use an address that begins with https, and leave allow_http out.";
    }
    return check;
}

}  // namespace chat::doctor
