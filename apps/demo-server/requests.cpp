#include "demo-server/requests.h"

#include "chat/core/text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace chat::demo {

namespace {

constexpr std::size_t kMaxIdCharacters = 256;
constexpr const char* kAnyBytes = "application/octet-stream";

struct MediaType {
    std::string_view ending;
    const char* type;
};
constexpr std::array kMediaTypes{MediaType{".wav", "audio/wav"},
                                 MediaType{".flac", "audio/flac"},
                                 MediaType{".mp3", "audio/mpeg"},
                                 MediaType{".ogg", "audio/ogg"},
                                 MediaType{".opus", "audio/ogg"},
                                 MediaType{".m4a", "audio/mp4"},
                                 MediaType{".amr", "audio/amr"},
                                 MediaType{".gsm", "audio/x-gsm"},
                                 MediaType{".au", "audio/basic"}};

/// What stands between the two ends of a path.
std::optional<std::string> between(std::string_view path,
                                   std::string_view before,
                                   std::string_view behind) {
    if (path.size() <= before.size() + behind.size() || !path.starts_with(before) ||
        !path.ends_with(behind)) {
        return std::nullopt;
    }
    path.remove_prefix(before.size());
    path.remove_suffix(behind.size());
    return std::string(path);
}

/// The library's own object is not const, and it gives no other way to say which ranges hold.
httplib::Ranges& rangesOf(const httplib::Request& request) {
    return const_cast<httplib::Request&>(request).ranges;
}

}  // namespace

std::optional<Target> targetOf(const std::string& path) {
    constexpr std::array<std::string_view, 3> kLists{"chains", "agents", "calls"};
    for (const std::string_view list : kLists) {
        if (path.starts_with('/') && std::string_view(path).substr(1) == list) {
            return Target{list, {}};
        }
    }
    if (auto chain = between(path, "/chains/", "/stores")) {
        return Target{"stores", std::move(*chain)};
    }
    if (auto call = between(path, "/calls/", "/recording")) {
        return Target{"recording", std::move(*call)};
    }
    return std::nullopt;
}

bool hasBody(const httplib::Request& request) {
    const std::string length = request.get_header_value("Content-Length");
    return (!length.empty() && length != "0") || request.has_header("Transfer-Encoding");
}

bool isId(std::string_view text) {
    constexpr unsigned kFollowing = 0x80;  // the bytes of a character behind its first
    const auto characters = std::ranges::count_if(
        text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != kFollowing; });
    const bool shown = std::ranges::none_of(
        text, [](char byte) { return static_cast<unsigned char>(byte) < ' ' || byte == '\x7F'; });
    return !text.empty() && shown && std::cmp_less_equal(characters, kMaxIdCharacters);
}

const char* mediaTypeOf(const std::filesystem::path& file) {
    const std::string ending = lowerAscii(file.extension().string());
    const auto* const known =
        std::ranges::find(kMediaTypes, std::string_view(ending), &MediaType::ending);
    return known == kMediaTypes.end() ? kAnyBytes : known->type;
}

httplib::Ranges takeRanges(const httplib::Request& request) {
    return std::exchange(rangesOf(request), {});
}

Part partOf(const httplib::Request& request,
            const httplib::Ranges& ranges,
            std::size_t size,
            std::string_view mark) {
    const bool otherVersion =
        request.has_header("If-Range") && request.get_header_value("If-Range") != mark;
    if (ranges.size() != 1 || request.method != "GET" || otherVersion) {
        return Part::Whole;
    }
    const auto [first, last] = ranges.front();  // -1 where none is written
    if (first < 0) {
        return last < 0 ? Part::Whole : last == 0 || size == 0 ? Part::Missing : Part::Some;
    }
    return std::cmp_less(first, size) ? Part::Some : Part::Missing;
}

void putBack(const httplib::Request& request, httplib::Ranges ranges, std::size_t size) {
    auto& [first, last] = ranges.front();
    if (first >= 0 && std::cmp_greater_equal(last, size)) {
        last = -1;  // to the end
    }
    rangesOf(request) = std::move(ranges);
}

}  // namespace chat::demo
