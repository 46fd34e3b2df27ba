#include "chat/source/call_index.h"

#include "chat/core/sha256.h"
#include "chat/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_set>
#include <utility>

namespace chat::source {

namespace {

constexpr std::size_t kIdDigits = 16;
constexpr std::size_t kDateBytes = 10;  // of "2026-11-12T09:41:00"
constexpr std::size_t kTimeStart = 11;
constexpr std::size_t kTimeBytes = 8;

/// An id for a name within others. Empty for an empty name.
std::string idOf(std::string_view kind, std::string_view within, std::string_view name) {
    return name.empty()
               ? std::string()
               : sha256Hex(fmt::format("{}\n{}\n{}", kind, within, name)).substr(0, kIdDigits);
}

bool isWithin(std::string_view value, std::string_view from, std::string_view to) {
    return (from.empty() || value >= from) && (to.empty() || value <= to);
}

bool fitsTime(std::string_view startedAt, const SearchFilter& filter) {
    if (filter.fromDate.empty() && filter.toDate.empty() && filter.fromTime.empty() &&
        filter.toTime.empty()) {
        return true;
    }
    return startedAt.size() >= kTimeStart + kTimeBytes &&
           isWithin(startedAt.substr(0, kDateBytes), filter.fromDate, filter.toDate) &&
           isWithin(startedAt.substr(kTimeStart, kTimeBytes), filter.fromTime, filter.toTime);
}

/// The position that a cursor stands for.
std::optional<std::size_t> positionOf(const std::string& cursor) {
    if (cursor.empty()) {
        return 0;
    }
    const auto position = wholeNumber<std::size_t>(cursor);
    return position && *position > 0 ? position : std::nullopt;
}

}  // namespace

CallIndex::CallIndex(std::vector<FoundCall> calls) {
    std::ranges::sort(calls, {}, [](const FoundCall& found) {
        return std::tie(found.call.startedAt, found.call.sid);
    });
    std::unordered_set<std::string> sids;
    entries_.reserve(calls.size());
    for (FoundCall& found : calls) {
        if (!sids.insert(found.call.sid).second) {
            continue;
        }
        Entry entry;
        const CallAttributes& call = found.call;
        entry.chainId = chainIdOf(call.chain);
        entry.storeId = storeIdOf(call.chain, call.store);
        entry.agentId = idOf("agent", entry.chainId, call.agent);
        entry.found = std::move(found);
        entries_.push_back(std::move(entry));
    }
}

std::string CallIndex::chainIdOf(const std::string& chain) {
    return idOf("chain", "", chain);
}

std::string CallIndex::storeIdOf(const std::string& chain, const std::string& store) {
    return idOf("store", chainIdOf(chain), store);
}

bool CallIndex::fits(const Entry& entry, const SearchFilter& filter) {
    const CallAttributes& call = entry.found.call;
    const auto is = [](const std::string& value, const std::string& wanted) {
        return wanted.empty() || value == wanted;
    };
    return is(entry.chainId, filter.chainId) && is(entry.storeId, filter.storeId) &&
           is(entry.agentId, filter.agentId) && is(call.orderId, filter.orderId) &&
           is(call.sid, filter.callSid) && is(entry.found.telId, filter.telId) &&
           is(call.phone, filter.custId) && fitsTime(call.startedAt, filter);
}

std::vector<Named> CallIndex::named(std::string Entry::* id,
                                    std::string CallAttributes::* name,
                                    const SearchFilter& filter) const {
    std::set<std::pair<std::string, std::string>> sorted;
    for (const Entry& entry : entries_) {
        if (!(entry.*id).empty() && fits(entry, filter)) {
            sorted.emplace(entry.found.call.*name, entry.*id);
        }
    }
    std::vector<Named> all;
    all.reserve(sorted.size());
    for (const auto& [text, key] : sorted) {
        all.push_back({key, text});
    }
    return all;
}

std::vector<Named> CallIndex::chains() const {
    return named(&Entry::chainId, &CallAttributes::chain, {});
}

Result<std::vector<Named>> CallIndex::stores(const std::string& chainId) const {
    if (chainId.empty() ||
        std::ranges::find(entries_, chainId, &Entry::chainId) == entries_.end()) {
        return fail(ErrorCode::ApiDataNotFound, "There is no such chain");
    }
    SearchFilter filter;
    filter.chainId = chainId;
    return named(&Entry::storeId, &CallAttributes::store, filter);
}

std::vector<Named> CallIndex::agents(const std::string& chainId, const std::string& storeId) const {
    SearchFilter filter;
    filter.chainId = chainId;
    filter.storeId = storeId;
    return named(&Entry::agentId, &CallAttributes::agent, filter);
}

Result<CallPage> CallIndex::search(const SearchFilter& filter, const PageRequest& page) const {
    if (auto checked = checkSearch(filter, page); !checked) {
        return tl::unexpected(checked.error());
    }
    const auto start = positionOf(page.cursor);
    if (!start || *start > entries_.size()) {
        return fail(ErrorCode::ApiValRequestRefused, "The page that was asked for does not exist");
    }
    CallPage found;
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (!fits(entries_[i], filter)) {
            continue;
        }
        ++total;
        if (i < *start) {
            continue;
        }
        if (found.calls.size() < page.limit) {
            found.calls.push_back(entries_[i].found);
        } else if (found.next.empty()) {
            found.next = std::to_string(i);
        }
    }
    found.total = total;
    return found;
}

}  // namespace chat::source
