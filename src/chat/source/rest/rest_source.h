#pragma once

#include "chat/core/clock.h"
#include "chat/source/call_source.h"
#include "chat/source/rest/catalog_cache.h"
#include "chat/source/rest/rest_settings.h"

#include <memory>

namespace chat::source {

/// The calls of a telephone system with the interface of schema/telephony.openapi.yaml, or one of the same shape and other names.
///
/// Keeps its connections. Entries without a usable SID (text or whole number, at most 256 bytes, nothing that cannot be shown)
/// are left out and counted. Chains, stores and agents are kept in `cache` where one is given. Errors: those of `credentialHeader`.
/// The clock and the cache outlive the source.
[[nodiscard]] Result<std::unique_ptr<CallSource>> openRestSource(const RestSettings& settings,
                                                                 const Clock& clock,
                                                                 CatalogCache* cache = nullptr);

}  // namespace chat::source
