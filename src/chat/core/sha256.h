#pragma once

#include "chat/core/error.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

namespace chat {

/// SHA-256 (FIPS 180-4) of bytes given in pieces.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void add(std::span<const std::byte> bytes);
    void add(std::string_view text);
    /// The sum as 64 lower-case hex digits; nothing can be added after it.
    [[nodiscard]] std::string hex();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

[[nodiscard]] std::string sha256Hex(std::string_view text);

/// Sum of a file's bytes, read in blocks. Errors: as `systemError`; SYS_STATE_STOPPED when stopped.
[[nodiscard]] Result<std::string> sha256OfFile(const std::filesystem::path& path,
                                               const std::stop_token& stop = {});

}  // namespace chat
