#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chat::source {

/// Which calls are looked for. An empty field asks for nothing; a call must fit every other one.
struct SearchFilter {
    std::string fromDate;  ///< "2026-11-12": first day, in the call center's time zone
    std::string toDate;    ///< last day, itself included
    std::string fromTime;  ///< "09:00:00": earliest time of day, on each of the days
    std::string toTime;    ///< latest time of day, itself included
    std::string chainId;   ///< ids are those of `CallSource::chains` and its like
    std::string storeId;
    std::string agentId;
    std::string orderId;
    std::string callSid;
    std::string telId;   ///< the line or extension on which the call was taken
    std::string custId;  ///< the customer's telephone number

    [[nodiscard]] bool operator==(const SearchFilter&) const = default;
};

/// A field by the name that the telephony's contract gives it (schema/telephony.openapi.yaml).
struct FilterField {
    std::string_view name;
    std::string SearchFilter::* value;
};
[[nodiscard]] std::span<const FilterField> filterFields();

/// What is wrong with a field, in a sentence for the person who filled it in.
struct FilterProblem {
    std::string_view field;  ///< as `filterFields` names it
    std::string text;
};

/// All that is wrong with a filter; nothing when it can be searched for. Dates and times must exist and not end before they
/// begin, a store needs its chain, and texts are UTF-8 of at most 256 bytes without control characters.
[[nodiscard]] std::vector<FilterProblem> problemsOf(const SearchFilter& filter);

}  // namespace chat::source
