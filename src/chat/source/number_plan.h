#pragma once

#include <map>
#include <string>

namespace chat::source {

/// Whose a telephone number of the call center is, for telephone systems that know numbers and no chains.
struct NumberOwner {
    std::string chain;
    std::string store;
};

/// By the number as the telephone system writes it: "+14155552671", or the extension that is dialled.
using NumberPlan = std::map<std::string, NumberOwner>;

}  // namespace chat::source
