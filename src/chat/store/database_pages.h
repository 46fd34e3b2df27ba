#pragma once

#include "chat/core/error.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <unordered_map>

namespace chat::store {

/// The pages of a database file as its log leaves them, read without SQLite, so that damage anywhere costs no more than
/// what it hit. Format: https://www.sqlite.org/fileformat2.html
///
/// The file must not be written meanwhile (StoreLock). Numbers of pages begin at 1.
class DatabasePages {
  public:
    /// Errors: SYS_DATA_PATH_MISSING, SYS_PERM_PATH_UNREADABLE and others of openRegularFile, SYS_RES_MEMORY_ERROR.
    [[nodiscard]] static Result<DatabasePages> open(const std::filesystem::path& file);

    /// A page; empty when it lies beyond the end.
    [[nodiscard]] std::span<const std::uint8_t> page(std::uint32_t number) const;
    [[nodiscard]] std::uint32_t count() const { return count_; }
    /// Pages that the header speaks of and the file does not hold.
    [[nodiscard]] std::uint32_t missing() const { return missing_; }
    [[nodiscard]] std::uint64_t bytes() const { return file_.bytes().size(); }
    /// Bytes of a page that hold content.
    [[nodiscard]] std::size_t usable() const { return usable_; }
    /// The file begins as a SQLite database does and says that it belongs to another program.
    [[nodiscard]] bool isForeign() const { return foreign_; }

  private:
    class Mapping {
      public:
        [[nodiscard]] static Result<Mapping> of(const std::filesystem::path& file);
        [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {data_.get(), size_}; }

      private:
        struct Unmap {
            std::size_t size;
            void operator()(const std::uint8_t* data) const;
        };
        std::unique_ptr<const std::uint8_t, Unmap> data_;
        std::size_t size_ = 0;
    };

    void readHeader();
    void readLog();

    Mapping file_;
    Mapping log_;
    std::unordered_map<std::uint32_t, std::size_t>
        inLog_;  ///< page -> where its newest content lies in the log
    std::size_t pageSize_ = 4096;
    std::size_t usable_ = 4096;
    std::uint32_t count_ = 0;
    std::uint32_t missing_ = 0;
    bool foreign_ = false;
};

/// Big-endian numbers, as SQLite writes them.
[[nodiscard]] inline std::uint32_t number16(std::span<const std::uint8_t> bytes, std::size_t at) {
    return static_cast<std::uint32_t>(bytes[at] << 8U) | bytes[at + 1];
}
[[nodiscard]] inline std::uint32_t number32(std::span<const std::uint8_t> bytes, std::size_t at) {
    return number16(bytes, at) << 16U | number16(bytes, at + 2);
}

}  // namespace chat::store
