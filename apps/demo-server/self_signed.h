#pragma once

#include "chat/core/c_handle.h"
#include "chat/core/error.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>

namespace chat::demo {

/// A key and a certificate for 127.0.0.1 and ::1, which is its own authority, for a day.
struct ServerIdentity {
    std::unique_ptr<EVP_PKEY, ReleaseValue<EVP_PKEY_free>> key;
    std::unique_ptr<X509, ReleaseValue<X509_free>> certificate;
};

[[nodiscard]] ServerIdentity makeIdentity();

/// Writes the certificate for those who are to trust it, PEM. Errors: those of `writeFileAtomically`.
[[nodiscard]] Status writeAuthority(const ServerIdentity& identity,
                                    const std::filesystem::path& file);

}  // namespace chat::demo
