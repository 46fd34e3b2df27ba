#include "chat/report/report_writer.h"

#include "chat/core/files.h"
#include "chat/core/write_point.h"
#include "chat/report/csv.h"
#include "chat/report/dashboard_page.h"
#include "chat/report/report_json.h"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace chat::report {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kReportStart = R"({"format":1,)";

Error reportError(Error error) {
    switch (error.code) {
        case ErrorCode::SysResDiskFull:
            error.code = ErrorCode::RpResDiskFull;
            break;
        case ErrorCode::SysPermUnwritable:
        case ErrorCode::SysPermPathUnreadable:
        case ErrorCode::SysPermLinkRefused:
        case ErrorCode::SysDataPathMissing:
            error.code = ErrorCode::RpPermFolderUnwritable;
            break;
        default:
            error.code = ErrorCode::RpUnkGenericError;
            break;
    }
    return error;
}

tl::unexpected<Error> reportError(int errnoValue, const fs::path& path) {
    return tl::unexpected(
        reportError(systemError(errnoValue, "write", path.string(), ErrorCode::SysPermUnwritable)));
}

Status asReport(Status status) {
    return status ? status : Status(tl::unexpected(reportError(status.error())));
}

/// A file that grows call by call; gathered text is written in larger pieces.
class GrowingFile {
  public:
    Status open(const fs::path& path) {
        path_ = path;
        file_ = FileDescriptor(
            ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
        return file_ ? Status() : Status(reportError(errno, path_));
    }

    Status append(std::string_view text) {
        pending_ += text;
        return pending_.size() < (1U << 20) ? Status() : flush();
    }

    Status flush() {
        std::string_view rest = pending_;
        while (!rest.empty()) {
            const ssize_t count = ::write(file_.get(), rest.data(), rest.size());
            if (count < 0 && errno != EINTR) {
                return reportError(errno, path_);
            }
            rest.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
        }
        pending_.clear();
        return {};
    }

    /// All that was appended is on the disk.
    Status finish() {
        return flush().and_then([&] {
            return ::fsync(file_.get()) == 0 ? Status() : Status(reportError(errno, path_));
        });
    }

  private:
    fs::path path_;
    FileDescriptor file_;
    std::string pending_;
};

FileDescriptor opened(const fs::path& folder) {
    return FileDescriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

/// Where a report of this name is gathered, and where the one before it waits to be removed.
std::string gatheringName(const fs::path& target) {
    return "." + target.filename().string() + ".part-";
}
constexpr std::string_view kOld = "-old";

/// What runs left that were killed: who gathers a report holds a lock on its folder.
void removeOrphans(const fs::path& target) {
    std::error_code error;
    for (fs::directory_iterator entry(target.parent_path(), error), end; !error && entry != end;
         entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (!name.starts_with(gatheringName(target))) {
            continue;
        }
        const FileDescriptor folder = opened(entry->path());
        if (!folder || ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) {
            continue;
        }
        std::error_code ignored;
        if (name.ends_with(kOld) && !fs::exists(target, ignored)) {
            fs::rename(entry->path(), target, ignored);
        } else {
            fs::remove_all(entry->path(), ignored);
        }
    }
}

bool holdsReport(const fs::path& folder) {
    const FileDescriptor file(
        ::open((folder / "report.json").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    std::string start(kReportStart.size(), '\0');
    return file &&
           ::read(file.get(), start.data(), start.size()) == static_cast<ssize_t>(start.size()) &&
           start == kReportStart;
}

}  // namespace

struct ReportWriter::State {
    fs::path target;
    fs::path hidden;
    fs::path audio;
    ReportSettings settings;
    Summary summary;
    GrowingFile report;
    GrowingFile calls;
    GrowingFile silences;
    FileDescriptor gathering;  ///< `hidden`, locked
    std::string rows;          ///< the index's calls, as JSON, separated by commas
    bool finished = false;

    [[nodiscard]] Status start() {
        const WritePoint point("report: begin");
        if (auto parent = asReport(makePrivateFolder(target.parent_path())); !parent) {
            return parent;
        }
        removeOrphans(target);
        if (auto made = makeHidden(); !made) {
            return made;
        }
        audio = hidden / "audio";
        for (const fs::path& folder : {hidden / "calls", audio}) {
            if (auto made = asReport(makePrivateFolder(folder)); !made) {
                return made;
            }
        }
        return report.open(hidden / "report.json")
            .and_then([&] { return calls.open(hidden / "calls.csv"); })
            .and_then([&] { return silences.open(hidden / "silences.csv"); })
            .and_then([&] { return report.append(std::string(kReportStart) + "\"calls\":["); })
            .and_then([&] { return calls.append(callsCsvHeader(settings)); })
            .and_then([&] { return silences.append(silencesCsvHeader()); });
    }

    /// A folder of no name that another run may choose at the same time, on the same disk as the target.
    [[nodiscard]] Status makeHidden() {
        for (;;) {
            std::string pattern =
                (target.parent_path() / (gatheringName(target) + "XXXXXX")).string();
            if (::mkdtemp(pattern.data()) == nullptr) {
                return reportError(errno, target);
            }
            hidden = pattern;
            gathering = opened(hidden);
            // Where a disk knows no locks, nobody gets one, and nothing is taken for an orphan.
            (void)::flock(gathering.get(), LOCK_EX);
            std::error_code error;
            if (fs::exists(hidden, error)) {
                return {};
            }
            // Another run took it for an orphan before it was locked.
        }
    }

    /// Puts the finished folder where the target is, and removes an earlier report there.
    [[nodiscard]] Status place() {
        const WritePoint point("report: into its place");
        fs::path old;
        std::error_code error;
        if (::renameat2(AT_FDCWD, hidden.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) {
            old = hidden;
        } else if (auto placed = placeInSteps(old); !placed) {
            return placed;
        }
        finished = true;
        (void)::fsync(opened(target.parent_path()).get());
        if (!old.empty()) {
            fs::remove_all(old, error);
        }
        return {};
    }

    /// The same where there is no earlier report, or the disk cannot exchange two names.
    [[nodiscard]] Status placeInSteps(fs::path& old) {
        std::error_code error;
        const FileDescriptor held = opened(target);
        if (fs::exists(target, error)) {
            // It is no orphan, whatever its name is for a moment.
            (void)::flock(held.get(), LOCK_EX | LOCK_NB);
            old = hidden.string() + std::string(kOld);
            if (::rename(target.c_str(), old.c_str()) != 0) {
                return reportError(errno, target);
            }
        }
        if (::rename(hidden.c_str(), target.c_str()) != 0) {
            const int reason = errno;
            if (!old.empty()) {
                ::rename(old.c_str(), target.c_str());
            }
            return reportError(reason, target);
        }
        return {};
    }
};

ReportWriter::ReportWriter(std::unique_ptr<State> state)
    : state_(std::move(state)) {}

ReportWriter::~ReportWriter() {
    if (!state_->finished && !state_->hidden.empty()) {
        const WritePoint point("report: given up");
        std::error_code ignored;
        fs::remove_all(state_->hidden, ignored);
    }
}

Result<std::unique_ptr<ReportWriter>> ReportWriter::begin(const fs::path& folder,
                                                          ReportSettings settings) {
    std::error_code error;
    auto state = std::make_unique<State>();
    state->target = fs::absolute(folder, error).lexically_normal();
    if (!state->target.has_filename()) {
        state->target = state->target.parent_path();
    }
    state->settings = std::move(settings);
    const auto status = fs::symlink_status(state->target, error);
    if (fs::exists(status)) {
        if (!fs::is_directory(status)) {
            return fail(ErrorCode::RpStateFolderNotEmpty,
                        state->target.string() + " is there already and is not a folder");
        }
        const bool empty = fs::directory_iterator(state->target, error) == fs::directory_iterator();
        if (error) {
            return reportError(error.value(), state->target);
        }
        if (!empty && !holdsReport(state->target)) {
            return fail(ErrorCode::RpStateFolderNotEmpty,
                        state->target.string() + " holds something that is not a CHAT report");
        }
    }
    std::unique_ptr<ReportWriter> writer(new ReportWriter(std::move(state)));
    if (auto started = writer->state_->start(); !started) {
        return tl::unexpected(started.error());
    }
    return writer;
}

const fs::path& ReportWriter::audioFolder() const {
    return state_->audio;
}

const Summary& ReportWriter::summary() const {
    return state_->summary;
}

Status ReportWriter::add(const ReportCall& call) {
    const WritePoint point("report: a call");
    State& s = *state_;
    const std::string separator = s.summary.total == 0 ? "\n" : ",\n";
    s.summary.add(call);
    s.rows += separator + callRowText(call);
    const std::string text = callText(call);
    return s.report.append(separator + text)
        .and_then([&] { return s.calls.append(callsCsvLine(call, s.settings)); })
        .and_then([&] { return s.silences.append(silencesCsvLines(call)); })
        .and_then([&] {
            return asReport(writeFileAtomically(s.hidden / "calls" / (detailName(call) + ".js"),
                                                callScript(callDetailText(call, text))));
        });
}

Status ReportWriter::finish(const RunFacts& run) {
    const WritePoint point("report: end");
    State& s = *state_;
    const Json summary = summaryJson(s.summary, s.settings);
    const Json facts = runJson(run, s.settings);
    std::error_code error;
    if (fs::is_empty(s.audio, error)) {
        fs::remove(s.audio, error);
    }
    return s.report
        .append("\n],\n\"summary\":" + jsonText(summary) + ",\n\"run\":" + jsonText(facts) + "}\n")
        .and_then([&] { return s.report.finish(); })
        .and_then([&] { return s.calls.finish(); })
        .and_then([&] { return s.silences.finish(); })
        .and_then([&] {
            return asReport(writeFileAtomically(s.hidden / "index.html",
                                                dashboardPage(summary, facts, s.rows, s.settings)));
        })
        .and_then([&] { return s.place(); });
}

std::string summaryText(const Summary& summary, const ReportSettings& settings) {
    return jsonText(summaryJson(summary, settings));
}

}  // namespace chat::report
