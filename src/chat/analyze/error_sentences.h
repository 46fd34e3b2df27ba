#pragma once

#include "chat/analyze/error_analytics.h"

namespace chat::analyze {

/// The likely common cause of each code for which the analysis found a trait or a burst that explains most of its calls.
/// `worked`: calls that were worked on in all, 0 where that is not known.
[[nodiscard]] std::vector<CommonCause> commonCauses(const ErrorAnalysis& analysis,
                                                    std::size_t worked);

/// "12:40" of this machine's time zone, with the day before it where `withDay`: "2026-11-23 12:40".
[[nodiscard]] std::string momentText(Moment moment, bool withDay = true);

}  // namespace chat::analyze
