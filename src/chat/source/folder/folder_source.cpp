#include "chat/source/folder/folder_source.h"

#include "chat/core/files.h"
#include "chat/core/sha256.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace chat::source {

namespace {

constexpr std::size_t kBlockBytes = 256 * 1024;

tl::unexpected<Error> unknownCall() {
    return fail(ErrorCode::ApiDataNotFound, "There is no recording of that call");
}

}  // namespace

Result<FolderSource> FolderSource::open(const SourceListing& listing, const std::stop_token& stop) {
    FolderSource self;
    std::vector<FoundCall> calls;
    calls.reserve(listing.recordings.size());
    for (const SourceRecording& recording : listing.recordings) {
        if (recording.error) {
            continue;
        }
        FoundCall found;
        found.call = recording.attributes;
        found.telId = recording.telId;
        found.file = recording.path;
        found.shownPath = recording.displayPath;
        std::string& sid = found.call.sid;
        if (sid.empty()) {
            auto sum = sha256OfFile(recording.path, stop);
            if (!sum && stop.stop_requested()) {
                return tl::unexpected(sum.error());
            }
            sid = sum.value_or("");
        }
        // A file that stands twice in the listing is one call.
        if (!sid.empty() && self.fileOf_.try_emplace(sid, recording.path).second) {
            calls.push_back(std::move(found));
        }
    }
    self.index_ = CallIndex(std::move(calls));
    return self;
}

Result<std::vector<Named>> FolderSource::chains(const std::stop_token& /*stop*/) {
    return index_.chains();
}

Result<std::vector<Named>> FolderSource::stores(const std::string& chainId,
                                                const std::stop_token& /*stop*/) {
    return index_.stores(chainId);
}

Result<std::vector<Named>> FolderSource::agents(const std::string& chainId,
                                                const std::string& storeId,
                                                const std::stop_token& /*stop*/) {
    return index_.agents(chainId, storeId);
}

Result<CallPage> FolderSource::search(const SearchFilter& filter,
                                      const PageRequest& page,
                                      const std::stop_token& /*stop*/) {
    return index_.search(filter, page);
}

Result<FolderSource::OpenRecording> FolderSource::openRecording(const std::string& sid) const {
    const auto found = fileOf_.find(sid);
    if (found == fileOf_.end()) {
        return unknownCall();
    }
    auto file = openRegularFile(found->second);
    if (!file) {
        return tl::unexpected(file.error());
    }
    struct stat status{};
    if (::fstat(file->get(), &status) != 0) {
        return unknownCall();
    }
    OpenRecording recording;
    recording.file = std::move(*file);
    recording.path = found->second;
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
