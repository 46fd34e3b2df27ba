#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>

namespace chat::pipeline {

/// How many things may wait for so many workers: enough that none waits for the next.
[[nodiscard]] inline std::size_t waitingFor(int workers) {
    return static_cast<std::size_t>(std::max(1, workers)) * 2;
}

/// Hands things from threads to threads, holding at most `capacity`: who puts waits while it is full.
template <typename T>
class BoundedQueue {
  public:
    explicit BoundedQueue(std::size_t capacity)
        : capacity_(capacity) {}

    /// False when stopped or closed before there was room; `item` is then dropped.
    bool put(T item, const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, stop, [&] { return closed_ || items_.size() < capacity_; }) ||
            closed_) {
            return false;
        }
        items_.push_back(std::move(item));
        changed_.notify_all();
        return true;
    }

    /// Waits for the next one; nothing when stopped, or when the queue is closed and empty.
    std::optional<T> take(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, stop, [&] { return closed_ || !items_.empty(); }) ||
            items_.empty()) {
            return std::nullopt;
        }
        T item = std::move(items_.front());
        items_.pop_front();
        changed_.notify_all();
        return item;
    }

    /// The next one if it is there already.
    std::optional<T> takeIfAny() {
        const std::scoped_lock lock(mutex_);
        if (items_.empty()) {
            return std::nullopt;
        }
        T item = std::move(items_.front());
        items_.pop_front();
        changed_.notify_all();
        return item;
    }

    /// What is in it beyond a smaller one stays.
    void setCapacity(std::size_t capacity) {
        const std::scoped_lock lock(mutex_);
        capacity_ = capacity;
        changed_.notify_all();
    }

    [[nodiscard]] std::size_t size() const {
        const std::scoped_lock lock(mutex_);
        return items_.size();
    }

    /// Nothing more will be put; what is in it can still be taken.
    void close() {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
        changed_.notify_all();
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<T> items_;
    std::size_t capacity_;
    bool closed_ = false;
};

}  // namespace chat::pipeline
