#include "queue_output.h"

#include "chat/core/text.h"
#include "chat/queue/job_states.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <map>

#include "terminal.h"

namespace chat::cli {

namespace {

using queue::JobState;

/// More answers than this are counted, not listed.
constexpr std::size_t kMostAnswers = 40;
constexpr std::size_t kMostIds = 8;
constexpr std::size_t kWide = 130;  ///< columns from which on more is shown of each call

std::string localTime(queue::Time time) {
    return fmt::format("{:%m-%d %H:%M}",
                       fmt::localtime(std::chrono::system_clock::to_time_t(time)));
}

/// What a person wants to know next of a job in that state.
std::string noteOf(const queue::Job& job) {
    switch (job.state) {
        case JobState::Running:
            return fmt::format("{} {:.0f} %", job.stage, 100 * job.progress);
        case JobState::Waiting:
            return fmt::format("again {}, {}",
                               job.notBefore ? localTime(*job.notBefore) : "",
                               job.error ? errorName(job.error->code) : "");
        case JobState::Failed:
            return job.error ? std::string(errorName(job.error->code)) : "";
        case JobState::Completed:
            return job.processing > Seconds{0} ? fmt::format("in {:.1f} s", job.processing.count())
                                               : "";
        case JobState::Pending:
        case JobState::Paused:
        case JobState::Cancelled:
            return job.attempts > 0 ? fmt::format("attempts: {}", job.attempts) : "";
    }
    return "";
}

struct Column {
    std::string_view title;
    std::size_t most;  ///< columns of the screen that it takes at most; 0: what is left
    std::string (*text)(const queue::Job& job, const std::string& batch);
};

using Cell = const std::string&;

constexpr std::array kAlways{
    Column{"id", 9, [](const queue::Job& job, Cell) { return std::to_string(job.id); }},
    Column{"pri", 3, [](const queue::Job& job, Cell) { return std::to_string(job.priority); }},
    Column{
        "state", 9, [](const queue::Job& job, Cell) { return std::string(stateName(job.state)); }},
    Column{"call", 0, [](const queue::Job& job, Cell) { return job.path; }},
};
constexpr std::array kWhereWide{
    Column{"sid", 18, [](const queue::Job& job, Cell) { return job.call.sid; }},
    Column{"store", 16, [](const queue::Job& job, Cell) { return job.call.store; }},
    Column{"agent", 16, [](const queue::Job& job, Cell) { return job.call.agent; }},
};
constexpr std::array kAtTheEnd{
    Column{"batch", 20, [](const queue::Job&, Cell batch) { return batch; }},
    Column{"note", 32, [](const queue::Job& job, Cell) { return noteOf(job); }},
};

/// The end of a path says more than its beginning.
std::string endOf(const std::string& text, std::size_t width) {
    std::size_t over = columns(text);
    std::size_t from = 0;
    for (; over > width && from < text.size(); --over) {
        do {
            ++from;
        } while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0U) == 0x80U);
    }
    if (from == 0) {
        return text;
    }
    // One sign more makes room for the ellipsis.
    do {
        ++from;
    } while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0U) == 0x80U);
    return "\xE2\x80\xA6" + text.substr(from);
}

/// Rows of cells, the first of titles, with the widths that fit the screen.
struct Table {
    std::vector<std::vector<std::string>> rows;
    std::vector<std::size_t> widths;
    std::size_t call = kAlways.size() - 1;  ///< position of the column that gets what is left
};

Table tableOf(std::span<const queue::Job> jobs, const BatchNames& batches, std::size_t width) {
    std::vector<Column> shown(kAlways.begin(), kAlways.end());
    if (width >= kWide) {
        shown.insert(shown.end(), kWhereWide.begin(), kWhereWide.end());
    }
    shown.insert(shown.end(), kAtTheEnd.begin(), kAtTheEnd.end());
    Table table;
    table.rows.reserve(jobs.size() + 1);
    auto& titles = table.rows.emplace_back();
    for (const Column& column : shown) {
        titles.emplace_back(column.title);
    }
    for (const queue::Job& job : jobs) {
        const auto batch = batches.find(job.batch);
        auto& row = table.rows.emplace_back();
        for (const Column& column : shown) {
            row.push_back(printable(column.text(job, batch != batches.end() ? batch->second : "")));
        }
    }
    std::size_t taken = 0;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        std::size_t widest = 0;
        for (const auto& row : table.rows) {
            widest = std::max(widest, columns(row[i]));
        }
        table.widths.push_back(i == table.call ? widest : std::min(widest, shown[i].most));
        taken += 2 + (i == table.call ? 0 : table.widths[i]);
    }
    constexpr std::size_t kNarrowestCall = 16;
    constexpr std::size_t kNarrowestBatch = 10;
    // Where the call would have too little, the batch gives some: its name stands in many lines.
    std::size_t& batch = table.widths[shown.size() - kAtTheEnd.size()];
    for (; taken + kNarrowestCall > width && batch > kNarrowestBatch; --taken) {
        --batch;
    }
    table.widths[table.call] = std::min(table.widths[table.call],
                                        std::max(kNarrowestCall, width - std::min(width, taken)));
    return table;
}

}  // namespace

Json jobJson(const queue::Job& job, const BatchNames& batches) {
    const auto batch = batches.find(job.batch);
    Json json{{"id", job.id}, {"batch", batch != batches.end() ? batch->second : ""}};
    json.update(callJson(job.call));
    json.update({{"path", job.path},
                 {"file", job.file.string()},
                 {"bytes", job.bytes},
                 {"priority", job.priority},
                 {"rank", job.rank},
                 {"state", queue::stateName(job.state)},
                 {"stage", job.stage},
                 {"progress", job.progress},
                 {"attempts", job.attempts},
                 {"addedAt", timeJson(job.addedAt)},
                 {"notBefore", timeJson(job.notBefore)},
                 {"startedAt", timeJson(job.startedAt)},
                 {"endedAt", timeJson(job.endedAt)},
                 {"worker", job.worker},
                 {"durationSeconds", job.duration.count()},
                 {"processingSeconds", job.processing.count()},
                 {"error", errorJson(job.error)}});
    return json;
}

Json countsJson(const queue::StateCounts& counts) {
    Json json = Json::object();
    for (std::size_t state = 0; state < counts.size(); ++state) {
        json[std::string(queue::stateName(static_cast<JobState>(state)))] = counts.at(state);
    }
    return json;
}

std::string countsText(const queue::StateCounts& counts) {
    std::string text;
    for (std::size_t state = 0; state < counts.size(); ++state) {
        if (counts.at(state) > 0) {
            text += fmt::format("{}{} {}",
                                text.empty() ? "" : ", ",
                                counts.at(state),
                                queue::stateName(static_cast<JobState>(state)));
        }
    }
    return text.empty() ? "no jobs" : text;
}

void printJobs(std::span<const queue::Job> jobs, const BatchNames& batches) {
    const bool color = showsColor(STDOUT_FILENO);
    const Table table =
        tableOf(jobs, batches, static_cast<std::size_t>(terminalWidth(STDOUT_FILENO)));
    for (const auto& row : table.rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::size_t width = table.widths[i];
            line += "  " + padded(i == table.call ? endOf(row[i], width) : row[i], width);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        const bool title = &row == table.rows.data() && color;
        fmt::print("{}{}{}\n", title ? "\x1B[1m" : "", line, title ? "\x1B[0m" : "");
    }
}

void printAnswers(const queue::EditOutcome& outcome, std::string_view done) {
    std::map<std::string, std::vector<queue::JobId>> refusals;
    for (const queue::EditAnswer& answer : outcome.answers) {
        if (!answer.refused.empty()) {
            refusals[answer.refused].push_back(answer.job);
        }
        if (outcome.answers.size() <= kMostAnswers) {
            fmt::print("  {:>7}  {}  {}\n",
                       answer.job,
                       padded(printable(answer.sid), 18),
                       answer.refused.empty() ? std::string(done) : "not done: " + answer.refused);
        }
    }
    if (outcome.answers.size() > kMostAnswers) {
        for (const auto& [reason, ids] : refusals) {
            fmt::print("  {} not done: {} ({}{})\n",
                       ids.size(),
                       reason,
                       fmt::join(std::span(ids).first(std::min(ids.size(), kMostIds)), ", "),
                       ids.size() > kMostIds ? ", ..." : "");
        }
    }
    fmt::print(
        "{} of {} {}.\n", outcome.done, counted(outcome.answers.size(), "job", "jobs"), done);
}

Json answersJson(const queue::EditOutcome& outcome) {
    Json jobs = Json::array();
    for (const queue::EditAnswer& answer : outcome.answers) {
        jobs.push_back({{"id", answer.job},
                        {"sid", answer.sid},
                        {"done", answer.refused.empty()},
                        {"reason", answer.refused.empty() ? Json(nullptr) : Json(answer.refused)}});
    }
    return {{"done", outcome.done},
            {"refused", outcome.answers.size() - outcome.done},
            {"jobs", std::move(jobs)}};
}

}  // namespace chat::cli
