#pragma once

#include "chat/core/clock.h"
#include "chat/source/call_source.h"
#include "chat/source/rest/rest_settings.h"

#include <memory>

namespace chat::source {

/// The completed calls of an account of Twilio, as its API of 2010-04-01 gives them: Calls and Recordings.
///
/// Chains and stores are those of the numbers in the settings, and nobody is asked for them. Twilio lists the newest first and
/// cannot look for chains, agents or orders: a search takes all calls of its days, at most 100,000, and the pages after the first
/// are of the same list. Agents are those of the newest 10,000 calls. A recording of a call is its longest that is completed, with
/// as many channels as it was recorded with. Days and times are those of the settings' time zone.
///
/// Errors: those of `credentialHeader`. The clock outlives the source.
[[nodiscard]] Result<std::unique_ptr<CallSource>> openTwilioSource(
    const TelephonySettings& settings, const Clock& clock);

}  // namespace chat::source
