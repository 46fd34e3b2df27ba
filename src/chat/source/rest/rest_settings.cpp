#include "chat/source/rest/rest_settings.h"

#include "chat/core/files.h"
#include "chat/core/text.h"
#include "chat/core/toml_file.h"
#include "chat/net/web_address.h"
#include "chat/source/rest/keyring.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace chat::source {

namespace {

constexpr std::size_t kMaxFileBytes = 64 * 1024;
constexpr std::int64_t kMostCacheMinutes = 7 * 24 * 60;

struct Pointer {
    std::string_view key;
    std::string FieldPointers::* place;
};
constexpr std::array kPointers{Pointer{"chains", &FieldPointers::chains},
                               Pointer{"chain_id", &FieldPointers::chainId},
                               Pointer{"chain_name", &FieldPointers::chainName},
                               Pointer{"stores", &FieldPointers::stores},
                               Pointer{"store_id", &FieldPointers::storeId},
                               Pointer{"store_name", &FieldPointers::storeName},
                               Pointer{"agents", &FieldPointers::agents},
                               Pointer{"agent_id", &FieldPointers::agentId},
                               Pointer{"agent_name", &FieldPointers::agentName},
                               Pointer{"calls", &FieldPointers::calls},
                               Pointer{"total", &FieldPointers::total},
                               Pointer{"cursor", &FieldPointers::cursor},
                               Pointer{"call_sid", &FieldPointers::callSid},
                               Pointer{"started_at", &FieldPointers::startedAt},
                               Pointer{"call_chain", &FieldPointers::callChain},
                               Pointer{"call_store", &FieldPointers::callStore},
                               Pointer{"call_agent", &FieldPointers::callAgent},
                               Pointer{"order_id", &FieldPointers::orderId},
                               Pointer{"tel_id", &FieldPointers::telId},
                               Pointer{"cust_id", &FieldPointers::custId}};

std::string textOf(const toml::node& node, std::string_view key) {
    const auto value = node.value<std::string>();
    if (!node.is_string() || !value) {
        throw TomlError(node.source(), fmt::format("\"{}\" must be a text", key));
    }
    if (printable(*value) != *value) {
        throw TomlError(node.source(), fmt::format("\"{}\" holds signs that cannot be shown", key));
    }
    return *value;
}

std::vector<std::string> textsOf(const toml::node& node, std::string_view key) {
    const toml::array* array = node.as_array();
    if (array == nullptr) {
        throw TomlError(node.source(), fmt::format("\"{}\" must be a list of texts", key));
    }
    std::vector<std::string> texts;
    texts.reserve(array->size());
    for (const toml::node& element : *array) {
        texts.push_back(textOf(element, key));
    }
    return texts;
}

const toml::table& tableOf(const toml::node& node, std::string_view key) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
        throw TomlError(node.source(), fmt::format("\"{}\" must be written as [{}]", key, key));
    }
    return *table;
}

[[noreturn]] void refuseKey(const toml::key& key, std::string_view known) {
    throw TomlError(
        key.source(),
        fmt::format("there is no setting \"{}\" here; there are {}", printable(key.str()), known));
}

void readFields(const toml::table& table, FieldPointers& fields) {
    for (const auto& [key, node] : table) {
        const auto* const pointer = std::ranges::find(kPointers, key.str(), &Pointer::key);
        if (pointer == kPointers.end()) {
            std::string known;
            for (const Pointer& one : kPointers) {
                known += (known.empty() ? "" : ", ") + std::string(one.key);
            }
            refuseKey(key, known);
        }
        const std::string text = textOf(node, key.str());
        try {
            static_cast<void>(nlohmann::json::json_pointer(text));
        } catch (const nlohmann::json::exception&) {
            throw TomlError(
                node.source(),
                fmt::format("\"{}\" must be a JSON Pointer such as /call/id", key.str()));
        }
        fields.*pointer->place = text;
    }
}

CredentialKind kindOf(const toml::node& node) {
    const std::string word = textOf(node, "kind");
    if (word == "bearer") {
        return CredentialKind::Bearer;
    }
    if (word == "basic") {
        return CredentialKind::Basic;
    }
    if (word == "key") {
        return CredentialKind::Key;
    }
    throw TomlError(node.source(), "\"kind\" must be bearer, basic or key");
}

void readCredential(const toml::table& table,
                    const std::filesystem::path& folder,
                    Credential& credential) {
    credential.kind = CredentialKind::Bearer;
    for (const auto& [key, node] : table) {
        if (key == "kind") {
            credential.kind = kindOf(node);
        } else if (key == "keyring") {
            credential.keyring = textOf(node, key.str());
            if (!isKeyringName(credential.keyring)) {
                throw TomlError(
                    node.source(),
                    "\"keyring\" must be a name of letters, digits and . _ - of at most 64");
            }
        } else if (key == "variable") {
            credential.variable = textOf(node, key.str());
        } else if (key == "file") {
            credential.file = folder / textOf(node, key.str());
        } else if (key == "header") {
            credential.header = textOf(node, key.str());
        } else {
            refuseKey(key,
                      "kind, keyring, variable, file, header; the secret itself never stands here");
        }
    }
    const std::array given{
        !credential.keyring.empty(), !credential.variable.empty(), !credential.file.empty()};
    if (std::ranges::count(given, true) != 1) {
        throw TomlError(
            table.source(),
            "[credential] needs one of \"keyring\", \"variable\" and \"file\", and no other");
    }
    if (credential.header.empty() || credential.header.find_first_of(": ") != std::string::npos) {
        throw TomlError(table.source(),
                        "\"header\" must be the name of a header, such as X-API-Key");
    }
}

std::string addressOf(const toml::node& node, bool& allowHttp) {
    std::string address = textOf(node, "address");
    const auto origin = net::originOf(address);
    if (!origin || (origin->scheme != "https" && origin->scheme != "http") ||
        address.find_first_of("?#") != std::string::npos) {
        throw TomlError(
            node.source(),
            "\"address\" must be one such as https://telephony.example/api, without a user, "
            "password or query");
    }
    allowHttp = origin->scheme == "http";
    while (address.ends_with('/')) {
        address.pop_back();
    }
    return address;
}

int connectionsOf(const toml::node& node) {
    constexpr int kMost = 64;
    const auto count = node.is_integer() ? node.value<int>() : std::nullopt;
    if (!count || *count < 1 || *count > kMost) {
        throw TomlError(node.source(), fmt::format("\"connections\" must be 1 to {}", kMost));
    }
    return *count;
}

TelephonyKind telephonyKindOf(const toml::node& node) {
    const std::string word = textOf(node, "kind");
    if (word == "rest") {
        return TelephonyKind::Rest;
    }
    if (word == "twilio") {
        return TelephonyKind::Twilio;
    }
    if (word == "asterisk") {
        return TelephonyKind::Asterisk;
    }
    throw TomlError(node.source(), "\"kind\" must be rest, twilio or asterisk");
}

std::string accountOf(const toml::node& node) {
    std::string account = textOf(node, "account");
    if (account.empty() || !std::ranges::all_of(account, [](char letter) {
            return std::isalnum(static_cast<unsigned char>(letter)) != 0;
        })) {
        throw TomlError(node.source(), "\"account\" must be the account's SID, AC and 32 digits");
    }
    return account;
}

std::chrono::minutes lifeOf(const toml::node& node) {
    const auto minutes = node.value<std::int64_t>();
    if (!node.is_integer() || !minutes || *minutes < 0 || *minutes > kMostCacheMinutes) {
        throw TomlError(node.source(),
                        fmt::format("\"cache_minutes\" must be 0 to {}", kMostCacheMinutes));
    }
    return std::chrono::minutes(*minutes);
}

NumberPlan numbersOf(const toml::table& table) {
    NumberPlan numbers;
    for (const auto& [key, node] : table) {
        const std::vector<std::string> texts = textsOf(node, key.str());
        if (texts.size() != 2) {
            throw TomlError(node.source(),
                            fmt::format("\"{}\" must be a chain and a store, [\"...\", \"...\"]",
                                        printable(key.str())));
        }
        numbers[std::string(key.str())] = {texts.front(), texts.back()};
    }
    return numbers;
}

/// What each kind cannot be without.
void checkComplete(const toml::table& root, TelephonySettings& settings) {
    const auto needs = [&](std::string_view key) {
        if (!root.contains(key)) {
            throw TomlError(root.source(), fmt::format("\"{}\" is missing", key));
        }
    };
    switch (settings.kind) {
        case TelephonyKind::Rest:
            needs("address");
            break;
        case TelephonyKind::Twilio:
            needs("account");
            needs("credential");
            if (settings.server.credential.kind != CredentialKind::Basic) {
                throw TomlError(root.source(), "Twilio's credential is of kind = \"basic\"");
            }
            if (settings.server.address.empty()) {
                settings.server.address = "https://api.twilio.com";
            }
            break;
        case TelephonyKind::Asterisk:
            needs("records");
            needs("recordings");
            break;
    }
}

TelephonySettings read(const toml::table& root, const std::filesystem::path& folder) {
    TelephonySettings settings;
    RestSettings& server = settings.server;
    bool isHttp = false;
    for (const auto& [key, node] : root) {
        if (key == "kind") {
            settings.kind = telephonyKindOf(node);
        } else if (key == "address") {
            server.address = addressOf(node, isHttp);
        } else if (key == "ca_file") {
            server.certificateFile = folder / textOf(node, key.str());
        } else if (key == "allow_hosts") {
            server.allowHosts = textsOf(node, key.str());
        } else if (key == "allow_addresses") {
            server.allowAddresses = textsOf(node, key.str());
        } else if (key == "allow_http") {
            server.allowHttp = node.value_or(false);
        } else if (key == "connections") {
            server.connections = connectionsOf(node);
        } else if (key == "account") {
            settings.account = accountOf(node);
        } else if (key == "records") {
            settings.asterisk.records = folder / textOf(node, key.str());
        } else if (key == "recordings") {
            settings.asterisk.recordings = folder / textOf(node, key.str());
        } else if (key == "cache_minutes") {
            settings.catalogLife = lifeOf(node);
        } else if (key == "credential") {
            readCredential(tableOf(node, key.str()), folder, server.credential);
        } else if (key == "fields") {
            readFields(tableOf(node, key.str()), server.fields);
        } else if (key == "numbers") {
            settings.numbers = numbersOf(tableOf(node, key.str()));
        } else {
            refuseKey(
                key,
                "kind, address, ca_file, allow_hosts, allow_addresses, allow_http, connections, "
                "account, records, recordings, cache_minutes, credential, fields, numbers");
        }
    }
    checkComplete(root, settings);
    if (isHttp && !server.allowHttp) {
        throw TomlError(root.source(),
                        "\"address\" must begin with https, unless allow_http = true is set");
    }
    return settings;
}

Result<RestSettings> restOnly(const TelephonySettings& settings) {
    if (settings.kind != TelephonyKind::Rest) {
        return fail(ErrorCode::CfgValSetting,
                    "Only a telephone system of kind = \"rest\" can be used for this");
    }
    return settings.server;
}

}  // namespace

Result<TelephonySettings> parseTelephonySettings(const std::string& text,
                                                 const std::filesystem::path& folder,
                                                 const std::string& name) {
    return loadToml(
        text, name, kMaxFileBytes, ErrorCode::CfgValSetting, [&](const toml::table& root) {
            return read(root, folder);
        });
}

Result<TelephonySettings> readTelephonySettings(const std::filesystem::path& file) {
    return readFile(file, kMaxFileBytes, ErrorCode::CfgValSetting)
        .and_then([&](const std::string& text) {
            return parseTelephonySettings(text, file.parent_path(), file.filename().string());
        });
}

Result<RestSettings> parseRestSettings(const std::string& text,
                                       const std::filesystem::path& folder,
                                       const std::string& name) {
    return parseTelephonySettings(text, folder, name).and_then(restOnly);
}

Result<RestSettings> readRestSettings(const std::filesystem::path& file) {
    return readTelephonySettings(file).and_then(restOnly);
}

}  // namespace chat::source
