#pragma once

#include "chat/queue/job.h"

#include <span>
#include <string>
#include <string_view>

namespace chat::queue {

/// What can happen to a job.
enum class Move : std::uint8_t {
    Claim,     ///< a worker takes it
    Complete,  ///< its last stage ended well
    Fail,      ///< it failed for good
    Wait,      ///< it failed and will be tried again
    Return,    ///< its lease ran out, or its worker was stopped
    Due,       ///< the time to wait is over
    Pause,
    Resume,
    Retry,
    Cancel,
    Remove,
    Reorder,  ///< another priority, rank or batch; the state stays
};

/// One allowed move. The table of all of them is the only place that says what is allowed; docs/queue-states.md is
/// made from it.
struct AllowedMove {
    Move move = Move::Claim;
    JobState from = JobState::Pending;
    std::optional<JobState> to;  ///< none: the job is gone
};

[[nodiscard]] std::span<const AllowedMove> moves();
[[nodiscard]] bool allowed(Move move, JobState from);
/// Why a job in that state cannot make that move: a clause that follows "not done: ". For moves that are not allowed.
[[nodiscard]] std::string refusal(Move move, JobState from);

[[nodiscard]] std::string_view stateName(JobState state);  ///< "pending"
[[nodiscard]] std::optional<JobState> stateNamed(std::string_view name);
[[nodiscard]] std::string_view moveName(Move move);  ///< "pause"
[[nodiscard]] std::optional<Move> moveNamed(std::string_view name);

/// The page docs/queue-states.md: the table and a state diagram (Mermaid).
[[nodiscard]] std::string queueStatesMarkdown();

}  // namespace chat::queue
