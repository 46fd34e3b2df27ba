#include "chat/core/wilson.h"

#include <cmath>

namespace chat {

ShareInterval wilsonInterval(std::size_t of, std::size_t all) {
    constexpr double kZ = 1.96;
    if (all == 0) {
        return {};
    }
    const auto n = static_cast<double>(all);
    const double p = static_cast<double>(of) / n;
    const double middle = p + kZ * kZ / (2 * n);
    const double half = kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n));
    const double whole = 1 + kZ * kZ / n;
    return {(middle - half) / whole, (middle + half) / whole};
}

}  // namespace chat
