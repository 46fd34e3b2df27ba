#include "chat/queue/job_states.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace chat::queue {

namespace {

using enum JobState;

constexpr std::array kMoves{
    AllowedMove{Move::Claim, Pending, Running},
    AllowedMove{Move::Complete, Running, Completed},
    AllowedMove{Move::Fail, Running, Failed},
    AllowedMove{Move::Wait, Running, Waiting},
    AllowedMove{Move::Return, Running, Pending},
    AllowedMove{Move::Due, Waiting, Pending},
    AllowedMove{Move::Pause, Pending, Paused},
    AllowedMove{Move::Pause, Waiting, Paused},
    AllowedMove{Move::Resume, Paused, Pending},
    AllowedMove{Move::Retry, Waiting, Pending},
    AllowedMove{Move::Retry, Failed, Pending},
    AllowedMove{Move::Retry, Cancelled, Pending},
    AllowedMove{Move::Cancel, Pending, Cancelled},
    AllowedMove{Move::Cancel, Paused, Cancelled},
    AllowedMove{Move::Cancel, Running, Cancelled},
    AllowedMove{Move::Cancel, Waiting, Cancelled},
    AllowedMove{Move::Remove, Pending, std::nullopt},
    AllowedMove{Move::Remove, Paused, std::nullopt},
    AllowedMove{Move::Remove, Waiting, std::nullopt},
    AllowedMove{Move::Remove, Completed, std::nullopt},
    AllowedMove{Move::Remove, Failed, std::nullopt},
    AllowedMove{Move::Remove, Cancelled, std::nullopt},
    AllowedMove{Move::Reorder, Pending, Pending},
    AllowedMove{Move::Reorder, Paused, Paused},
    AllowedMove{Move::Reorder, Waiting, Waiting},
};

constexpr std::array<std::pair<JobState, std::string_view>, 7> kStates{{
    {Pending, "pending"},
    {Paused, "paused"},
    {Running, "running"},
    {Waiting, "waiting"},
    {Completed, "completed"},
    {Failed, "failed"},
    {Cancelled, "cancelled"},
}};

struct MoveNames {
    Move move;
    std::string_view name;
    std::string_view done;  ///< "it cannot be ..."
};

constexpr std::array kMoveNames{
    MoveNames{Move::Claim, "claim", "claimed"},
    MoveNames{Move::Complete, "complete", "completed"},
    MoveNames{Move::Fail, "fail", "failed"},
    MoveNames{Move::Wait, "wait", "put off"},
    MoveNames{Move::Return, "return", "returned"},
    MoveNames{Move::Due, "due", "due"},
    MoveNames{Move::Pause, "pause", "paused"},
    MoveNames{Move::Resume, "resume", "resumed"},
    MoveNames{Move::Retry, "retry", "retried"},
    MoveNames{Move::Cancel, "cancel", "cancelled"},
    MoveNames{Move::Remove, "remove", "removed"},
    MoveNames{Move::Reorder, "reorder", "moved"},
};

const MoveNames& moveNames(Move move) {
    return kMoveNames.at(static_cast<std::size_t>(move));
}

/// What can be done instead with a job in that state.
std::string_view wayOut(JobState from) {
    switch (from) {
        case Pending:
            return "pause, cancel, remove or reorder it";
        case Paused:
            return "resume it, or cancel it";
        case Running:
            return "wait for its end, or cancel it";
        case Waiting:
            return "retry it now, pause it or cancel it";
        case Completed:
            return "remove it; to do it anew, add it to another batch";
        case Failed:
        case Cancelled:
            return "retry it, or remove it";
    }
    return "";
}

}  // namespace

std::span<const AllowedMove> moves() {
    return kMoves;
}

bool allowed(Move move, JobState from) {
    return std::ranges::any_of(
        kMoves, [&](const AllowedMove& row) { return row.move == move && row.from == from; });
}

std::string refusal(Move move, JobState from) {
    return fmt::format(
        "it is {} and cannot be {}; {}", stateName(from), moveNames(move).done, wayOut(from));
}

std::string_view stateName(JobState state) {
    return kStates.at(static_cast<std::size_t>(state)).second;
}

std::optional<JobState> stateNamed(std::string_view name) {
    const auto* const found =
        std::ranges::find(kStates, name, &std::pair<JobState, std::string_view>::second);
    return found == kStates.end() ? std::nullopt : std::optional(found->first);
}

std::string_view moveName(Move move) {
    return moveNames(move).name;
}

std::optional<Move> moveNamed(std::string_view name) {
    const auto* const found = std::ranges::find(kMoveNames, name, &MoveNames::name);
    return found == kMoveNames.end() ? std::nullopt : std::optional(found->move);
}

}  // namespace chat::queue
