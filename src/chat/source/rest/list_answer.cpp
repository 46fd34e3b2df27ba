#include "chat/source/rest/list_answer.h"

#include "chat/core/text.h"

#include <fmt/format.h>

#include <vector>

namespace chat::source {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxIdBytes = 256;
constexpr std::size_t kMaxNameBytes = 1024;

std::vector<std::string> piecesOf(const std::string& pointer) {
    std::vector<std::string> pieces;
    json::json_pointer rest(pointer);
    for (; !rest.empty(); rest.pop_back()) {
        pieces.insert(pieces.begin(), rest.back());
    }
    return pieces;
}

/// Sees the parser's events, and which of them are entries of the list.
class ListFinder {
  public:
    ListFinder(const std::string& list, int maxDepth, const std::function<void(const json&)>& entry)
        : list_(piecesOf(list))
        , maxDepth_(maxDepth)
        , entry_(entry) {}

    [[nodiscard]] bool found() const { return found_; }
    [[nodiscard]] bool tooDeep() const { return tooDeep_; }

    /// Whether the value stays in the answer.
    bool operator()(int depth, json::parse_event_t event, const json& value) {
        using Event = json::parse_event_t;
        const auto level = static_cast<std::size_t>(depth);
        switch (event) {
            case Event::object_start:
            case Event::array_start:
                tooDeep_ = tooDeep_ || depth >= maxDepth_;
                path_.resize(level + 1);
                path_[level].clear();
                if (event == Event::array_start && isList(level)) {
                    inside_ = true;
                    found_ = true;
                }
                return !tooDeep_;
            case Event::key:
                path_.resize(level);
                path_[level - 1] = value.get<std::string>();
                return true;
            case Event::array_end:
                inside_ = inside_ && level != list_.size();
                break;
            case Event::object_end:
            case Event::value:
                break;
        }
        if (inside_ && level == list_.size() + 1) {
            entry_(value);
            return false;
        }
        return true;
    }

  private:
    [[nodiscard]] bool isList(std::size_t level) const {
        return level == list_.size() && std::equal(list_.begin(), list_.end(), path_.begin());
    }

    std::vector<std::string> list_;
    int maxDepth_;
    const std::function<void(const json&)>& entry_;
    std::vector<std::string> path_;  ///< the key that each level stands at
    bool inside_ = false;
    bool found_ = false;
    bool tooDeep_ = false;
};

}  // namespace

Result<ListAnswer> readList(std::string_view text,
                            const std::string& list,
                            int maxDepth,
                            const std::function<void(const json&)>& entry) {
    ListFinder finder(list, maxDepth, entry);
    ListAnswer answer;
    std::string cause;
    try {
        answer.rest = json::parse(text, std::ref(finder));
        answer.whole = true;
    } catch (const json::parse_error& error) {
        cause = fmt::format("JSON is wrong at byte {} of {}", error.byte, text.size());
        answer.whole = false;
        if (error.byte <= text.size()) {
            return fail(ErrorCode::ApiDataInvalidResponse,
                        "The server's answer is not JSON",
                        std::move(cause));
        }
    }
    if (finder.tooDeep()) {
        return fail(ErrorCode::ApiResTooLarge,
                    fmt::format("The server's answer is nested deeper than {}", maxDepth));
    }
    if (!finder.found() && answer.whole) {
        return fail(ErrorCode::ApiDataInvalidResponse,
                    fmt::format("There is no list at \"{}\" of the server's answer", list));
    }
    return answer;
}

std::string textAt(const json& value, const std::string& pointer) {
    if (pointer.empty()) {
        return {};
    }
    const json::json_pointer place(pointer);
    if (!value.contains(place)) {
        return {};
    }
    const json& found = value.at(place);
    if (found.is_string()) {
        return found.get<std::string>();
    }
    return found.is_number_integer() ? found.dump() : std::string();
}

std::string nameAt(const json& value, const std::string& pointer) {
    std::string name = textAt(value, pointer);
    return name.size() <= kMaxNameBytes ? name : validUtf8(name.substr(0, kMaxNameBytes));
}

bool isUsableId(const std::string& id) {
    return !id.empty() && id.size() <= kMaxIdBytes && printable(id) == id;
}

}  // namespace chat::source
