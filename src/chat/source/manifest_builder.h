#pragma once

#include "chat/source/manifest.h"

#include <string>
#include <string_view>
#include <unordered_map>

namespace chat::source {

/// What a column of the manifest means: the file, or an attribute.
struct ManifestColumn {
    std::string_view name;                    ///< as the documentation writes it
    std::string CallAttributes::* attribute;  ///< none for the file
};

/// The meaning of a column or key by its name, or null for one that is left alone.
[[nodiscard]] const ManifestColumn* manifestColumn(std::string_view name);

/// Puts a manifest together from single values, whatever its format, and checks each.
///
/// The first of several values for one column counts. An entry without a file, or with one that an
/// earlier entry has, is left out; a SID that an earlier entry has is left out; each with a warning.
class ManifestBuilder {
  public:
    explicit ManifestBuilder(std::string_view name)
        : name_(name) {}

    void start(int line);
    void value(const ManifestColumn& column, std::string_view text);
    /// Notes that the current entry's `what` cannot be used.
    void refuse(int line, std::string_view what);
    void finish();
    [[nodiscard]] Manifest manifest() &&;

  private:
    void setFile(std::string_view text);

    std::string name_;
    ManifestEntry entry_;
    Manifest manifest_;
    std::size_t furtherWarnings_ = 0;
    std::unordered_map<std::string, int> lineOfFile_;
    std::unordered_map<std::string, int> lineOfSid_;
};

/// Reads JSON into the builder. Errors: CFG_FMT_MANIFEST with line and column.
[[nodiscard]] Status readJsonEntries(std::string_view text,
                                     std::string_view name,
                                     ManifestBuilder& builder);

}  // namespace chat::source
