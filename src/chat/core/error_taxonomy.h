#pragma once

#include <string>
#include <string_view>

namespace chat {

/// The parts of an error's name, `MODULE_CATEGORY_CODE`. They can be told apart also in names that this version does not
/// know, because an older or newer one wrote them.
[[nodiscard]] std::string_view errorModule(std::string_view name);  ///< "AU"
[[nodiscard]] std::string_view errorCategory(
    std::string_view name);  ///< "FMT"; empty where there is none

/// What they stand for: "sound", "a form that cannot be used". The part itself where it is not known.
[[nodiscard]] std::string_view moduleTitle(std::string_view module);
[[nodiscard]] std::string_view categoryTitle(std::string_view category);

/// One sentence on an error of that name: its meaning from the catalog, else what its module and category tell.
[[nodiscard]] std::string errorMeaning(std::string_view name);

}  // namespace chat
