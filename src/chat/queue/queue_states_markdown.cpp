#include "chat/queue/job_states.h"

#include <fmt/format.h>

#include <map>
#include <vector>

namespace chat::queue {

namespace {

constexpr std::string_view kIntroduction =
    "# States of a job\n\n"
    "Every move that a job can make. Any other is refused, with the reason. This page is made from "
    "the table in\n"
    "`src/chat/queue/job_states.cpp`.\n\n";

constexpr std::string_view kMeanings =
    "| state | meaning |\n|---|---|\n"
    "| pending | may be claimed by a worker |\n"
    "| paused | held back by a person |\n"
    "| running | claimed by a worker, under a lease that the worker renews |\n"
    "| waiting | failed, and will be tried again at a set time |\n"
    "| completed | its results are in the store |\n"
    "| failed | will not be tried again by itself |\n"
    "| cancelled | given up by a person |\n\n";

constexpr std::string_view kWho =
    "| move | made by |\n|---|---|\n"
    "| claim, complete, fail, wait | the worker |\n"
    "| return | the next claim, when a lease ran out; a worker that is stopped |\n"
    "| due | the next claim, when the time to wait is over |\n"
    "| pause, resume, retry, cancel, remove, reorder | a person: `chat queue` |\n";

}  // namespace

std::string queueStatesMarkdown() {
    std::string page(kIntroduction);
    page += "```mermaid\nstateDiagram-v2\n    [*] --> pending: add\n";
    // One arrow for all moves between the same two states keeps the drawing readable.
    std::map<std::pair<JobState, std::optional<JobState>>, std::string> arrows;
    for (const AllowedMove& row : moves()) {
        std::string& label = arrows[{row.from, row.to}];
        label += (label.empty() ? "" : ", ") + std::string(moveName(row.move));
    }
    for (const auto& [ends, label] : arrows) {
        page += fmt::format("    {} --> {}: {}\n",
                            stateName(ends.first),
                            ends.second ? stateName(*ends.second) : "[*]",
                            label);
    }
    page += "```\n\n";
    page += kMeanings;
    page += "| from | move | to |\n|---|---|---|\n";
    for (const AllowedMove& row : moves()) {
        page += fmt::format("| {} | {} | {} |\n",
                            stateName(row.from),
                            moveName(row.move),
                            row.to ? stateName(*row.to) : "(gone)");
    }
    page += "\n";
    page += kWho;
    return page;
}

}  // namespace chat::queue
