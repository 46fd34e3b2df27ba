#pragma once

#include <cstddef>

namespace chat {

/// What a share may be, 0-1.
struct ShareInterval {
    double low = 0;
    double high = 1;
};

/// The 95 % interval of a share that `of` times in `all` was met (Wilson, JASA 22, 1927); from 0 to 1 where nothing was tried.
[[nodiscard]] ShareInterval wilsonInterval(std::size_t of, std::size_t all);

}  // namespace chat
