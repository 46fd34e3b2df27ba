#pragma once

#include "chat/core/error.h"
#include "chat/core/text.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

/// For the .cpp files that read TOML, and for no public header: toml++ is in it.
namespace chat {

/// What is wrong in a TOML file and where. Thrown while a file is looked through; `loadToml` turns it into an Error.
struct TomlError : std::runtime_error {
    TomlError(const toml::source_region& where, const std::string& text)
        : std::runtime_error(text)
        , line(where.begin.line)
        , column(where.begin.column) {}
    toml::source_index line;
    toml::source_index column;
};

/// "rules.toml, line 3, column 7: this phrase holds no word"
[[nodiscard]] inline Error tomlError(ErrorCode code,
                                     std::string_view name,
                                     std::uint32_t line,
                                     std::uint32_t column,
                                     std::string_view why) {
    return {code, fmt::format("{}, line {}, column {}: {}", name, line, column, why), {}};
}

/// What `load` makes of a parsed file that is called `name`. Errors: `code`, with line and column.
template <typename Load>
auto loadToml(
    std::string_view text, std::string_view name, std::size_t longest, ErrorCode code, Load load)
    -> Result<decltype(load(std::declval<const toml::table&>()))> {
    if (text.size() > longest) {
        return fail(code, fmt::format("{} is larger than {} bytes", name, longest));
    }
    try {
        return load(toml::parse(text));
    } catch (const TomlError& error) {
        return tl::unexpected(tomlError(code, name, error.line, error.column, error.what()));
    } catch (const toml::parse_error& error) {
        const toml::source_position at = error.source().begin;
        return tl::unexpected(
            tomlError(code, name, at.line, at.column, printable(error.description())));
    } catch (const std::exception& error) {
        return fail(code, fmt::format("{} could not be read", name), error.what());
    }
}

}  // namespace chat
