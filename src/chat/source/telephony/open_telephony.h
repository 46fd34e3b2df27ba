#pragma once

#include "chat/core/clock.h"
#include "chat/source/call_source.h"
#include "chat/source/rest/catalog_cache.h"
#include "chat/source/rest/rest_settings.h"

#include <memory>
#include <stop_token>

namespace chat::source {

/// The calls of the telephone system that the settings describe; lists of a server are kept in `cache` where one is given. The
/// clock and the cache outlive the source. Errors: those of the kind's source.
[[nodiscard]] Result<std::unique_ptr<CallSource>> openTelephony(const TelephonySettings& settings,
                                                                const Clock& clock,
                                                                const std::stop_token& stop,
                                                                CatalogCache* cache = nullptr);

}  // namespace chat::source
