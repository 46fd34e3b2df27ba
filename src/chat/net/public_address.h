#pragma once

#include <string_view>

namespace chat::net {

/// Whether an IPv4 or IPv6 address belongs to a host on the internet, rather than to this machine, its
/// network or nobody (IANA's special-purpose registries, RFC 6890). An IPv4 address inside an IPv6
/// one (mapped, NAT64, 6to4) is judged as itself. False for a text that is no address.
[[nodiscard]] bool isPublicAddress(std::string_view address);

}  // namespace chat::net
