#pragma once

#include "chat/core/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace chat::source {

/// What CHAT takes from a call detail record of Asterisk. Texts are as written.
struct CdrRecord {
    std::string uniqueId;  ///< of the caller's channel; records of one call can share it
    std::string start;
    std::string caller;            ///< the number of who called
    std::string dialled;           ///< the extension that was dialled
    std::string did;               ///< the number that was called from outside; FreePBX only
    std::string callingChannel;    ///< "SIP/alice-00000000"
    std::string answeringChannel;  ///< the same of who was called
    std::string disposition;       ///< "ANSWERED" and others
    std::string userField;
    std::string recordingFile;  ///< its name; FreePBX only
};

/// Reads `Master.csv` as Asterisk's cdr_csv writes it (no header; 16 columns, then uniqueid, userfield, and with newcdrcolumns
/// three more), or the table `cdr` of FreePBX exported as CSV with its column names as header.
///
/// Of a file without header, what follows the last line end is still being written and left alone. Records without a unique ID
/// are left out. Errors: those of `parseCsv`; CFG_FMT_MANIFEST where no record has a unique ID.
[[nodiscard]] Result<std::vector<CdrRecord>> parseCdr(std::string_view text, std::string_view name);

}  // namespace chat::source
