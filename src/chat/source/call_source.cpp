#include "chat/source/call_source.h"

#include <fmt/format.h>

namespace chat::source {

Status checkSearch(const SearchFilter& filter, const PageRequest& page) {
    if (const auto problems = problemsOf(filter); !problems.empty()) {
        return fail(ErrorCode::ApiValRequestRefused,
                    fmt::format("{}: {}", problems.front().field, problems.front().text));
    }
    if (page.limit < 1 || page.limit > kMaxPage) {
        return fail(ErrorCode::ApiValRequestRefused,
                    fmt::format("A page holds 1 to {} calls", kMaxPage));
    }
    return {};
}

}  // namespace chat::source
