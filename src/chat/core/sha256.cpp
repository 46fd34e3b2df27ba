#include "chat/core/sha256.h"

#include "chat/core/c_handle.h"
#include "chat/core/files.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <vector>

namespace chat {

struct Sha256::State {
    std::unique_ptr<EVP_MD_CTX, ReleaseValue<EVP_MD_CTX_free>> context{EVP_MD_CTX_new()};
};

Sha256::Sha256()
    : state_(std::make_unique<State>()) {
    if (!state_->context || EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) != 1) {
        throw std::bad_alloc();
    }
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::span<const std::byte> bytes) {
    EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

void Sha256::add(std::string_view text) {
    add(std::as_bytes(std::span(text)));
}

std::string Sha256::hex() {
    std::array<unsigned char, 32> sum{};
    EVP_DigestFinal_ex(state_->context.get(), sum.data(), nullptr);
    std::string text;
    text.reserve(64);
    for (const unsigned char byte : sum) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

std::string sha256Hex(std::string_view text) {
    Sha256 sum;
    sum.add(text);
    return sum.hex();
}

Result<std::string> sha256OfFile(const std::filesystem::path& path, const std::stop_token& stop) {
    auto file = openRegularFile(path);
    if (!file) {
        return tl::unexpected(file.error());
    }
    Sha256 sum;
    std::vector<std::byte> block(1 << 20);
    for (;;) {
        if (stop.stop_requested()) {
            return fail(ErrorCode::SysStateStopped, "Stopped while reading " + path.string());
        }
        const ssize_t count = ::read(file->get(), block.data(), block.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return tl::unexpected(
                systemError(errno, "read", path.string(), ErrorCode::SysUnkGenericError));
        }
        if (count == 0) {
            return sum.hex();
        }
        sum.add(std::span(block).first(static_cast<std::size_t>(count)));
    }
}

}  // namespace chat
