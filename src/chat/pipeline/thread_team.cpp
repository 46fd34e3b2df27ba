#include "chat/pipeline/thread_team.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace chat::pipeline {

ThreadTeam::ThreadTeam(std::string name, Work work, std::function<void()> over)
    : name_(std::move(name))
    , work_(std::move(work))
    , whenOver_(std::move(over)) {}

ThreadTeam::~ThreadTeam() {
    join();
}

void ThreadTeam::resize(int threads) {
    const std::scoped_lock lock(mutex_);
    if (closed_) {
        return;
    }
    wanted_ = static_cast<std::size_t>(std::max(1, threads));
    if (members_.size() < wanted_) {
        members_.resize(wanted_);
    }
    for (std::size_t i = 0; i < wanted_; ++i) {
        if (!members_[i].atWork) {
            members_[i].atWork = true;
            ++atWork_;
            members_[i].thread = std::jthread([this, i] { run(i); });
        }
    }
}

void ThreadTeam::run(std::size_t member) {
    ::pthread_setname_np(::pthread_self(), name_.c_str());
    bool left = false;
    work_([this, member, &left] {
        const std::scoped_lock lock(mutex_);
        if (!left && member >= wanted_ && atWork_ > 1) {
            // At once, so that whoever wants more again finds the place free.
            left = true;
            members_[member].atWork = false;
            --atWork_;
        }
        return !left;
    });
    if (left) {
        return;
    }
    {
        const std::scoped_lock lock(mutex_);
        members_[member].atWork = false;
        closed_ = closed_ || atWork_ == 1;
        if (--atWork_ > 0) {
            return;
        }
    }
    whenOver_();
}

void ThreadTeam::join() {
    std::vector<std::jthread> ending;  // joined once the lock is free
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    ending.reserve(members_.size());
    for (Member& member : members_) {
        ending.push_back(std::move(member.thread));
    }
}

}  // namespace chat::pipeline
