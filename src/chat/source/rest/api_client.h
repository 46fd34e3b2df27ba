#pragma once

#include "chat/core/clock.h"
#include "chat/net/http_client.h"
#include "chat/source/call_source.h"
#include "chat/source/rest/circuit_breaker.h"
#include "chat/source/rest/rest_settings.h"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace chat::source {

/// Whom the settings let CHAT ask.
[[nodiscard]] net::AccessRules accessRulesOf(const RestSettings& settings);

/// What a list was answered with.
struct ListText {
    std::string text;
    std::optional<Error> brokenOff;  ///< why the text is not whole, after the last attempt
    std::string versionMark;         ///< ETag
    bool unchanged = false;  ///< it is still the version that was named, and there is no text
};

/// Asks one telephony server: follows redirects to allowed hosts, shows the credential to the server's own origin only, asks again
/// what may pass (full jitter; Retry-After up to a bound), and keeps away from a host that is down. Errors are `CallSource`'s;
/// they name hosts and never paths or parameters.
class ApiClient {
  public:
    /// `credential` is the header, or empty. The client and the clock outlive this.
    ApiClient(const RestSettings& settings,
              std::string credential,
              net::HttpClient& http,
              const Clock& clock);

    /// `path` begins with a slash and may have a query. Where a list is at hand already, `atHand` is its version (it may be empty):
    /// the server is asked once, for a list of another version.
    [[nodiscard]] Result<ListText> list(const std::string& path,
                                        const std::stop_token& stop,
                                        const std::string* atHand = nullptr);
    /// The bytes of a recording from `from` on; goes on by itself where it was cut off.
    [[nodiscard]] Result<RecordingPart> recording(const std::string& path,
                                                  const RecordingPart& from,
                                                  const TakeBytes& take,
                                                  const std::stop_token& stop);

  private:
    /// What one attempt came to.
    struct Failure {
        Error error;
        bool mayPass = false;
        std::optional<std::chrono::seconds> retryAfter;
    };
    [[nodiscard]] tl::expected<net::HttpHead, Failure> ask(net::HttpRequest request,
                                                           const net::TakeBody& take,
                                                           const std::stop_token& stop);
    [[nodiscard]] tl::expected<net::HttpHead, Failure> follow(net::HttpRequest request,
                                                              const net::TakeBody& take,
                                                              const std::stop_token& stop);
    /// Waits before the next attempt, the first is 0. An error when there is to be none.
    [[nodiscard]] Status pause(const Failure& failure,
                               int attempt,
                               const std::stop_token& stop) const;

    const RestSettings& settings_;
    std::string credential_;
    net::HttpClient& http_;
    CircuitBreaker breaker_;
    std::string host_;
};

}  // namespace chat::source
