#include "chat/store/database_pages.h"

#include "chat/core/files.h"
#include "chat/store/sqlite_connection.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace chat::store {

namespace {

constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::size_t kLogHeader = 32;
constexpr std::size_t kFrameHeader = 24;

/// The log's running sum over pairs of words, each of the byte order that the log's first byte names.
struct LogSum {
    bool bigEndian = false;
    std::uint32_t first = 0;
    std::uint32_t second = 0;

    [[nodiscard]] std::uint32_t word(std::span<const std::uint8_t> bytes, std::size_t at) const {
        const std::uint32_t value = number32(bytes, at);
        return bigEndian ? value : __builtin_bswap32(value);
    }
    void add(std::span<const std::uint8_t> bytes) {
        for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
            first += word(bytes, at) + second;
            second += word(bytes, at + 4) + first;
        }
    }
    [[nodiscard]] bool equals(std::span<const std::uint8_t> bytes, std::size_t at) const {
        return number32(bytes, at) == first && number32(bytes, at + 4) == second;
    }
};

}  // namespace

void DatabasePages::Mapping::Unmap::operator()(const std::uint8_t* data) const {
    ::munmap(const_cast<std::uint8_t*>(data),
             size);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

Result<DatabasePages::Mapping> DatabasePages::Mapping::of(const std::filesystem::path& file) {
    auto opened = openRegularFile(file);
    if (!opened) {
        return tl::unexpected(opened.error());
    }
    Mapping mapping;
    struct stat status{};
    if (::fstat(opened->get(), &status) != 0) {
        return tl::unexpected(
            systemError(errno, "read", file.string(), ErrorCode::SysUnkGenericError));
    }
    mapping.size_ = static_cast<std::size_t>(status.st_size);
    if (mapping.size_ > 0) {
        void* data = ::mmap(nullptr, mapping.size_, PROT_READ, MAP_PRIVATE, opened->get(), 0);
        if (data == MAP_FAILED) {
            return tl::unexpected(
                systemError(errno, "read", file.string(), ErrorCode::SysUnkGenericError));
        }
        mapping.data_ = {static_cast<const std::uint8_t*>(data), Unmap{mapping.size_}};
    }
    return mapping;
}

Result<DatabasePages> DatabasePages::open(const std::filesystem::path& file) {
    DatabasePages pages;
    auto mapped = Mapping::of(file);
    if (!mapped) {
        return tl::unexpected(mapped.error());
    }
    pages.file_ = std::move(*mapped);
    if (auto log = Mapping::of(file.string() + "-wal")) {
        pages.log_ = std::move(*log);
    }
    pages.readHeader();
    pages.readLog();
    return pages;
}

void DatabasePages::readHeader() {
    const auto bytes = file_.bytes();
    std::uint32_t said = 0;
    if (bytes.size() >= 100 && std::equal(kMagic.begin(), kMagic.end(), bytes.begin())) {
        const std::uint32_t size = number16(bytes, 16) == 1 ? 65'536 : number16(bytes, 16);
        if (size >= 512 && (size & (size - 1)) == 0) {
            pageSize_ = size;
        }
        usable_ = pageSize_ - std::min<std::size_t>(bytes[20], 32);
        const std::uint32_t application = number32(bytes, 68);
        // Three bytes that are the same in every database tell whether the rest can be believed.
        const bool whole = bytes[21] == 64 && bytes[22] == 32 && bytes[23] == 32;
        foreign_ =
            whole && application != 0 && application != static_cast<std::uint32_t>(kApplicationId);
        said = number32(bytes, 28);
    }
    count_ = static_cast<std::uint32_t>((bytes.size() + pageSize_ - 1) / pageSize_);
    // A number that no cut explains is part of the damage.
    missing_ = said > count_ && said / 1024 <= count_ ? said - count_ : 0;
}

void DatabasePages::readLog() {
    const auto bytes = log_.bytes();
    if (bytes.size() < kLogHeader || (number32(bytes, 0) & ~1U) != 0x377f0682U ||
        number32(bytes, 8) != pageSize_) {
        return;
    }
    LogSum sum{(bytes[3] & 1U) != 0};
    sum.add(bytes.first(24));
    if (!sum.equals(bytes, 24)) {
        return;
    }
    std::unordered_map<std::uint32_t, std::size_t> pending;
    for (std::size_t at = kLogHeader; at + kFrameHeader + pageSize_ <= bytes.size();
         at += kFrameHeader + pageSize_) {
        const auto frame = bytes.subspan(at, kFrameHeader);
        sum.add(frame.first(8));
        sum.add(bytes.subspan(at + kFrameHeader, pageSize_));
        const bool ofThisLog =
            std::equal(bytes.begin() + 16, bytes.begin() + 24, frame.begin() + 8);
        if (!ofThisLog || !sum.equals(frame, 16)) {
            return;
        }
        pending[number32(frame, 0)] = at + kFrameHeader;
        if (const std::uint32_t size = number32(frame, 4); size != 0) {  // the end of a transaction
            for (const auto& [page, where] : pending) {
                inLog_[page] = where;
                count_ = std::max(count_, page);
            }
            pending.clear();
        }
    }
}

std::span<const std::uint8_t> DatabasePages::page(std::uint32_t number) const {
    if (const auto found = inLog_.find(number); found != inLog_.end()) {
        return log_.bytes().subspan(found->second, pageSize_);
    }
    const std::size_t begin = (static_cast<std::size_t>(number) - 1) * pageSize_;
    if (number == 0 || begin + pageSize_ > file_.bytes().size()) {
        return {};
    }
    return file_.bytes().subspan(begin, pageSize_);
}

}  // namespace chat::store
