#pragma once

#include <cstddef>
#include <string_view>

namespace chat::cli {

/// Prints lines of at most the terminal's width, and of 100 columns, on stdout, each after `indent` blanks, or the first after
/// `first` in their place.
void printWrapped(std::string_view text, std::size_t indent, std::string_view first = {});

}  // namespace chat::cli
