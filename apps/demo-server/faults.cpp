#include "demo-server/faults.h"

#include "chat/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace chat::demo {

namespace {

enum class Value : std::uint8_t { None, Number, Text };

struct Kind {
    std::string_view name;
    FaultKind kind;
    Value value;
};

constexpr std::array kKinds{Kind{"status", FaultKind::Status, Value::Number},
                            Kind{"rate-limit", FaultKind::RateLimit, Value::Number},
                            Kind{"redirect", FaultKind::Redirect, Value::Text},
                            Kind{"delay", FaultKind::Delay, Value::Number},
                            Kind{"slow", FaultKind::Slow, Value::Number},
                            Kind{"cut", FaultKind::Cut, Value::Number},
                            Kind{"lie", FaultKind::Lie, Value::Number},
                            Kind{"bomb", FaultKind::Bomb, Value::Number},
                            Kind{"deep", FaultKind::Deep, Value::Number},
                            Kind{"page", FaultKind::Page, Value::None},
                            Kind{"names", FaultKind::Names, Value::None},
                            Kind{"change", FaultKind::Change, Value::None}};
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

Status Faults::add(std::string_view text) {
    const auto refused = [whole = std::string(text)] {
        return fail(ErrorCode::CfgValSetting,
                    fmt::format("\"{}\" is no fault; write {}", whole, kForm));
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
        (kind->value == Value::None) != planned.fault.value.empty()) {
        return refused();
    }
    if (kind->value == Value::Number) {
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
