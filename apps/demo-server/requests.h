#pragma once

#include <httplib.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace chat::demo {

/// What of the interface an address is.
struct Target {
    std::string_view place;  ///< as `Faults` calls it
    std::string id;          ///< of the chain or call, where the place has one
};
[[nodiscard]] std::optional<Target> targetOf(const std::string& path);

/// Whether a request says that a body comes with it.
[[nodiscard]] bool hasBody(const httplib::Request& request);

/// Whether a text fits "Id" of the interface.
[[nodiscard]] bool isId(std::string_view text);

/// The format of a recording as its name says it; that of any bytes where it does not.
[[nodiscard]] const char* mediaTypeOf(const std::filesystem::path& file);

/// Takes away what the library has read of Range, which it would apply to whatever is answered.
[[nodiscard]] httplib::Ranges takeRanges(const httplib::Request& request);

enum class Part : std::uint8_t { Whole, Some, Missing };
/// How much of a recording of this length and version is wanted. More than one part is answered with the whole, as may be
/// (RFC 9110, 14.2), and so is what is wanted of another version.
[[nodiscard]] Part partOf(const httplib::Request& request,
                          const httplib::Ranges& ranges,
                          std::size_t size,
                          std::string_view mark);
/// Has the library answer with that part, which ends where the recording does.
void putBack(const httplib::Request& request, httplib::Ranges ranges, std::size_t size);

}  // namespace chat::demo
