#include "chat/source/rest/catalog_cache.h"

#include "chat/core/files.h"
#include "chat/core/sha256.h"
#include "chat/core/text.h"
#include "chat/core/time_text.h"
#include "chat/source/rest/list_answer.h"

#include <nlohmann/json.hpp>

namespace chat::source {

namespace {

using nlohmann::json;

constexpr std::string_view kForm = "chat-list 1 ";
constexpr std::size_t kSumDigits = 64;
constexpr std::size_t kMaxBytes = 32 * 1024 * 1024;

std::optional<Named> namedOf(const json& entry) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_string()) {
        return std::nullopt;
    }
    Named one{entry[0].get<std::string>(), entry[1].get<std::string>()};
    return isUsableId(one.id) ? std::optional(std::move(one)) : std::nullopt;
}

/// Whether the server may be there another time.
bool mayPass(ErrorCode code) {
    return code != ErrorCode::SysStateStopped && errorInfo(code).retryable;
}

}  // namespace

std::string keptListText(const KeptList& list) {
    json entries = json::array();
    for (const Named& one : list.entries) {
        entries.push_back({one.id, one.name});
    }
    const json content{{"askedAt", utcText(list.askedAt)},
                       {"versionMark", list.versionMark},
                       {"entries", std::move(entries)}};
    const std::string text = content.dump(-1, ' ', false, json::error_handler_t::replace);
    return std::string(kForm) + sha256Hex(text) + "\n" + text;
}

std::optional<KeptList> parseKeptList(std::string_view text) {
    const std::size_t start = kForm.size() + kSumDigits + 1;
    if (text.size() < start || !text.starts_with(kForm) || text[start - 1] != '\n' ||
        text.substr(kForm.size(), kSumDigits) != sha256Hex(text.substr(start))) {
        return std::nullopt;
    }
    const json content = json::parse(text.substr(start), nullptr, false);
    const std::string mark = content.is_object() ? textAt(content, "/versionMark") : "";
    const auto askedAt =
        content.is_object() ? parseUtcText(textAt(content, "/askedAt")) : std::nullopt;
    if (!askedAt || printable(mark) != mark || !content.contains("entries") ||
        !content["entries"].is_array()) {
        return std::nullopt;
    }
    KeptList list{{}, mark, *askedAt};
    list.entries.reserve(content["entries"].size());
    for (const json& entry : content["entries"]) {
        auto one = namedOf(entry);
        if (!one) {
            return std::nullopt;
        }
        list.entries.push_back(std::move(*one));
    }
    return list;
}

std::filesystem::path CatalogCache::fileOf(const std::string& name) const {
    return folder_ / sha256Hex(name);
}

bool CatalogCache::isFresh(const KeptList& list) const {
    const auto age = clock_.now() - list.askedAt;
    return age >= std::chrono::seconds(0) && age < life_;  // a clock can be set back
}

void CatalogCache::keep(const std::filesystem::path& file, const KeptList& list) const {
    // Without the file the server is asked again: nothing is lost.
    static_cast<void>(makePrivateFolder(folder_).and_then(
        [&] { return writeFileAtomically(file, keptListText(list)); }));
}

Result<std::vector<Named>> CatalogCache::list(const std::string& name, const Ask& ask) {
    const std::filesystem::path file = fileOf(name);
    auto kept = readFile(file, kMaxBytes, ErrorCode::SysUnkGenericError)
                    .map([](const std::string& text) { return parseKeptList(text); })
                    .value_or(std::nullopt);
    if (kept && (unreachable_ || isFresh(*kept))) {
        asOf_ = kept->askedAt;
        return kept->entries;
    }
    auto answer = ask(kept ? &kept->versionMark : nullptr);
    if (!answer && kept && mayPass(answer.error().code)) {
        unreachable_ = true;
        asOf_ = kept->askedAt;
        return kept->entries;
    }
    if (!answer) {
        return tl::unexpected(answer.error());
    }
    asOf_.reset();
    if (std::optional<KeptList>& changed = *answer) {
        kept = std::move(changed);
    }
    if (!kept) {
        return fail(
            ErrorCode::ApiDataInvalidResponse,
            "The server says that nothing has changed, of a list that it was not asked about");
    }
    kept->askedAt = clock_.now();
    keep(file, *kept);
    return kept->entries;
}

}  // namespace chat::source
