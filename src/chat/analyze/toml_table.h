#pragma once

#include "chat/core/toml_file.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chat::analyze {

constexpr std::size_t kMaxTextBytes = 1000;

using LoadError = TomlError;

/// One table of a rules file, for the loader only. Whatever does not fit throws a LoadError: an unknown or missing field,
/// a wrong type, a value out of range.
class Table {
  public:
    Table(const toml::table& table, std::initializer_list<std::string_view> known)
        : table_(table) {
        for (const auto& [key, value] : table) {
            if (std::ranges::find(known, key.str()) == known.end()) {
                throw LoadError(key.source(),
                                fmt::format("\"{}\" is not a field here", printable(key.str())));
            }
        }
    }

    [[nodiscard]] const toml::source_region& source() const { return table_.source(); }
    [[nodiscard]] const toml::node* find(std::string_view key) const { return table_.get(key); }

    [[nodiscard]] std::string text(std::string_view key) const {
        const toml::node* node = table_.get(key);
        if (node == nullptr) {
            throw LoadError(table_.source(), fmt::format("the field \"{}\" is missing", key));
        }
        return textOf(*node, key);
    }

    [[nodiscard]] double number(std::string_view key,
                                double otherwise,
                                double least,
                                double most) const {
        const toml::node* node = table_.get(key);
        if (node == nullptr) {
            return otherwise;
        }
        const auto value = node->value<double>();
        // Written so that a value that is not a number is out of range too.
        const bool inRange = value && *value >= least && *value <= most;
        if (!node->is_number() || !inRange) {
            throw LoadError(node->source(),
                            fmt::format("\"{}\" must be a number from {} to {}", key, least, most));
        }
        return *value;
    }

    [[nodiscard]] bool flag(std::string_view key) const {
        const toml::node* node = table_.get(key);
        if (node != nullptr && !node->is_boolean()) {
            throw LoadError(node->source(), fmt::format("\"{}\" must be true or false", key));
        }
        return node != nullptr && node->value_or(false);
    }

    /// The value that a word stands for; the first is the default.
    template <typename T>
    [[nodiscard]] T choice(std::string_view key,
                           std::initializer_list<std::pair<std::string_view, T>> choices) const {
        const toml::node* node = table_.get(key);
        return node == nullptr ? choices.begin()->second : chosen(*node, key, choices);
    }

    template <typename T>
    static T chosen(const toml::node& node,
                    std::string_view key,
                    std::initializer_list<std::pair<std::string_view, T>> choices) {
        const auto word = node.value<std::string_view>().value_or("");
        std::string names;
        for (const auto& [name, value] : choices) {
            if (name == word) {
                return value;
            }
            names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", name);
        }
        throw LoadError(node.source(), fmt::format("\"{}\" must be one of {}", key, names));
    }

    /// The nodes of a list; none when the field is absent.
    [[nodiscard]] std::vector<const toml::node*> list(std::string_view key,
                                                      std::size_t most) const {
        const toml::node* node = table_.get(key);
        return node == nullptr ? std::vector<const toml::node*>{} : elements(*node, key, most);
    }

    static std::vector<const toml::node*> elements(const toml::node& node,
                                                   std::string_view key,
                                                   std::size_t most) {
        const toml::array* array = node.as_array();
        if (array == nullptr || array->size() > most) {
            throw LoadError(
                node.source(),
                fmt::format("\"{}\" must be a list of at most {}", printable(key), most));
        }
        std::vector<const toml::node*> nodes;
        nodes.reserve(array->size());
        for (const toml::node& element : *array) {
            nodes.push_back(&element);
        }
        return nodes;
    }

    /// The tables of an array of tables such as [[pattern]].
    [[nodiscard]] std::vector<const toml::table*> tables(std::string_view key,
                                                         std::size_t most) const {
        std::vector<const toml::table*> tables;
        for (const toml::node* node : list(key, most)) {
            if (!node->is_table()) {
                throw LoadError(node->source(),
                                fmt::format("\"{}\" must be written as [[{}]]", key, key));
            }
            tables.push_back(node->as_table());
        }
        return tables;
    }

    static std::string textOf(const toml::node& node, std::string_view key) {
        const auto value = node.value<std::string>();
        if (!node.is_string() || !value || trimmed(*value).empty() ||
            value->size() > kMaxTextBytes) {
            throw LoadError(
                node.source(),
                fmt::format("\"{}\" must hold text of at most {} bytes", key, kMaxTextBytes));
        }
        return *value;
    }

  private:
    const toml::table& table_;
};

}  // namespace chat::analyze
