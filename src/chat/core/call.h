#pragma once

#include <string>
#include <vector>

namespace chat {

/// What a call is found by. All but `sid` may be empty; texts are as given and hostile until escaped.
struct CallAttributes {
    std::string sid;  ///< the telephony's id, else the SHA-256 of the recording in hex
    std::string orderId;
    std::string chain;
    std::string store;
    std::string agent;
    std::string startedAt;  ///< ISO 8601 local time, "2026-11-12T09:41:00", or empty
    std::string phone;      ///< the customer's
};

}  // namespace chat
