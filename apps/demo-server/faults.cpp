#include "demo-server/faults.h"

#include "chat/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace chat::demo {

namespace {

struct Kind {
    std::string_view name;
    FaultKind kind;
    std::string_view value;  ///< what is written behind it; empty: nothing
};

constexpr std::string_view kText = "URL";  ///< the value that is no number
constexpr std::array kKinds{Kind{"status", FaultKind::Status, "N"},
                            Kind{"rate-limit", FaultKind::RateLimit, "SECONDS"},
                            Kind{"redirect", FaultKind::Redirect, kText},
                            Kind{"delay", FaultKind::Delay, "MS"},
                            Kind{"slow", FaultKind::Slow, "MS"},
                            Kind{"cut", FaultKind::Cut, "BYTES"},
                            Kind{"lie", FaultKind::Lie, "BYTES"},
                            Kind{"bomb", FaultKind::Bomb, "MB"},
                            Kind{"deep", FaultKind::Deep, "N"},
                            Kind{"empty", FaultKind::Empty, {}},
                            Kind{"page", FaultKind::Page, {}},
                            Kind{"names", FaultKind::Names, {}},
                            Kind{"change", FaultKind::Change, {}}};
constexpr std::array<std::string_view, 6> kPlaces{
    "chains", "stores", "agents", "calls", "recording", "any"};

/// Cuts a text at the last or first separator; what is behind it goes away from the text.
std::string_view takeBehind(std::string_view& text, std::size_t at) {
    if (at == std::string_view::npos) {
        return {};
    }
    const std::string_view behind = text.substr(at + 1);
    text = text.substr(0, at);
    return behind;
}

}  // namespace

std::string Faults::form() {
    std::vector<std::string> kinds;
    kinds.reserve(kKinds.size());
    for (const Kind& kind : kKinds) {
        kinds.push_back(kind.value.empty() ? std::string(kind.name)
                                           : fmt::format("{}={}", kind.name, kind.value));
    }
    return fmt::format("PLACE:KIND[=VALUE][*TIMES], PLACE one of {}; KIND one of {}",
                       fmt::join(kPlaces, ", "),
                       fmt::join(kinds, ", "));
}

Status Faults::add(std::string_view text) {
    const auto refused = [whole = std::string(text)] {
        return fail(ErrorCode::CfgValSetting,
                    fmt::format("\"{}\" is no fault; write {}", whole, form()));
    };
    Planned planned;
    if (const std::string_view times = takeBehind(text, text.rfind('*')); !times.empty()) {
        const auto count = wholeNumber<int>(times);
        if (!count || *count < 1) {
            return refused();
        }
        planned.times = *count;
    }
    std::string_view name = takeBehind(text, text.find(':'));
    planned.place = text;
    planned.fault.value = takeBehind(name, name.find('='));
    const auto* const kind = std::ranges::find(kKinds, name, &Kind::name);
    if (kind == kKinds.end() || std::ranges::find(kPlaces, planned.place) == kPlaces.end() ||
        kind->value.empty() != planned.fault.value.empty()) {
        return refused();
    }
    if (!kind->value.empty() && kind->value != kText) {
        const auto value = wholeNumber<int>(planned.fault.value);
        if (!value) {
            return refused();
        }
        planned.fault.number = *value;
    }
    planned.fault.kind = kind->kind;
    planned_.push_back(std::move(planned));
    return {};
}

std::vector<Fault> Faults::next(std::string_view place) {
    const std::lock_guard lock(mutex_);
    std::vector<Fault> faults;
    for (Planned& planned : planned_) {
        if ((planned.place == place || planned.place == "any") && planned.times != 0) {
            planned.times -= planned.times > 0 ? 1 : 0;
            faults.push_back(planned.fault);
        }
    }
    return faults;
}

}  // namespace chat::demo
