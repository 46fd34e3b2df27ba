#include "chat/source/rest/kept_settings.h"

#include "chat/source/rest/rest_settings.h"

#include <toml++/toml.h>

#include <sstream>

namespace chat::source {

Result<KeptSettings> keptSettings(const std::filesystem::path& telephonyFile) {
    return readTelephonySettings(telephonyFile).map([&](const TelephonySettings& settings) {
        // It has just been read and is as it should be.
        std::ostringstream text;
        text << toml::parse_file(telephonyFile.string());
        return KeptSettings{
            settings.server.address + (settings.account.empty() ? "" : "/" + settings.account),
            std::filesystem::absolute(telephonyFile).lexically_normal().parent_path(),
            text.str()};
    });
}

}  // namespace chat::source
