#include "chat/source/scan.h"

#include "chat/core/audio_names.h"
#include "chat/core/text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace chat::source {

namespace fs = std::filesystem;

namespace {

enum class Kind : std::uint8_t { File, Folder, Link, Other };

/// Looks at the path itself, not at what it links to, and opens nothing: opening a device or a pipe
/// can have effects of its own.
Result<Kind> kindOf(const fs::path& path, const std::string& display) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) {
        return tl::unexpected(systemError(errno, "find", display, ErrorCode::SysUnkGenericError));
    }
    switch (status.st_mode & S_IFMT) {
        case S_IFREG:
            return Kind::File;
        case S_IFDIR:
            return Kind::Folder;
        case S_IFLNK:
            return Kind::Link;
        default:
            return Kind::Other;
    }
}

SourceRecording problem(fs::path path, std::string display, Error error) {
    return SourceRecording{std::move(path), std::move(display), {}, std::move(error), {}};
}

/// The recording at a path whose kind is known.
SourceRecording recordingOf(Kind kind, fs::path path, std::string display) {
    switch (kind) {
        case Kind::Link: {
            Error error{ErrorCode::SysPermLinkRefused, display + " is a symbolic link", {}};
            return problem(std::move(path), std::move(display), std::move(error));
        }
        case Kind::Folder: {
            Error error{ErrorCode::SysFmtNotAFile, display + " is a folder, not a file", {}};
            return problem(std::move(path), std::move(display), std::move(error));
        }
        case Kind::Other: {
            Error error{ErrorCode::SysFmtNotAFile, display + " is a pipe, device or socket", {}};
            return problem(std::move(path), std::move(display), std::move(error));
        }
        case Kind::File:
            break;
    }
    if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0) {
        Error error = systemError(errno, "read", display, ErrorCode::SysUnkGenericError);
        return problem(std::move(path), std::move(display), std::move(error));
    }
    return SourceRecording{std::move(path), std::move(display), {}, std::nullopt, {}};
}

/// Whether a link in a folder stands where recordings could have been expected.
bool linkMatters(const fs::path& link) {
    std::error_code error;
    const auto target = fs::status(link, error);
    return !audioEnding(link.filename().native()).empty() || fs::is_directory(target) ||
           (error && error != std::errc::no_such_file_or_directory);
}

/// Collects a folder's recordings, deepest folders included, in no order.
class FolderScan {
  public:
    explicit FolderScan(const fs::path& folder) { waiting_.push_back({folder, {}}); }

    std::vector<SourceRecording> run() {
        while (!waiting_.empty()) {
            const Folder folder = std::move(waiting_.back());
            waiting_.pop_back();
            list(folder);
        }
        std::sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) {
            return a.relative < b.relative;
        });
        std::vector<SourceRecording> recordings;
        recordings.reserve(found_.size());
        for (Found& found : found_) {
            recordings.push_back(std::move(found.recording));
        }
        return recordings;
    }

  private:
    struct Folder {
        fs::path path;
        std::string relative;  ///< bytes below the folder that was named; empty for itself
    };
    struct Found {
        std::string relative;
        SourceRecording recording;
    };

    void list(const Folder& folder) {
        std::error_code error;
        fs::directory_iterator entry(folder.path, error);
        for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
            const std::string name = entry->path().filename().native();
            if (!name.starts_with('.')) {
                take(entry->path(), folder.relative.empty() ? name : folder.relative + "/" + name);
            }
        }
        if (error) {
            const fs::path named =
                folder.relative.empty() ? folder.path.filename() : fs::path(folder.relative);
            std::string display = validUtf8(named.native());
            Error failure = systemError(
                error.value(), "read the folder", display, ErrorCode::SysUnkGenericError);
            found_.push_back(
                {folder.relative, problem(folder.path, std::move(display), std::move(failure))});
        }
    }

    void take(const fs::path& path, std::string relative) {
        std::string display = validUtf8(relative);
        const auto kind = kindOf(path, display);
        if (!kind) {
            if (kind.error().code != ErrorCode::SysDataPathMissing) {  // it went while we looked
                found_.push_back({std::move(relative), problem(path, display, kind.error())});
            }
        } else if (*kind == Kind::Folder) {
            waiting_.push_back({path, std::move(relative)});
        } else if (*kind == Kind::Link ? linkMatters(path) : !audioEnding(relative).empty()) {
            found_.push_back({std::move(relative), recordingOf(*kind, path, std::move(display))});
        }
    }

    std::vector<Folder> waiting_;
    std::vector<Found> found_;
};

/// The path without slashes at its end, which would make the system follow a link.
fs::path withoutSlashes(const fs::path& path) {
    std::string text = path.native();
    while (text.size() > 1 && text.back() == '/') {
        text.pop_back();
    }
    return text;
}

}  // namespace

Result<fs::path> resolved(const fs::path& path, const std::string& display) {
    if (path.empty()) {
        return fail(ErrorCode::SysDataPathMissing, "An empty path was given");
    }
    std::error_code error;
    const fs::path name = path.filename();
    const bool named = !name.empty() && name != "." && name != "..";
    const fs::path parent = named ? fs::absolute(path, error).parent_path() : path;
    const fs::path folder = error ? fs::path{} : fs::canonical(parent, error);
    if (!error) {
        return named ? folder / name : folder;
    }
    if (error == std::errc::too_many_symbolic_link_levels) {
        return fail(ErrorCode::SysPermLinkRefused, display + " lies behind a loop of links");
    }
    return tl::unexpected(
        systemError(error.value(), "find", display, ErrorCode::SysUnkGenericError));
}

SourceRecording namedFile(const fs::path& path, const std::string& display) {
    const auto kind = kindOf(path, display);
    return kind ? recordingOf(*kind, path, display) : problem(path, display, kind.error());
}

std::vector<SourceRecording> scan(const fs::path& argument) {
    const fs::path clean = withoutSlashes(argument);
    std::string display = validUtf8(clean.filename().native());
    auto path = resolved(clean, display);
    if (!path) {
        return {problem(clean, std::move(display), path.error())};
    }
    display = validUtf8(path->has_filename() ? path->filename().native() : path->native());
    const auto kind = kindOf(*path, display);
    if (!kind || *kind != Kind::Folder) {
        return {namedFile(*path, display)};
    }
    auto recordings = FolderScan(*path).run();
    if (recordings.empty()) {
        Error error{ErrorCode::SysDataNoRecordings, "There is no recording in " + display, {}};
        recordings.push_back(problem(std::move(*path), std::move(display), std::move(error)));
    }
    return recordings;
}

}  // namespace chat::source
