#include "chat/analyze/word_lists.h"

#include "chat/analyze/word_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace chat::analyze {

namespace {

constexpr std::size_t kMaxRegexes = 50;
constexpr std::size_t kMaxExpressionBytes = 32 * 1024;  // with its lists

/// `text` with each {name} replaced; {2,3} is left to the expression.
template <typename List>
std::string withLists(const std::string& text, List list) {
    std::string full;
    std::size_t done = 0;
    for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
        const std::size_t end =
            std::min(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at + 1), text.size());
        if (end == at + 1 || end == text.size() || text[end] != '}') {
            continue;
        }
        full.append(text, done, at - done).append(list(text.substr(at + 1, end - at - 1)));
        done = end + 1;
    }
    return full.append(text, done);
}

}  // namespace

std::optional<std::string> WordLists::whyInvalid(const std::string& text) const {
    if (proven_) {
        return std::nullopt;
    }
    // With a word for each list: the lists are proven by themselves.
    return WordPattern::whyInvalid(
        withLists(text, [](const std::string&) -> std::string { return "x"; }));
}

void WordLists::load(const Table& root) {
    const toml::node* node = root.find("lists");
    if (node == nullptr) {
        return;
    }
    if (!node->is_table()) {
        throw LoadError(node->source(), "the lists must be written as [lists]");
    }
    const toml::table& lists = *node->as_table();
    std::vector<std::string> open;
    for (const auto& [key, value] : lists) {
        loadList(lists, std::string(key.str()), value.source(), open);
    }
}

/// `open`: the lists that this one is being read for.
const std::string& WordLists::loadList(const toml::table& lists,
                                       const std::string& name,
                                       const toml::source_region& where,
                                       std::vector<std::string>& open) {
    if (const auto done = lists_.find(name); done != lists_.end()) {
        return done->second;
    }
    if (lists.get(name) == nullptr) {
        throw LoadError(where, fmt::format("there is no list \"{}\"", printable(name)));
    }
    if (std::ranges::find(open, name) != open.end()) {
        throw LoadError(where, fmt::format("the list \"{}\" holds itself", name));
    }
    open.push_back(name);
    std::string any;
    for (const toml::node* element : Table::elements(*lists.get(name), name, kMaxPhrases)) {
        const std::string text = Table::textOf(*element, name);
        const std::string full = withLists(text, [&](const std::string& inner) {
            return loadList(lists, inner, element->source(), open);
        });
        if (full.size() > kMaxExpressionBytes) {
            throw LoadError(element->source(), "the lists in it make this too long");
        }
        if (const auto why = whyInvalid(text)) {
            throw LoadError(element->source(), printable(*why));
        }
        any += (any.empty() ? "(?:" : "|") + full;
    }
    if (any.empty()) {
        throw LoadError(where, fmt::format("the list \"{}\" is empty", name));
    }
    open.pop_back();
    return lists_[name] = any + ")";
}

std::vector<std::string> WordLists::expressions(const Table& table, std::string_view key) const {
    std::vector<std::string> full;
    for (const toml::node* node : table.list(key, kMaxRegexes)) {
        full.push_back(
            withLists(Table::textOf(*node, key), [&](const std::string& name) -> std::string {
                const auto list = lists_.find(name);
                if (list == lists_.end()) {
                    throw LoadError(node->source(),
                                    fmt::format("there is no list \"{}\"", printable(name)));
                }
                return list->second;
            }));
        if (full.back().size() > kMaxExpressionBytes) {
            throw LoadError(node->source(), "the lists in it make this too long");
        }
        if (const auto why = whyInvalid(Table::textOf(*node, key))) {
            throw LoadError(node->source(), printable(*why));
        }
    }
    return full;
}

}  // namespace chat::analyze
