#pragma once

#include "chat/source/call_source.h"

#include <string>
#include <vector>

namespace chat::source {

/// Calls that are all known, given as `CallSource` promises: sorted, filtered, in pages.
///
/// Chains, stores and agents are those that the calls name; their ids are made of the names and stay the same as long as these
/// do. Of several calls with one SID the first to begin counts. A cursor is a position, and so holds for as long as the calls.
class CallIndex {
  public:
    explicit CallIndex(std::vector<FoundCall> calls = {});

    [[nodiscard]] static std::string chainIdOf(const std::string& chain);
    [[nodiscard]] static std::string storeIdOf(const std::string& chain, const std::string& store);

    [[nodiscard]] std::vector<Named> chains() const;
    [[nodiscard]] Result<std::vector<Named>> stores(const std::string& chainId) const;
    [[nodiscard]] std::vector<Named> agents(const std::string& chainId,
                                            const std::string& storeId) const;
    [[nodiscard]] Result<CallPage> search(const SearchFilter& filter,
                                          const PageRequest& page) const;

  private:
    struct Entry {
        FoundCall found;
        std::string chainId;
        std::string storeId;
        std::string agentId;
    };
    [[nodiscard]] static bool fits(const Entry& entry, const SearchFilter& filter);
    /// One of the names that the entries have, each once, of those that fit.
    [[nodiscard]] std::vector<Named> named(std::string Entry::* id,
                                           std::string CallAttributes::* name,
                                           const SearchFilter& filter) const;

    std::vector<Entry> entries_;  ///< in the order of `search`
};

}  // namespace chat::source
