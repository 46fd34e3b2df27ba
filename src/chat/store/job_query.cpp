#include "chat/store/job_query.h"

#include "chat/queue/job_states.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace chat::store {

namespace {

using queue::SortColumn;

std::string bindMarks(std::size_t count) {
    std::string marks;
    for (std::size_t i = 0; i < count; ++i) {
        marks += i == 0 ? "?" : ", ?";
    }
    return marks;
}

/// A condition that holds for any of the rows whose `column` contains `part`, whatever LIKE thinks of its signs.
std::string escapedLike(const std::string& part) {
    std::string escaped = "%";
    for (const char sign : part) {
        if (sign == '%' || sign == '_' || sign == '\\') {
            escaped += '\\';
        }
        escaped += sign;
    }
    return escaped + "%";
}

std::vector<SqlValue> keyOfJob(SortColumn column, const queue::Job& job) {
    const auto time = [](const std::optional<queue::Time>& at) {
        return at ? milliseconds(*at) : std::int64_t{0};
    };
    switch (column) {
        case SortColumn::Queue:
            return {std::int64_t{job.priority}, job.rank, job.id};
        case SortColumn::Added:
            return {job.id};
        case SortColumn::Sid:
            return {job.call.sid, job.id};
        case SortColumn::Chain:
            return {job.call.chain, job.id};
        case SortColumn::Store:
            return {job.call.store, job.id};
        case SortColumn::Agent:
            return {job.call.agent, job.id};
        case SortColumn::State:
            return {std::string(queue::stateName(job.state)),
                    std::int64_t{job.priority},
                    job.rank,
                    job.id};
        case SortColumn::StartedAt:
            return {time(job.startedAt), job.id};
        case SortColumn::EndedAt:
            return {time(job.endedAt), job.id};
    }
    return {};
}

}  // namespace

const std::string_view kJobColumns =
    "id, batch, sid, order_id, chain, store, agent, phone, call_time, file, path, bytes, priority, "
    "rank, state, stage, progress, attempts, added_at, not_before, started_at, ended_at, worker, "
    "lease_until, error_code, error_what, error_cause, coalesce(recording, ''), duration, "
    "processing, strategy, strategy_for, source, awaits";

std::int64_t milliseconds(queue::Time time) {
    return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

queue::Time timeOf(std::int64_t milliseconds) {
    return queue::Time(std::chrono::milliseconds(milliseconds));
}

void bindValues(SQLite::Statement& statement, std::span<const SqlValue> values, int first) {
    for (const SqlValue& value : values) {
        std::visit([&](const auto& bound) { statement.bind(first, bound); }, value);
        ++first;
    }
}

SqlText conditionOf(const queue::JobFilter& filter) {
    SqlText sql{"removed = 0", {}};
    const auto equal = [&](const char* column, const std::optional<std::string>& wanted) {
        if (wanted) {
            sql.text += std::string(" AND ") + column + " = ?";
            sql.values.emplace_back(*wanted);
        }
    };
    if (!filter.ids.empty()) {
        sql.text += " AND id IN (SELECT value FROM json_each(?))";
        sql.values.emplace_back(nlohmann::json(filter.ids).dump());
    }
    if (filter.batch) {
        sql.text += " AND batch = ?";
        sql.values.emplace_back(*filter.batch);
    }
    if (!filter.states.empty()) {
        sql.text += " AND state IN (" + bindMarks(filter.states.size()) + ")";
        for (const queue::JobState state : filter.states) {
            sql.values.emplace_back(std::string(queue::stateName(state)));
        }
    }
    if (filter.priority) {
        sql.text += " AND priority = ?";
        sql.values.emplace_back(std::int64_t{*filter.priority});
    }
    equal("sid", filter.sid);
    equal("order_id", filter.orderId);
    equal("chain", filter.chain);
    equal("store", filter.store);
    equal("agent", filter.agent);
    equal("phone", filter.phone);
    if (filter.errorCode) {
        sql.text += " AND error_code <> '' AND error_code = upper(?)";
        sql.values.emplace_back(*filter.errorCode);
    }
    if (filter.path) {
        sql.text += " AND path LIKE ? ESCAPE '\\'";
        sql.values.emplace_back(escapedLike(*filter.path));
    }
    return sql;
}

namespace {

/// The index that gives jobs in the order of a list.
std::string_view indexInOrder(const queue::JobFilter& filter, SortColumn by) {
    switch (by) {
        case SortColumn::Queue:
            return filter.states.size() == 1 ? "jobs_by_state_and_queue" : "jobs_by_queue";
        case SortColumn::Added:
            return filter.batch ? "jobs_by_batch" : "";
        case SortColumn::Sid:
            return "jobs_by_sid";
        case SortColumn::Chain:
            return "jobs_by_chain";
        case SortColumn::Store:
            return "jobs_by_store";
        case SortColumn::Agent:
            return "jobs_by_agent";
        case SortColumn::State:
            return "jobs_by_state_and_queue";
        case SortColumn::StartedAt:
            return "jobs_by_start";
        case SortColumn::EndedAt:
            return "jobs_by_end";
    }
    return "";
}

/// One part of a filter, and the index that finds its jobs.
struct FilterPart {
    std::string_view index;
    queue::JobFilter part;
};

std::vector<FilterPart> indexedParts(const queue::JobFilter& filter) {
    std::vector<FilterPart> parts;
    const auto add = [&](std::string_view index, auto queue::JobFilter::* member) {
        if (filter.*member != queue::JobFilter{}.*member) {
            parts.push_back({index, {}});
            parts.back().part.*member = filter.*member;
        }
    };
    add("jobs_by_sid", &queue::JobFilter::sid);
    add("jobs_by_agent", &queue::JobFilter::agent);
    add("jobs_by_store", &queue::JobFilter::store);
    add("jobs_by_chain", &queue::JobFilter::chain);
    add("jobs_by_error", &queue::JobFilter::errorCode);
    add("jobs_by_state_and_queue", &queue::JobFilter::states);
    add("jobs_by_batch", &queue::JobFilter::batch);
    return parts;
}

}  // namespace

std::optional<queue::JobFilter> foundByPath(SQLite::Database& database,
                                            const queue::JobFilter& filter) {
    if (!filter.path || !filter.ids.empty()) {
        return filter;
    }
    // Where more have it, going through the jobs in the order of the list soon fills a page.
    constexpr std::size_t kFew = 3'000;
    queue::JobFilter paths;
    paths.path = filter.path;
    paths.batch = filter.batch;
    SqlText condition = conditionOf(paths);
    condition.values.emplace_back(static_cast<std::int64_t>(kFew + 1));
    SQLite::Statement query(
        database,
        "SELECT id FROM jobs INDEXED BY jobs_by_batch WHERE " + condition.text + " LIMIT ?");
    bindValues(query, condition.values);
    queue::JobFilter found = filter;
    found.path.reset();
    while (query.executeStep()) {
        found.ids.push_back(query.getColumn(0).getInt64());
    }
    if (found.ids.empty()) {
        return std::nullopt;
    }
    return found.ids.size() > kFew ? filter : found;
}

WayToList wayToList(SQLite::Database& database, const queue::JobFilter& filter, SortColumn by) {
    if (!filter.ids.empty()) {
        return {};
    }
    // So few jobs are sorted in the time that a page takes anyway.
    constexpr std::int64_t kFew = 6'000;
    for (const FilterPart& candidate : indexedParts(filter)) {
        SqlText condition = conditionOf(candidate.part);
        SQLite::Statement count(
            database,
            fmt::format("SELECT count(*) FROM (SELECT 1 FROM jobs INDEXED BY {} WHERE {} LIMIT ?)",
                        candidate.index,
                        condition.text));
        condition.values.emplace_back(kFew + 1);
        bindValues(count, condition.values);
        count.executeStep();
        if (count.getColumn(0).getInt64() <= kFew) {
            return {fmt::format("INDEXED BY {}", candidate.index), false};
        }
    }
    // What no index knows is looked for through all jobs, in the order in which they lie.
    const bool unknown = filter.orderId || filter.phone;
    const std::string_view index = unknown ? "" : indexInOrder(filter, by);
    return index.empty() ? WayToList{"NOT INDEXED", false}
                         : WayToList{fmt::format("INDEXED BY {}", index), true};
}

std::vector<SqlText> conditionsAfter(const queue::JobSort& sort,
                                     const std::vector<SqlValue>& mark,
                                     bool inOrder) {
    if (mark.empty()) {
        return {SqlText{}};
    }
    const auto key = keyColumns(sort.by);
    const char* const beyond = sort.descending ? "<" : ">";
    if (!inOrder) {
        const std::vector<std::string_view> values(key.size(), "?");
        return {{fmt::format(
                     " AND ({}) {} ({})", fmt::join(key, ", "), beyond, fmt::join(values, ", ")),
                 mark}};
    }
    std::vector<SqlText> conditions;
    for (std::size_t last = key.size(); last-- > 0;) {
        SqlText& condition = conditions.emplace_back();
        for (std::size_t i = 0; i <= last; ++i) {
            condition.text += fmt::format(" AND {} {} ?", key[i], i == last ? beyond : "=");
            condition.values.push_back(mark[i]);
        }
    }
    return conditions;
}

std::vector<std::string_view> keyColumns(SortColumn column) {
    switch (column) {
        case SortColumn::Queue:
            return {"priority", "rank", "id"};
        case SortColumn::Added:
            return {"id"};
        case SortColumn::Sid:
            return {"sid", "id"};
        case SortColumn::Chain:
            return {"chain", "id"};
        case SortColumn::Store:
            return {"store", "id"};
        case SortColumn::Agent:
            return {"agent", "id"};
        case SortColumn::State:
            return {"state", "priority", "rank", "id"};
        case SortColumn::StartedAt:
            return {"started_key", "id"};
        case SortColumn::EndedAt:
            return {"ended_key", "id"};
    }
    return {};
}

queue::PageMark markOf(const queue::JobSort& sort, const queue::Job& job) {
    nlohmann::json mark = nlohmann::json::array();
    mark.push_back(static_cast<int>(sort.by));
    mark.push_back(sort.descending);
    for (const SqlValue& value : keyOfJob(sort.by, job)) {
        std::visit([&](const auto& one) { mark.push_back(one); }, value);
    }
    std::string hex;
    // SIDs are whatever a telephony system gave; bytes that are no UTF-8 do not end the list.
    for (const char byte : mark.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace)) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        hex += kDigits[static_cast<unsigned char>(byte) >> 4U];
        hex += kDigits[static_cast<unsigned char>(byte) & 15U];
    }
    return hex;
}

Result<std::vector<SqlValue>> keyValues(const queue::JobSort& sort, const queue::PageMark& mark) {
    const auto refused = [] {
        return fail(ErrorCode::QValPageMark, "The mark of the page is not one of this list");
    };
    constexpr std::size_t kLongestMark = 4096;
    if (mark.size() % 2 != 0 || mark.size() > kLongestMark ||
        mark.find_first_not_of("0123456789abcdef") != std::string::npos) {
        return refused();
    }
    std::string text;
    for (std::size_t i = 0; i < mark.size(); i += 2) {
        text += static_cast<char>(std::stoi(mark.substr(i, 2), nullptr, 16));
    }
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const std::vector<SqlValue> pattern = keyOfJob(sort.by, {});
    if (!json.is_array() || json.size() != pattern.size() + 2 ||
        json[0] != static_cast<int>(sort.by) || json[1] != sort.descending) {
        return refused();
    }
    std::vector<SqlValue> values;
    values.reserve(pattern.size());
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const auto& value = json[i + 2];
        if (std::holds_alternative<std::int64_t>(pattern[i]) && value.is_number_integer()) {
            values.emplace_back(value.get<std::int64_t>());
        } else if (std::holds_alternative<std::string>(pattern[i]) && value.is_string()) {
            values.emplace_back(value.get<std::string>());
        } else {
            return refused();
        }
    }
    return values;
}

std::optional<Error> errorOf(const SQLite::Statement& row, int column) {
    const std::string name = row.getColumn(column).getString();
    if (name.empty()) {
        return std::nullopt;
    }
    const ErrorInfo* known = findError(name);
    if (known == nullptr) {
        return Error{ErrorCode::QUnkGenericError, row.getColumn(column + 1).getString(), name};
    }
    return Error{
        known->code, row.getColumn(column + 1).getString(), row.getColumn(column + 2).getString()};
}

void bindError(SQLite::Statement& statement, int first, const std::optional<Error>& error) {
    statement.bind(first, error ? std::string(errorName(error->code)) : "");
    statement.bind(first + 1, error ? error->what : "");
    statement.bind(first + 2, error ? error->cause : "");
}

std::optional<queue::Retrial> retrialOf(const SQLite::Statement& row, int column) {
    // A strategy that this program does not know is as none.
    const auto strategy = strategyNamed(row.getColumn(column).getString());
    return strategy
               ? std::optional(queue::Retrial{*strategy, row.getColumn(column + 1).getString()})
               : std::nullopt;
}

queue::Job jobOf(const SQLite::Statement& row) {
    const auto text = [&](int column) { return row.getColumn(column).getString(); };
    const auto number = [&](int column) { return row.getColumn(column).getInt64(); };
    const auto time = [&](int column) {
        return row.getColumn(column).isNull() ? std::nullopt
                                              : std::optional(timeOf(number(column)));
    };
    queue::Job job;
    job.id = number(0);
    job.batch = number(1);
    job.call.sid = text(2);
    job.call.orderId = text(3);
    job.call.chain = text(4);
    job.call.store = text(5);
    job.call.agent = text(6);
    job.call.phone = text(7);
    job.call.startedAt = text(8);
    job.file = text(9);
    job.path = text(10);
    job.bytes = static_cast<std::uint64_t>(number(11));
    job.priority = static_cast<int>(number(12));
    job.rank = number(13);
    job.state = queue::stateNamed(text(14)).value_or(queue::JobState::Failed);
    job.stage = text(15);
    job.progress = row.getColumn(16).getDouble();
    job.attempts = static_cast<int>(number(17));
    job.addedAt = timeOf(number(18));
    job.notBefore = time(19);
    job.startedAt = time(20);
    job.endedAt = time(21);
    job.worker = text(22);
    job.leaseUntil = time(23);
    job.error = errorOf(row, 24);
    job.recording = text(27);
    job.duration = Seconds{row.getColumn(28).getDouble()};
    job.processing = Seconds{row.getColumn(29).getDouble()};
    job.retrial = retrialOf(row, 30);
    if (!row.getColumn(32).isNull()) {
        job.source = number(32);
    }
    job.awaits = number(33) != 0;
    return job;
}

}  // namespace chat::store
