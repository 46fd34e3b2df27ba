#pragma once

#include "chat/core/catalog/common.h"

namespace chat::errors {

/// Errors and warnings of downloads.
inline constexpr std::array kDlErrors{
    ErrorInfo{
        .code = ErrorCode::DlConnNetworkError,
        .name = "DL_CONN_NETWORK_ERROR",
        .severity = Severity::Medium,
        .retryable = true,
        .meaning = "The connection failed or broke off.",
        .wayOut =
            "Check the network and run the same command again: it continues where it stopped.",
        .causes = {"The network or a proxy is down, or a name cannot be resolved.",
                   "A firewall does not let this machine out."},
        .steps = {"Try the same host with curl -I https://HOST.",
                  "Behind a proxy, set https_proxy."},
        .byItself = kDownloadAgain},
    ErrorInfo{
        .code = ErrorCode::DlPermAccessDenied,
        .name = "DL_PERM_ACCESS_DENIED",
        .severity = Severity::Medium,
        .retryable = false,
        .meaning = "The server refused to give the file.",
        .wayOut = "Check the address and the right to fetch it.",
        .causes = {"The address is wrong, or the file is not public.", "A proxy wants a password."},
        .byItself = kDownloadStops},
    ErrorInfo{
        .code = ErrorCode::DlPermAddressRefused,
        .name = "DL_PERM_ADDRESS_REFUSED",
        .severity = Severity::High,
        .retryable = false,
        .meaning =
            "The address, or one that the server redirected to, is not one that CHAT may ask.",
        .wayOut = "Check the address; hosts are allowed by setting only.",
        .causes = {"The server redirects to a host that is not on the list.",
                   "A name leads to an address of this machine or network, as it does behind some "
                   "proxies."},
        .steps = {"For a mirror in the house: --allow-host and --allow-address."},
        .byItself = kDownloadStops},
    ErrorInfo{
        .code = ErrorCode::DlPermCertificateRefused,
        .name = "DL_PERM_CERTIFICATE_REFUSED",
        .severity = Severity::High,
        .retryable = false,
        .meaning = "The server could not prove that it is the one that was meant, so nothing was "
                   "taken from it.",
        .wayOut =
            "Check this machine's clock and its trusted authorities (package ca-certificates).",
        .causes = {"This machine's clock is wrong.",
                   "A proxy in the house puts its own certificate in place of the server's.",
                   "Somebody pretends to be the server."},
        .steps = {"For a mirror with its own authority: --ca-file FILE."},
        .byItself = kDownloadStops},
    ErrorInfo{.code = ErrorCode::DlTimeRequestTimeout,
              .name = "DL_TIME_REQUEST_TIMEOUT",
              .severity = Severity::Medium,
              .retryable = true,
              .meaning = "The server took too long to answer.",
              .wayOut = "Run the same command again: it continues where it stopped.",
              .causes = {"The server or the network is overloaded.",
                         "A firewall drops packets instead of refusing them."},
              .steps = {"Try again at another hour."},
              .byItself = kDownloadAgain},
    ErrorInfo{
        .code = ErrorCode::DlDataSumMismatch,
        .name = "DL_DATA_SUM_MISMATCH",
        .severity = Severity::High,
        .retryable = true,
        .meaning = "The downloaded file is not the one that was expected; it was thrown away.",
        .wayOut = "Run the same command again; if it stays so, the file was changed at its source.",
        .causes = {"A proxy or mirror delivers an old or changed file.",
                   "The file was damaged on its way."},
        .steps = {"Try without the proxy or mirror."},
        .byItself = "What was downloaded is thrown away and never opened."},
    ErrorInfo{.code = ErrorCode::DlDataIncomplete,
              .name = "DL_DATA_INCOMPLETE",
              .severity = Severity::Medium,
              .retryable = true,
              .meaning = "The download ended early.",
              .wayOut = "Run the same command again: it continues where it stopped.",
              .causes = {"The connection was cut.", "A proxy limits the size of files."},
              .byItself = kDownloadAgain},
    ErrorInfo{
        .code = ErrorCode::DlResTooLarge,
        .name = "DL_RES_TOO_LARGE",
        .severity = Severity::Medium,
        .retryable = false,
        .meaning = "The server sent more than the file can hold.",
        .wayOut = "Check the address.",
        .causes = {"The address leads to another file.", "A proxy answers with a page of its own."},
        .byItself = kDownloadStops},
    ErrorInfo{.code = ErrorCode::DlUnkGenericError,
              .name = "DL_UNK_GENERIC_ERROR",
              .severity = Severity::Medium,
              .retryable = true,
              .meaning = "The download failed.",
              .wayOut = "Run the same command again.",
              .causes = {"The server answered with an error of its own."},
              .steps = {"Wait some minutes: servers under repair answer so."},
              .byItself = kDownloadAgain},
};

}  // namespace chat::errors
