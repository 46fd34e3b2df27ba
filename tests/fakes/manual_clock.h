#pragma once

#include "chat/core/clock.h"

namespace chat::tests {

/// A clock that stands still until it is moved.
class ManualClock final : public Clock {
  public:
    [[nodiscard]] std::chrono::system_clock::time_point now() const override { return now_; }
    [[nodiscard]] std::chrono::steady_clock::time_point steadyNow() const override {
        return steady_;
    }
    void advance(std::chrono::milliseconds by) {
        now_ += by;
        steady_ += by;
    }

  private:
    std::chrono::system_clock::time_point now_{std::chrono::seconds{1'794'000'000}};
    std::chrono::steady_clock::time_point steady_{};
};

}  // namespace chat::tests
