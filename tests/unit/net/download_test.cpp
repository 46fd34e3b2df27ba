#include "chat/core/files.h"
#include "chat/core/sha256.h"
#include "chat/net/http_download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <future>

#include "fakes/temporary_folder.h"
#include "fakes/tls_server.h"

namespace chat::net {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

std::string content() {
    std::string bytes(300'000, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<char>(i * i / 7 + i);
    }
    return bytes;
}

class DownloadOverTls : public testing::Test {
  protected:
    DownloadOverTls() {
        settings_.access.allowedHosts = {"127.0.0.1"};
        settings_.access.allowedAddresses = {"127.0.0.1"};
        settings_.access.certificateFile = server_.certificateFile();
        settings_.attempts = 1;
        settings_.firstDelay = 1ms;
    }

    [[nodiscard]] Status fetch(std::stop_token stop = {}) const {
        return download({address_.empty() ? server_.address("/file") : address_,
                         file(),
                         content_.size(),
                         sha256Hex(content_)},
                        settings_,
                        {},
                        std::move(stop));
    }
    [[nodiscard]] ErrorCode failure() const {
        const auto fetched = fetch();
        EXPECT_FALSE(fetched);
        EXPECT_FALSE(fs::exists(file()));
        return fetched ? ErrorCode::SysUnkGenericError : fetched.error().code;
    }
    [[nodiscard]] fs::path file() const { return folder_.path() / "model.bin"; }
    [[nodiscard]] fs::path part() const { return folder_.path() / "model.bin.part"; }
    [[nodiscard]] std::string fetchedBytes() const {
        return readFile(file(), 1'000'000, ErrorCode::SysUnkGenericError).value_or("");
    }
    /// Answers with a redirect.
    void redirect(const std::string& path, const std::string& to) {
        server_.on(path, [to](const auto&, auto& response) { response.set_redirect(to); });
    }
    void answer(int status) {
        server_.on("/file", [status](const auto&, auto& response) { response.status = status; });
    }

    std::string content_ = content();
    std::string address_;
    // What the server's threads look at is there until the server has ended.
    std::promise<void> begun_;
    std::atomic<bool> ended_{false};
    tests::TlsServer server_;
    DownloadSettings settings_;

  private:
    tests::TemporaryFolder folder_;
};

TEST_F(DownloadOverTls, BringsTheFile) {
    server_.serve("/file", content_);
    std::uint64_t last = 0;
    const auto fetched =
        download({server_.address("/file"), file(), content_.size(), sha256Hex(content_)},
                 settings_,
                 [&](std::uint64_t bytes) {
                     EXPECT_GT(bytes, last);
                     last = bytes;
                 });
    ASSERT_TRUE(fetched) << fetched.error().what << fetched.error().cause;
    EXPECT_EQ(fetchedBytes(), content_);
    EXPECT_EQ(last, content_.size());
    EXPECT_EQ(fs::status(file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_FALSE(fs::exists(part()));
    EXPECT_FALSE(fs::exists(part().string() + ".etag"));
}

TEST_F(DownloadOverTls, GoesOnWhereItWasCutOff) {
    server_.serveCut("/file", content_, 100'000);
    EXPECT_EQ(failure(), ErrorCode::DlDataIncomplete);
    const auto arrived = fs::file_size(part());
    EXPECT_GT(arrived, 0U);
    EXPECT_LE(arrived, 100'000U);

    server_.serve("/file", content_);
    ASSERT_TRUE(fetch());
    EXPECT_EQ(fetchedBytes(), content_);
    const auto seen = server_.seen();
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].range, "");
    EXPECT_EQ(seen[1].range, "bytes=" + std::to_string(arrived) + "-");
    EXPECT_EQ(seen[1].ifRange, "\"v1\"");
}

TEST_F(DownloadOverTls, TriesAgainWhatMayPass) {
    settings_.attempts = 4;
    std::atomic<int> asked{0};
    server_.on("/file", [&](const auto&, auto& response) {
        switch (++asked) {
            case 1:
                response.status = 503;
                break;
            case 2:
                response.status = 429;
                break;
            default:
                response.set_content(content_, "application/octet-stream");
        }
    });
    EXPECT_TRUE(fetch());
    EXPECT_EQ(asked, 3);
}

TEST_F(DownloadOverTls, GivesUpAfterSomeAttempts) {
    settings_.attempts = 3;
    answer(500);
    EXPECT_EQ(failure(), ErrorCode::DlConnNetworkError);
    EXPECT_EQ(server_.seen().size(), 3U);
}

TEST_F(DownloadOverTls, DoesNotAskAgainWhatWasRefused) {
    settings_.attempts = 3;
    answer(403);
    EXPECT_EQ(failure(), ErrorCode::DlPermAccessDenied);
    answer(404);
    const auto missing = fetch();
    EXPECT_EQ(missing.error().code, ErrorCode::DlPermAccessDenied);
    EXPECT_EQ(missing.error().what, "127.0.0.1 does not have the file");
    EXPECT_EQ(server_.seen().size(), 2U);
}

TEST_F(DownloadOverTls, StartsAnewWhenTheFileHasChanged) {
    server_.serveCut("/file", std::string(content_.size(), 'o'), 50'000);
    EXPECT_EQ(failure(), ErrorCode::DlDataIncomplete);
    // Another version: the server gives the whole, whatever the range that was asked for.
    server_.on("/file", [this](const auto&, auto& response) {
        response.status = 200;
        response.set_header("ETag", "\"v2\"");
        response.set_chunked_content_provider("application/octet-stream",
                                              [this](std::size_t, httplib::DataSink& sink) {
                                                  sink.write(content_.data(), content_.size());
                                                  sink.done();
                                                  return true;
                                              });
    });
    ASSERT_TRUE(fetch());
    EXPECT_EQ(fetchedBytes(), content_);
}

TEST_F(DownloadOverTls, FetchesTheWholeWhenThePiecesDoNotFit) {
    server_.serveCut("/file", std::string(content_.size(), 'o'), 50'000);
    EXPECT_EQ(failure(), ErrorCode::DlDataIncomplete);
    server_.serve("/file", content_);  // with the same mark, so that it looks like the same file
    ASSERT_TRUE(fetch());
    EXPECT_EQ(fetchedBytes(), content_);
    EXPECT_EQ(server_.seen().size(), 3U);
}

TEST_F(DownloadOverTls, RefusesAPieceThatWasNotAskedFor) {
    server_.serveCut("/file", content_, 50'000);
    EXPECT_EQ(failure(), ErrorCode::DlDataIncomplete);
    server_.on("/file", [this](const auto&, auto& response) {
        response.status = 206;
        response.set_header("Content-Range", "bytes 7-299999/300000");
        response.set_chunked_content_provider("application/octet-stream",
                                              [this](std::size_t, httplib::DataSink& sink) {
                                                  sink.write(content_.data(), 1'000);
                                                  sink.done();
                                                  return true;
                                              });
    });
    EXPECT_EQ(failure(), ErrorCode::DlDataIncomplete);
    EXPECT_EQ(fs::file_size(part()), 0U);
}

TEST_F(DownloadOverTls, ThrowsAWrongFileAway) {
    server_.serve("/file", std::string(content_.size(), 'x'));
    EXPECT_EQ(failure(), ErrorCode::DlDataSumMismatch);
    EXPECT_EQ(fs::file_size(part()), 0U);
    EXPECT_EQ(server_.seen().size(), 1U);
}

TEST_F(DownloadOverTls, RefusesMoreThanTheFileHas) {
    server_.serve("/file", content_ + "x");
    EXPECT_EQ(failure(), ErrorCode::DlResTooLarge) << "announced";
    EXPECT_EQ(fs::file_size(part()), 0U);
    server_.on("/file", [](const auto&, auto& response) {
        response.set_chunked_content_provider(
            "application/octet-stream", [](std::size_t, httplib::DataSink& sink) {
                return sink.write(std::string(10'000, 'x').data(), 10'000);
            });
    });
    EXPECT_EQ(failure(), ErrorCode::DlResTooLarge) << "without an end";
    EXPECT_EQ(fs::file_size(part()), 0U);
}

TEST_F(DownloadOverTls, TooLittleIsIncomplete) {
    server_.serve("/file", content_.substr(0, 10));
    EXPECT_EQ(failure(), ErrorCode::DlDataIncomplete);
}

TEST_F(DownloadOverTls, FollowsRedirectsToAllowedHosts) {
    server_.serve("/moved/here", content_);
    redirect("/file", "/moved");
    redirect("/moved", server_.address("/moved/here"));
    EXPECT_TRUE(fetch());
}

TEST_F(DownloadOverTls, RefusesRedirectsToAnywhereElse) {
    settings_.attempts = 3;
    for (const std::string& to : {server_.address("/file", "localhost"),
                                  std::string("https://example.org/file"),
                                  std::string("https://127.0.0.1.example.org/file"),
                                  std::string("http://127.0.0.1/file"),
                                  std::string("file:///etc/passwd"),
                                  std::string("https://user:secret@127.0.0.1/file")}) {
        redirect("/file", to);
        EXPECT_EQ(failure(), ErrorCode::DlPermAddressRefused) << to;
    }
    EXPECT_EQ(server_.seen().size(), 6U) << "none is tried again";
    redirect("/file", "/file");
    const auto circle = fetch();
    EXPECT_EQ(circle.error().code, ErrorCode::DlPermAddressRefused);
    EXPECT_EQ(circle.error().what, "The server redirected more than 5 times");
}

TEST_F(DownloadOverTls, AsksNoHostThatIsNotAllowed) {
    address_ = "https://example.org/file?token=secret";
    const auto fetched = fetch();
    EXPECT_EQ(fetched.error().code, ErrorCode::DlPermAddressRefused);
    EXPECT_THAT(fetched.error().what, testing::Not(HasSubstr("secret")));
    for (const char* address : {"", "nonsense", "http://127.0.0.1/file", "ftp://127.0.0.1/file"}) {
        address_ = address;
        settings_.access.allowedHosts = {"127.0.0.1", "nonsense"};
        if (*address != '\0') {
            EXPECT_EQ(failure(), ErrorCode::DlPermAddressRefused) << address;
        }
    }
}

TEST_F(DownloadOverTls, ConnectsToNoAddressOfThisNetworkUnlessListed) {
    server_.serve("/file", content_);
    settings_.access.allowedAddresses.clear();
    const auto fetched = fetch();
    EXPECT_EQ(fetched.error().code, ErrorCode::DlPermAddressRefused);
    EXPECT_THAT(fetched.error().what, HasSubstr("127.0.0.1, which is not one on the internet"));
    settings_.access.allowedHosts = {"localhost"};
    address_ = server_.address("/file", "localhost");
    EXPECT_EQ(failure(), ErrorCode::DlPermAddressRefused) << "what a name stands for counts";
    EXPECT_TRUE(server_.seen().empty());
}

TEST_F(DownloadOverTls, TakesNothingFromAServerThatCannotProveWhoItIs) {
    server_.serve("/file", content_);
    settings_.attempts = 3;
    settings_.access.certificateFile.clear();
    EXPECT_EQ(failure(), ErrorCode::DlPermCertificateRefused) << "unknown authority";
    settings_.access.certificateFile = server_.certificateFile();
    settings_.access.allowedHosts = {"localhost"};
    settings_.access.allowedAddresses = {"127.0.0.1", "::1"};
    address_ = server_.address("/file", "localhost");
    EXPECT_EQ(failure(), ErrorCode::DlPermCertificateRefused) << "certificate of another name";
    EXPECT_TRUE(server_.seen().empty());
}

TEST_F(DownloadOverTls, EndsSoonWhenStopped) {
    server_.on("/file", [&](const auto&, auto& response) {
        response.set_content_provider(
            content_.size(),
            "application/octet-stream",
            [&](std::size_t offset, std::size_t, httplib::DataSink& sink) {
                if (offset == 0) {
                    sink.write(content_.data(), 1'000);
                    begun_.set_value();
                    return true;
                }
                std::this_thread::sleep_for(10ms);
                return !ended_.load();
            });
    });
    std::stop_source stop;
    auto result = std::async(std::launch::async, [&] { return fetch(stop.get_token()); });
    begun_.get_future().wait();
    std::this_thread::sleep_for(100ms);
    const auto asked = std::chrono::steady_clock::now();
    stop.request_stop();
    EXPECT_EQ(result.get().error().code, ErrorCode::SysStateStopped);
    EXPECT_LT(std::chrono::steady_clock::now() - asked, 3s);
    EXPECT_EQ(fs::file_size(part()), 1'000U) << "what had arrived is kept";
    ended_ = true;
}

TEST_F(DownloadOverTls, DoesNotWaitForeverForAServerThatSaysNothing) {
    settings_.access.stallTimeout = 1s;
    server_.on("/file", [&](const auto&, auto&) {
        while (!ended_.load()) {
            std::this_thread::sleep_for(10ms);
        }
    });
    EXPECT_EQ(failure(), ErrorCode::DlTimeRequestTimeout);
    ended_ = true;
}

TEST_F(DownloadOverTls, SaysWhenTheServerIsNotThere) {
    settings_.attempts = 2;
    address_ = "https://127.0.0.1:1/file";
    EXPECT_EQ(failure(), ErrorCode::DlConnNetworkError);
}

}  // namespace
}  // namespace chat::net
