#pragma once

#include "chat/core/error.h"

#include <array>
#include <string_view>

/// What the catalog's entries say in the same words. The tables beside this are its parts, one a module; error.cpp
/// puts them together.
namespace chat::errors {

inline constexpr std::string_view kCallFails =
    "The call counts as failed, with the reason in the report; the other calls go on.";
inline constexpr std::string_view kGoesOn =
    "The call is analyzed; the warning stands beside it in the report.";
inline constexpr std::string_view kNothingBegun = "Nothing is begun and nothing is changed.";
inline constexpr std::string_view kRunEnds =
    "The run ends; finished calls are kept, and the same command goes on after them.";
inline constexpr std::string_view kTriedAgain =
    "The call is tried again by itself, after a pause that grows with each attempt; after the last "
    "attempt it counts as failed, and the other calls go on.";
inline constexpr std::string_view kAskedAgain =
    "The server is asked again by itself a few times, after pauses that grow.";
inline constexpr std::string_view kTriedWithLess =
    "The call is tried again while its worker has no other in hand; if that does not help, its "
    "words are found by the next smaller model that is installed, which the report says. Then it "
    "counts as failed, and the other calls go on.";
inline constexpr std::string_view kDownloadAgain =
    "The download is tried again by itself a few times, from where it stopped; what has arrived is "
    "kept.";
inline constexpr std::string_view kDownloadStops =
    "The download ends at once and is not tried again; nothing is sent any more.";

}  // namespace chat::errors
