#pragma once

#include "chat/core/error_record.h"
#include "chat/doctor/checkup.h"

#include <string>
#include <vector>

namespace chat::doctor {

/// What somebody needs who is to help from afar, as indented JSON that the sender can read first: versions, the machine, what
/// `checkUp` found, which settings are set, and errors by code.
///
/// It holds fixed words, figures, names of the catalogs and values of settings that are numbers or one of a few words. It
/// holds no text of a call, no file name or path, no SID, phone number, name of a person, host or user.
[[nodiscard]] std::string supportBundle(const CheckupSettings& settings,
                                        const std::vector<Check>& checks,
                                        const std::vector<ErrorRecord>& errors,
                                        const Clock& clock);

}  // namespace chat::doctor
