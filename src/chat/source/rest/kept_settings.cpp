#include "chat/source/rest/kept_settings.h"

#include "chat/source/rest/rest_settings.h"

#include <toml++/toml.h>

#include <sstream>

namespace chat::source {

Result<KeptSettings> keptSettings(const std::filesystem::path& telephonyFile) {
    return readRestSettings(telephonyFile).map([&](const RestSettings& settings) {
        // It has just been read and is as it should be.
        std::ostringstream text;
        text << toml::parse_file(telephonyFile.string());
        return KeptSettings{
            settings.address,
            std::filesystem::absolute(telephonyFile).lexically_normal().parent_path(),
            text.str()};
    });
}

}  // namespace chat::source
