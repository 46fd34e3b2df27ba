#include "chat/net/public_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace chat::net {

namespace {

struct Range {
    std::array<std::uint8_t, 16> start;
    int bits;
};

constexpr std::array kSpecialV4{
    Range{{0}, 8},              // this network
    Range{{10}, 8},             // private
    Range{{100, 64}, 10},       // carrier's
    Range{{127}, 8},            // loopback
    Range{{169, 254}, 16},      // link-local
    Range{{172, 16}, 12},       // private
    Range{{192, 0, 0}, 24},     // protocol assignments
    Range{{192, 0, 2}, 24},     // documentation
    Range{{192, 88, 99}, 24},   // 6to4 relays
    Range{{192, 168}, 16},      // private
    Range{{198, 18}, 15},       // benchmarks
    Range{{198, 51, 100}, 24},  // documentation
    Range{{203, 0, 113}, 24},   // documentation
    Range{{224}, 4},            // multicast
    Range{{240}, 4},            // reserved, broadcast
};

constexpr Range kGlobalV6{{0x20}, 3};
constexpr std::array kSpecialV6{
    Range{{0x20, 0x01, 0x00, 0x00}, 23},  // protocol assignments, Teredo
    Range{{0x20, 0x01, 0x0D, 0xB8}, 32},  // documentation
    Range{{0x3F, 0xFF}, 20},              // documentation
};

/// IPv6 prefixes with an IPv4 address behind them, and where it starts.
struct Embedding {
    Range prefix;
    std::size_t offset;
};
constexpr std::array kEmbeddings{
    Embedding{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96}, 12},  // mapped
    Embedding{{{0x00, 0x64, 0xFF, 0x9B}, 96}, 12},                    // NAT64
    Embedding{{{0x20, 0x02}, 16}, 2},                                 // 6to4
};

bool isIn(std::span<const std::uint8_t> address, const Range& range) {
    for (int bit = 0; bit < range.bits; ++bit) {
        const auto byte = static_cast<std::size_t>(bit / 8);
        const int mask = 0x80 >> (bit % 8);
        if ((address[byte] & mask) != (range.start[byte] & mask)) {
            return false;
        }
    }
    return true;
}

bool isInAny(std::span<const std::uint8_t> address, std::span<const Range> ranges) {
    return std::any_of(
        ranges.begin(), ranges.end(), [&](const Range& range) { return isIn(address, range); });
}

}  // namespace

bool isPublicAddress(std::string_view address) {
    const std::string text(address);
    std::array<std::uint8_t, 16> bytes{};
    if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) {
        return !isInAny(bytes, kSpecialV4);
    }
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) {
        return false;
    }
    for (const Embedding& embedding : kEmbeddings) {
        if (isIn(bytes, embedding.prefix)) {
            return !isInAny(std::span(bytes).subspan(embedding.offset, 4), kSpecialV4);
        }
    }
    return isIn(bytes, kGlobalV6) && !isInAny(bytes, kSpecialV6);
}

}  // namespace chat::net
