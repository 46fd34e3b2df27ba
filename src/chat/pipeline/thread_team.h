#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace chat::pipeline {

/// Threads that do the same work, as many as are wanted, also while they are at it. Any thread.
class ThreadTeam {
  public:
    /// Each thread calls `work` once; it ends when there is nothing to do any more, and without asking again when `wanted` says false.
    using Work = std::function<void(const std::function<bool()>& wanted)>;

    /// `name`: at most 15 characters, as ps shows it. `over` is called once, by the last thread that ends.
    ThreadTeam(std::string name, Work work, std::function<void()> over = [] {});
    ~ThreadTeam();
    ThreadTeam(const ThreadTeam&) = delete;
    ThreadTeam& operator=(const ThreadTeam&) = delete;
    ThreadTeam(ThreadTeam&&) = delete;
    ThreadTeam& operator=(ThreadTeam&&) = delete;

    /// From 1. More begin at once; fewer are there when those that are too many next ask whether they are wanted. Nothing
    /// once the work is over.
    void resize(int threads);

    /// Waits for all threads to end; none begins afterwards.
    void join();

  private:
    struct Member {
        bool atWork = false;
        std::jthread thread;
    };

    void run(std::size_t member);

    std::string name_;
    Work work_;
    std::function<void()> whenOver_;
    std::mutex mutex_;  ///< of what follows
    std::vector<Member> members_;
    std::size_t wanted_ = 0;
    std::size_t atWork_ = 0;
    bool closed_ = false;  ///< no thread begins any more
};

}  // namespace chat::pipeline
