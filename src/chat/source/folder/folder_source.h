#pragma once

#include "chat/core/files.h"
#include "chat/source/call_index.h"
#include "chat/source/call_source.h"
#include "chat/source/recordings.h"

#include <filesystem>
#include <map>
#include <string>

namespace chat::source {

/// The recordings of a listing as calls that can be looked for.
///
/// Chains, stores and agents are those that the manifest and the files' names give, as `CallIndex` has them. A recording that
/// cannot be read is left out. Version marks are made of a file's length and time of change. Errors beyond `CallSource`'s: those
/// of `openRegularFile`.
class FolderSource final : public CallSource {
  public:
    /// Files without a SID are read once, because they get the sum of their bytes. Errors: SYS_STATE_STOPPED.
    [[nodiscard]] static Result<FolderSource> open(const SourceListing& listing,
                                                   const std::stop_token& stop);

    [[nodiscard]] Result<std::vector<Named>> chains(const std::stop_token& stop) override;
    [[nodiscard]] Result<std::vector<Named>> stores(const std::string& chainId,
                                                    const std::stop_token& stop) override;
    [[nodiscard]] Result<std::vector<Named>> agents(const std::string& chainId,
                                                    const std::string& storeId,
                                                    const std::stop_token& stop) override;
    [[nodiscard]] Result<CallPage> search(const SearchFilter& filter,
                                          const PageRequest& page,
                                          const std::stop_token& stop) override;
    [[nodiscard]] Result<RecordingPart> readRecording(const std::string& sid,
                                                      const RecordingPart& from,
                                                      const TakeBytes& take,
                                                      const std::stop_token& stop) override;

    struct OpenRecording {
        FileDescriptor file;
        std::filesystem::path path;
        RecordingPart whole;  ///< its length and version
    };
    /// The file of a call's sound. Errors: API_DATA_NOT_FOUND.
    [[nodiscard]] Result<OpenRecording> openRecording(const std::string& sid) const;

  private:
    FolderSource() = default;

    CallIndex index_;
    std::map<std::string, std::filesystem::path> fileOf_;  ///< by SID
};

}  // namespace chat::source
