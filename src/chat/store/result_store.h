#pragma once

#include "chat/core/analysis.h"
#include "chat/core/call.h"
#include "chat/core/clock.h"
#include "chat/core/error.h"
#include "chat/core/recording.h"
#include "chat/core/transcript.h"
#include "chat/store/access.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chat::store {

/// What makes one run of a stage on a recording the same as another.
struct StageKey {
    std::string recording;  ///< SHA-256 of the recording's bytes, 64 hex digits
    int version = 0;        ///< of the stage's code
    std::string input;      ///< hash of what the stage is given beside the recording; may be empty
    std::string settings;   ///< hash of the settings that the stage reads
};

/// A stage's result and the wall time that it took when it was made.
template <typename T>
struct Stored {
    T result;
    Seconds took{};
};

template <typename T>
struct Keyed {
    StageKey key;
    T result;
};

/// Which window of a recording: its channel, and its place among that channel's, from 0.
using WindowNumber = std::pair<int, int>;

/// A file in which a recording was seen, and what its source said of the call.
struct StoredCall {
    std::string recording;       ///< SHA-256
    std::filesystem::path file;  ///< absolute
    std::string path;            ///< as shown
    CallAttributes attributes;
};

/// Results of the stages, kept in one SQLite file.
///
/// Each function that stores is one transaction; what it stored survives the end of the process at any instant, what was `put`
/// also a power cut (a call's name is noted again when it is looked at again). A `put` replaces a result with the same key. The
/// file and what SQLite puts beside it are 0600, a folder that has to be made 0700. An object belongs to one thread;
/// several may be open on one file, also in several processes.
///
/// A result is stored with the SHA-256 of its bytes, in one transaction, and compared with it when it is read.
///
/// Errors of all functions: DB_CONN_LOCKED (others kept it busy for 30 s), DB_RES_DISK_FULL,
/// DB_DATA_DAMAGED, DB_PERM_UNWRITABLE, DB_UNK_GENERIC_ERROR; of those that give a result DB_DATA_CHECKPOINT (the result is not
/// what was stored: to be made anew).
class ResultStore {
  public:
    /// Opens the store, makes it when it is missing, and brings an older one up to date. Further
    /// errors: DB_FMT_TOO_NEW; to read SYS_DATA_PATH_MISSING when there is none.
    [[nodiscard]] static Result<std::unique_ptr<ResultStore>> open(
        const std::filesystem::path& file, const Clock& clock, Access access = Access::Write);

    ~ResultStore();
    ResultStore(const ResultStore&) = delete;
    ResultStore& operator=(const ResultStore&) = delete;
    ResultStore(ResultStore&&) = delete;
    ResultStore& operator=(ResultStore&&) = delete;

    /// Keeps what is known of a call, and makes its recording, of `bytes`, known: results refer to it. A
    /// file that was seen before gets the newer attributes.
    [[nodiscard]] Status noteCall(const StoredCall& call, std::uint64_t bytes);
    /// All calls, in the order in which they were first noted.
    [[nodiscard]] Result<std::vector<StoredCall>> calls();

    [[nodiscard]] Result<std::optional<Stored<AcousticResult>>> acoustic(const StageKey& key);
    [[nodiscard]] Result<std::optional<Stored<Transcript>>> transcript(const StageKey& key);
    [[nodiscard]] Result<std::optional<Stored<CallAnalysis>>> analysis(const StageKey& key);

    /// The result of that version of the stage's code that was made last, whatever its settings.
    [[nodiscard]] Result<std::optional<Keyed<AcousticResult>>> newestAcoustic(
        const std::string& recording, int version);
    [[nodiscard]] Result<std::optional<Keyed<Transcript>>> newestTranscript(
        const std::string& recording, int version);

    [[nodiscard]] Status put(const StageKey& key, const AcousticResult& result, Seconds took);
    /// The recording's windows that were heard for it go.
    [[nodiscard]] Status put(const StageKey& key, const Transcript& result, Seconds took);
    [[nodiscard]] Status put(const StageKey& key, const CallAnalysis& result, Seconds took);
    /// What was heard in one window, in the window's own time, until the transcript with this key is whole. Survives the end of
    /// the process, a power cut only from the next `put` on.
    [[nodiscard]] Status putWindow(const StageKey& key,
                                   WindowNumber number,
                                   const Transcript& heard,
                                   Seconds took);
    /// Without those that are not what was stored.
    [[nodiscard]] Result<std::map<WindowNumber, Stored<Transcript>>> windows(const StageKey& key);
    /// Many in one transaction: all or none.
    [[nodiscard]] Status put(std::span<const Keyed<CallAnalysis>> results);

  private:
    struct Connection;
    explicit ResultStore(std::unique_ptr<Connection> connection);
    std::unique_ptr<Connection> connection_;
};

/// The store used when none is named: `store.sqlite` in dataFolder().
[[nodiscard]] std::filesystem::path defaultStoreFile();

}  // namespace chat::store
