#include "chat/net/curl_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "fakes/tls_server.h"

namespace chat::net {
namespace {

using namespace std::chrono_literals;

class CurlClientOverTls : public testing::Test {
  protected:
    CurlClientOverTls() {
        rules_.allowedHosts = {"127.0.0.1"};
        rules_.allowedAddresses = {"127.0.0.1"};
        rules_.certificateFile = server_.certificateFile();
    }

    struct Got {
        tl::expected<HttpHead, HttpError> head;
        std::string body;
    };
    Got get(CurlClient& client, HttpRequest request, const std::stop_token& stop = {}) {
        Got got;
        request.address = server_.address("/list");
        got.head = client.get(
            request,
            [&](const HttpHead& /*head*/, std::string_view bytes) -> Status {
                got.body += bytes;
                return {};
            },
            stop);
        return got;
    }
    static HttpRequest upTo(std::uint64_t bytes) {
        HttpRequest request;
        request.maxBytes = bytes;
        return request;
    }

    tests::TlsServer server_;
    AccessRules rules_;
};

TEST_F(CurlClientOverTls, KeepsItsConnectionForTheNextRequest) {
    std::set<int> ports;
    std::mutex mutex;
    server_.on("/list", [&](const auto& request, auto& response) {
        const std::lock_guard lock(mutex);
        ports.insert(request.remote_port);
        response.set_content("[]", "application/json");
    });
    CurlClient client(rules_);
    for (int i = 0; i < 5; ++i) {
        const Got got = get(client, upTo(100));
        ASSERT_TRUE(got.head) << got.head.error().what << got.head.error().cause;
        EXPECT_EQ(got.head->status, 200);
        EXPECT_EQ(got.body, "[]");
    }
    EXPECT_EQ(ports.size(), 1U);
}

TEST_F(CurlClientOverTls, UnpacksAndCountsWhatIsUnpacked) {
    server_.on("/list", [](const auto& request, auto& response) {
        EXPECT_NE(request.get_header_value("Accept-Encoding").find("gzip"), std::string::npos);
        response.set_content(std::string(500'000, ' '), "application/json");
    });
    CurlClient client(rules_);
    HttpRequest request = upTo(500'000);
    request.compressed = true;
    const Got whole = get(client, request);
    ASSERT_TRUE(whole.head);
    EXPECT_EQ(whole.body.size(), 500'000U);
    EXPECT_LT(whole.head->announcedBytes.value_or(0), 10'000U) << "it came packed";

    request.maxBytes = 100'000;
    const Got bomb = get(client, request);
    ASSERT_FALSE(bomb.head);
    EXPECT_EQ(bomb.head.error().fault, HttpFault::TooLarge);
    EXPECT_LT(bomb.body.size(), 200'000U);
}

TEST_F(CurlClientOverTls, HandsBackWhenToAskAgainAndWhere) {
    server_.on("/list", [](const auto&, auto& response) {
        response.status = 429;
        response.set_header("Retry-After", "7");
        response.set_content("slowly", "text/plain");
    });
    CurlClient client(rules_);
    const Got refused = get(client, upTo(100));
    ASSERT_TRUE(refused.head);
    EXPECT_EQ(refused.head->status, 429);
    EXPECT_EQ(refused.head->retryAfter, 7s);
    EXPECT_EQ(refused.body, "") << "what is said to a refusal is nobody's";

    server_.on("/list", [](const auto&, auto& response) { response.set_redirect("/other"); });
    const Got elsewhere = get(client, upTo(100));
    ASSERT_TRUE(elsewhere.head);
    EXPECT_EQ(elsewhere.head->redirect, server_.address("/other"));
}

TEST_F(CurlClientOverTls, EndsAnAnswerThatDripsForever) {
    server_.on("/list", [](const auto&, auto& response) {
        response.set_content_provider(
            1'000'000, "application/json", [](std::size_t, std::size_t, httplib::DataSink& sink) {
                std::this_thread::sleep_for(50ms);
                return sink.write("x", 1);
            });
    });
    CurlClient client(rules_);
    HttpRequest request = upTo(1'000'000);
    request.timeout = 300ms;
    const Got got = get(client, request);
    ASSERT_FALSE(got.head);
    EXPECT_EQ(got.head.error().fault, HttpFault::Timeout);
}

TEST_F(CurlClientOverTls, IsStoppedAtOnce) {
    std::atomic<bool> ended{false};
    server_.on("/list", [&](const auto&, auto& response) {
        for (int i = 0; i < 200 && !ended; ++i) {
            std::this_thread::sleep_for(10ms);
        }
        response.set_content("[]", "application/json");
    });
    CurlClient client(rules_);
    std::stop_source stop;
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(100ms);
        stop.request_stop();
    });
    const auto start = std::chrono::steady_clock::now();
    const Got got = get(client, upTo(100), stop.get_token());
    ended = true;
    ASSERT_FALSE(got.head);
    EXPECT_EQ(got.head.error().fault, HttpFault::Stopped);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 900ms);
}

}  // namespace
}  // namespace chat::net
