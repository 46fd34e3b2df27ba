#pragma once

#include <cstdint>

namespace chat::store {

/// What a store is opened for. To read: nothing of it is changed, its log is left as a program that died has left it, and none is
/// made; but one of an older version is brought up to date.
enum class Access : std::uint8_t { Write, Read };

}  // namespace chat::store
