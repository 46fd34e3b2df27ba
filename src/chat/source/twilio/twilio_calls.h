#pragma once

#include "chat/core/time_zone.h"
#include "chat/source/call_source.h"
#include "chat/source/number_plan.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace chat::source {

/// Puts the calls of Twilio's API together from the entries of its lists (twilio.com/docs/voice/api/call-resource).
///
/// The call center's number is `to` of an inbound call and `from` of any other; chain and store are those of it in the plan, and
/// the customer's number is the other one. A call that was begun for another (`parent_call_sid`) is how that one was connected:
/// its `to` is the other one's agent, and it is no call of its own unless the other is not among the entries. A person of "client:"
/// or "sip:" is an agent too. The order ID is the annotation. Times are those that `clock` shows.
class TwilioCalls {
  public:
    /// The plan and the clock outlive this.
    TwilioCalls(const NumberPlan& numbers, const LocalTime& clock)
        : numbers_(numbers)
        , clock_(clock) {}

    void add(const nlohmann::json& entry);
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] std::size_t unusable() const { return unusable_; }  ///< without a usable SID
    [[nodiscard]] std::vector<FoundCall> calls() &&;

  private:
    struct Entry {
        FoundCall found;
        std::string parent;
        std::string called;  ///< name or number of who was called
    };
    const NumberPlan& numbers_;
    const LocalTime& clock_;
    std::vector<Entry> entries_;
    std::size_t unusable_ = 0;
};

/// "2019-10-18T19:02:00" of "Fri, 18 Oct 2019 17:02:00 +0000" (RFC 2822) by a clock in Berlin; empty for any other text.
[[nodiscard]] std::string localCallTime(const std::string& text, const LocalTime& clock);

}  // namespace chat::source
