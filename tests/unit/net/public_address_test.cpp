#include "chat/net/public_address.h"

#include <gtest/gtest.h>

namespace chat::net {
namespace {

TEST(PublicAddress, IsOneOnTheInternet) {
    for (const char* address : {"8.8.8.8",
                                "1.1.1.1",
                                "172.15.0.1",
                                "172.32.0.1",
                                "100.63.1.1",
                                "169.253.0.1",
                                "223.255.255.255",
                                "2606:4700::1111",
                                "::ffff:8.8.8.8",
                                "64:ff9b::808:808",
                                "2002:808:808::1"}) {
        EXPECT_TRUE(isPublicAddress(address)) << address;
    }
}

TEST(PublicAddress, IsNotThisMachineItsNetworkOrNobodys) {
    for (const char* address : {"127.0.0.1",
                                "127.255.0.1",
                                "0.0.0.0",
                                "10.1.2.3",
                                "100.64.0.1",
                                "169.254.169.254",
                                "172.16.0.1",
                                "172.31.255.255",
                                "192.168.1.1",
                                "192.0.0.8",
                                "192.0.2.1",
                                "198.19.0.1",
                                "198.51.100.1",
                                "203.0.113.1",
                                "224.0.0.1",
                                "240.0.0.1",
                                "255.255.255.255",
                                "::",
                                "::1",
                                "fe80::1",
                                "fc00::1",
                                "fd12::1",
                                "ff02::1",
                                "2001:db8::1",
                                "2001::1",
                                "3fff::1",
                                "::ffff:127.0.0.1",
                                "::ffff:10.0.0.1",
                                "64:ff9b::a00:1",
                                "64:ff9b:1::1",
                                "2002:a00:1::1"}) {
        EXPECT_FALSE(isPublicAddress(address)) << address;
    }
}

TEST(PublicAddress, IsAnAddress) {
    for (const char* text :
         {"", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "8.8.8.8 ", "8.8.8"}) {
        EXPECT_FALSE(isPublicAddress(text)) << text;
    }
}

}  // namespace
}  // namespace chat::net
