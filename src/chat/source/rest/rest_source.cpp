#include "chat/source/rest/rest_source.h"

#include "chat/core/text.h"
#include "chat/net/curl_client.h"
#include "chat/net/web_address.h"
#include "chat/source/call_time.h"
#include "chat/source/rest/api_client.h"
#include "chat/source/rest/credential.h"
#include "chat/source/rest/list_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chat::source {

namespace {

using net::percentEncoded;
using nlohmann::json;

class RestSource final : public CallSource {
  public:
    RestSource(RestSettings settings,
               const std::string& credential,
               const Clock& clock,
               CatalogCache* cache)
        : settings_(std::move(settings))
        , cache_(cache)
        , http_(accessRulesOf(settings_))
        , api_(settings_, credential, http_, clock) {}

    Result<std::vector<Named>> chains(const std::stop_token& stop) override {
        const FieldPointers& fields = settings_.fields;
        return named("/chains", fields.chains, fields.chainId, fields.chainName, stop);
    }

    Result<std::vector<Named>> stores(const std::string& chainId,
                                      const std::stop_token& stop) override {
        const FieldPointers& fields = settings_.fields;
        return named(fmt::format("/chains/{}/stores", percentEncoded(chainId)),
                     fields.stores,
                     fields.storeId,
                     fields.storeName,
                     stop);
    }

    Result<std::vector<Named>> agents(const std::string& chainId,
                                      const std::string& storeId,
                                      const std::stop_token& stop) override {
        const FieldPointers& fields = settings_.fields;
        std::string query;
        for (const auto& [key, value] :
             {std::pair{"chainId", chainId}, std::pair{"storeId", storeId}}) {
            if (!value.empty()) {
                query +=
                    fmt::format("{}{}={}", query.empty() ? "?" : "&", key, percentEncoded(value));
            }
        }
        return named("/agents" + query, fields.agents, fields.agentId, fields.agentName, stop);
    }

    Result<CallPage> search(const SearchFilter& filter,
                            const PageRequest& page,
                            const std::stop_token& stop) override {
        if (auto checked = checkSearch(filter, page); !checked) {
            return tl::unexpected(checked.error());
        }
        const auto answer = api_.list(queryOf(filter, page), stop);
        if (!answer) {
            return tl::unexpected(answer.error());
        }
        CallPage found;
        const auto list = readList(
            answer->text, settings_.fields.calls, settings_.maxDepth, [&](const json& entry) {
                addCall(entry, found);
            });
        if (!list) {
            return tl::unexpected(list.error());
        }
        if (answer->brokenOff || !list->whole) {
            const Error reason = answer->brokenOff.value_or(
                Error{ErrorCode::ApiDataIncomplete, "The server ended its answer early", {}});
            if (found.calls.empty()) {
                return tl::unexpected(reason);
            }
            found.cutShort = reason;
            found.next = page.cursor;
            return found;
        }
        found.next = textAt(list->rest, settings_.fields.cursor);
        found.total = totalOf(list->rest);
        if (!found.next.empty() && found.next == page.cursor) {
            return fail(ErrorCode::ApiDataInvalidResponse,
                        "The server says that a page follows itself");
        }
        return found;
    }

    Result<RecordingPart> readRecording(const std::string& sid,
                                        const RecordingPart& from,
                                        const TakeBytes& take,
                                        const std::stop_token& stop) override {
        return api_.recording(
            fmt::format("/calls/{}/recording", percentEncoded(sid)), from, take, stop);
    }

  private:
    Result<std::vector<Named>> named(const std::string& path,
                                     const std::string& list,
                                     const std::string& id,
                                     const std::string& name,
                                     const std::stop_token& stop) {
        const auto ask = [&](const std::string* kept) -> Result<std::optional<KeptList>> {
            const auto answer = api_.list(path, stop, kept);
            if (!answer) {
                return tl::unexpected(answer.error());
            }
            if (const std::optional<Error>& brokenOff = answer->brokenOff) {
                return tl::unexpected(*brokenOff);
            }
            if (answer->unchanged) {
                return std::nullopt;
            }
            return listOf(*answer, list, id, name);
        };
        if (cache_ != nullptr) {
            // Who may see other entries, or reads them otherwise, has a list of its own.
            const Credential& credential = settings_.credential;
            return cache_->list(fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}",
                                            settings_.address,
                                            credential.keyring,
                                            credential.variable,
                                            credential.file.native(),
                                            path,
                                            list,
                                            id,
                                            name),
                                ask);
        }
        return ask(nullptr).map([](const std::optional<KeptList>& given) {
            return given.value_or(KeptList{}).entries;
        });
    }

    [[nodiscard]] Result<std::optional<KeptList>> listOf(const ListText& answer,
                                                         const std::string& list,
                                                         const std::string& id,
                                                         const std::string& name) const {
        KeptList all;
        all.versionMark = answer.versionMark;
        const auto read = readList(answer.text, list, settings_.maxDepth, [&](const json& entry) {
            Named one{textAt(entry, id), nameAt(entry, name)};
            if (isUsableId(one.id)) {
                all.entries.push_back(std::move(one));
            }
        });
        if (!read) {
            return tl::unexpected(read.error());
        }
        if (!read->whole) {
            return fail(ErrorCode::ApiDataInvalidResponse, "The server's answer is not JSON");
        }
        std::ranges::stable_sort(all.entries, {}, &Named::name);
        return all;
    }

    static std::string queryOf(const SearchFilter& filter, const PageRequest& page) {
        std::string path = fmt::format("/calls?limit={}", page.limit);
        for (const FilterField& field : filterFields()) {
            if (const std::string& value = filter.*field.value; !value.empty()) {
                path += fmt::format("&{}={}", field.name, percentEncoded(value));
            }
        }
        return page.cursor.empty() ? path : path + "&cursor=" + percentEncoded(page.cursor);
    }

    void addCall(const json& entry, CallPage& page) const {
        const FieldPointers& fields = settings_.fields;
        FoundCall found;
        found.call.sid = textAt(entry, fields.callSid);
        if (!isUsableId(found.call.sid)) {
            ++page.unusable;
            return;
        }
        found.call.startedAt = normalizedCallTime(textAt(entry, fields.startedAt)).value_or("");
        found.call.chain = nameAt(entry, fields.callChain);
        found.call.store = nameAt(entry, fields.callStore);
        found.call.agent = nameAt(entry, fields.callAgent);
        found.call.orderId = nameAt(entry, fields.orderId);
        found.call.phone = nameAt(entry, fields.custId);
        found.telId = nameAt(entry, fields.telId);
        page.calls.push_back(std::move(found));
    }

    [[nodiscard]] std::optional<std::uint64_t> totalOf(const json& rest) const {
        return wholeNumber<std::uint64_t>(textAt(rest, settings_.fields.total));
    }

    RestSettings settings_;
    CatalogCache* cache_;
    net::CurlClient http_;
    ApiClient api_;
};

}  // namespace

Result<std::unique_ptr<CallSource>> openRestSource(const RestSettings& settings,
                                                   const Clock& clock,
                                                   CatalogCache* cache) {
    const auto credential = credentialHeader(settings.credential);
    if (!credential) {
        return tl::unexpected(credential.error());
    }
    return std::make_unique<RestSource>(settings, *credential, clock, cache);
}

}  // namespace chat::source
