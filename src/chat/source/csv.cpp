#include "chat/source/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace chat::source {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

char separatorOf(std::string_view text) {
    constexpr std::array kSeparators{',', ';', '\t'};
    std::array<int, kSeparators.size()> counts{};
    bool quoted = false;
    for (const char c : text) {
        if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == '\n' || c == '\r')) {
            break;
        } else if (!quoted) {
            for (std::size_t i = 0; i < kSeparators.size(); ++i) {
                counts[i] += c == kSeparators[i] ? 1 : 0;
            }
        }
    }
    const auto most = std::max_element(counts.begin(), counts.end());
    return kSeparators[static_cast<std::size_t>(most - counts.begin())];
}

class Parser {
  public:
    Parser(std::string_view text, std::string_view name)
        : text_(text)
        , name_(name)
        , separator_(separatorOf(text)) {}

    Result<std::vector<CsvRow>> rows() {
        std::vector<CsvRow> rows;
        while (at_ < text_.size()) {
            if (endLine()) {
                continue;
            }
            if (rows.size() == kCsvMaxRows) {
                return broken(fmt::format("there are more than {} rows", kCsvMaxRows));
            }
            auto row = this->row();
            if (!row) {
                return tl::unexpected(row.error());
            }
            rows.push_back(std::move(*row));
        }
        return rows;
    }

  private:
    Result<CsvRow> row() {
        CsvRow row;
        row.line = line_;
        for (;;) {
            if (row.fields.size() == kCsvMaxFields) {
                return broken(fmt::format("the row has more than {} fields", kCsvMaxFields));
            }
            auto field = peek() == '"' ? quotedField() : plainField();
            if (!field) {
                return tl::unexpected(field.error());
            }
            row.fields.push_back(std::move(*field));
            if (at_ == text_.size() || endLine()) {
                return row;
            }
            ++at_;  // the separator: a field ends nowhere else
        }
    }

    Result<std::string> plainField() {
        const std::size_t start = at_;
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == separator_ || c == '\n' || c == '\r') {
                break;
            }
            if (c == '"') {
                return broken("there is a quote inside a field that does not start with one");
            }
            if (c == '\0') {
                return broken("there is a zero byte; save the file as UTF-8");
            }
            if (at_ - start == kCsvMaxFieldBytes) {
                return tooLong();
            }
        }
        return std::string(text_.substr(start, at_ - start));
    }

    Result<std::string> quotedField() {
        const int startLine = line_;
        const std::size_t startColumn = column();
        std::string field;
        for (++at_; at_ < text_.size();) {
            const char c = text_[at_];
            if (c == '\0') {
                return broken("there is a zero byte; save the file as UTF-8");
            }
            if (field.size() >= kCsvMaxFieldBytes) {
                return tooLong();
            }
            if (c == '"') {
                ++at_;
                if (peek() != '"') {
                    return fieldEnds() ? Result<std::string>(std::move(field))
                                       : broken("there is text behind a field's closing quote");
                }
                ++at_;
                field += '"';
            } else if (const std::size_t lineStart = at_; endLine()) {
                field += text_.substr(lineStart, at_ - lineStart);
            } else {
                ++at_;
                field += c;
            }
        }
        return brokenAt(startLine, startColumn, "the quote that starts here does not end");
    }

    /// Takes a line end if one is next.
    bool endLine() {
        if (peek() == '\r') {
            at_ += at_ + 1 < text_.size() && text_[at_ + 1] == '\n' ? 2 : 1;
        } else if (peek() == '\n') {
            ++at_;
        } else {
            return false;
        }
        ++line_;
        lineStart_ = at_;
        return true;
    }

    [[nodiscard]] bool fieldEnds() const {
        return at_ == text_.size() || text_[at_] == separator_ || text_[at_] == '\n' ||
               text_[at_] == '\r';
    }
    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    [[nodiscard]] std::size_t column() const { return at_ - lineStart_ + 1; }

    [[nodiscard]] tl::unexpected<Error> broken(std::string_view why) const {
        return brokenAt(line_, column(), why);
    }
    [[nodiscard]] tl::unexpected<Error> tooLong() const {
        return broken(fmt::format("a field is longer than {} bytes", kCsvMaxFieldBytes));
    }
    [[nodiscard]] tl::unexpected<Error> brokenAt(int line,
                                                 std::size_t column,
                                                 std::string_view why) const {
        return fail(ErrorCode::CfgFmtManifest,
                    fmt::format("{}, line {}, column {}: {}", name_, line, column, why));
    }

    std::string_view text_;
    std::string_view name_;
    char separator_;
    std::size_t at_ = 0;
    std::size_t lineStart_ = 0;
    int line_ = 1;
};

}  // namespace

Result<std::vector<CsvRow>> parseCsv(std::string_view text, std::string_view name) {
    if (text.starts_with(kByteOrderMark)) {
        text.remove_prefix(kByteOrderMark.size());
    }
    return Parser(text, name).rows();
}

}  // namespace chat::source
