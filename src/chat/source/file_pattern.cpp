#include "chat/source/file_pattern.h"

#include "chat/source/call_time.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace chat::source {

namespace {

constexpr std::size_t kMaxPatternBytes = 512;

struct Field {
    std::string_view name;
    std::string_view expression;
    bool fixedShape;                          ///< found without a text beside it
    std::string CallAttributes::* attribute;  ///< none for what is put together or left out
};

constexpr std::string_view kSomething = "([^/]+?)";
constexpr std::array kFields{
    Field{"chain", kSomething, false, &CallAttributes::chain},
    Field{"store", kSomething, false, &CallAttributes::store},
    Field{"agent", kSomething, false, &CallAttributes::agent},
    Field{"order", kSomething, false, &CallAttributes::orderId},
    Field{"sid", kSomething, false, &CallAttributes::sid},
    Field{"phone", kSomething, false, &CallAttributes::phone},
    Field{"date", R"((\d{8}|\d{4}-\d{2}-\d{2}))", true, nullptr},
    Field{"time", R"((\d{6}|\d{2}-\d{2}-\d{2}|\d{2}-\d{2}))", true, nullptr},
    Field{"*", "([^/]*?)", false, nullptr},
};

std::string fieldNames() {
    std::string names;
    for (const Field& field : kFields) {
        names.append(names.empty() ? "{" : " {").append(field.name).append("}");
    }
    return names;
}

tl::unexpected<Error> refused(std::string why) {
    return fail(ErrorCode::CfgValSetting, "--file-pattern: " + std::move(why));
}

/// "20261112" and "094100", with or without dashes, as one ISO 8601 text.
std::string joined(std::string date, std::string time) {
    std::erase(date, '-');
    std::erase(time, '-');
    date.insert(6, "-").insert(4, "-");
    time.insert(2, ":");
    if (time.size() > 5) {
        time.insert(5, ":");
    }
    return date + "T" + time;
}

std::string_view withoutExtension(std::string_view path) {
    const auto nameStart = path.rfind('/') + 1;  // npos + 1 is 0
    const auto dot = path.rfind('.');
    return dot != std::string_view::npos && dot > nameStart ? path.substr(0, dot) : path;
}

}  // namespace

struct FilePattern::Compiled {
    std::vector<const Field*> fields;
    std::unique_ptr<RE2> expression;
};

FilePattern::FilePattern(std::unique_ptr<const Compiled> compiled)
    : compiled_(std::move(compiled)) {}
FilePattern::~FilePattern() = default;
FilePattern::FilePattern(FilePattern&&) noexcept = default;
FilePattern& FilePattern::operator=(FilePattern&&) noexcept = default;

Result<FilePattern> FilePattern::parse(std::string_view pattern) {
    if (pattern.size() > kMaxPatternBytes) {
        return refused(fmt::format("it is longer than {} bytes", kMaxPatternBytes));
    }
    auto compiled = std::make_unique<Compiled>();
    std::string expression = "(?:^|/)";
    const Field* previous = nullptr;
    while (!pattern.empty()) {
        const auto open = pattern.find('{');
        if (open != 0) {
            expression += RE2::QuoteMeta(std::string(pattern.substr(0, open)));
            pattern.remove_prefix(std::min(open, pattern.size()));
            previous = nullptr;
            continue;
        }
        const auto close = pattern.find('}');
        if (close == std::string_view::npos) {
            return refused("a { is not closed");
        }
        const auto name = pattern.substr(1, close - 1);
        const auto field = std::find_if(
            kFields.begin(), kFields.end(), [&](const Field& f) { return f.name == name; });
        if (field == kFields.end()) {
            return refused(
                fmt::format("there is no field {{{}}}; there are {}", name, fieldNames()));
        }
        if (name != "*" &&
            std::count(compiled->fields.begin(), compiled->fields.end(), &*field) > 0) {
            return refused(fmt::format("{{{}}} stands twice", name));
        }
        if (previous != nullptr && !previous->fixedShape && !field->fixedShape) {
            return refused(fmt::format(
                "{{{}}} and {{{}}} need a text between them", previous->name, field->name));
        }
        compiled->fields.push_back(&*field);
        expression += field->expression;
        previous = &*field;
        pattern.remove_prefix(close + 1);
    }
    const auto has = [&](std::string_view name) {
        return std::any_of(compiled->fields.begin(), compiled->fields.end(), [&](const Field* f) {
            return f->name == name;
        });
    };
    if (has("date") != has("time")) {
        return refused("{date} and {time} go together; use {*} for one that stands alone");
    }
    if (compiled->fields.empty()) {
        return refused("it has no field; there are " + fieldNames());
    }
    // Names on disk are bytes: Latin-1 takes each as it is.
    RE2::Options options(RE2::Latin1);
    options.set_log_errors(false);
    compiled->expression = std::make_unique<RE2>(expression + "$", options);
    if (!compiled->expression->ok()) {
        return refused("it is too long");
    }
    return FilePattern(std::move(compiled));
}

std::optional<CallAttributes> FilePattern::match(std::string_view path) const {
    const auto subject = withoutExtension(path);
    const auto count = compiled_->fields.size();
    std::vector<std::string> texts(count);
    std::vector<RE2::Arg> arguments(count);
    std::vector<const RE2::Arg*> addresses(count);
    for (std::size_t i = 0; i < count; ++i) {
        arguments[i] = RE2::Arg(&texts[i]);
        addresses[i] = &arguments[i];
    }
    if (!RE2::PartialMatchN(re2::StringPiece(subject.data(), subject.size()),
                            *compiled_->expression,
                            addresses.data(),
                            static_cast<int>(count))) {
        return std::nullopt;
    }
    CallAttributes attributes;
    std::string date;
    std::string time;
    for (std::size_t i = 0; i < count; ++i) {
        const Field& field = *compiled_->fields[i];
        if (field.attribute != nullptr) {
            attributes.*field.attribute = std::move(texts[i]);
        } else if (field.name == "date") {
            date = std::move(texts[i]);
        } else if (field.name == "time") {
            time = std::move(texts[i]);
        }
    }
    if (!date.empty()) {
        const auto startedAt = normalizedCallTime(joined(std::move(date), std::move(time)));
        if (!startedAt) {
            return std::nullopt;
        }
        attributes.startedAt = *startedAt;
    }
    return attributes;
}

}  // namespace chat::source
