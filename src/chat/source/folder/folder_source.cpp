#include "chat/source/folder/folder_source.h"

#include "chat/core/files.h"
#include "chat/core/sha256.h"
#include "chat/core/text.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <tuple>

namespace chat::source {

namespace {

constexpr std::size_t kBlockBytes = 256 * 1024;
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
    std::size_t position = 0;
    const auto [end, error] =
        std::from_chars(cursor.data(), cursor.data() + cursor.size(), position);
    const bool whole = error == std::errc{} && end == cursor.data() + cursor.size();
    return whole && position > 0 ? std::optional(position) : std::nullopt;
}

tl::unexpected<Error> unknownCall() {
    return fail(ErrorCode::ApiDataNotFound, "There is no recording of that call");
}

}  // namespace

Result<FolderSource> FolderSource::open(const SourceListing& listing, const std::stop_token& stop) {
    FolderSource self;
    for (const SourceRecording& recording : listing.recordings) {
        if (recording.error) {
            continue;
        }
        Entry entry;
        entry.file = recording.path;
        entry.found.call = recording.attributes;
        CallAttributes& call = entry.found.call;
        if (call.sid.empty()) {
            auto sum = sha256OfFile(recording.path, stop);
            if (!sum && stop.stop_requested()) {
                return tl::unexpected(sum.error());
            }
            call.sid = sum.value_or("");
        }
        if (call.sid.empty()) {
            continue;
        }
        entry.chainId = idOf("chain", "", call.chain);
        entry.storeId = idOf("store", entry.chainId, call.store);
        entry.agentId = idOf("agent", entry.chainId, call.agent);
        self.entries_.push_back(std::move(entry));
    }
    std::ranges::sort(self.entries_, {}, [](const Entry& entry) {
        return std::tie(entry.found.call.startedAt, entry.found.call.sid);
    });
    // A file that stands twice in the listing is one call.
    const auto [from, to] = std::ranges::unique(
        self.entries_, {}, [](const Entry& entry) { return entry.found.call.sid; });
    self.entries_.erase(from, to);
    for (std::size_t i = 0; i < self.entries_.size(); ++i) {
        self.bySid_.emplace(self.entries_[i].found.call.sid, i);
    }
    return self;
}

bool FolderSource::fits(const Entry& entry, const SearchFilter& filter) {
    const CallAttributes& call = entry.found.call;
    const auto is = [](const std::string& value, const std::string& wanted) {
        return wanted.empty() || value == wanted;
    };
    return is(entry.chainId, filter.chainId) && is(entry.storeId, filter.storeId) &&
           is(entry.agentId, filter.agentId) && is(call.orderId, filter.orderId) &&
           is(call.sid, filter.callSid) && is(entry.found.telId, filter.telId) &&
           is(call.phone, filter.custId) && fitsTime(call.startedAt, filter);
}

std::vector<Named> FolderSource::named(std::string Entry::* id,
                                       std::string CallAttributes::* name,
                                       const SearchFilter& filter) const {
    std::map<std::pair<std::string, std::string>, bool> sorted;
    for (const Entry& entry : entries_) {
        if (!(entry.*id).empty() && fits(entry, filter)) {
            sorted[{entry.found.call.*name, entry.*id}] = true;
        }
    }
    std::vector<Named> all;
    all.reserve(sorted.size());
    for (const auto& [key, ignored] : sorted) {
        all.push_back({key.second, key.first});
    }
    return all;
}

Result<std::vector<Named>> FolderSource::chains(const std::stop_token& /*stop*/) {
    return named(&Entry::chainId, &CallAttributes::chain, {});
}

Result<std::vector<Named>> FolderSource::stores(const std::string& chainId,
                                                const std::stop_token& /*stop*/) {
    if (chainId.empty() ||
        std::ranges::find(entries_, chainId, &Entry::chainId) == entries_.end()) {
        return fail(ErrorCode::ApiDataNotFound, "There is no such chain");
    }
    SearchFilter filter;
    filter.chainId = chainId;
    return named(&Entry::storeId, &CallAttributes::store, filter);
}

Result<std::vector<Named>> FolderSource::agents(const std::string& chainId,
                                                const std::string& storeId,
                                                const std::stop_token& /*stop*/) {
    SearchFilter filter;
    filter.chainId = chainId;
    filter.storeId = storeId;
    return named(&Entry::agentId, &CallAttributes::agent, filter);
}

Result<CallPage> FolderSource::search(const SearchFilter& filter,
                                      const PageRequest& page,
                                      const std::stop_token& /*stop*/) {
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

Result<FolderSource::OpenRecording> FolderSource::openRecording(const std::string& sid) const {
    const auto found = bySid_.find(sid);
    if (found == bySid_.end()) {
        return unknownCall();
    }
    auto file = openRegularFile(entries_[found->second].file);
    if (!file) {
        return tl::unexpected(file.error());
    }
    struct stat status{};
    if (::fstat(file->get(), &status) != 0) {
        return unknownCall();
    }
    OpenRecording recording;
    recording.file = std::move(*file);
    recording.whole.bytes = static_cast<std::uint64_t>(status.st_size);
    recording.whole.versionMark = fmt::format(
        "\"{:x}-{:x}.{:x}\"", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    return recording;
}

Result<RecordingPart> FolderSource::readRecording(const std::string& sid,
                                                  const RecordingPart& from,
                                                  const TakeBytes& take,
                                                  const std::stop_token& stop) {
    const auto recording = openRecording(sid);
    if (!recording) {
        return tl::unexpected(recording.error());
    }
    RecordingPart part = recording->whole;
    const std::uint64_t bytes = part.bytes.value_or(0);
    if (from.versionMark == part.versionMark && from.offset <= bytes) {
        part.offset = from.offset;
    }
    std::string block(kBlockBytes, '\0');
    for (std::uint64_t at = part.offset; at < bytes;) {
        if (stop.stop_requested()) {
            return fail(ErrorCode::SysStateStopped, "Reading the recording was stopped");
        }
        const std::size_t wanted = std::min<std::uint64_t>(block.size(), bytes - at);
        const ssize_t count =
            ::pread(recording->file.get(), block.data(), wanted, static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return fail(ErrorCode::DlDataIncomplete, "The recording ended early");
        }
        if (auto taken = take(part, {block.data(), static_cast<std::size_t>(count)}); !taken) {
            return tl::unexpected(taken.error());
        }
        at += static_cast<std::uint64_t>(count);
    }
    return part;
}

}  // namespace chat::source
