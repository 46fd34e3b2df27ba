#pragma once

#include "chat/core/call.h"
#include "chat/core/error.h"

#include <memory>
#include <optional>
#include <string_view>

namespace chat::source {

/// Reads a call's attributes from its file's name: "{chain}_{store}_{agent}_{date}_{time}_{sid}".
///
/// Fields: {chain} {store} {agent} {order} {sid} {phone} take one character or more, as few as fit;
/// {date} is yyyymmdd or yyyy-mm-dd; {time} is hhmmss, hh-mm or hh-mm-ss; {*} is anything or nothing.
/// No field reaches across a `/`: a pattern with `/` reads the names of the folders too.
class FilePattern {
  public:
    /// Errors: CFG_VAL_SETTING (field unknown, given twice, two fields with nothing between them to
    /// tell them apart, {date} without {time}).
    [[nodiscard]] static Result<FilePattern> parse(std::string_view pattern);

    ~FilePattern();
    FilePattern(FilePattern&&) noexcept;
    FilePattern& operator=(FilePattern&&) noexcept;
    FilePattern(const FilePattern&) = delete;
    FilePattern& operator=(const FilePattern&) = delete;

    /// What the path says, its extension left out; nothing when its end does not fit the pattern or
    /// when there is no such date.
    [[nodiscard]] std::optional<CallAttributes> match(std::string_view path) const;

  private:
    struct Compiled;
    explicit FilePattern(std::unique_ptr<const Compiled> compiled);
    std::unique_ptr<const Compiled> compiled_;
};

}  // namespace chat::source
