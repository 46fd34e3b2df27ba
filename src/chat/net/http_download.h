#pragma once

#include "chat/core/error.h"
#include "chat/net/http_client.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

namespace chat::net {

/// What a download may do.
struct DownloadSettings {
    AccessRules access;  ///< for redirects, too
    int maxRedirects = 5;
    int attempts = 5;  ///< in a row that brought nothing; each that brings a megabyte starts anew
    std::chrono::milliseconds firstDelay{500};  ///< bound of the first wait; doubles, at most 30 s
};

/// A file whose length and sum are known before.
struct Download {
    std::string address;
    std::filesystem::path file;
    std::uint64_t bytes = 0;
    std::string sha256;
};

/// Fetches a file; it appears under its name only when it is whole and has its sum, mode 0600.
///
/// What has arrived lies in `file`.part, and a later call goes on from there when the server can (Range,
/// If-Range). A failure that may pass is tried again after a random wait (full jitter). A file with a
/// wrong sum is thrown away; if it was put together from pieces it is fetched once more as a whole.
/// `progress` is told the bytes so far, from the calling thread. Blocks; a stop takes effect within a
/// second. Errors name the host, never the rest of an address:
/// DL_CONN_NETWORK_ERROR, DL_TIME_REQUEST_TIMEOUT, DL_DATA_INCOMPLETE, DL_DATA_SUM_MISMATCH,
/// DL_RES_TOO_LARGE (more than `bytes`), DL_PERM_ADDRESS_REFUSED (host, scheme or address not
/// allowed, too many redirects), DL_PERM_CERTIFICATE_REFUSED, DL_PERM_ACCESS_DENIED (the server says
/// no or has no such file), DL_UNK_GENERIC_ERROR, SYS_STATE_STOPPED, SYS_RES_DISK_FULL,
/// SYS_PERM_UNWRITABLE.
[[nodiscard]] Status download(const Download& what,
                              const DownloadSettings& settings,
                              const std::function<void(std::uint64_t)>& progress = {},
                              const std::stop_token& stop = {});

}  // namespace chat::net
