#pragma once

#include "chat/core/error.h"
#include "chat/core/recording_part.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

namespace chat::fetch {

/// Reads a call's recording from a byte on: `source::CallSource::readRecording` of the source that has the call.
using ReadRecording = std::function<Result<RecordingPart>(const std::string& sid,
                                                          const RecordingPart& from,
                                                          const TakeBytes& take,
                                                          const std::stop_token& stop)>;

/// Longest recording that is taken when nothing else is said.
inline constexpr std::uint64_t kMaxRecordingBytes = 2ULL << 30U;

/// Brings the recording of a call to `file`, which appears only when it is whole and on the disk: mode 0600, missing folders 0700.
///
/// A file that is there already is left as it is, and nothing is read. What has arrived lies in `file`.part with its version mark
/// in `file`.part.etag; this and every later call goes on from there as long as the source has the same version, and begins anew
/// when it has another. When the source breaks off it is asked again at once as long as bytes come, at most five times in a row
/// with less than a megabyte each; waiting between attempts is the source's business. The length is held to what the source says.
///
/// `file` is named by a hash, never by what a telephone system says. `sid` goes to `read` and nowhere else. Any number of threads
/// and processes may fetch, also the same file: the first brings it, the others wait for it. Blocks; a stop takes effect within a
/// second. Errors: those of `read`, and
/// DL_DATA_INCOMPLETE (it broke off, changed or has another length than was said; what is right is kept for the next call),
/// DL_RES_TOO_LARGE (more than `maxBytes`; thrown away), AU_DATA_EMPTY (no byte came), SYS_RES_DISK_FULL, SYS_PERM_UNWRITABLE,
/// SYS_STATE_STOPPED.
[[nodiscard]] Status fetchRecording(const ReadRecording& read,
                                    const std::string& sid,
                                    const std::filesystem::path& file,
                                    const std::stop_token& stop,
                                    std::uint64_t maxBytes = kMaxRecordingBytes);

}  // namespace chat::fetch
