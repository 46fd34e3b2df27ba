#include "chat/source/manifest_builder.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace chat::source {

namespace {

constexpr int kMaxDepth = 16;
constexpr std::size_t kMaxEntries = 1'000'000;

using Position = std::string_view::const_iterator;

/// Lets the parser read a text and tells how far it has come.
class Cursor {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    Cursor(Position at, Position* progress)
        : at_(at)
        , progress_(progress) {}
    reference operator*() const { return *at_; }
    Cursor& operator++() {
        *progress_ = ++at_;
        return *this;
    }
    bool operator==(const Cursor& other) const { return at_ == other.at_; }

  private:
    Position at_;
    Position* progress_;
};

/// Takes the parser's events. The array of entries is the root or the root's member "calls".
class Handler final : public nlohmann::json_sax<nlohmann::json> {
  public:
    Handler(std::string_view text, std::string_view name, ManifestBuilder& builder)
        : text_(text)
        , name_(name)
        , builder_(builder)
        , progress_(text.begin())
        , counted_(text.begin()) {}

    [[nodiscard]] Position* progress() { return &progress_; }
    [[nodiscard]] Status outcome() const {
        if (error_.empty() && !found_) {
            return fail(ErrorCode::CfgFmtManifest,
                        fmt::format("{}, line 1, column 1: there is no array of calls", name_));
        }
        return error_.empty() ? Status{} : fail(ErrorCode::CfgFmtManifest, error_);
    }

    bool null() override { return scalar({}); }
    bool boolean(bool /*value*/) override { return wrongKind(); }
    bool number_integer(number_integer_t value) override { return scalar(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return scalar(std::to_string(value)); }
    bool number_float(number_float_t /*value*/, const string_t& digits) override {
        return scalar(digits);
    }
    bool string(string_t& value) override { return scalar(value); }
    bool binary(binary_t& /*value*/) override { return wrongKind(); }

    bool start_object(std::size_t /*elements*/) override {
        if (depth_ == entriesDepth_) {
            if (++entries_ > kMaxEntries) {
                return stop(fmt::format("there are more than {} calls", kMaxEntries));
            }
            builder_.start(line());
            column_ = nullptr;
        } else if (!wrongKind()) {
            return false;
        }
        return deeper();
    }
    bool end_object() override {
        --depth_;
        if (depth_ == entriesDepth_) {
            builder_.finish();
        }
        return true;
    }
    bool start_array(std::size_t /*elements*/) override {
        if (depth_ == 0 || (depth_ == 1 && entriesDepth_ < 0 && rootKeyIsCalls_)) {
            entriesDepth_ = depth_ + 1;
            found_ = true;
        } else if (!wrongKind()) {
            return false;
        }
        return deeper();
    }
    bool end_array() override {
        if (depth_ == entriesDepth_) {
            entriesDepth_ = -1;
        }
        --depth_;
        return true;
    }
    bool key(string_t& name) override {
        if (depth_ == 1 && entriesDepth_ < 0) {
            rootKeyIsCalls_ = !found_ && name == "calls";
        } else if (inEntry()) {
            column_ = manifestColumn(name);
        }
        return true;
    }
    bool parse_error(std::size_t position,
                     const std::string& /*token*/,
                     const nlohmann::detail::exception& /*reason*/) override {
        return stopAt(std::min(std::max<std::size_t>(position, 1) - 1, text_.size()),
                      "this is not JSON from here on");
    }

  private:
    [[nodiscard]] bool inEntry() const { return entriesDepth_ > 0 && depth_ == entriesDepth_ + 1; }

    bool scalar(std::string_view value) {
        if (entriesDepth_ > 0 && depth_ == entriesDepth_) {
            return wrongKind();
        }
        if (inEntry() && column_ != nullptr) {
            builder_.value(*column_, value);
        }
        return true;
    }

    /// Something that is neither text nor number, or no object where an entry should be.
    bool wrongKind() {
        if (entriesDepth_ > 0 && depth_ == entriesDepth_) {
            return stop("an entry is not an object in braces");
        }
        if (inEntry() && column_ != nullptr) {
            builder_.refuse(line(),
                            fmt::format("{} is neither a text nor a number", column_->name));
        }
        return true;
    }

    bool deeper() {
        return ++depth_ <= kMaxDepth || stop(fmt::format("it is nested deeper than {}", kMaxDepth));
    }

    int line() {
        line_ += static_cast<int>(std::count(counted_, progress_, '\n'));
        counted_ = progress_;
        return line_;
    }

    bool stop(std::string_view why) {
        const auto read = static_cast<std::size_t>(progress_ - text_.begin());
        return stopAt(std::max<std::size_t>(read, 1) - 1, why);
    }
    bool stopAt(std::size_t position, std::string_view why) {
        const auto before = text_.substr(0, position);
        const auto lineStart = before.rfind('\n') + 1;  // npos + 1 is 0
        error_ = fmt::format("{}, line {}, column {}: {}",
                             name_,
                             1 + std::count(before.begin(), before.end(), '\n'),
                             position - lineStart + 1,
                             why);
        return false;
    }

    std::string_view text_;
    std::string_view name_;
    ManifestBuilder& builder_;
    Position progress_;
    Position counted_;
    int line_ = 1;
    int depth_ = 0;
    int entriesDepth_ = -1;
    std::size_t entries_ = 0;
    bool found_ = false;
    bool rootKeyIsCalls_ = false;
    const ManifestColumn* column_ = nullptr;
    std::string error_;
};

}  // namespace

Status readJsonEntries(std::string_view text, std::string_view name, ManifestBuilder& builder) {
    Handler handler(text, name, builder);
    Position ignored = text.end();
    nlohmann::json::sax_parse(
        Cursor(text.begin(), handler.progress()), Cursor(text.end(), &ignored), &handler);
    return handler.outcome();
}

}  // namespace chat::source
