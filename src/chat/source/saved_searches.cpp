#include "chat/source/saved_searches.h"

#include "chat/core/files.h"
#include "chat/core/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <system_error>

namespace chat::source {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxBytes = 1024 * 1024;
constexpr std::size_t kMaxNameBytes = 100;
constexpr const char* kAnyDay = "anyDay";

tl::unexpected<Error> unknown(const std::string& name) {
    return fail(ErrorCode::CfgValSetting,
                fmt::format("There is no saved search {}", printable(name)));
}

}  // namespace

std::optional<std::map<std::string, SavedSearch>> parseSavedSearches(std::string_view text) {
    const json root = json::parse(text, nullptr, false);
    if (!root.is_object()) {
        return std::nullopt;
    }
    std::map<std::string, SavedSearch> searches;
    for (const auto& [name, fields] : root.items()) {
        if (!fields.is_object()) {
            return std::nullopt;
        }
        SavedSearch& search = searches[name];
        for (const FilterField& field : filterFields()) {
            const auto value = fields.find(field.name);
            if (value == fields.end()) {
                continue;
            }
            if (!value->is_string()) {
                return std::nullopt;
            }
            search.filter.*field.value = value->get<std::string>();
        }
        search.anyDay = fields.contains(kAnyDay);
    }
    return searches;
}

Result<std::map<std::string, SavedSearch>> SavedSearches::all() const {
    std::error_code ignored;
    if (!std::filesystem::exists(file_, ignored)) {
        return std::map<std::string, SavedSearch>{};
    }
    const auto text = readFile(file_, kMaxBytes, ErrorCode::CfgValSetting);
    if (!text) {
        return tl::unexpected(text.error());
    }
    auto searches = parseSavedSearches(*text);
    if (!searches) {
        return fail(
            ErrorCode::CfgValSetting,
            fmt::format("{} is damaged; move it away to begin anew", file_.filename().string()));
    }
    return *std::move(searches);
}

Result<SavedSearch> SavedSearches::find(const std::string& name) const {
    return all().and_then([&](const auto& searches) -> Result<SavedSearch> {
        const auto found = searches.find(name);
        return found == searches.end() ? Result<SavedSearch>(unknown(name)) : found->second;
    });
}

Status SavedSearches::save(const std::string& name, const SavedSearch& search) const {
    if (name.empty() || name.size() > kMaxNameBytes || printable(name) != name) {
        return fail(ErrorCode::CfgValSetting,
                    fmt::format("A search's name has 1 to {} bytes, all of which can be shown",
                                kMaxNameBytes));
    }
    return all().and_then([&](std::map<std::string, SavedSearch> searches) {
        searches[name] = search;
        return write(searches);
    });
}

Status SavedSearches::forget(const std::string& name) const {
    return all().and_then([&](std::map<std::string, SavedSearch> searches) -> Status {
        return searches.erase(name) == 0 ? Status(unknown(name)) : write(searches);
    });
}

Status SavedSearches::write(const std::map<std::string, SavedSearch>& searches) const {
    json root = json::object();
    for (const auto& [name, search] : searches) {
        json& fields = root[name] = json::object();
        for (const FilterField& field : filterFields()) {
            if (const std::string& value = search.filter.*field.value; !value.empty()) {
                fields[std::string(field.name)] = value;
            }
        }
        if (search.anyDay) {
            fields[kAnyDay] = true;
        }
    }
    return makePrivateFolder(file_.parent_path()).and_then([&] {
        return writeFileAtomically(file_,
                                   root.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
    });
}

}  // namespace chat::source
