#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chat::doctor {

enum class Health : std::uint8_t { Ok, Warn, Fail };
[[nodiscard]] std::string_view healthName(Health health);  ///< "ok", "warn", "fail"

/// What one look at the machine or the installation found.
struct Check {
    std::string_view name;  ///< "store"
    Health health = Health::Ok;
    std::string what;    ///< fixed words and figures only: it goes into support bundles
    std::string place;   ///< the file that it is about, for the person at the screen; may be empty
    std::string wayOut;  ///< what to do; may name files; empty where all is well
};

}  // namespace chat::doctor
