#pragma once

#include "chat/core/call.h"
#include "chat/core/error.h"
#include "chat/core/recording_part.h"
#include "chat/source/search_filter.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace chat::source {

/// A chain, store or agent: the id to ask for it with, and the name to show. Both are hostile until escaped.
struct Named {
    std::string id;
    std::string name;

    [[nodiscard]] bool operator==(const Named&) const = default;
};

struct FoundCall {
    CallAttributes
        call;  ///< `sid` is never empty; `startedAt` is empty or as `normalizedCallTime` gives it
    std::string telId;  ///< the line or extension on which the call was taken, or empty
    std::filesystem::path
        file;  ///< its recording, where that is on disk; else empty, and `readRecording` has it
    std::string shownPath;  ///< of `file`, as SourceRecording has it
};

struct PageRequest {
    std::size_t limit = 100;  ///< most calls of a page, 1 to kMaxPage
    std::string cursor;       ///< `CallPage::next` of the page before; empty for the first
};
inline constexpr std::size_t kMaxPage = 1000;

struct CallPage {
    std::vector<FoundCall> calls;
    std::string next;                    ///< cursor of the next page; empty on the last
    std::optional<std::uint64_t> total;  ///< calls of all pages, where the source knows
    std::size_t unusable = 0;  ///< entries that were left out because they have no usable SID
    /// Why the page ended early. `calls` holds what came before; asking for the same page again is allowed.
    std::optional<Error> cutShort;
};

/// Where calls come from: a telephone system, a folder.
///
/// Lists are sorted by name, calls by the time at which they began and then by SID; every call stands on one page. Everything
/// blocks and can be asked again; a stop takes effect within a second (SYS_STATE_STOPPED). `readRecording` may be called by any
/// number of threads at once; everything else belongs to one thread at a time. Whatever a source says is hostile until escaped.
///
/// Errors of a telephone system: API_CONN_TIMEOUT, API_CONN_NETWORK_ERROR, API_PERM_UNAUTHORIZED, API_PERM_ADDRESS_REFUSED,
/// API_PERM_CERTIFICATE_REFUSED, API_RES_RATE_LIMITED, API_RES_TOO_LARGE, API_STATE_HOST_PAUSED, API_DATA_INVALID_RESPONSE,
/// API_UNK_GENERIC_ERROR; of every source API_DATA_NOT_FOUND and API_VAL_REQUEST_REFUSED.
class CallSource {
  public:
    virtual ~CallSource() = default;

    [[nodiscard]] virtual Result<std::vector<Named>> chains(const std::stop_token& stop) = 0;
    /// Errors: API_DATA_NOT_FOUND for a chain that is not among `chains`.
    [[nodiscard]] virtual Result<std::vector<Named>> stores(const std::string& chainId,
                                                            const std::stop_token& stop) = 0;
    /// The agents of a chain, or of one of its stores; all when both are empty.
    [[nodiscard]] virtual Result<std::vector<Named>> agents(const std::string& chainId,
                                                            const std::string& storeId,
                                                            const std::stop_token& stop) = 0;
    /// One page of the calls that fit. Errors: API_VAL_REQUEST_REFUSED for a filter with `problemsOf`, a limit out of bounds or
    /// a cursor that no page gave. When the page fails after calls have come, it is given with `cutShort`.
    [[nodiscard]] virtual Result<CallPage> search(const SearchFilter& filter,
                                                  const PageRequest& page,
                                                  const std::stop_token& stop) = 0;
    /// The sound of a call, from the byte `from.offset` on when it still has the version `from.versionMark`, else from its start:
    /// the part that `take` is given says which. Gives that part. Errors: API_DATA_NOT_FOUND, DL_DATA_INCOMPLETE (it broke off;
    /// what `take` was given is right), those of `take`.
    [[nodiscard]] virtual Result<RecordingPart> readRecording(const std::string& sid,
                                                              const RecordingPart& from,
                                                              const TakeBytes& take,
                                                              const std::stop_token& stop) = 0;

  protected:
    CallSource() = default;
    CallSource(const CallSource&) = default;
    CallSource& operator=(const CallSource&) = default;
    CallSource(CallSource&&) = default;
    CallSource& operator=(CallSource&&) = default;
};

/// The error of a filter or page that cannot be searched for, the same for every source.
[[nodiscard]] Status checkSearch(const SearchFilter& filter, const PageRequest& page);

}  // namespace chat::source
