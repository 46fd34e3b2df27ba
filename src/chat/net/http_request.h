#pragma once

#include "chat/core/error.h"
#include "chat/net/http_client.h"
#include "chat/net/partial_file.h"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

namespace chat::net {

struct Answer {
    std::string redirect;  ///< where the file is said to be; empty when it has arrived
};

/// One GET for what `part` lacks of a file of `bytes` bytes; what comes is appended to it, from its start
/// when the server gives the whole or another version. Redirects are handed back, not followed.
/// Errors: as `download`.
[[nodiscard]] Result<Answer> request(HttpClient& client,
                                     const std::string& address,
                                     std::uint64_t bytes,
                                     PartialFile& part,
                                     const std::function<void(std::uint64_t)>& progress,
                                     const std::stop_token& stop);

}  // namespace chat::net
