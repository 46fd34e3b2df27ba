#include "chat/source/twilio/twilio_calls.h"

#include "chat/source/rest/list_answer.h"

#include <nlohmann/json.hpp>

#include <ctime>
#include <unordered_map>
#include <utility>

namespace chat::source {

namespace {

/// The name of a party that is a person and no number: "alice" of "client:alice" and "sip:alice@pbx.example"; else empty.
std::string personOf(const std::string& party) {
    for (const std::string_view scheme : {"client:", "sip:"}) {
        if (party.starts_with(scheme)) {
            const std::string name = party.substr(scheme.size());
            return scheme == "sip:" ? name.substr(0, name.find('@')) : name;
        }
    }
    return {};
}

}  // namespace

std::string localCallTime(const std::string& text, const LocalTime& clock) {
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S %z", &parts);
    if (end == nullptr || *end != '\0') {
        return {};
    }
    const long offset = parts.tm_gmtoff;
    return clock(std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts) - offset)));
}

void TwilioCalls::add(const nlohmann::json& entry) {
    Entry added;
    CallAttributes& call = added.found.call;
    call.sid = textAt(entry, "/sid");
    if (!isUsableId(call.sid)) {
        ++unusable_;
        return;
    }
    call.orderId = nameAt(entry, "/annotation");
    call.startedAt = localCallTime(textAt(entry, "/start_time"), clock_);
    added.parent = textAt(entry, "/parent_call_sid");
    std::string from = nameAt(entry, "/from");
    std::string to = nameAt(entry, "/to");
    const std::string caller = personOf(from);
    const std::string called = personOf(to);
    added.called = called.empty() ? to : called;
    call.agent = caller.empty() ? called : caller;
    const bool inbound = textAt(entry, "/direction") == "inbound" && caller.empty();
    call.phone = std::move(inbound ? from : to);
    added.found.telId = std::move(inbound ? to : from);
    if (const auto owner = numbers_.find(added.found.telId); owner != numbers_.end()) {
        call.chain = owner->second.chain;
        call.store = owner->second.store;
    }
    entries_.push_back(std::move(added));
}

std::vector<FoundCall> TwilioCalls::calls() && {
    std::unordered_map<std::string, Entry*> bySid;
    for (Entry& entry : entries_) {
        bySid.emplace(entry.found.call.sid, &entry);
    }
    std::vector<FoundCall> calls;
    calls.reserve(entries_.size());
    for (const Entry& entry : entries_) {
        const auto parent = bySid.find(entry.parent);
        if (parent == bySid.end() || parent->second == &entry) {
            continue;
        }
        // The list is newest first: of several that were tried the last to be connected stands first.
        std::string& agent = parent->second->found.call.agent;
        agent = agent.empty() ? entry.called : agent;
    }
    for (Entry& entry : entries_) {
        const auto parent = bySid.find(entry.parent);
        if (parent == bySid.end() || parent->second == &entry) {
            calls.push_back(std::move(entry.found));
        }
    }
    return calls;
}

}  // namespace chat::source
