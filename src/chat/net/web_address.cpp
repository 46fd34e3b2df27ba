#include "chat/net/web_address.h"

#include "chat/core/c_handle.h"
#include "chat/core/text.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace chat::net {

namespace {

using Address = std::unique_ptr<CURLU, ReleaseValue<curl_url_cleanup>>;
using Text = std::unique_ptr<char, ReleaseValue<curl_free>>;

std::string partOf(CURLU* address, CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(address, which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) {
        return {};
    }
    const Text owner(text);
    return text;
}

}  // namespace

std::optional<Origin> originOf(const std::string& address) {
    const Address parsed(curl_url());
    if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, address.c_str(), 0) != CURLUE_OK ||
        !partOf(parsed.get(), CURLUPART_USER).empty()) {
        return std::nullopt;
    }
    return Origin{partOf(parsed.get(), CURLUPART_SCHEME),
                  lowerAscii(partOf(parsed.get(), CURLUPART_HOST)),
                  partOf(parsed.get(), CURLUPART_PORT)};
}

bool isAmong(const std::string& host, const std::vector<std::string>& hosts) {
    return std::ranges::any_of(hosts, [&](const std::string& entry) {
        return entry.starts_with('.') ? host.ends_with(entry) : host == entry;
    });
}

std::string percentEncoded(std::string_view text) {
    if (text.empty()) {
        return {};  // a length of 0 would have libcurl measure it
    }
    const Text encoded(curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size())));
    return encoded ? encoded.get() : std::string();
}

}  // namespace chat::net
