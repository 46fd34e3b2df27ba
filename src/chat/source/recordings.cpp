#include "chat/source/recordings.h"

#include "chat/core/text.h"
#include "chat/source/file_pattern.h"
#include "chat/source/manifest.h"
#include "chat/source/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <unordered_map>

namespace chat::source {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxUnmatched = 20;

constexpr std::array kAttributes{&CallAttributes::sid,
                                 &CallAttributes::orderId,
                                 &CallAttributes::chain,
                                 &CallAttributes::store,
                                 &CallAttributes::agent,
                                 &CallAttributes::startedAt,
                                 &CallAttributes::phone};

/// Whether a path whose `..` are resolved lies below a folder.
bool isBelow(const fs::path& path, const fs::path& folder) {
    const auto [rest, ignored] =
        std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
    return rest == folder.end();
}

/// The manifest with the files that it names found.
class NamedByManifest {
  public:
    static Result<NamedByManifest> read(const fs::path& path, bool allowOutside) {
        NamedByManifest self;
        auto manifest = readManifest(path);
        if (!manifest) {
            return tl::unexpected(manifest.error());
        }
        self.name_ = validUtf8(path.filename().native());
        auto itself = resolved(path, self.name_);
        if (!itself) {
            return tl::unexpected(itself.error());
        }
        self.folder_ = itself->parent_path();
        self.manifest_ = std::move(*manifest);
        self.allowOutside_ = allowOutside;
        return self;
    }

    [[nodiscard]] const Manifest& manifest() const { return manifest_; }

    /// The manifest's files as recordings, in its order.
    [[nodiscard]] std::vector<SourceRecording> recordings() const {
        std::vector<SourceRecording> all;
        for (const ManifestEntry& entry : manifest_.entries) {
            const auto path = target(entry);
            const std::string display = displayOf(entry);
            all.push_back(
                path ? namedFile(*path, display)
                     : SourceRecording{folder_ / entry.file, display, {}, path.error(), {}});
            all.back().attributes = entry.attributes;
        }
        return all;
    }

    /// Gives the recordings what the manifest says of them.
    void describe(SourceListing& listing) const {
        std::unordered_multimap<std::string, SourceRecording*> byPath;
        std::unordered_multimap<std::string, SourceRecording*> byDisplay;
        for (SourceRecording& recording : listing.recordings) {
            byPath.emplace(recording.path.native(), &recording);
            byDisplay.emplace(recording.displayPath, &recording);
        }
        std::size_t unmatched = 0;
        for (const ManifestEntry& entry : manifest_.entries) {
            const auto path = target(entry);
            if (!path && path.error().code == ErrorCode::CfgPermManifestOutside) {
                warn(listing, path.error().code, path.error().what + ".");
                continue;
            }
            auto [from, to] = byPath.equal_range(path ? path->native() : std::string());
            if (from == to && byDisplay.count(displayOf(entry)) == 1) {
                std::tie(from, to) = byDisplay.equal_range(displayOf(entry));
            }
            if (from == to && ++unmatched <= kMaxUnmatched) {
                warn(listing,
                     ErrorCode::CfgValManifestUnmatched,
                     fmt::format("{}, line {}: {} is not among the recordings.",
                                 name_,
                                 entry.line,
                                 displayOf(entry)));
            }
            for (; from != to; ++from) {
                from->second->attributes = entry.attributes;
            }
        }
        if (unmatched > kMaxUnmatched) {
            warn(listing,
                 ErrorCode::CfgValManifestUnmatched,
                 fmt::format("{}: {} further lines name files that are not among the recordings.",
                             name_,
                             unmatched - kMaxUnmatched));
        }
    }

  private:
    static void warn(SourceListing& listing, ErrorCode code, std::string text) {
        listing.warnings.push_back(Warning{code, std::move(text), {}, -1});
    }

    [[nodiscard]] std::string displayOf(const ManifestEntry& entry) const {
        const fs::path path = (folder_ / entry.file).lexically_normal();
        return validUtf8(isBelow(path, folder_) ? path.lexically_relative(folder_).native()
                                                : path.filename().native());
    }

    /// The file that an entry names. Both the path as written and what links make of it must stay
    /// below the manifest's folder.
    [[nodiscard]] Result<fs::path> target(const ManifestEntry& entry) const {
        const fs::path path = (folder_ / entry.file).lexically_normal();
        const auto outside = [&] {
            return fail(ErrorCode::CfgPermManifestOutside,
                        fmt::format("{}, line {}: {} lies outside the manifest's folder",
                                    name_,
                                    entry.line,
                                    displayOf(entry)));
        };
        if (!allowOutside_ && !isBelow(path, folder_)) {
            return outside();
        }
        auto real = resolved(path, displayOf(entry));
        if (real && !allowOutside_ && !isBelow(*real, folder_)) {
            return outside();
        }
        return real;
    }

    std::string name_;
    fs::path folder_;
    Manifest manifest_;
    bool allowOutside_ = false;
};

/// Fills what the manifest left empty from the files' names.
void describeByName(const FilePattern& pattern, SourceListing& listing) {
    std::size_t misfits = 0;
    std::string first;
    for (SourceRecording& recording : listing.recordings) {
        if (recording.error) {
            continue;
        }
        const auto said = pattern.match(recording.path.native());
        if (!said) {
            first = misfits++ == 0 ? recording.displayPath : first;
            continue;
        }
        for (const auto attribute : kAttributes) {
            std::string& place = recording.attributes.*attribute;
            if (place.empty()) {
                place = validUtf8((*said).*attribute);
            }
        }
    }
    if (misfits > 0) {
        listing.warnings.push_back(Warning{
            ErrorCode::CfgValFileName,
            fmt::format("The names of {} of {} files do not fit --file-pattern, the first is {}.",
                        misfits,
                        listing.recordings.size(),
                        first),
            {},
            -1});
    }
}

/// A SID names one call: of different files that claim it the first keeps it.
void keepSidsUnique(SourceListing& listing) {
    std::unordered_map<std::string, const SourceRecording*> owners;
    for (SourceRecording& recording : listing.recordings) {
        std::string& sid = recording.attributes.sid;
        if (sid.empty() || recording.error) {
            continue;
        }
        const auto [owner, isNew] = owners.try_emplace(sid, &recording);
        if (!isNew && owner->second->path != recording.path) {
            listing.warnings.push_back(
                Warning{ErrorCode::CfgValFileName,
                        fmt::format("{} has the same sid as {} and gets one of its own.",
                                    recording.displayPath,
                                    owner->second->displayPath),
                        {},
                        -1});
            sid.clear();
        }
    }
}

}  // namespace

Result<SourceListing> listRecordings(std::span<const fs::path> paths,
                                     const ListingOptions& options) {
    if (paths.empty() && !options.manifest) {
        return fail(ErrorCode::SysDataNoRecordings, "No file or folder was named");
    }
    SourceListing listing;
    for (const fs::path& path : paths) {
        std::ranges::move(scan(path), std::back_inserter(listing.recordings));
    }
    if (options.manifest) {
        const auto named = NamedByManifest::read(*options.manifest, options.allowOutside);
        if (!named) {
            return tl::unexpected(named.error());
        }
        listing.warnings = named->manifest().warnings;
        if (paths.empty()) {
            listing.recordings = named->recordings();
        } else {
            named->describe(listing);
        }
    }
    if (!options.filePattern.empty()) {
        const auto pattern = FilePattern::parse(options.filePattern);
        if (!pattern) {
            return tl::unexpected(pattern.error());
        }
        describeByName(*pattern, listing);
    }
    keepSidsUnique(listing);
    return listing;
}

}  // namespace chat::source
