#include "chat/core/error_taxonomy.h"

#include "chat/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

namespace chat {

namespace {

using Title = std::pair<std::string_view, std::string_view>;

constexpr Title kModules[] = {
    {"SYS", "files, memory, the run itself"},
    {"CFG", "settings, manifests, rules"},
    {"AU", "sound"},
    {"TR", "transcription and models"},
    {"AN", "analysis"},
    {"API", "the telephony's server"},
    {"DL", "downloads"},
    {"DB", "the store"},
    {"Q", "the queue"},
    {"RP", "reports"},
    {"GUI", "the desktop"},
};

constexpr Title kCategories[] = {
    {"CONN", "a connection or lock"},
    {"PERM", "a right that is missing"},
    {"DATA", "data that is missing or damaged"},
    {"FMT", "a form that cannot be used"},
    {"TIME", "something that took too long"},
    {"RES", "memory or room that is used up"},
    {"VAL", "a value that is not allowed"},
    {"STATE", "something done at the wrong moment"},
    {"UNK", "something that has no name of its own"},
};

std::string_view titleOf(std::span<const Title> titles, std::string_view name) {
    const auto found = std::ranges::find(titles, name, &Title::first);
    return found == titles.end() ? name : found->second;
}

}  // namespace

std::string_view errorModule(std::string_view name) {
    return name.substr(0, name.find('_'));
}

std::string_view errorCategory(std::string_view name) {
    name.remove_prefix(std::min(name.size(), errorModule(name).size() + 1));
    return name.substr(0, name.find('_'));
}

std::string_view moduleTitle(std::string_view module) {
    return titleOf(kModules, module);
}

std::string_view categoryTitle(std::string_view category) {
    return titleOf(kCategories, category);
}

std::string errorMeaning(std::string_view name) {
    if (const ErrorInfo* info = findError(name)) {
        return std::string(info->meaning);
    }
    return fmt::format("An error that this version of CHAT does not know, in {}: {}.",
                       moduleTitle(errorModule(name)),
                       categoryTitle(errorCategory(name)));
}

}  // namespace chat
