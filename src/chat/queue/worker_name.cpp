#include "chat/queue/worker_name.h"

#include "chat/core/text.h"

#include <fmt/format.h>

namespace chat::queue {

namespace {

/// Takes a number and the dash before it off the end of `text`.
template <typename T>
bool takeNumber(std::string_view& text, T& number) {
    const auto dash = text.rfind('-');
    if (dash == std::string_view::npos) {
        return false;
    }
    number = wholeNumber<T>(text.substr(dash + 1)).value_or(0);
    text = text.substr(0, dash);
    return number > 0;
}

}  // namespace

std::string WorkerName::text() const {
    return fmt::format("{}-{}-{}", host, process, number);
}

std::optional<WorkerName> workerNamed(std::string_view text) {
    WorkerName name;
    if (!takeNumber(text, name.number) || !takeNumber(text, name.process) || text.empty()) {
        return std::nullopt;
    }
    name.host = text;
    return name;
}

}  // namespace chat::queue
