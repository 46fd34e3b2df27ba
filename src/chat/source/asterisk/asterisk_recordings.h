#pragma once

#include "chat/core/error.h"
#include "chat/source/number_plan.h"
#include "chat/source/recordings.h"

#include <filesystem>

namespace chat::source {

struct AsteriskSettings {
    std::filesystem::path records;     ///< Master.csv, or FreePBX's table of calls as CSV
    std::filesystem::path recordings;  ///< the folder that Asterisk records into
};

/// The recorded calls of an Asterisk or FreePBX machine, for `FolderSource`.
///
/// The SID is the unique ID. A recording belongs to a call by the column `recordingfile`, or because its name, without ending, is
/// the unique ID or ends with "-" and the unique ID, as FreePBX names it below YEAR/MONTH/DAY. Calls without a recording are left
/// out. Chain and store are those of the call center's number in `numbers`: what was dialled (`did`, else `dst`), or, when that is
/// not in it, `src` of a call that was made by the call center. The agent is the channel that answered, or that made such a call;
/// the order ID is the user field. Times are as written. Links are not followed.
///
/// Errors: those of `parseCdr` and `readFile`; those of a recording where the folder cannot be used; SYS_DATA_NO_RECORDINGS when
/// no call has one.
[[nodiscard]] Result<SourceListing> listAsteriskRecordings(const AsteriskSettings& settings,
                                                           const NumberPlan& numbers);

}  // namespace chat::source
