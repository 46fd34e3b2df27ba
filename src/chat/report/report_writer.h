#pragma once

#include "chat/report/report_model.h"
#include "chat/report/summary.h"

#include <filesystem>
#include <memory>
#include <string>

namespace chat::report {

/// Writes a report folder: index.html with calls/, report.json, calls.csv, silences.csv.
///
/// Everything is written into a hidden folder beside the target and takes its place in `finish`, so a
/// reader never sees a half report, and a run that fails leaves what was there. All of it is on the disk before. What a killed
/// run left of its hidden folder goes when the next report of that name begins; a lock says which ones are in use. Memory: the dashboard's
/// index, about 300 bytes a silence; calls themselves are written and forgotten.
///
/// Errors of all functions: RP_PERM_FOLDER_UNWRITABLE, RP_RES_DISK_FULL, RP_UNK_GENERIC_ERROR.
class ReportWriter {
  public:
    /// Prepares the hidden folder. Further errors: RP_STATE_FOLDER_NOT_EMPTY when `folder` holds
    /// anything but an earlier report, which `finish` replaces.
    [[nodiscard]] static Result<std::unique_ptr<ReportWriter>> begin(
        const std::filesystem::path& folder, ReportSettings settings);
    ~ReportWriter();
    ReportWriter(const ReportWriter&) = delete;
    ReportWriter& operator=(const ReportWriter&) = delete;
    ReportWriter(ReportWriter&&) = delete;
    ReportWriter& operator=(ReportWriter&&) = delete;

    /// Where the sound of calls may be placed until `finish`, to be addressed as "audio/...".
    [[nodiscard]] const std::filesystem::path& audioFolder() const;

    /// Adds the next call.
    [[nodiscard]] Status add(const ReportCall& call);

    [[nodiscard]] const Summary& summary() const;

    /// Writes what concerns the whole, and puts the folder in its place.
    [[nodiscard]] Status finish(const RunFacts& run);

  private:
    struct State;
    explicit ReportWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// The summary alone as JSON, as it stands in report.json.
[[nodiscard]] std::string summaryText(const Summary& summary, const ReportSettings& settings);

}  // namespace chat::report
