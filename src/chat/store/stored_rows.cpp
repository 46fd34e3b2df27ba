#include "chat/store/stored_rows.h"

#include <algorithm>
#include <bit>

namespace chat::store {

namespace {

enum PageKind : std::uint8_t { IndexInterior = 0x02, IndexLeaf = 0x0a, TableLeaf = 0x0d };

/// Reads on from a place; after a read beyond the end `ok` is false for good.
struct Reader {
    std::span<const std::uint8_t> bytes;
    std::size_t at = 0;
    bool ok = true;

    /// 7 bits a byte, the highest first; the ninth byte counts whole.
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (int i = 0; i < 9; ++i) {
            if (at >= bytes.size()) {
                ok = false;
                return 0;
            }
            const std::uint8_t byte = bytes[at++];
            if (i == 8) {
                return value << 8U | byte;
            }
            value = value << 7U | (byte & 0x7fU);
            if ((byte & 0x80U) == 0) {
                return value;
            }
        }
        return value;
    }
};

/// How much of a payload stands on its own page (section 1.6 of the format).
std::size_t localBytes(std::uint64_t payload, std::size_t usable, bool table) {
    const std::size_t most = table ? usable - 35 : (usable - 12) * 64 / 255 - 23;
    if (payload <= most) {
        return payload;
    }
    const std::size_t least = (usable - 12) * 32 / 255 - 23;
    const std::size_t fitted = least + (payload - least) % (usable - 4);
    return fitted <= most ? fitted : least;
}

/// Appends what stands on the chain of further pages. False when the chain ends early.
bool appendOverflow(const DatabasePages& pages,
                    std::uint32_t next,
                    std::uint64_t payload,
                    std::vector<std::uint8_t>& bytes) {
    while (bytes.size() < payload) {
        const auto page = pages.page(next);
        if (page.empty()) {
            return false;
        }
        const auto content =
            page.subspan(4, std::min<std::size_t>(payload - bytes.size(), pages.usable() - 4));
        bytes.insert(bytes.end(), content.begin(), content.end());
        next = number32(page, 0);
    }
    return true;
}

std::int64_t signedNumber(std::span<const std::uint8_t> bytes) {
    std::uint64_t value = (bytes[0] & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
    for (const std::uint8_t byte : bytes) {
        value = value << 8U | byte;
    }
    return std::bit_cast<std::int64_t>(value);
}

std::size_t sizeOfType(std::uint64_t type) {
    constexpr std::array<std::size_t, 10> kSizes{0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
    return type < kSizes.size() ? kSizes[type] : (type - 12) / 2;
}

Value valueOf(std::uint64_t type, std::span<const std::uint8_t> bytes) {
    switch (type) {
        case 0:
            return std::monostate{};
        case 7:
            return std::bit_cast<double>(signedNumber(bytes));
        case 8:
            return std::int64_t{0};
        case 9:
            return std::int64_t{1};
        default:
            break;
    }
    if (type < 7) {
        return signedNumber(bytes);
    }
    if (type % 2 == 0) {
        return Blob(bytes);
    }
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

/// Splits a record into its values (section 2.1). False when it is none.
bool readRecord(std::span<const std::uint8_t> payload, StoredRow& row) {
    Reader header{payload};
    const std::uint64_t headerSize = header.varint();
    if (!header.ok || headerSize > payload.size() || headerSize < header.at) {
        return false;
    }
    header.bytes = payload.first(headerSize);
    std::size_t at = headerSize;
    while (header.at < headerSize) {
        const std::uint64_t type = header.varint();
        if (!header.ok || type == 10 || type == 11) {
            return false;
        }
        const std::size_t size = sizeOfType(type);
        if (size > payload.size() - at) {
            return !row.complete;  // the rest is lost, which is known
        }
        row.values.push_back(valueOf(type, payload.subspan(at, size)));
        at += size;
    }
    return true;
}

/// The row that begins at `at`; nothing when there is none.
std::optional<StoredRow> readCell(const DatabasePages& pages,
                                  std::span<const std::uint8_t> page,
                                  std::size_t at,
                                  std::uint8_t kind,
                                  std::vector<std::uint8_t>& gathered) {
    StoredRow row;
    Reader reader{page.first(pages.usable()), kind == IndexInterior ? at + 4 : at};
    const std::uint64_t payload = reader.varint();
    if (kind == TableLeaf) {
        row.rowid = std::bit_cast<std::int64_t>(reader.varint());
    }
    // A row is never longer than what is left of the database.
    if (!reader.ok || payload == 0 || payload > std::uint64_t{pages.count()} * pages.usable()) {
        return std::nullopt;
    }
    const std::size_t local = localBytes(payload, pages.usable(), kind == TableLeaf);
    if (reader.at + local + (local < payload ? 4 : 0) > reader.bytes.size()) {
        return std::nullopt;
    }
    auto whole = reader.bytes.subspan(reader.at, local);
    if (local < payload) {
        gathered.assign(whole.begin(), whole.end());
        row.complete = appendOverflow(pages, number32(page, reader.at + local), payload, gathered);
        whole = gathered;
    }
    return readRecord(whole, row) ? std::optional(std::move(row)) : std::nullopt;
}

}  // namespace

std::size_t visitRows(const DatabasePages& pages,
                      std::uint32_t number,
                      const std::function<void(const StoredRow&)>& visit) {
    const auto page = pages.page(number);
    if (page.empty()) {
        return 0;
    }
    const std::size_t begin = number == 1 ? 100 : 0;
    const std::uint8_t kind = page[begin];
    if (kind != TableLeaf && kind != IndexLeaf && kind != IndexInterior) {
        return 0;
    }
    const std::size_t pointers = begin + (kind == IndexInterior ? 12 : 8);
    const std::size_t cells = number16(page, begin + 3);
    if (pointers + 2 * cells > pages.usable()) {
        return 1;
    }
    std::size_t broken = 0;
    std::vector<std::uint8_t> gathered;
    for (std::size_t i = 0; i < cells; ++i) {
        const std::size_t at = number16(page, pointers + 2 * i);
        const auto row = at >= pointers + 2 * cells && at < pages.usable()
                             ? readCell(pages, page, at, kind, gathered)
                             : std::nullopt;
        if (row) {
            visit(*row);
        } else {
            ++broken;
        }
    }
    return broken;
}

}  // namespace chat::store
