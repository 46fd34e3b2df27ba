#include "chat/source/call_time.h"

#include "chat/core/text.h"

#include <fmt/format.h>

#include <chrono>

namespace chat::source {

namespace {

/// Takes digits and single characters from the front of a text; what fails leaves it as it is.
class Reader {
  public:
    explicit Reader(std::string_view text)
        : text_(text) {}

    bool digits(std::size_t count, int& value) {
        if (text_.size() < count) {
            return false;
        }
        int number = 0;
        for (const char c : text_.substr(0, count)) {
            if (c < '0' || c > '9') {
                return false;
            }
            number = number * 10 + (c - '0');
        }
        value = number;
        text_.remove_prefix(count);
        return true;
    }

    bool anyOf(std::string_view characters) {
        if (text_.empty() || characters.find(text_.front()) == std::string_view::npos) {
            return false;
        }
        text_.remove_prefix(1);
        return true;
    }

    void skipDigits() {
        int ignored = 0;
        while (digits(1, ignored)) {
        }
    }

    [[nodiscard]] char front() const { return text_.empty() ? '\0' : text_.front(); }
    [[nodiscard]] bool atEnd() const { return text_.empty(); }

  private:
    std::string_view text_;
};

/// "" when there is none, "Z" or "+hh:mm"; nothing when it is not an offset.
std::optional<std::string> offset(Reader& reader) {
    if (reader.atEnd()) {
        return "";
    }
    if (reader.anyOf("Zz")) {
        return "Z";
    }
    const char sign = reader.front();
    int hours = 0;
    int minutes = 0;
    if (!reader.anyOf("+-") || !reader.digits(2, hours)) {
        return std::nullopt;
    }
    if (!reader.atEnd()) {
        reader.anyOf(":");
        if (!reader.digits(2, minutes)) {
            return std::nullopt;
        }
    }
    if (hours > 14 || minutes > 59) {
        return std::nullopt;
    }
    return fmt::format("{}{:02}:{:02}", sign, hours, minutes);
}

}  // namespace

std::optional<std::string> normalizedCallTime(std::string_view text) {
    Reader reader(trimmed(text));
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (!reader.digits(4, year) || !reader.anyOf("-") || !reader.digits(2, month) ||
        !reader.anyOf("-") || !reader.digits(2, day) || !reader.anyOf("Tt ") ||
        !reader.digits(2, hour) || !reader.anyOf(":") || !reader.digits(2, minute)) {
        return std::nullopt;
    }
    if (reader.anyOf(":")) {
        if (!reader.digits(2, second)) {
            return std::nullopt;
        }
        if (reader.anyOf(".,")) {
            reader.skipDigits();
        }
    }
    const auto zone = offset(reader);
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!zone || !reader.atEnd() || !date.ok() || hour > 23 || minute > 59 || second > 59) {
        return std::nullopt;
    }
    return fmt::format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}", year, month, day, hour, minute, second, *zone);
}

}  // namespace chat::source
