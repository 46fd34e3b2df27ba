#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chat::net {

/// Who answers at an address: what has to be the same for two addresses to be one server's.
struct Origin {
    std::string scheme;  ///< "https"
    std::string host;    ///< in lower case
    std::string port;    ///< also where the address leaves it out

    [[nodiscard]] bool operator==(const Origin&) const = default;
};

/// Nothing for a text that is no address, or one with a user or password in it.
[[nodiscard]] std::optional<Origin> originOf(const std::string& address);

/// Whether a list of hosts names this one; ".hf.co" in it stands for every host below hf.co.
[[nodiscard]] bool isAmong(const std::string& host, const std::vector<std::string>& hosts);

/// The text as one piece of a path or query: all but unreserved signs as %XX (RFC 3986).
[[nodiscard]] std::string percentEncoded(std::string_view text);

}  // namespace chat::net
