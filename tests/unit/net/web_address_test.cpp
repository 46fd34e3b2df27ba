#include "chat/net/web_address.h"

#include <gtest/gtest.h>

namespace chat::net {
namespace {

TEST(WebAddress, HasTheOriginOfItsServer) {
    const Origin expected{"https", "telephony.example", "443"};
    EXPECT_EQ(originOf("https://telephony.example/calls?limit=5"), expected);
    EXPECT_EQ(originOf("HTTPS://Telephony.Example:443"), expected);
    EXPECT_NE(originOf("https://telephony.example:8443/"), expected);
    EXPECT_NE(originOf("http://telephony.example/"), expected);
    EXPECT_NE(originOf("https://telephony.example.evil.example/"), expected);
}

TEST(WebAddress, WithAPasswordIsNone) {
    EXPECT_FALSE(originOf("https://me:secret@telephony.example/"));
    EXPECT_FALSE(originOf("https://telephony.example@evil.example/"));
    EXPECT_FALSE(originOf(""));
    EXPECT_FALSE(originOf("/calls"));
}

TEST(WebAddress, IsAmongHostsByNameOrByDomain) {
    const std::vector<std::string> hosts{"telephony.example", ".hf.co"};
    EXPECT_TRUE(isAmong("telephony.example", hosts));
    EXPECT_TRUE(isAmong("cdn.hf.co", hosts));
    EXPECT_FALSE(isAmong("hf.co", hosts));
    EXPECT_FALSE(isAmong("evilhf.co", hosts));
    EXPECT_FALSE(isAmong("a.telephony.example", hosts));
}

TEST(WebAddress, EncodesWhatWouldMeanSomethingElse) {
    EXPECT_EQ(percentEncoded("CA-12_3.~"), "CA-12_3.~");
    EXPECT_EQ(percentEncoded("../a b?c=d&e#f"), "..%2Fa%20b%3Fc%3Dd%26e%23f");
    EXPECT_EQ(percentEncoded("\r\n\xC3\xA4"), "%0D%0A%C3%A4");
}

}  // namespace
}  // namespace chat::net
