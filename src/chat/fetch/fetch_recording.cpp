#include "chat/fetch/fetch_recording.h"

#include "chat/core/files.h"
#include "chat/net/partial_file.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace chat::fetch {

namespace {

using net::PartialFile;

/// Attempts in a row that break off after less than net::kProgressThatCounts.
constexpr int kMostWithLittle = 5;

/// Writes what the source gives into the part, and holds it to what the source says.
class Filling {
  public:
    Filling(PartialFile& part, std::uint64_t maxBytes)
        : part_(part)
        , maxBytes_(maxBytes) {}

    /// What to ask for: what is missing of the version that is there, else all.
    [[nodiscard]] RecordingPart missing() const {
        return part_.versionMark().empty() ? RecordingPart{}
                                           : RecordingPart{part_.length(), part_.versionMark(), {}};
    }

    void beginAttempt() { came_ = 0; }
    /// In this attempt.
    [[nodiscard]] std::uint64_t came() const { return came_; }

    Status take(const RecordingPart& said, std::string_view bytes) {
        if (came_ == 0) {
            if (auto begun = begin(said); !begun) {
                return begun;
            }
        }
        if (bytes.size() > maxBytes_ - part_.length()) {
            return refuse(ErrorCode::DlResTooLarge, tooLong());
        }
        came_ += bytes.size();
        return part_.append(bytes);
    }

    /// Whether what lies in the part is the recording that the source says it gave.
    Status checkWhole(const RecordingPart& said) {
        const bool allWasThere =
            said.offset == part_.length() && said.versionMark == part_.versionMark();
        if (part_.length() == 0 || (came_ == 0 && !allWasThere)) {
            return refuse(ErrorCode::AuDataEmpty, "The recording has no bytes where it is kept");
        }
        if (auto same = checkLength(said); !same) {
            return same;
        }
        const std::uint64_t whole = said.bytes.value_or(part_.length());
        if (part_.length() > whole) {
            return refuse(ErrorCode::DlDataIncomplete,
                          "The source gave more of the recording than it said it has");
        }
        return part_.length() == whole
                   ? Status{}
                   : fail(ErrorCode::DlDataIncomplete,
                          fmt::format(
                              "{} of {} bytes of the recording came", part_.length(), whole));
    }

  private:
    Status begin(const RecordingPart& said) {
        if (said.bytes.value_or(0) > maxBytes_) {
            return refuse(ErrorCode::DlResTooLarge, tooLong());
        }
        if (said.offset == 0) {
            announced_ = said.bytes;
            return part_.startAnew(said.versionMark);
        }
        if (said.offset != part_.length() || said.versionMark != part_.versionMark()) {
            return fail(ErrorCode::DlDataIncomplete,
                        "The source gave another piece of the recording than the one asked for");
        }
        return checkLength(said);
    }

    /// Two lengths of one version: nobody knows which bytes are right.
    Status checkLength(const RecordingPart& said) {
        if (announced_ && said.bytes && announced_ != said.bytes) {
            return refuse(ErrorCode::DlDataIncomplete,
                          "The source gave two lengths of the same recording");
        }
        return {};
    }

    [[nodiscard]] std::string tooLong() const {
        return fmt::format("The recording is longer than {} bytes", maxBytes_);
    }

    /// What has come is of no use.
    Status refuse(ErrorCode code, std::string what) {
        static_cast<void>(part_.startAnew());
        return fail(code, std::move(what));
    }

    PartialFile& part_;
    std::uint64_t maxBytes_;
    std::uint64_t came_ = 0;
    std::optional<std::uint64_t> announced_;  ///< length of the version that is in the part
};

/// Brings the part to its whole length, over as many attempts as make sense.
Status complete(const ReadRecording& read,
                const std::string& sid,
                PartialFile& part,
                std::uint64_t maxBytes,
                const std::stop_token& stop) {
    Filling filling(part, maxBytes);
    for (int withLittle = 0;;) {
        const std::uint64_t before = part.length();
        filling.beginAttempt();
        const auto said = read(
            sid,
            filling.missing(),
            [&](const RecordingPart& what, std::string_view bytes) {
                return filling.take(what, bytes);
            },
            stop);
        auto arrived = said ? filling.checkWhole(*said) : tl::unexpected(said.error());
        if (arrived) {
            return arrived;
        }
        withLittle = part.length() >= before + net::kProgressThatCounts ? 1 : withLittle + 1;
        if (arrived.error().code != ErrorCode::DlDataIncomplete || filling.came() == 0 ||
            withLittle >= kMostWithLittle) {
            return arrived;
        }
    }
}

bool isThere(const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(std::filesystem::symlink_status(file, ignored));
}

}  // namespace

Status fetchRecording(const ReadRecording& read,
                      const std::string& sid,
                      const std::filesystem::path& file,
                      const std::stop_token& stop,
                      std::uint64_t maxBytes) {
    if (isThere(file)) {
        return {};
    }
    if (auto made = makePrivateFolder(file.parent_path()); !made) {
        return made;
    }
    auto part = PartialFile::open(file, stop);
    if (!part) {
        return tl::unexpected(part.error());
    }
    if (isThere(file)) {  // another brought it while this one waited
        part->discard();
        return {};
    }
    if (part->length() > maxBytes) {
        if (auto empty = part->startAnew(); !empty) {
            return empty;
        }
    }
    return complete(read, sid, *part, maxBytes, stop).and_then([&] { return part->finish(); });
}

}  // namespace chat::fetch
