#pragma once

#include "chat/core/error.h"
#include "chat/source/rest/rest_settings.h"

#include <string>

namespace chat::source {

/// The header that shows a server who asks, "Authorization: Bearer ..."; empty for none. Read anew for each run and kept in memory
/// only. Errors: CFG_PERM_CREDENTIAL (missing, empty, not on one line, or a file that others can read); they never quote it.
[[nodiscard]] Result<std::string> credentialHeader(const Credential& credential);

}  // namespace chat::source
