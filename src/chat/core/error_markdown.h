#pragma once

#include <string>

namespace chat {

/// The error catalog as the page docs/errors.md.
[[nodiscard]] std::string errorCatalogMarkdown();

}  // namespace chat
