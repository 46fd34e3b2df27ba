#include "chat/net/curl_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

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

TEST_F(CurlClientOverTls, ASlowTakerHoldsUpNobodyElse) {
    const std::string big(3'000'000, 'b');
    server_.on("/list", [&](const auto&, auto& response) {
        response.set_content(big, "application/octet-stream");
    });
    CurlClient client(rules_);
    std::atomic<bool> othersDone{false};
    std::string slowly;
    std::jthread slow([&] {
        HttpRequest request = upTo(big.size());
        request.address = server_.address("/list");
        const auto head =
            client.get(request,
                       [&](const HttpHead& /*head*/, std::string_view bytes) -> Status {
                           while (!othersDone) {
                               std::this_thread::sleep_for(1ms);
                           }
                           slowly += bytes;
                           return {};
                       },
                       {});
        EXPECT_TRUE(head);
    });
    for (int i = 0; i < 5; ++i) {
        const Got got = get(client, upTo(big.size()));
        EXPECT_TRUE(got.head);
        EXPECT_TRUE(got.body == big);
    }
    othersDone = true;
    slow.join();
    EXPECT_TRUE(slowly == big) << "it was held back, and then went on";
}

TEST_F(CurlClientOverTls, ManyAskAtOnceAndEachHasItsOwnAnswer) {
    constexpr int kThreads = 12;
    for (int i = 0; i < kThreads; ++i) {
        server_.on("/" + std::to_string(i), [i](const auto&, auto& response) {
            response.set_content(std::string(200'000, static_cast<char>('a' + i)), "text/plain");
        });
    }
    rules_.connectionsPerHost = 3;
    CurlClient client(rules_);
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
            HttpRequest request = upTo(200'000);
            request.address = server_.address("/" + std::to_string(i));
            for (int round = 0; round < 3; ++round) {
                std::string body;
                const auto head =
                    client.get(request,
                               [&](const HttpHead& /*head*/, std::string_view bytes) -> Status {
                                   body += bytes;
                                   return {};
                               },
                               {});
                EXPECT_TRUE(head) << head.error().what << head.error().cause;
                EXPECT_TRUE(body == std::string(200'000, static_cast<char>('a' + i)));
            }
        });
    }
}

TEST_F(CurlClientOverTls, WhoSaysNoToAnAnswerHearsNoMoreOfIt) {
    server_.serve("/list", std::string(3'000'000, 'b'));
    CurlClient client(rules_);
    HttpRequest request = upTo(3'000'000);
    request.address = server_.address("/list");
    int heard = 0;
    const auto head =
        client.get(request,
                   [&](const HttpHead& /*head*/, std::string_view /*bytes*/) -> Status {
                       ++heard;
                       return fail(ErrorCode::SysResDiskFull, "There is no room");
                   },
                   {});
    ASSERT_FALSE(head);
    EXPECT_EQ(head.error().fault, HttpFault::Taker);
    EXPECT_EQ(head.error().taker.value_or(Error{}).code, ErrorCode::SysResDiskFull);
    EXPECT_EQ(heard, 1);
    EXPECT_TRUE(get(client, upTo(3'000'000)).head) << "the next request is as any other";
}

}  // namespace
}  // namespace chat::net
