#include "chat/source/rest/credential.h"

#include "chat/core/files.h"
#include "chat/core/text.h"
#include "chat/source/rest/keyring.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace chat::source {

namespace {

tl::unexpected<Error> unusable(std::string what) {
    return fail(ErrorCode::CfgPermCredential, std::move(what));
}

Result<std::string> fromFile(const std::filesystem::path& file) {
    const std::string name = file.filename().string();
    const auto opened = openRegularFile(file);
    if (!opened) {
        return tl::unexpected(
            Error{ErrorCode::CfgPermCredential, opened.error().what, opened.error().cause});
    }
    struct stat status{};
    if (::fstat(opened->get(), &status) != 0 || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return unusable(fmt::format("The credential's file {} can be read by others", name));
    }
    if (status.st_uid != ::geteuid()) {
        return unusable(fmt::format("The credential's file {} belongs to somebody else", name));
    }
    std::string text(kLongestSecret, '\0');
    const ssize_t count = ::read(opened->get(), text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return text;
}

Result<std::string> secretOf(const Credential& credential) {
    if (!credential.keyring.empty()) {
        return readFromKeyring(credential.keyring, credential.patience);
    }
    if (!credential.file.empty()) {
        return fromFile(credential.file);
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program changes the environment
    const char* value = std::getenv(credential.variable.c_str());
    if (value == nullptr) {
        return unusable(fmt::format("The environment variable {} is not set", credential.variable));
    }
    return std::string(value);
}

std::string base64(const std::string& text) {
    constexpr std::size_t kGroup = 3;
    constexpr std::size_t kCoded = 4;
    std::string coded((text.size() + kGroup - 1) / kGroup * kCoded + 1, '\0');
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(coded.data()),
                                       reinterpret_cast<const unsigned char*>(text.data()),
                                       static_cast<int>(text.size()));
    coded.resize(static_cast<std::size_t>(length));
    return coded;
}

}  // namespace

bool isUsableSecret(std::string_view secret) {
    return !secret.empty() && std::ranges::none_of(secret, [](char letter) {
        return static_cast<unsigned char>(letter) < ' ';
    });
}

Result<std::string> credentialHeader(const Credential& credential) {
    if (credential.kind == CredentialKind::None) {
        return std::string();
    }
    const auto read = secretOf(credential);
    if (!read) {
        return tl::unexpected(read.error());
    }
    const std::string secret(trimmed(*read));
    if (!isUsableSecret(secret)) {
        return unusable("The credential is empty or is not on one line");
    }
    switch (credential.kind) {
        case CredentialKind::Basic:
            return "Authorization: Basic " + base64(secret);
        case CredentialKind::Key:
            return credential.header + ": " + secret;
        case CredentialKind::Bearer:
        case CredentialKind::None:
            break;
    }
    return "Authorization: Bearer " + secret;
}

}  // namespace chat::source
