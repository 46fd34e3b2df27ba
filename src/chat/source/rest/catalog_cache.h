#pragma once

#include "chat/core/clock.h"
#include "chat/core/error.h"
#include "chat/source/call_source.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chat::source {

/// Chains, stores or agents as a server gave them.
struct KeptList {
    std::vector<Named> entries;
    std::string versionMark;                        ///< ETag; empty where the server gives none
    std::chrono::system_clock::time_point askedAt;  ///< kept to the millisecond

    [[nodiscard]] bool operator==(const KeptList&) const = default;
};

/// A list as it is kept, and back; nothing for a text that is damaged in any way.
[[nodiscard]] std::string keptListText(const KeptList& list);
[[nodiscard]] std::optional<KeptList> parseKeptList(std::string_view text);

/// Keeps the lists of telephone systems on disk, so that they are there at once, and when the server is not.
///
/// A list is given as it is kept for as long as `life`; then the server is asked whether it has changed. When the server cannot be
/// reached the kept list is given, however old. One file a list, named by a hash, 0600 in a folder 0700; one that is damaged is
/// replaced, and one that cannot be written is not kept. Belongs to one thread at a time; any number of processes may share a
/// folder. The clock outlives the cache.
class CatalogCache {
  public:
    CatalogCache(std::filesystem::path folder, std::chrono::minutes life, const Clock& clock)
        : folder_(std::move(folder))
        , life_(life)
        , clock_(clock) {}

    /// Brings a list from its server. Nothing: it is still the kept one, whose version is given (null when none is kept).
    using Ask = std::function<Result<std::optional<KeptList>>(const std::string* keptVersion)>;

    /// The list with a name that tells it from all others. Errors: those of `ask`.
    [[nodiscard]] Result<std::vector<Named>> list(const std::string& name, const Ask& ask);

    /// When the list that was given last was asked for, if not for this.
    [[nodiscard]] std::optional<std::chrono::system_clock::time_point> asOf() const {
        return asOf_;
    }
    /// From here on the server is asked for every list.
    void expire() { life_ = std::chrono::minutes(0); }

  private:
    [[nodiscard]] std::filesystem::path fileOf(const std::string& name) const;
    [[nodiscard]] bool isFresh(const KeptList& list) const;
    void keep(const std::filesystem::path& file, const KeptList& list) const;

    std::filesystem::path folder_;
    std::chrono::minutes life_;
    const Clock& clock_;
    std::optional<std::chrono::system_clock::time_point> asOf_;
    bool unreachable_ = false;  ///< the server could not be asked; it is not waited for again
};

}  // namespace chat::source
