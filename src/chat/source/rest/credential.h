#pragma once

#include "chat/core/error.h"
#include "chat/source/rest/rest_settings.h"

#include <string>
#include <string_view>

namespace chat::source {

/// The header that shows a server who asks, "Authorization: Bearer ..."; empty for none. Read anew for each run and kept in memory
/// only. Errors: CFG_PERM_CREDENTIAL (missing, empty, not on one line, a file that others can read, or a keyring that is locked); they
/// never quote it.
[[nodiscard]] Result<std::string> credentialHeader(const Credential& credential);

/// Whether a text can be a credential: it is not empty and on one line.
[[nodiscard]] bool isUsableSecret(std::string_view secret);
/// The longest that can be one.
constexpr std::size_t kLongestSecret = 4096;

}  // namespace chat::source
