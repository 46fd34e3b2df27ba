#pragma once

#include "chat/analyze/rule_set.h"
#include "chat/core/transcript.h"

#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace chat::analyze {

/// A made-up stretch of a call with one silence, as the examples of a rules file write it:
///
///     ... agent: What's your phone number? (4 s) customer: Um, it's 555 ...
///
/// `agent:`, `customer:` or, in a mono recording, `someone:` begins a turn; `(4 s)` is the silence; dots at
/// the begin (end) say that the call goes on before (after), else the silence is at its start (end; the
/// start when there are dots on neither side).
struct Example {
    std::vector<Party> parties;
    std::vector<ChannelTranscript> channels;  ///< one per party
    Intervals silences;  ///< `silence`; before it, when the call was under way, another one
    Silence silence;
};

/// The error is a sentence's end, such as "holds no silence".
[[nodiscard]] tl::expected<Example, std::string> parseExample(std::string_view text);

/// The example's silence with its labels.
[[nodiscard]] Silence labelExample(const Example& example, const RuleSet& rules);

/// Is keyword rule number `rule` heard in `text`, said by one party whose role is unknown?
[[nodiscard]] bool hearsKeyword(std::string_view text, const RuleSet& rules, std::size_t rule);

}  // namespace chat::analyze
