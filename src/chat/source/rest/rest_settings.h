#pragma once

#include "chat/core/error.h"
#include "chat/source/asterisk/asterisk_recordings.h"
#include "chat/source/number_plan.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace chat::source {

/// How a server wants to be shown who asks.
enum class CredentialKind : std::uint8_t {
    None,
    Bearer,  ///< "Authorization: Bearer SECRET"
    Basic,   ///< the secret is USER:PASSWORD
    Key,     ///< a header of its own
};

/// Where the secret lies; it is never in a setting itself. One of `keyring`, `variable` and `file` is given.
struct Credential {
    CredentialKind kind = CredentialKind::None;
    std::string keyring;                         ///< its name in the system's keyring
    std::string variable;                        ///< of the environment
    std::filesystem::path file;                  ///< only its owner may read it
    std::string header = "X-API-Key";            ///< with Key
    std::chrono::milliseconds patience{10'000};  ///< with the keyring
};

/// Where attributes lie in a server's answers: JSON Pointers (RFC 6901), of lists and of what stands beside them from the answer's
/// root, of all others from the entry. The defaults are those of schema/telephony.openapi.yaml; an empty pointer of an entry's
/// attribute means that the server has none, one of a list that the answer is the list.
struct FieldPointers {
    std::string chains;
    std::string chainId = "/chainId";
    std::string chainName = "/name";
    std::string stores;
    std::string storeId = "/storeId";
    std::string storeName = "/storeName";
    std::string agents;
    std::string agentId = "/agentId";
    std::string agentName = "/agentName";
    std::string calls = "/calls";
    std::string total = "/total";
    std::string cursor = "/cursor";
    std::string callSid = "/callSid";
    std::string startedAt = "/startedAt";
    std::string callChain = "/chainName";
    std::string callStore = "/storeName";
    std::string callAgent = "/agentName";
    std::string orderId = "/orderId";
    std::string telId = "/telId";
    std::string custId = "/custId";
};

struct RestSettings {
    std::string address;  ///< what paths are put behind: "https://telephony.example/api"
    std::filesystem::path certificateFile;    ///< authorities to trust, PEM; empty for the system's
    std::vector<std::string> allowHosts;      ///< beside the address's own, for redirects
    std::vector<std::string> allowAddresses;  ///< of this machine and network, such as "10.0.0.7"
    bool allowHttp = false;                   ///< also without TLS
    Credential credential;
    FieldPointers fields;

    int connections = 8;  ///< at once to a host, at most

    std::chrono::milliseconds connectTimeout{10'000};
    std::chrono::milliseconds stallTimeout{30'000};    ///< without a byte
    std::chrono::milliseconds requestTimeout{60'000};  ///< a list, to its last byte
    int attempts = 4;
    std::chrono::milliseconds firstDelay{500};  ///< bound of the first wait; doubles
    std::chrono::milliseconds longestDelay{30'000};
    std::chrono::seconds longestRetryAfter{120};  ///< what the server says counts up to this
    std::uint64_t maxListBytes = 16ULL << 20U;    ///< of one answer, unpacked
    std::uint64_t maxRecordingBytes = 2ULL << 30U;
    int maxDepth = 32;  ///< of JSON
};

enum class TelephonyKind : std::uint8_t {
    Rest,    ///< a server with the interface of schema/telephony.openapi.yaml
    Twilio,  ///< Twilio's REST API
    Asterisk,
};

/// Where a telephone system is and how to ask it.
struct TelephonySettings {
    TelephonyKind kind = TelephonyKind::Rest;
    RestSettings server;        ///< of Rest and Twilio
    std::string account;        ///< of Twilio, "AC..."
    AsteriskSettings asterisk;  ///< of Asterisk
    NumberPlan numbers;         ///< of Twilio and Asterisk
    /// Of the call center, for Twilio, which tells times as they are at Greenwich; empty: this machine's. Never from the file: it is
    /// the caller's setting.
    std::string timeZone;
    std::chrono::minutes catalogLife{
        15};  ///< lists are kept this long before the server is asked again
};

/// Reads the telephony file, TOML:
///
///     kind = "rest"                          # or "twilio", "asterisk"
///     address = "https://telephony.example/api"
///     ca_file = "authority.pem"              # paths are relative to the file
///     allow_hosts = ["recordings.example"]
///     allow_addresses = ["10.0.0.7"]
///     connections = 8                        # at once to a host, 1 to 64
///     cache_minutes = 15
///     [credential]
///     kind = "bearer"                        # basic, key
///     keyring = "pbx"                        # or variable = "TELEPHONY_TOKEN", or file = "token"
///                                            # header = "X-API-Key" with key
///     [fields]
///     call_sid = "/id"                       # the names of FieldPointers, with _
///
/// Of Twilio `account` too; of Asterisk `records` and `recordings`; of both
///
///     [numbers]
///     "+14155552671" = ["Pizza Roma", "Harbor"]   # chain and store
///
/// Errors: CFG_VAL_SETTING with file, line, column, what is wrong and what is allowed; those of `readFile`.
[[nodiscard]] Result<TelephonySettings> readTelephonySettings(const std::filesystem::path& file);

/// The same from text; `folder` is what paths are relative to, `name` what errors call it.
[[nodiscard]] Result<TelephonySettings> parseTelephonySettings(const std::string& text,
                                                               const std::filesystem::path& folder,
                                                               const std::string& name);

/// The same where only a server of kind "rest" will do; CFG_VAL_SETTING for another kind.
[[nodiscard]] Result<RestSettings> readRestSettings(const std::filesystem::path& file);
[[nodiscard]] Result<RestSettings> parseRestSettings(const std::string& text,
                                                     const std::filesystem::path& folder,
                                                     const std::string& name);

}  // namespace chat::source
